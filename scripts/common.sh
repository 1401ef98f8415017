# Shared by the scripts beside it: where things are, how to talk, how to configure and build. Sourced, not run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export HONE_DEPS_DIR=${HONE_DEPS_DIR:-$root/.deps}
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}
jobs=${HONE_JOBS:-$(nproc)}

say() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
die() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Prints a script's opening comment, which is its help.
usage() { sed -n '2,/^$/{/^#/s/^# \{0,1\}//p}' "$0"; }

# configure_and_build PRESET [cmake options...]: configures build/PRESET and builds all of it.
configure_and_build() {
  local preset=$1
  shift
  say "Configuring and building build/$preset with $jobs jobs"
  cmake --preset "$preset" "$@" >"$root/build-$preset.log" 2>&1 || {
    cat "$root/build-$preset.log" >&2
    rm -f "$root/build-$preset.log"
    return 1
  }
  rm -f "$root/build-$preset.log"
  cmake --build --preset "$preset" -j "$jobs"
}

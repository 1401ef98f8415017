#!/bin/bash
# Runs what needs a GPU from an archive made by scripts/pack_gpu: the CUDA tests in parallel shards, then networks on the
# GPU against the CPU device. Prints failures and a table; full logs go to the folder given.
#
#   bench/gpu_check.sh ARCHIVE LOGS [tests] [networks] [NAME=models/FILE ...]
set -u
archive=$1 logs=$2
shift 2
work=$(mktemp -d)
tar -C "$work" -xzf "$archive" || exit 1
cd "$work/hone" || exit 1
mkdir -p "$logs"
nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
export HONE_KERNEL_CACHE=$work/kernels
# Libraries that come with PyTorch: cuDNN, cuBLASLt, NVRTC.
for d in $(python3 -c 'import nvidia, os; print(*[os.path.join(r, "lib") for p in nvidia.__path__ for r in (os.path.join(p, x) for x in os.listdir(p)) if os.path.isdir(os.path.join(r, "lib"))])' 2>/dev/null); do
  LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}:$d
done
export LD_LIBRARY_PATH

if [[ " $* " = *" tests "* ]]; then
  shards=12
  for i in $(seq 0 $((shards - 1))); do
    GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$i timeout 200 bin/backend_cuda_test >"$logs/test_$i.log" 2>&1 &
  done
  wait
  for i in $(seq 0 $((shards - 1))); do grep -q 'PASSED\|FAILED TEST' "$logs/test_$i.log" || echo "shard $i did not end: $(grep RUN "$logs/test_$i.log" | tail -n 1)"; done
  cat "$logs"/test_*.log >"$logs/tests.log"
  rm -f "$logs"/test_*.log
  echo "tests: $(grep -c '\[       OK' "$logs/tests.log") passed, $(grep -c '^\[  FAILED  \].*ms)' "$logs/tests.log") failed, $(grep -c '^\[  SKIPPED \].*ms)' "$logs/tests.log") skipped"
  grep '^\[  FAILED  \].*ms)' "$logs/tests.log"
  grep -B1 -A6 -m 40 'Failure' "$logs/tests.log" | cut -c1-200 | head -n 60
fi

if [[ " $* " = *" networks "* ]]; then
  cat >compare.py <<'P'
import json, sys
import numpy as np
a, b = (json.load(open(f)) for f in sys.argv[1:3])
for x, y in zip(a, b):
    u, v = np.array(x["values"], float), np.array(y["values"], float)
    print("  %s: relative L2 %.1e" % (x["name"], np.linalg.norm(u - v) / max(np.linalg.norm(v), 1e-30)), end="")
P
  for skeleton in ${NETWORKS:-models/*.b1.skel.onnx}; do
    name=$(basename "$skeleton" .skel.onnx)
    python3 models/fill.py "$skeleton" "$work/$name.onnx" >/dev/null 2>&1 || { echo "$name: cannot be filled"; continue; }
    run() { timeout 150 bin/trtexec --onnx="$work/$name.onnx" --iterations=10 --duration=1 --warmUp=50 --noDataTransfers --exportOutput="$work/$1.json" "${@:2}" >"$logs/${name}_$1.log" 2>&1; }
    timeout 100 bin/trtexec --device=cpu --builderOptimizationLevel=0 --onnx="$work/$name.onnx" --iterations=1 --duration=0 --warmUp=0 --exportOutput="$work/cpu.json" >"$logs/${name}_cpu.log" 2>&1 || echo "$name: the CPU device failed"
    for precision in fp32 tf32 fp16; do
      case $precision in fp32) flags=--noTF32 ;; tf32) flags= ;; fp16) flags=--fp16 ;; esac
      if run $precision $flags --verbose; then
        echo "$name $precision: $(grep -o 'GPU Compute Time.*median = [0-9.]* ms' "$logs/${name}_$precision.log" | grep -o 'median.*'), built in $(grep -o 'Engine built in [0-9.]*' "$logs/${name}_$precision.log" | grep -o '[0-9.]*$') s, on the host: $(grep -c 'runs on the host: no tactic' "$logs/${name}_$precision.log")$(python3 compare.py "$work/$precision.json" "$work/cpu.json")"
      else
        echo "$name $precision: FAILED $(grep -E '\[[EF]\]' "$logs/${name}_$precision.log" | head -n 2 | cut -c1-300)"
      fi
    done
    gzip -f "$logs/${name}"_*.log
  done
fi

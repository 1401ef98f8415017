// Damages byte strings in the ways that find bugs in readers, and runs one case at a time under a watchdog that names
// the case when it hangs or dies. Everything follows from the seed, so that a case can be run again alone.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace fuzz {

using Bytes = std::vector<char>;

inline Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A damaged copy: mostly one, seldom up to eight of flipped bits, odd bytes and 32-bit numbers, steps by one; more
/// seldom removed, doubled or moved ranges and a cut end, which few readers let pass far.
inline Bytes mutate(const Bytes& from, std::mt19937_64& rng) {
  Bytes b = from;
  auto below = [&](size_t n) { return n == 0 ? size_t{0} : static_cast<size_t>(rng() % n); };
  static constexpr uint32_t kOdd[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000u, 0xffffffffu};
  for (size_t n = 1 + below(8) * (below(4) == 0 ? 1 : 0); n > 0 && !b.empty(); --n) {
    const size_t at = below(b.size());
    switch (below(16)) {
      case 0:
      case 6:
      case 7:
      case 8:
      case 9:
        b[at] = static_cast<char>(b[at] ^ (1 << below(8)));
        break;
      case 1:
      case 10:
      case 11:
        b[at] = static_cast<char>(kOdd[below(std::size(kOdd))]);
        break;
      case 2:
        if (at + 4 <= b.size()) std::memcpy(&b[at], &kOdd[below(std::size(kOdd))], 4);
        break;
      case 3:
        b.resize(at);
        break;
      case 4:
        b.erase(b.begin() + static_cast<std::ptrdiff_t>(at),
                b.begin() + static_cast<std::ptrdiff_t>(std::min(b.size(), at + 1 + below(16))));
        break;
      case 5: {
        const Bytes part(b.begin() + static_cast<std::ptrdiff_t>(at),
                         b.begin() + static_cast<std::ptrdiff_t>(std::min(b.size(), at + 1 + below(32))));
        b.insert(b.begin() + static_cast<std::ptrdiff_t>(below(b.size())), part.begin(), part.end());
        break;
      }
      default:
        b[at] = static_cast<char>(b[at] + (below(2) == 0 ? 1 : -1));
    }
  }
  return b;
}

inline std::string& current_case() {
  static std::string text;
  return text;
}

inline void report(int signal) {
  const std::string text = std::string(signal == SIGALRM ? "hangs: " : "dies: ") + current_case() + "\n";
  (void)!::write(2, text.data(), text.size());
  ::_exit(128 + signal);
}

/// Runs `one(index, rng)` for cases until `count` are done or `seconds` have passed; a case may take 30 seconds. `one`
/// says whether the damaged input was accepted. `only` >= 0 runs that case alone.
template <class One>
int run(const char* name, uint64_t seed, long count, double seconds, long only, One&& one) {
  for (int s : {SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    if (s == SIGALRM || !getenv("ASAN_OPTIONS")) ::signal(s, report);
  const auto start = std::chrono::steady_clock::now();
  long done = 0, accepted = 0;
  for (long i = only >= 0 ? only : 0; only >= 0 ? i == only : i < count; ++i, ++done) {
    if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > seconds) break;
    current_case() = std::string(name) + " --seed " + std::to_string(seed) + " --case " + std::to_string(i);
    ::alarm(30);
    std::mt19937_64 rng(seed * 1000003 + static_cast<uint64_t>(i));
    accepted += one(i, rng) ? 1 : 0;
  }
  ::alarm(0);
  std::printf("%s: %ld of %ld cases run, %ld accepted, %ld refused, none crashed or hung\n", name, done,
              only >= 0 ? 1 : count, accepted, done - accepted);
  return done > 0 ? 0 : 1;
}

/// Options that both programs take: --seed, --count, --seconds, --case; the rest are files.
struct Options {
  uint64_t seed = 1;
  long count = 10000, only = -1;
  double seconds = 60;
  std::vector<std::string> files;

  Options(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string a = argv[i];
      auto value = [&] { return i + 1 < argc ? argv[++i] : "0"; };
      if (a == "--seed")
        seed = std::strtoull(value(), nullptr, 10);
      else if (a == "--count")
        count = std::strtol(value(), nullptr, 10);
      else if (a == "--seconds")
        seconds = std::strtod(value(), nullptr);
      else if (a == "--case")
        only = std::strtol(value(), nullptr, 10);
      else
        files.push_back(a);
    }
    if (files.empty()) {
      std::fprintf(stderr, "usage: %s [--seed N] [--count N] [--seconds S] [--case N] FILE...\n", argv[0]);
      std::exit(2);
    }
  }
};

}  // namespace fuzz

// How threads share rows that stay in registers: the same choice for softmax and normalisation.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "backends/cuda/recipe.h"

namespace hone::cuda {

struct RowShape {
  int group = 32;    // threads for each row, a power of two
  int threads = 32;  // of a block
  int rounds = 1;    // packs for each thread, rounded up to a power of two so that few sources are made
};

/// Many rows: as few threads for each as hold it. Few rows: more threads for each, so that the GPU fills.
inline RowShape row_shape(int64_t lines, int64_t extent, int pack) {
  RowShape s;
  const int64_t packs = (extent + pack - 1) / pack, processors = std::max(1, gpu().multiprocessors);
  while (s.group < 1024 && packs * pack > int64_t{s.group} * (s.group == 32 ? 32 : 16)) s.group *= 2;
  while (s.group < 1024 && s.group < packs && lines * s.group < 512 * processors) s.group *= 2;
  while (s.group > 1 && s.group <= 32 && packs <= s.group / 2) s.group /= 2;
  s.threads = std::max(s.group, lines * s.group >= 512 * processors ? 256 : 64);
  s.rounds = static_cast<int>(std::bit_ceil(static_cast<uint64_t>((packs + s.group - 1) / s.group)));
  return s;
}

}  // namespace hone::cuda

#define XXH_INLINE_ALL
#include "plan/checksums.h"

#include <xxhash.h>

#include <algorithm>

#include "base/parallel.h"
#include "plan/header.h"

namespace hone::plan {

uint64_t checksum(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::vector<uint64_t> piece_checksums(std::span<const std::byte> bytes) {
  std::vector<uint64_t> sums(pieces(bytes.size()));
  parallel_for(static_cast<int64_t>(sums.size()), 4, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
      sums[i] = checksum(bytes.subspan(i * kPiece, std::min<size_t>(kPiece, bytes.size() - i * kPiece)));
  });
  return sums;
}

}  // namespace hone::plan

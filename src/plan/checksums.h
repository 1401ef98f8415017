// XXH3 of the pieces of a plan's data, by several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hone::plan {

uint64_t checksum(std::span<const std::byte> bytes);
/// One for each piece of kPiece bytes; the last piece may be shorter.
std::vector<uint64_t> piece_checksums(std::span<const std::byte> bytes);

}  // namespace hone::plan

// The fixed head of a plan file.
#pragma once

#include <cstdint>

namespace hone::plan {

/// Little-endian; 64 bytes. The meta section (FlatBuffers) follows at byte 64, the data section at data_offset.
struct Header {
  char magic[8];      // "HONEPLAN"
  uint32_t version;   // kFormatVersion
  uint32_t reserved;  // 0
  uint64_t meta_size;
  uint64_t data_offset;  // multiple of 64
  uint64_t data_size;
  uint64_t meta_checksum;  // XXH3 64 of the meta section
  uint64_t data_checksum;  // XXH3 64 of the data section
  uint64_t head_checksum;  // XXH3 64 of the bytes before it
};
static_assert(sizeof(Header) == 64);
inline constexpr char kMagic[8] = {'H', 'O', 'N', 'E', 'P', 'L', 'A', 'N'};

}  // namespace hone::plan

// The fixed head of a plan file, and the checksums of its data. See docs/plan-format.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hone::plan {

/// Little-endian; 128 bytes. The structure (FlatBuffers) follows at byte 128, then the checksums of the data's pieces,
/// then the data at data_offset.
struct Header {
  char magic[8];      // "HONEPLAN"
  uint32_t version;   // kFormatVersion
  uint32_t reserved;  // 0
  uint64_t meta_size;
  uint64_t data_offset;  // multiple of 64
  uint64_t data_size;
  uint64_t data_used;          // what runs needs only these first bytes of the data; a multiple of 64
  uint64_t meta_checksum;      // XXH3 64 of the structure
  uint64_t list_checksum;      // XXH3 64 of the list of checksums
  uint64_t reserved_later[7];  // 0
  uint64_t head_checksum;      // XXH3 64 of the bytes before it
};
static_assert(sizeof(Header) == 128);
inline constexpr char kMagic[8] = {'H', 'O', 'N', 'E', 'P', 'L', 'A', 'N'};

/// Data is checked in pieces of so many bytes, several at a time.
inline constexpr uint64_t kPiece = uint64_t{1} << 20;

/// Pieces of `bytes` bytes.
constexpr uint64_t pieces(uint64_t bytes) { return bytes / kPiece + (bytes % kPiece != 0 ? 1 : 0); }
/// Entries of the list of checksums: pieces of the used part, then of the rest.
constexpr uint64_t list_entries(uint64_t data_size, uint64_t data_used) {
  return pieces(data_used) + pieces(data_size - data_used);
}
/// Where the list begins.
constexpr uint64_t list_offset(uint64_t meta_size) { return (sizeof(Header) + meta_size + 7) / 8 * 8; }

}  // namespace hone::plan

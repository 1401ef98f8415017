// What the emulated compiler gives out as machine code: this head, then a shared object.
#pragma once

#include <cstdint>

namespace hone::emulator {

inline constexpr char kImageMagic[8] = {'h', 'o', 'n', 'e', 'e', 'm', 'u', '1'};
struct ImageHeader {
  char magic[8];
  uint64_t size;
};

}  // namespace hone::emulator

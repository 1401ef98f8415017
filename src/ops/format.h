// Memory formats of tensors.
#pragma once

#include <cstdint>

namespace hone {

enum class Format : uint8_t {
  kLinear = 0,        // row-major in the order of the dims
  kChannelsLast = 1,  // [N, spatial..., C]: axis 1 innermost
};

}  // namespace hone

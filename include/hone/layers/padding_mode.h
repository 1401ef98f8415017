// PaddingMode: how the output size of convolution, deconvolution and pooling follows from the padding.
#pragma once

#include "hone/enum_max.h"

namespace nvinfer1 {

/// How the output size of a window operation follows. With I the input size, B and A the padding before and after,
/// K the dilated window and S the stride.
enum class PaddingMode : int32_t {
  kEXPLICIT_ROUND_DOWN = 0,  ///< floor((I + B + A - K) / S) + 1.
  kEXPLICIT_ROUND_UP = 1,    ///< ceil((I + B + A - K) / S) + 1.
  kSAME_UPPER = 2,           ///< ceil(I / S); padding is chosen, an odd element goes after.
  kSAME_LOWER = 3,           ///< ceil(I / S); padding is chosen, an odd element goes before.
  kCAFFE_ROUND_DOWN = 4,     ///< Release 5 to 8: as kEXPLICIT_ROUND_DOWN, symmetric padding.
  /// Release 5 to 8: as kEXPLICIT_ROUND_UP, symmetric padding, and no window begins in the padding.
  kCAFFE_ROUND_UP = 5,
};

/// One more than the largest value of PaddingMode.
template <>
constexpr int32_t EnumMax<PaddingMode>() noexcept {
  return 6;
}

}  // namespace nvinfer1

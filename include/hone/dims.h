// Dims: a shape of up to eight dimensions.
#pragma once

#include <cstdint>

namespace nvinfer1 {

/// A shape, or one number per dimension. -1 in `d` means a dimension that is known only at run time. `nbDims` 0 is a
/// scalar, -1 an unknown or invalid shape. The entries of `d` are 64 bits wide, as in TensorRT 10.
class Dims {
 public:
  static constexpr int32_t MAX_DIMS{8};  ///< The largest rank that fits.
  int32_t nbDims;                        ///< Rank: how many entries of `d` count.
  int64_t d[MAX_DIMS];                   ///< Extent of each dimension, outermost first.
};

using Dims64 = Dims;  ///< Name of the 64-bit form in TensorRT 10.
using Dims32 = Dims;  ///< Name of the 32-bit form in TensorRT 8; here it is the same 64-bit class.

}  // namespace nvinfer1

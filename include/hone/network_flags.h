// Flags of IBuilder::createNetworkV2().
#pragma once

#include "hone/enum_max.h"

namespace nvinfer1 {

/// Properties of a network, as bit numbers with the values of TensorRT 10. Bit 0 is accepted and changes nothing.
enum class NetworkDefinitionCreationFlag : int32_t {
  kEXPLICIT_BATCH = 0,             ///< The batch is an ordinary dimension; always so in Hone.
  kSTRONGLY_TYPED = 1,             ///< Types follow from inputs and conversion layers alone; the builder changes none.
  kPREFER_JIT_PYTHON_PLUGINS = 2,  ///< Prefer Python plugins compiled while building; without effect.
  kPREFER_AOT_PYTHON_PLUGINS = 3,  ///< Prefer Python plugins compiled before; without effect.
  kEXPLICIT_PRECISION = 8,         ///< Belonged to the releases 6 to 8; without effect.
};

/// One more than the largest value of NetworkDefinitionCreationFlag.
template <>
constexpr int32_t EnumMax<NetworkDefinitionCreationFlag>() noexcept {
  return 9;
}

/// A set of NetworkDefinitionCreationFlag: bit i stands for the flag with value i.
using NetworkDefinitionCreationFlags = uint32_t;

}  // namespace nvinfer1

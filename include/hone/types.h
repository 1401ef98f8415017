// Element types, tensor formats and places, devices, and the small records that use them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hone/enum_max.h"
#include "hone/macros.h"

namespace nvinfer1 {

/// Type of one element. Values below 64 are TensorRT's. From 64 on they are Hone extensions: types that ONNX has
/// and TensorRT lacks. EnumMax<DataType>() covers both, so a table of that size can be indexed by any type; not
/// every number below it is a type.
enum class DataType : int32_t {
  kFLOAT = 0,    ///< 32-bit IEEE floating point.
  kHALF = 1,     ///< 16-bit IEEE floating point.
  kINT8 = 2,     ///< Signed 8-bit integer; with a scale, a quantized value.
  kINT32 = 3,    ///< Signed 32-bit integer.
  kBOOL = 4,     ///< One byte: 0 is false, 1 is true.
  kUINT8 = 5,    ///< Unsigned 8-bit integer.
  kFP8 = 6,      ///< 8-bit floating point, 4 exponent and 3 mantissa bits.
  kBF16 = 7,     ///< 16-bit floating point with the exponent range of 32-bit.
  kINT64 = 8,    ///< Signed 64-bit integer.
  kINT4 = 9,     ///< Signed 4-bit integer, two to a byte, the first in the low half.
  kFP4 = 10,     ///< 4-bit floating point (2 exponent bits, 1 mantissa bit), two to a byte.
  kE8M0 = 11,    ///< 8-bit power of two: an exponent only, used for block scales.
  kDOUBLE = 64,  ///< Hone extension: 64-bit IEEE floating point.
  kINT16 = 65,   ///< Hone extension: signed 16-bit integer.
  kUINT16 = 66,  ///< Hone extension: unsigned 16-bit integer.
  kUINT32 = 67,  ///< Hone extension: unsigned 32-bit integer.
  kUINT64 = 68,  ///< Hone extension: unsigned 64-bit integer.
};

/// One more than the largest value of DataType.
template <>
constexpr int32_t EnumMax<DataType>() noexcept {
  return 69;
}

/// How the elements of a tensor lie in memory. In names N is the batch, C channels, D depth, H height, W width; a
/// number is the width of a channel vector, the last channel group padded with zeros.
enum class TensorFormat : int32_t {
  kLINEAR = 0,      ///< Row-major, last dimension fastest.
  kCHW2 = 1,        ///< Channels in pairs: [N][C/2][H][W][2].
  kHWC8 = 2,        ///< Channels last, padded to a multiple of 8.
  kCHW4 = 3,        ///< Channels in groups of 4: [N][C/4][H][W][4].
  kCHW16 = 4,       ///< Channels in groups of 16: [N][C/16][H][W][16].
  kCHW32 = 5,       ///< Channels in groups of 32: [N][C/32][H][W][32].
  kDHWC8 = 6,       ///< Three spatial dimensions, channels last, padded to a multiple of 8.
  kCDHW32 = 7,      ///< Three spatial dimensions, channels in groups of 32.
  kHWC = 8,         ///< Channels last, not padded.
  kDLA_LINEAR = 9,  ///< Planar format of NVIDIA's DLA; not supported on other devices.
  kDLA_HWC4 = 10,   ///< Image format of NVIDIA's DLA; not supported on other devices.
  kHWC16 = 11,      ///< Channels last, padded to a multiple of 16.
  kDHWC = 12,       ///< Three spatial dimensions, channels last, not padded.
  kNCHW = kLINEAR,  ///< Older name of kLINEAR.
  kNC2HW2 = kCHW2,  ///< Older name of kCHW2.
  kNHWC8 = kHWC8,   ///< Older name of kHWC8.
};

/// One more than the largest value of TensorFormat.
template <>
constexpr int32_t EnumMax<TensorFormat>() noexcept {
  return 13;
}

/// The name that plugins use for TensorFormat.
using PluginFormat = TensorFormat;
/// A set of formats: bit i stands for the TensorFormat with value i.
using TensorFormats = uint32_t;

/// Where the data of a tensor must be.
enum class TensorLocation : int32_t {
  kDEVICE = 0,  ///< Memory of the device that runs the engine; on the CPU device that is ordinary memory.
  kHOST = 1,    ///< Ordinary memory; used for shape tensors.
};

/// One more than the largest value of TensorLocation.
template <>
constexpr int32_t EnumMax<TensorLocation>() noexcept {
  return 2;
}

/// Whether an engine reads or writes a tensor.
enum class TensorIOMode : int32_t {
  kNONE = 0,    ///< Not an input or output of the engine.
  kINPUT = 1,   ///< The engine reads it.
  kOUTPUT = 2,  ///< The engine writes it.
};

/// One more than the largest value of TensorIOMode.
template <>
constexpr int32_t EnumMax<TensorIOMode>() noexcept {
  return 3;
}

/// Kinds of device that can run a layer.
enum class DeviceType : int32_t {
  kGPU = 0,  ///< An NVIDIA GPU; where there is none, the default device of the machine.
  kDLA = 1,  ///< NVIDIA's deep learning accelerator; never available in Hone.
  kCPU = 2,  ///< Hone extension: the processor of this machine.
};

/// One more than the largest value of DeviceType.
template <>
constexpr int32_t EnumMax<DeviceType>() noexcept {
  return 3;
}

/// Which of the three values of an optimization profile is meant.
enum class OptProfileSelector : int32_t {
  kMIN = 0,  ///< The smallest value allowed at run time.
  kOPT = 1,  ///< The value the engine is tuned for.
  kMAX = 2,  ///< The largest value allowed at run time.
};

/// One more than the largest value of OptProfileSelector.
template <>
constexpr int32_t EnumMax<OptProfileSelector>() noexcept {
  return 3;
}

/// What an engine is restricted to.
enum class EngineCapability : int32_t {
  kSTANDARD = 0,                ///< No restriction.
  kSAFETY = 1,                  ///< For NVIDIA's safety runtime; refused by Hone's builder.
  kDLA_STANDALONE = 2,          ///< For NVIDIA's DLA alone; refused by Hone's builder.
  kDEFAULT = kSTANDARD,         ///< Older name of kSTANDARD.
  kSAFE_GPU = kSAFETY,          ///< Older name of kSAFETY.
  kSAFE_DLA = kDLA_STANDALONE,  ///< Older name of kDLA_STANDALONE.
};

/// One more than the largest value of EngineCapability.
template <>
constexpr int32_t EnumMax<EngineCapability>() noexcept {
  return 3;
}

/// How much about its layers an engine keeps for profiler and inspector.
enum class ProfilingVerbosity : int32_t {
  kLAYER_NAMES_ONLY = 0,         ///< Names of layers.
  kNONE = 1,                     ///< Nothing.
  kDETAILED = 2,                 ///< Names, tactics, types, formats, shapes and origin of each layer.
  kDEFAULT = kLAYER_NAMES_ONLY,  ///< Older name of kLAYER_NAMES_ONLY.
  kVERBOSE = kDETAILED,          ///< Older name of kDETAILED.
};

/// One more than the largest value of ProfilingVerbosity.
template <>
constexpr int32_t EnumMax<ProfilingVerbosity>() noexcept {
  return 3;
}

/// Text forms of IEngineInspector.
enum class LayerInformationFormat : int32_t {
  kONELINE = 0,  ///< One line per layer, for people.
  kJSON = 1,     ///< JSON, for programs.
};

/// One more than the largest value of LayerInformationFormat.
template <>
constexpr int32_t EnumMax<LayerInformationFormat>() noexcept {
  return 2;
}

/// What a set of weights means to its layer; names weights in IRefitter.
enum class WeightsRole : int32_t {
  kKERNEL = 0,    ///< Kernel of a convolution, deconvolution or fully connected layer.
  kBIAS = 1,      ///< Bias of one of these.
  kSHIFT = 2,     ///< Shift of a scale layer.
  kSCALE = 3,     ///< Scale of a scale layer.
  kCONSTANT = 4,  ///< Values of a constant layer.
  kANY = 5,       ///< Weights found by name only.
};

/// One more than the largest value of WeightsRole.
template <>
constexpr int32_t EnumMax<WeightsRole>() noexcept {
  return 6;
}

/// A block of weights. It does not own the memory: `values` must stay valid until the network that uses it is built.
class Weights {
 public:
  DataType type;       ///< Type of the elements.
  void const* values;  ///< `count` elements, packed; may be null when `count` is 0.
  int64_t count;       ///< Number of elements.
};

}  // namespace nvinfer1

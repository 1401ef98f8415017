// Settings of IBuilderConfig that are enumerations.
#pragma once

#include "hone/enum_max.h"

namespace nvinfer1 {

/// Switches of a build, as bit numbers with the values of TensorRT 11.1; flags that only older releases have stand
/// in the gaps. The flags that allow a type do so in weakly typed networks only.
enum class BuilderFlag : int32_t {
  kFP16 = 0,                  ///< Layers may compute in kHALF.
  kINT8 = 1,                  ///< Layers may compute in kINT8; needs ranges or a calibrator.
  kDEBUG = 2,                 ///< Check more, slower: each layer is synchronised and checked.
  kGPU_FALLBACK = 3,          ///< Layers that their device cannot run go to the default device.
  kREFIT = 4,                 ///< The weights of the engine can be changed later.
  kDISABLE_TIMING_CACHE = 5,  ///< Measure every tactic anew.
  kTF32 = 6,                  ///< Products of kFLOAT may round their operands to 10 bits of mantissa; set at first.
  kSPARSE_WEIGHTS = 7,        ///< Tactics for weights with 2:4 sparsity may be used.
  kSAFETY_SCOPE = 8,          ///< Restrict the network to NVIDIA's safety scope; refused by the builder.
  kOBEY_PRECISION_CONSTRAINTS = 9,     ///< Types set on layers are binding; the build fails when they cannot be met.
  kPREFER_PRECISION_CONSTRAINTS = 10,  ///< Types set on layers are met when possible, else a warning is logged.
  kDIRECT_IO = 11,                     ///< No reformatting at inputs and outputs.
  kVERSION_COMPATIBLE = 12,            ///< The engine can be loaded by later versions.
  kEXCLUDE_LEAN_RUNTIME = 13,          ///< A version compatible engine does not carry its runtime.
  kREJECT_EMPTY_ALGORITHMS = 14,       ///< Fail when an algorithm selector leaves nothing to choose from.
  kERROR_ON_TIMING_CACHE_MISS = 15,    ///< Fail when a tactic that must be measured is not in the timing cache.
  kFP8 = 16,                           ///< Layers may compute in kFP8.
  kDISABLE_COMPILATION_CACHE = 17,     ///< Do not keep compiled kernels in the timing cache.
  kSTRIP_PLAN = 18,                    ///< Leave refittable weights out of the plan.
  kREFIT_IDENTICAL = 19,               ///< Refitting will use the same weights, so the build may look at their values.
  /// Weights may stay in host memory and be copied when needed; strongly typed networks only.
  kWEIGHT_STREAMING = 20,
  kBF16 = 21,                       ///< Layers may compute in kBF16.
  kREFIT_INDIVIDUAL = 22,           ///< Only weights marked refittable can be changed later.
  kSTRICT_NANS = 23,                ///< Do not optimise what changes the handling of not-a-number.
  kMONITOR_MEMORY = 24,             ///< Log the memory use of the build.
  kINT4 = 25,                       ///< Layers may use kINT4 weights.
  kEDITABLE_TIMING_CACHE = 26,      ///< The tactics of the build can be read from and set in the timing cache.
  kDISTRIBUTIVE_INDEPENDENCE = 27,  ///< Results for one batch item do not depend on the others.
  kFP4 = 28,                        ///< Layers may use kFP4.
  kENABLE_TACTIC_HEURISTIC = 29,    ///< Choose tactics by rule instead of measuring (release 8).
  kSTRICT_TYPES = 30,               ///< Older form of the two precision-constraint flags.
  kWEIGHTLESS = kSTRIP_PLAN,        ///< Older name of kSTRIP_PLAN.
};

/// One more than the largest value of BuilderFlag.
template <>
constexpr int32_t EnumMax<BuilderFlag>() noexcept {
  return 31;
}

/// A set of BuilderFlag: bit i stands for the flag with value i.
using BuilderFlags = uint32_t;

/// Switches of calibration.
enum class QuantizationFlag : int32_t {
  kCALIBRATE_BEFORE_FUSION = 0,  ///< Calibrate the network as it was given, before layers are fused.
};

/// One more than the largest value of QuantizationFlag.
template <>
constexpr int32_t EnumMax<QuantizationFlag>() noexcept {
  return 1;
}

/// A set of QuantizationFlag: bit i stands for the flag with value i.
using QuantizationFlags = uint32_t;

/// Memory whose use can be limited.
enum class MemoryPoolType : int32_t {
  kWORKSPACE = 0,             ///< Scratch memory of tactics, in bytes; unlimited at first.
  kDLA_MANAGED_SRAM = 1,      ///< NVIDIA's DLA; without effect.
  kDLA_LOCAL_DRAM = 2,        ///< NVIDIA's DLA; without effect.
  kDLA_GLOBAL_DRAM = 3,       ///< NVIDIA's DLA; without effect.
  kTACTIC_DRAM = 4,           ///< Device memory that a tactic may use while it is measured.
  kTACTIC_SHARED_MEMORY = 5,  ///< Shared memory of a GPU kernel.
};

/// One more than the largest value of MemoryPoolType.
template <>
constexpr int32_t EnumMax<MemoryPoolType>() noexcept {
  return 6;
}

/// Features that may be tried early.
enum class PreviewFeature : int32_t {
  kALIASED_PLUGIN_IO_10_03 = 0,                        ///< Plugins may write an output over an input.
  kRUNTIME_ACTIVATION_RESIZE_10_10 = 1,                ///< Activation memory may follow the actual shapes at run time.
  kPROFILE_SHARING_0806 = 2,                           ///< Contexts may use the same profile at once; always so.
  kMULTIDEVICE_RUNTIME_10_16 = 3,                      ///< Runs on several devices.
  kFASTER_DYNAMIC_SHAPES_0805 = 4,                     ///< Release 8.5; always so.
  kDISABLE_EXTERNAL_TACTIC_SOURCES_FOR_CORE_0805 = 5,  ///< Release 8.5: no outside libraries in the core.
};

/// One more than the largest value of PreviewFeature.
template <>
constexpr int32_t EnumMax<PreviewFeature>() noexcept {
  return 6;
}

/// On what other hardware an engine can run.
enum class HardwareCompatibilityLevel : int32_t {
  kNONE = 0,                     ///< On the kind it was built on.
  kAMPERE_PLUS = 1,              ///< On NVIDIA Ampere and later.
  kSAME_COMPUTE_CAPABILITY = 2,  ///< On the same compute capability.
};

/// One more than the largest value of HardwareCompatibilityLevel.
template <>
constexpr int32_t EnumMax<HardwareCompatibilityLevel>() noexcept {
  return 3;
}

/// On what platform an engine can run.
enum class RuntimePlatform : int32_t {
  kSAME_AS_BUILD = 0,  ///< On the platform of the build.
  kWINDOWS_AMD64 = 1,  ///< On 64-bit Windows.
};

/// One more than the largest value of RuntimePlatform.
template <>
constexpr int32_t EnumMax<RuntimePlatform>() noexcept {
  return 2;
}

/// How hard the build tries to split layers into tiles that stay in cache.
enum class TilingOptimizationLevel : int32_t {
  kNONE = 0,      ///< Not at all.
  kFAST = 1,      ///< By rule.
  kMODERATE = 2,  ///< By rule, then measured.
  kFULL = 3,      ///< Over a wide range, measured.
};

/// One more than the largest value of TilingOptimizationLevel.
template <>
constexpr int32_t EnumMax<TilingOptimizationLevel>() noexcept {
  return 4;
}

/// Providers of tactics; a bit number for setTacticSources(). Names that only older releases have stand behind.
enum class TacticSource : int32_t {
  kEDGE_MASK_CONVOLUTIONS = 0,  ///< Convolutions with edge masks.
  kJIT_CONVOLUTIONS = 1,        ///< Convolutions compiled for the problem.
  kCUDNN = 2,                   ///< cuDNN.
  kCUBLAS = 3,                  ///< cuBLAS.
  kCUBLAS_LT = 4,               ///< cuBLASLt.
};

/// One more than the largest value of TacticSource.
template <>
constexpr int32_t EnumMax<TacticSource>() noexcept {
  return 5;
}

/// A set of TacticSource: bit i stands for the source with value i.
using TacticSources = uint32_t;

}  // namespace nvinfer1

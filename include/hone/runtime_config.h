// IRuntimeConfig and ISerializationConfig: settings for contexts and for plans.
#pragma once

#include "hone/enum_max.h"
#include "hone/no_copy.h"

namespace nvinfer1 {

/// Who provides the activation memory of a context, and how much.
enum class ExecutionContextAllocationStrategy : int32_t {
  kSTATIC = 0,             ///< The context, enough for all profiles.
  kON_PROFILE_CHANGE = 1,  ///< The context, enough for the profile in use.
  kUSER_MANAGED = 2,       ///< The program, with setDeviceMemoryV2().
};

/// One more than the largest value of ExecutionContextAllocationStrategy.
template <>
constexpr int32_t EnumMax<ExecutionContextAllocationStrategy>() noexcept {
  return 3;
}

/// What a plan holds, as bit numbers.
enum class SerializationFlag : int32_t {
  kEXCLUDE_WEIGHTS = 0,       ///< Leave refittable weights out.
  kEXCLUDE_LEAN_RUNTIME = 1,  ///< Leave the runtime out.
  kINCLUDE_REFIT = 2,         ///< The engine of the plan can be refitted again.
};

/// One more than the largest value of SerializationFlag.
template <>
constexpr int32_t EnumMax<SerializationFlag>() noexcept {
  return 3;
}

/// A set of SerializationFlag: bit i stands for the flag with value i.
using SerializationFlags = uint32_t;

/// Settings of an execution context. Made by ICudaEngine::createRuntimeConfig(); delete it when done.
class IRuntimeConfig : public INoCopy {
 public:
  /// Sets who provides activation memory; kSTATIC at first.
  virtual void setExecutionContextAllocationStrategy(ExecutionContextAllocationStrategy strategy) noexcept = 0;
  /// Returns who provides activation memory.
  virtual ExecutionContextAllocationStrategy getExecutionContextAllocationStrategy() const noexcept = 0;
};

/// Settings of a plan. Made by ICudaEngine::createSerializationConfig(); delete it when done.
class ISerializationConfig : public INoCopy {
 public:
  /// Replaces all flags. True when accepted.
  virtual bool setFlags(SerializationFlags serializationFlags) noexcept = 0;
  /// All flags.
  virtual SerializationFlags getFlags() const noexcept = 0;
  /// Clears one flag. True when accepted.
  virtual bool clearFlag(SerializationFlag serializationFlag) noexcept = 0;
  /// Sets one flag. True when accepted.
  virtual bool setFlag(SerializationFlag serializationFlag) noexcept = 0;
  /// True when the flag is set.
  virtual bool getFlag(SerializationFlag serializationFlag) const noexcept = 0;
};

}  // namespace nvinfer1

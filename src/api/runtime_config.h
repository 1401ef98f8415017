// IRuntimeConfig and ISerializationConfig: records of settings.
#pragma once

#include "api/layer.h"
#include "hone/runtime_config.h"

namespace hone::api {

class RuntimeConfig final : public nv::IRuntimeConfig {
 public:
  void setExecutionContextAllocationStrategy(nv::ExecutionContextAllocationStrategy s) noexcept override {
    strategy_ = s;
  }
  nv::ExecutionContextAllocationStrategy getExecutionContextAllocationStrategy() const noexcept override {
    return strategy_;
  }

 private:
  nv::ExecutionContextAllocationStrategy strategy_ = nv::ExecutionContextAllocationStrategy::kSTATIC;
};

class SerializationConfig final : public nv::ISerializationConfig {
 public:
  bool setFlags(nv::SerializationFlags flags) noexcept override {
    flags_ = flags;
    return true;
  }
  nv::SerializationFlags getFlags() const noexcept override { return flags_; }
  bool clearFlag(nv::SerializationFlag f) noexcept override {
    flags_ &= ~(1U << static_cast<uint32_t>(f));
    return true;
  }
  bool setFlag(nv::SerializationFlag f) noexcept override {
    if (static_cast<int32_t>(f) < 0 || static_cast<int32_t>(f) >= nv::EnumMax<nv::SerializationFlag>()) return false;
    flags_ |= 1U << static_cast<uint32_t>(f);
    return true;
  }
  bool getFlag(nv::SerializationFlag f) const noexcept override {
    return ((flags_ >> static_cast<uint32_t>(f)) & 1U) != 0;
  }

 private:
  nv::SerializationFlags flags_ = 0;
};

}  // namespace hone::api

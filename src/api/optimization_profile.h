// IOptimizationProfile: shapes by input name, checked against one another as they come.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/layer.h"
#include "hone/optimization_profile.h"

namespace hone::api {

class OptimizationProfile final : public nv::IOptimizationProfile {
 public:
  struct Entry {
    std::array<std::optional<Dims>, 3> dims;                    // by OptProfileSelector
    std::array<std::optional<std::vector<int64_t>>, 3> values;  // of a shape input
    std::array<std::vector<int32_t>, 3> narrow;                 // the same, for getShapeValues
  };
  explicit OptimizationProfile(const Reporter& reporter) : reporter_(reporter) {}
  const std::map<std::string, Entry>& entries() const { return entries_; }

  bool setDimensions(char const* inputName, nv::OptProfileSelector select, nv::Dims const& dims) noexcept override;
  nv::Dims getDimensions(char const* inputName, nv::OptProfileSelector select) const noexcept override;
  bool setShapeValues(char const* inputName, nv::OptProfileSelector select, int32_t const* values,
                      int32_t nbValues) noexcept override;
  int32_t getNbShapeValues(char const* inputName) const noexcept override;
  int32_t const* getShapeValues(char const* inputName, nv::OptProfileSelector select) const noexcept override;
  bool setShapeValuesV2(char const* inputName, nv::OptProfileSelector select, int64_t const* values,
                        int32_t nbValues) noexcept override;
  int64_t const* getShapeValuesV2(char const* inputName, nv::OptProfileSelector select) const noexcept override;
  bool setExtraMemoryTarget(float target) noexcept override;
  float getExtraMemoryTarget() const noexcept override { return extra_memory_; }
  bool isValid() const noexcept override;

 private:
  const Entry* find(char const* name) const noexcept;
  const Reporter& reporter_;
  std::map<std::string, Entry> entries_;
  float extra_memory_ = 1;
};

}  // namespace hone::api

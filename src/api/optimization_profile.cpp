// Profiles and what they refuse.
#include "api/optimization_profile.h"

namespace hone::api {
namespace {

size_t index_of(nv::OptProfileSelector select) {
  const auto i = static_cast<size_t>(select);
  require<ModelError>(i < 3, "{} is no OptProfileSelector", i);
  return i;
}

// min <= opt <= max wherever both are set, and one size.
void check(const std::string& name, const char* what, const std::array<std::optional<std::vector<int64_t>>, 3>& v) {
  static constexpr const char* kNames[] = {"min", "opt", "max"};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = i + 1; j < 3; ++j) {
      if (!v[i] || !v[j]) continue;
      require<ModelError>(v[i]->size() == v[j]->size(), "input '{}': {} {} {} and {} {} differ in rank", name,
                          kNames[i], what, hone::str(*v[i]), kNames[j], hone::str(*v[j]));
      for (size_t k = 0; k < v[i]->size(); ++k)
        require<ModelError>((*v[i])[k] <= (*v[j])[k], "input '{}': {} {} {} exceed {} {} in entry {}", name, kNames[i],
                            what, hone::str(*v[i]), kNames[j], hone::str(*v[j]), k);
    }
}

}  // namespace

bool OptimizationProfile::setDimensions(char const* inputName, nv::OptProfileSelector select,
                                        nv::Dims const& dims) noexcept {
  return guarded(reporter_, "IOptimizationProfile::setDimensions", false, [&] {
    require<ModelError>(inputName != nullptr, "the input's name is null");
    const Dims d = ints(dims);
    for (int64_t x : d)
      require<ModelError>(x >= 0, "input '{}': {} is no shape of a profile", inputName, api::str(dims));
    Entry e = entries_[inputName];
    e.dims[index_of(select)] = d;
    check(inputName, "dimensions", e.dims);
    entries_[inputName] = std::move(e);
    return true;
  });
}

const OptimizationProfile::Entry* OptimizationProfile::find(char const* name) const noexcept {
  if (name == nullptr) return nullptr;
  const auto it = entries_.find(name);
  return it == entries_.end() ? nullptr : &it->second;
}

nv::Dims OptimizationProfile::getDimensions(char const* inputName, nv::OptProfileSelector select) const noexcept {
  const Entry* e = find(inputName);
  const auto i = static_cast<size_t>(select);
  return e != nullptr && i < 3 && e->dims[i] ? dims(*e->dims[i]) : no_dims();
}

bool OptimizationProfile::setShapeValues(char const* inputName, nv::OptProfileSelector select, int32_t const* values,
                                         int32_t nbValues) noexcept {
  return guarded(reporter_, "IOptimizationProfile::setShapeValues", false, [&] {
    require<ModelError>(values != nullptr && nbValues >= 0, "no values are given");
    const std::vector<int64_t> wide(values, values + nbValues);
    return setShapeValuesV2(inputName, select, wide.data(), nbValues);
  });
}

bool OptimizationProfile::setShapeValuesV2(char const* inputName, nv::OptProfileSelector select, int64_t const* values,
                                           int32_t nbValues) noexcept {
  return guarded(reporter_, "IOptimizationProfile::setShapeValuesV2", false, [&] {
    require<ModelError>(inputName != nullptr && nbValues >= 0 && (values != nullptr || nbValues == 0),
                        "no name or no values are given");
    Entry e = entries_[inputName];
    const size_t i = index_of(select);
    e.values[i] = std::vector<int64_t>(values, values + nbValues);
    e.narrow[i].clear();
    for (int64_t v : *e.values[i])
      e.narrow[i].push_back(static_cast<int32_t>(std::clamp<int64_t>(v, INT32_MIN, INT32_MAX)));
    check(inputName, "values", e.values);
    entries_[inputName] = std::move(e);
    return true;
  });
}

int32_t OptimizationProfile::getNbShapeValues(char const* inputName) const noexcept {
  const Entry* e = find(inputName);
  if (e != nullptr)
    for (const auto& v : e->values)
      if (v) return static_cast<int32_t>(v->size());
  return -1;
}

int32_t const* OptimizationProfile::getShapeValues(char const* inputName,
                                                   nv::OptProfileSelector select) const noexcept {
  const Entry* e = find(inputName);
  const auto i = static_cast<size_t>(select);
  return e != nullptr && i < 3 && e->values[i] ? e->narrow[i].data() : nullptr;
}

int64_t const* OptimizationProfile::getShapeValuesV2(char const* inputName,
                                                     nv::OptProfileSelector select) const noexcept {
  const Entry* e = find(inputName);
  const auto i = static_cast<size_t>(select);
  return e != nullptr && i < 3 && e->values[i] ? e->values[i]->data() : nullptr;
}

bool OptimizationProfile::setExtraMemoryTarget(float target) noexcept {
  if (!(target >= 0 && target <= 1)) return false;
  extra_memory_ = target;
  return true;
}

bool OptimizationProfile::isValid() const noexcept {
  for (const auto& [name, e] : entries_) {
    const auto complete = [](const auto& v) {
      return v[0].has_value() == v[1].has_value() && v[1].has_value() == v[2].has_value();
    };
    if (!complete(e.dims) || !complete(e.values)) return false;
  }
  return true;
}

}  // namespace hone::api

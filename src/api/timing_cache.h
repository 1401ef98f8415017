// ITimingCache over the tuner's cache.
#pragma once

#include "api/layer.h"
#include "hone/timing_cache.h"
#include "tune/timing_cache.h"

namespace hone::api {

class TimingCache final : public nv::ITimingCache {
 public:
  TimingCache(std::unique_ptr<tune::TimingCache> cache, const Reporter& reporter)
      : cache_(std::move(cache)), reporter_(reporter) {}
  tune::TimingCache& cache() const { return *cache_; }

  nv::IHostMemory* serialize() const noexcept override;
  bool combine(nv::ITimingCache const& inputCache, bool ignoreMismatch) noexcept override;
  bool reset() noexcept override;
  int64_t queryKeys(nv::TimingCacheKey* keyBuffer, int64_t capacity) const noexcept override;
  nv::TimingCacheValue query(nv::TimingCacheKey const& key) const noexcept override;
  bool update(nv::TimingCacheKey const& key, nv::TimingCacheValue const& value) noexcept override;

 private:
  std::unique_ptr<tune::TimingCache> cache_;
  Reporter reporter_;
};

}  // namespace hone::api

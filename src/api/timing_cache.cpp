// Timing caches as programs see them. A key stands for problem, device and tactic together, so its tactic hash is the
// key's own lower half and only times can be changed.
#include "api/timing_cache.h"

#include <cstring>

#include "api/host_memory.h"

namespace hone::api {
namespace {
static_assert(sizeof(nv::TimingCacheKey) == 2 * sizeof(uint64_t));
tune::CacheKey inner(const nv::TimingCacheKey& k) {
  tune::CacheKey r;
  std::memcpy(&r.hi, k.data, 8);
  std::memcpy(&r.lo, k.data + 8, 8);
  return r;
}
}  // namespace

nv::IHostMemory* TimingCache::serialize() const noexcept {
  return guarded(reporter_, "ITimingCache::serialize", static_cast<nv::IHostMemory*>(nullptr),
                 [&]() -> nv::IHostMemory* { return new HostMemory(cache_->serialize()); });
}

bool TimingCache::combine(nv::ITimingCache const& inputCache, bool) noexcept {
  return guarded(reporter_, "ITimingCache::combine", false, [&] {
    const auto* other = dynamic_cast<const TimingCache*>(&inputCache);
    require<ModelError>(other != nullptr, "the other cache is not of this library");
    return other == this || cache_->combine(*other->cache_);
  });
}

bool TimingCache::reset() noexcept {
  return guarded(reporter_, "ITimingCache::reset", false, [&] {
    cache_->clear();
    return true;
  });
}

int64_t TimingCache::queryKeys(nv::TimingCacheKey* keyBuffer, int64_t capacity) const noexcept {
  return guarded(reporter_, "ITimingCache::queryKeys", int64_t{-1}, [&] {
    const auto entries = cache_->entries();
    const auto count = static_cast<int64_t>(entries.size());
    if (keyBuffer == nullptr || capacity < count) return count;
    for (const auto& [key, time] : entries) {
      std::memcpy(keyBuffer->data, &key.hi, 8);
      std::memcpy(keyBuffer->data + 8, &key.lo, 8);
      ++keyBuffer;
    }
    return count;
  });
}

nv::TimingCacheValue TimingCache::query(nv::TimingCacheKey const& key) const noexcept {
  const nv::TimingCacheValue none{nv::TimingCacheValue::kINVALID_TACTIC_HASH, 0};
  return guarded(reporter_, "ITimingCache::query", none, [&] {
    const auto time = cache_->find(inner(key));
    return time ? nv::TimingCacheValue{inner(key).lo, *time / 1000} : none;
  });
}

bool TimingCache::update(nv::TimingCacheKey const& key, nv::TimingCacheValue const& value) noexcept {
  return guarded(reporter_, "ITimingCache::update", false, [&] {
    require<ModelError>(cache_->find(inner(key)).has_value(), "the cache has no such key");
    require<ModelError>(value.tacticHash == inner(key).lo && value.timingMSec >= 0,
                        "the tactic of an entry is part of its key; only its time can be changed");
    cache_->put(inner(key), value.timingMSec * 1000);
    return true;
  });
}

}  // namespace hone::api

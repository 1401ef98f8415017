// ITimingCache: measured times of tactics, to make builds fast and repeatable.
#pragma once

#include "hone/host_memory.h"
#include "hone/macros.h"
#include "hone/no_copy.h"

namespace nvinfer1 {

/// Names one measured problem in a timing cache.
class TimingCacheKey {
 public:
  uint8_t data[16];  ///< A hash of problem, device and version.
};

/// The tactic chosen for a problem.
class TimingCacheValue {
 public:
  uint64_t tacticHash;  ///< The tactic; kINVALID_TACTIC_HASH when there is none.
  float timingMSec;     ///< Its time in milliseconds.

  /// Stands for 'no tactic'.
  static constexpr uint64_t kINVALID_TACTIC_HASH = UINT64_MAX;
};

/// Measured times. Made by IBuilderConfig::createTimingCache(); delete it after the configuration no longer uses
/// it.
class ITimingCache : public INoCopy {
 public:
  /// The contents as bytes; the caller deletes them. Null on an error.
  virtual IHostMemory* serialize() const noexcept = 0;
  /// Adds the entries of another cache. A cache of another device is refused unless ignored. True on success.
  virtual bool combine(ITimingCache const& inputCache, bool ignoreMismatch) noexcept = 0;
  /// Forgets all entries. True on success.
  virtual bool reset() noexcept = 0;
  /// Number of entries; copies their keys when the buffer is large enough. -1 on an error.
  virtual int64_t queryKeys(TimingCacheKey* keyBuffer, int64_t capacity) const noexcept = 0;
  /// The entry of a key; kINVALID_TACTIC_HASH when there is none.
  virtual TimingCacheValue query(TimingCacheKey const& key) const noexcept = 0;
  /// Replaces an entry; needs BuilderFlag::kEDITABLE_TIMING_CACHE. True on success.
  virtual bool update(TimingCacheKey const& key, TimingCacheValue const& value) noexcept = 0;
};

namespace v_1_0 {
using TimingCacheKey = nvinfer1::TimingCacheKey;
using TimingCacheValue = nvinfer1::TimingCacheValue;
}  // namespace v_1_0

}  // namespace nvinfer1

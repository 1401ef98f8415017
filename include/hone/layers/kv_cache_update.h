// IKVCacheUpdateLayer: new keys or values written into a cache.
#pragma once

#include "hone/layers/attention.h"

namespace nvinfer1 {

/// How a cache is laid out.
enum class KVCacheMode : int32_t {
  kLINEAR = 0,  ///< One buffer per sequence, filled from the beginning.
};

/// One more than the largest value of KVCacheMode.
template <>
constexpr int32_t EnumMax<KVCacheMode>() noexcept {
  return 1;
}

/// Writes input 1 (the update) into input 0 (the cache) at the places of input 2 (one index per batch item); the
/// output is the cache.
class IKVCacheUpdateLayer : public ILayer {
 public:
  /// Sets the layout. True when accepted.
  virtual bool setCacheMode(KVCacheMode cacheMode) noexcept = 0;
  /// Returns the layout.
  virtual KVCacheMode getCacheMode() const noexcept = 0;
  /// Sets how the update lies in memory. True when accepted.
  virtual bool setUpdateForm(AttentionIOForm form) noexcept = 0;
  /// Returns how the update lies in memory.
  virtual AttentionIOForm getUpdateForm() const noexcept = 0;
  /// Sets the number of valid tokens per update, or null for all. True when accepted.
  virtual bool setUpdateLengths(ITensor* lengths) noexcept = 0;
  /// That tensor, or null.
  virtual ITensor* getUpdateLengths() const noexcept = 0;
};

}  // namespace nvinfer1

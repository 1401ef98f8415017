// IPoolingLayer: maximum or average over a moving window.
#pragma once

#include "hone/layer.h"
#include "hone/layers/padding_mode.h"
#include "hone/legacy_dims.h"

namespace nvinfer1 {

/// What a pooling layer computes of a window.
enum class PoolingType : int32_t {
  kMAX = 0,                ///< The maximum.
  kAVERAGE = 1,            ///< The mean.
  kMAX_AVERAGE_BLEND = 2,  ///< (1 - blend) * maximum + blend * mean.
};

/// One more than the largest value of PoolingType.
template <>
constexpr int32_t EnumMax<PoolingType>() noexcept {
  return 3;
}

/// Reduces windows over the last two or three dimensions.
class IPoolingLayer : public ILayer {
 public:
  /// Sets what is computed.
  virtual void setPoolingType(PoolingType type) noexcept = 0;
  /// Returns what is computed.
  virtual PoolingType getPoolingType() const noexcept = 0;
  /// Sets the blend of kMAX_AVERAGE_BLEND, between 0 (maximum) and 1 (mean).
  virtual void setBlendFactor(float blendFactor) noexcept = 0;
  /// Returns the blend of kMAX_AVERAGE_BLEND, between 0 (maximum) and 1 (mean).
  virtual float getBlendFactor() const noexcept = 0;
  /// Sets whether a mean leaves padding out of its count; true at first.
  virtual void setAverageCountExcludesPadding(bool exclusive) noexcept = 0;
  /// Returns whether a mean leaves padding out of its count.
  virtual bool getAverageCountExcludesPadding() const noexcept = 0;
  /// Sets the padding before each spatial dimension.
  virtual void setPrePadding(Dims const& padding) noexcept = 0;
  /// Returns the padding before each spatial dimension.
  virtual Dims getPrePadding() const noexcept = 0;
  /// Sets the padding behind each spatial dimension.
  virtual void setPostPadding(Dims const& padding) noexcept = 0;
  /// Returns the padding behind each spatial dimension.
  virtual Dims getPostPadding() const noexcept = 0;
  /// Sets how the output size follows; kEXPLICIT_ROUND_DOWN at first.
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  /// Returns how the output size follows.
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  /// Sets the extents of the window.
  virtual void setWindowSizeNd(Dims const& windowSize) noexcept = 0;
  /// Returns the extents of the window.
  virtual Dims getWindowSizeNd() const noexcept = 0;
  /// Sets the steps of the window; all 1 at first.
  virtual void setStrideNd(Dims const& stride) noexcept = 0;
  /// Returns the steps of the window.
  virtual Dims getStrideNd() const noexcept = 0;
  /// Sets the padding on both sides; getting it needs equal sides.
  virtual void setPaddingNd(Dims const& padding) noexcept = 0;
  /// Returns the padding on both sides.
  virtual Dims getPaddingNd() const noexcept = 0;
  /// Deprecated: use setWindowSizeNd().
  TRT_DEPRECATED void setWindowSize(DimsHW windowSize) noexcept { setWindowSizeNd(windowSize); }
  /// Deprecated: use getWindowSizeNd().
  TRT_DEPRECATED DimsHW getWindowSize() const noexcept {
    Dims const windowSize = getWindowSizeNd();
    return DimsHW(windowSize.d[0], windowSize.d[1]);
  }
  /// Deprecated: use setStrideNd().
  TRT_DEPRECATED void setStride(DimsHW stride) noexcept { setStrideNd(stride); }
  /// Deprecated: use getStrideNd().
  TRT_DEPRECATED DimsHW getStride() const noexcept {
    Dims const stride = getStrideNd();
    return DimsHW(stride.d[0], stride.d[1]);
  }
  /// Deprecated: use setPaddingNd().
  TRT_DEPRECATED void setPadding(DimsHW padding) noexcept { setPaddingNd(padding); }
  /// Deprecated: use getPaddingNd().
  TRT_DEPRECATED DimsHW getPadding() const noexcept {
    Dims const padding = getPaddingNd();
    return DimsHW(padding.d[0], padding.d[1]);
  }
};

}  // namespace nvinfer1

// IPaddingLayer: zeros added around, or elements cut from, the last two dimensions.
#pragma once

#include "hone/layer.h"
#include "hone/legacy_dims.h"

namespace nvinfer1 {

/// Pads the last two dimensions with zeros; negative padding cuts.
class IPaddingLayer : public ILayer {
 public:
  /// Sets the padding before, two entries.
  virtual void setPrePaddingNd(Dims const& padding) noexcept = 0;
  /// Returns the padding before, two entries.
  virtual Dims getPrePaddingNd() const noexcept = 0;
  /// Sets the padding behind, two entries.
  virtual void setPostPaddingNd(Dims const& padding) noexcept = 0;
  /// Returns the padding behind, two entries.
  virtual Dims getPostPaddingNd() const noexcept = 0;
  /// Deprecated: use setPrePaddingNd().
  TRT_DEPRECATED void setPrePadding(DimsHW padding) noexcept { setPrePaddingNd(padding); }
  /// Deprecated: use getPrePaddingNd().
  TRT_DEPRECATED DimsHW getPrePadding() const noexcept {
    Dims const padding = getPrePaddingNd();
    return DimsHW(padding.d[0], padding.d[1]);
  }
  /// Deprecated: use setPostPaddingNd().
  TRT_DEPRECATED void setPostPadding(DimsHW padding) noexcept { setPostPaddingNd(padding); }
  /// Deprecated: use getPostPaddingNd().
  TRT_DEPRECATED DimsHW getPostPadding() const noexcept {
    Dims const padding = getPostPaddingNd();
    return DimsHW(padding.d[0], padding.d[1]);
  }
};

}  // namespace nvinfer1

// IConvolutionLayer: convolution over two or three spatial dimensions.
#pragma once

#include "hone/layer.h"
#include "hone/layers/padding_mode.h"
#include "hone/legacy_dims.h"

namespace nvinfer1 {

/// Cross-correlation of [N, C, spatial...] with a kernel [K, C/groups, spatial...] plus a bias per output channel.
/// Input 1 and 2, when set, replace kernel and bias weights (the weights must then be empty).
class IConvolutionLayer : public ILayer {
 public:
  /// Sets the number K of output channels.
  virtual void setNbOutputMaps(int64_t nbOutputMaps) noexcept = 0;
  /// Returns the number K of output channels.
  virtual int64_t getNbOutputMaps() const noexcept = 0;
  /// Sets the number of groups; it divides C and K. 1 at first.
  virtual void setNbGroups(int64_t nbGroups) noexcept = 0;
  /// Returns the number of groups.
  virtual int64_t getNbGroups() const noexcept = 0;
  /// Sets the kernel, K * C/groups * window elements.
  virtual void setKernelWeights(Weights weights) noexcept = 0;
  /// Returns the kernel, K * C/groups * window elements.
  virtual Weights getKernelWeights() const noexcept = 0;
  /// Sets the bias, K elements or none.
  virtual void setBiasWeights(Weights weights) noexcept = 0;
  /// Returns the bias, K elements or none.
  virtual Weights getBiasWeights() const noexcept = 0;
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
  /// Sets the extents of the kernel.
  virtual void setKernelSizeNd(Dims const& kernelSize) noexcept = 0;
  /// Returns the extents of the kernel.
  virtual Dims getKernelSizeNd() const noexcept = 0;
  /// Sets the steps of the window; all 1 at first.
  virtual void setStrideNd(Dims const& stride) noexcept = 0;
  /// Returns the steps of the window.
  virtual Dims getStrideNd() const noexcept = 0;
  /// Sets the padding on both sides; getting it needs equal sides.
  virtual void setPaddingNd(Dims const& padding) noexcept = 0;
  /// Returns the padding on both sides.
  virtual Dims getPaddingNd() const noexcept = 0;
  /// Sets the distance of kernel elements; all 1 at first.
  virtual void setDilationNd(Dims const& dilation) noexcept = 0;
  /// Returns the distance of kernel elements.
  virtual Dims getDilationNd() const noexcept = 0;
  /// Deprecated: use setKernelSizeNd().
  TRT_DEPRECATED void setKernelSize(DimsHW kernelSize) noexcept { setKernelSizeNd(kernelSize); }
  /// Deprecated: use getKernelSizeNd().
  TRT_DEPRECATED DimsHW getKernelSize() const noexcept {
    Dims const kernelSize = getKernelSizeNd();
    return DimsHW(kernelSize.d[0], kernelSize.d[1]);
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
  /// Deprecated: use setDilationNd().
  TRT_DEPRECATED void setDilation(DimsHW dilation) noexcept { setDilationNd(dilation); }
  /// Deprecated: use getDilationNd().
  TRT_DEPRECATED DimsHW getDilation() const noexcept {
    Dims const dilation = getDilationNd();
    return DimsHW(dilation.d[0], dilation.d[1]);
  }
};

}  // namespace nvinfer1

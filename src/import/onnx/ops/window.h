// Window attributes that convolutions and pooling share.
#pragma once

#include "import/onnx/context.h"
#include "ops/convolution.h"

namespace hone::onnx {

/// strides, dilations, pads and auto_pad for `rank` spatial axes; throws ModelError where their lengths do not fit.
Window window(const NodeView& n, size_t rank);
/// Number of spatial axes of [N, C, spatial...]; throws ModelError where there is none.
size_t spatial_rank(const Value* v);

}  // namespace hone::onnx

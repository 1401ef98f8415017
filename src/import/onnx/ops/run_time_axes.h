// Axes that are an input which only the run tells. Their number is known, so ranks are; extents are not.
#pragma once

#include "import/onnx/context.h"

namespace hone::onnx {

/// 1 where `axes` names one of `rank` axes, else 0: i64 [rank].
Value* marked_axes(OnnxContext& c, Value* axes, int64_t rank);
/// Removes the axes, whose extents are 1.
Value* squeeze_axes(OnnxContext& c, Value* x, Value* axes);
/// Inserts axes of extent 1.
Value* unsqueeze_axes(OnnxContext& c, Value* x, Value* axes);
/// Reduces over the axes and keeps them with extent 1.
Value* reduce_axes(OnnxContext& c, ReduceKind kind, Value* x, Value* axes);

}  // namespace hone::onnx

// Loop as ONNX. Inputs: trip count (i64 scalar, optional), condition (bool scalar, optional), carried values, captured
// values.
#pragma once

#include <cstdint>

#include "ops/op.h"

namespace hone {

/// Body inputs: iteration (i64), condition, carried, captured; body outputs: condition, carried, scanned. Node outputs:
/// final carried, stacked scanned (new leading axis, or concatenated along scan_axis when concat_scans is set).
struct LoopAttrs : AttributesOf<LoopAttrs> {
  int64_t carried = 0;
  void visit(FieldVisitor& v) override { v.field("carried", carried); }
};

}  // namespace hone

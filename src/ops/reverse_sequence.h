// Reverses the first lengths[b] entries of each batch entry. Inputs: X, lengths.
#pragma once

#include "ops/op.h"

namespace hone {

struct ReverseSequenceAttrs : AttributesOf<ReverseSequenceAttrs> {
  int64_t batch_axis = 1, time_axis = 0;
  void visit(FieldVisitor& v) override { v.field("batch_axis", batch_axis), v.field("time_axis", time_axis); }
};

}  // namespace hone

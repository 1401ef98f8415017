// Permutation of the axes: output axis i is input axis perm[i].
#pragma once

#include "ops/op.h"

namespace hone {

struct TransposeAttrs : AttributesOf<TransposeAttrs> {
  std::vector<int64_t> perm;
  void visit(FieldVisitor& v) override { v.field("perm", perm); }
};

}  // namespace hone

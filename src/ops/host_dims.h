// An integer tensor whose elements are expressions over shape symbols: what shape arithmetic folds to.
#pragma once

#include "ops/op.h"

namespace hone {

struct HostDimsAttrs : AttributesOf<HostDimsAttrs> {
  Shape content;
  std::vector<int64_t> dims;
  DType type = DType::kI64;
  void visit(FieldVisitor& v) override { v.field("content", content), v.field("dims", dims), v.field("type", type); }
};

}  // namespace hone

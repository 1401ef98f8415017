// Fails the run with a message where a bool input has a false element; no output.
#pragma once

#include "ops/op.h"

namespace hone {

struct AssertionAttrs : AttributesOf<AssertionAttrs> {
  std::string message;
  void visit(FieldVisitor& v) override { v.field("message", message); }
};

}  // namespace hone

// A copy into another memory format; inserted by the tuner, has no meaning of its own.
#pragma once

#include "ops/op.h"

namespace hone {

struct ReformatAttrs : AttributesOf<ReformatAttrs> {
  void visit(FieldVisitor&) override {}
};

}  // namespace hone

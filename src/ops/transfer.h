// A copy between host and device memory; inserted where a node on the one side uses a value of the other.
#pragma once

#include "ops/op.h"

namespace hone {

struct TransferAttrs : AttributesOf<TransferAttrs> {
  bool to_host = false;
  void visit(FieldVisitor& v) override { v.field("to_host", to_host); }
};

}  // namespace hone

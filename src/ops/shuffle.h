// Transpose, reshape, transpose in one (the network API's shuffle layer); lowered to those before anything else.
#pragma once

#include "ops/op.h"

namespace hone {

struct ShuffleAttrs : AttributesOf<ShuffleAttrs> {
  std::vector<int64_t> first_perm, reshape, second_perm;  // empty permutation: identity
  bool has_reshape = false;  // reshape given by attribute; an optional second input overrides it
  bool zero_copies = true;
  void visit(FieldVisitor& v) override {
    v.field("first_perm", first_perm), v.field("reshape", reshape), v.field("second_perm", second_perm);
    v.field("has_reshape", has_reshape), v.field("zero_copies", zero_copies);
  }
};

}  // namespace hone

// Assertion: fails the run where a bool input has a false element.
#include "ops/assertion.h"

#include <algorithm>

namespace hone {

static void infer(InferContext& c) {
  const TensorInfo& x = c.in(0);
  require<ModelError>(x.type == DType::kBool, "Assertion needs a bool, not {}", name(x.type));
  const auto known = known_content(x);
  if (!known) return;
  require<ModelError>(std::none_of(known->begin(), known->end(), [](const Dim& d) { return d.is(0); }),
                      "assertion is false for every input: {}", c.attr<AssertionAttrs>().message);
}

static void eval(EvalContext& c) {
  const auto v = c.in(0).span<bool>();
  require<ModelError>(std::all_of(v.begin(), v.end(), [](bool b) { return b; }), "assertion failed: {}",
                      c.attr<AssertionAttrs>().message);
}

const Op kAssertionOp = {"Assertion", kSideEffect, 1, 1, 0, make_attrs<AssertionAttrs>, infer, eval};

}  // namespace hone

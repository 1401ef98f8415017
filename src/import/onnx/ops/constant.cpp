// Constants and tensors made from a shape.
#include "ops/constant.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/model_file.h"
#include "ops/eye_like.h"

namespace hone::onnx {

void import_constant(OnnxContext& c, const NodeView& n) {
  require<Unsupported>(!n.has("sparse_value"), "a sparse constant; store it as a dense tensor");
  require<Unsupported>(!n.has("value_string") && !n.has("value_strings"), "a constant of strings");
  Tensor t;
  if (n.has("value")) {
    t = n.tensor("value");
  } else if (n.has("value_float")) {
    t = Tensor::scalar(static_cast<float>(n.f("value_float", 0)));
  } else if (n.has("value_int")) {
    t = Tensor::scalar(n.i("value_int"));
  } else if (n.has("value_ints")) {
    t = Tensor::from(n.ints("value_ints"));
  } else if (n.has("value_floats")) {
    t = Tensor::from(n.floats("value_floats")).to(DType::kF32);
  } else {
    fail<ModelError>("a Constant without a value");
  }
  c.set(0, c.constant(std::move(t)));
}

void import_constant_of_shape(OnnxContext& c, const NodeView& n) {
  Tensor value = n.has("value") ? n.tensor("value") : Tensor::scalar(0.0f);
  require<ModelError>(value.count() == 1, "'value' must hold one element, holds {}", value.count());
  Value* one = c.constant(value.reshaped({}));
  c.set(0, c.expand(one, c.to_i64(c.in(0))));
}

void import_range(OnnxContext& c, const NodeView&) {
  Values v;
  for (size_t i = 0; i < 3; ++i) v.push_back(c.in(i)->rank() == 0 ? c.in(i) : c.squeeze(c.in(i), {0}));
  c.set(0, c.make(kRangeOp, v));
}

void import_eye_like(OnnxContext& c, const NodeView& n) {
  EyeLikeAttrs a;
  a.type = n.has("dtype") ? dtype_of_onnx(static_cast<int>(n.i("dtype"))) : c.in(0)->type();
  a.k = n.i("k", 0);
  c.set(0, c.make(kEyeLikeOp, {c.in(0)}, std::move(a)));
}

void import_identity(OnnxContext& c, const NodeView&) {
  if (c.entry(0).kind == Entry::Kind::kTensor) return c.set(0, c.in(0));
  c.set(0, c.entry(0));
}

}  // namespace hone::onnx

// Ones on a diagonal: shape rule and reference evaluation.
#include "ops/eye_like.h"

#include "ops/reference.h"

namespace hone {
namespace {

void infer_eye_like(InferContext& c) {
  const auto& a = c.attr<EyeLikeAttrs>();
  require<ModelError>(c.in(0).shape.size() == 2, "ones on a diagonal need a matrix, got {}", str(c.in(0).shape));
  c.outputs[0] = {a.type, c.in(0).shape, std::nullopt, nullptr};
}

void eval_eye_like(EvalContext& c) {
  const auto& a = c.attr<EyeLikeAttrs>();
  const Dims& d = c.in(0).dims();
  Tensor y = Tensor::zeros(DType::kI64, d);
  const int64_t k = std::clamp(a.k, -d[0] - 1, d[1] + 1);
  for (int64_t row = 0; row < d[0]; ++row)
    if (row + k >= 0 && row + k < d[1]) y.data<int64_t>()[row * d[1] + row + k] = 1;
  c.out(0) = y.to(a.type);
}

}  // namespace

const Op kEyeLikeOp = {"EyeLike", kNoFlags, 1, 1, 1, make_attrs<EyeLikeAttrs>, infer_eye_like, eval_eye_like};

}  // namespace hone

// Upper or lower triangle: shape rule and reference evaluation.
#include "ops/trilu.h"

#include "ops/reference.h"

namespace hone {
namespace {

void infer_trilu(InferContext& c) {
  const Shape& x = c.in(0).shape;
  require<ModelError>(x.size() >= 2, "a triangle needs matrices, got {}", str(x));
  require<ModelError>(!c.has(1) || is_integer(c.in(1).type), "the diagonal must be an integer");
  c.outputs[0] = {c.in(0).type, x, std::nullopt, nullptr};
}

void eval_trilu(EvalContext& c) {
  const auto& a = c.attr<TriluAttrs>();
  const Dims& d = c.in(0).dims();
  const int64_t rows = d[d.size() - 2], columns = d.back();
  // Beyond the matrix every diagonal is alike; clamped, the comparison cannot overflow.
  const int64_t k = std::clamp(scalar_or(c, 1, a.k), -rows - 1, columns + 1);
  Tensor y = c.in(0).clone();
  with_width(y.type(), [&]<class T>() {
    T* p = static_cast<T*>(y.raw());
    const int64_t n = y.count();
    for (int64_t i = 0; i < n; ++i) {
      const int64_t row = i / columns % rows, column = i % columns;
      if (a.upper ? column < row + k : column > row + k) p[i] = 0;
    }
  });
  c.out(0) = y;
}

}  // namespace

const Op kTriluOp = {"Trilu", kNoFlags, 1, 2, 1, make_attrs<TriluAttrs>, infer_trilu, eval_trilu};

}  // namespace hone

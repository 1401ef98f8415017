// Local response normalisation across channels: shape rule and reference evaluation.
#include "ops/lrn.h"

#include <cmath>

#include "ops/reference.h"

namespace hone {
namespace {

void infer_lrn(InferContext& c) {
  const auto& a = c.attr<LrnAttrs>();
  require_float(c.in(0), "data of local response normalisation");
  require<ModelError>(c.in(0).shape.size() >= 2, "local response normalisation needs a channel axis, data is {}",
                      str(c.in(0).shape));
  require<ModelError>(a.window >= 1, "the window has {} channels", a.window);
  c.outputs[0] = {c.in(0).type, c.in(0).shape, std::nullopt, nullptr};
}

void eval_lrn(EvalContext& c) {
  const auto& a = c.attr<LrnAttrs>();
  const DType type = c.in(0).type();
  const AxisView v(c.in(0).dims(), 1);
  const int64_t before = (a.window - 1) / 2, after = a.window - 1 - before;
  with_float(type, [&]<class T>() {
    const Tensor x = c.in(0).to(dtype_of<T>);
    Tensor y(dtype_of<T>, x.dims());
    parallel_for(v.lines(), 64, [&](int64_t begin, int64_t end) {
      for (int64_t line = begin; line < end; ++line) {
        const T* from = x.data<T>() + v.begin(line);
        T* to = y.data<T>() + v.begin(line);
        for (int64_t i = 0; i < v.extent; ++i) {
          double sum = 0;
          for (int64_t k = std::max<int64_t>(0, i - before); k <= std::min(v.extent - 1, i + after); ++k)
            sum += static_cast<double>(from[k * v.inner]) * from[k * v.inner];
          to[i * v.inner] = static_cast<T>(from[i * v.inner] *
                                           std::pow(a.k + a.alpha / static_cast<double>(a.window) * sum, -a.beta));
        }
      }
    });
    c.out(0) = y.to(type);
  });
}

}  // namespace

const Op kLrnOp = {"Lrn", kNoFlags, 1, 1, 1, make_attrs<LrnAttrs>, infer_lrn, eval_lrn};

}  // namespace hone

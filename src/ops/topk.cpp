// The k largest or smallest: shape rule and reference evaluation. The reference always gives them in order.
#include "ops/topk.h"

#include <numeric>

#include "ops/reference.h"

namespace hone {
namespace {

void infer_topk(InferContext& c) {
  const auto& a = c.attr<TopKAttrs>();
  const Shape& x = c.in(0).shape;
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.size())));
  require<ModelError>(a.index_type == DType::kI64 || a.index_type == DType::kI32, "positions of type {}",
                      name(a.index_type));
  Dim k = a.k;
  if (c.has(1)) {
    require<ModelError>(is_integer(c.in(1).type), "k must be an integer, is {}", name(c.in(1).type));
    const auto content = known_content(c.in(1));
    require<ModelError>(!content || content->size() == 1, "k must be one number");
    k = content ? content->front() : c.data_dependent(0);
  }
  require<ModelError>(!k.is_const() || k.value() >= 0, "k is {}", k.str());
  require<ModelError>(!k.is_const() || !x[axis].is_const() || k.value() <= x[axis].value(),
                      "the {} largest of an axis of {}", k.str(), x[axis].str());
  Shape out = x;
  out[axis] = k;
  c.outputs[0] = {c.in(0).type, out, std::nullopt, nullptr};
  c.outputs[1] = {a.index_type, out, std::nullopt, nullptr};
}

template <class T>
void top_of_line(bool largest, const T* x, int64_t n, int64_t step, int64_t k, std::vector<int64_t>& order) {
  order.resize(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  auto before = [&](int64_t i, int64_t j) {
    const T a = x[i * step], b = x[j * step];
    const bool a_nan = a != a, b_nan = b != b;  // NaN is larger than everything
    if (a_nan || b_nan) return a_nan == b_nan ? i < j : a_nan == largest;
    if (a != b) return largest ? a > b : a < b;
    return i < j;
  };
  std::partial_sort(order.begin(), order.begin() + k, order.end(), before);
}

void eval_topk(EvalContext& c) {
  const auto& a = c.attr<TopKAttrs>();
  const Dims& d = c.in(0).dims();
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(d.size())));
  const int64_t k = scalar_or(c, 1, a.k);
  require<ModelError>(k >= 0 && k <= d[axis], "the {} largest of an axis of {}", k, d[axis]);
  Dims out = d;
  out[axis] = k;
  const AxisView from(d, axis), to(out, axis);
  Tensor indices(DType::kI64, out);
  const DType type = c.in(0).type();
  with_compute(type, [&]<class T>() {
    const Tensor x = c.in(0).to(dtype_of<T>);
    Tensor values(dtype_of<T>, out);
    parallel_for(from.lines(), 4, [&](int64_t begin, int64_t end) {
      std::vector<int64_t> order;
      for (int64_t i = begin; i < end; ++i) {
        top_of_line(a.largest, x.data<T>() + from.begin(i), from.extent, from.inner, k, order);
        for (int64_t j = 0; j < k; ++j) {
          const int64_t at = order[static_cast<size_t>(j)];
          indices.data<int64_t>()[to.begin(i) + j * to.inner] = at;
          values.data<T>()[to.begin(i) + j * to.inner] = x.data<T>()[from.begin(i) + at * from.inner];
        }
      }
    });
    c.out(0) = values.to(type);
  });
  c.out(1) = indices.to(a.index_type);
}

}  // namespace

const Op kTopKOp = {"TopK", kNoFlags, 1, 2, 2, make_attrs<TopKAttrs>, infer_topk, eval_topk};

}  // namespace hone

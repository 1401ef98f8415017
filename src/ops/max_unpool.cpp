// MaxUnpool: values scattered to flat positions in the extents that the pooling window implies; an explicit output
// shape holds those extents in its lower corner.
#include "ops/max_unpool.h"

#include <cstring>

#include "ops/movement.h"

namespace hone {
namespace {

Shape window_dims(const Shape& x, const MaxUnpoolAttrs& a) {
  const size_t rank = a.kernel.size();
  require<ModelError>(rank > 0 && x.size() == rank + 2, "MaxUnpool: window of {} axes for {}", rank, str(x));
  require<ModelError>((a.stride.empty() || a.stride.size() == rank) && (a.pads.empty() || a.pads.size() == 2 * rank),
                      "MaxUnpool: strides or pads do not fit {} axes", rank);
  Shape out{x[0], x[1]};
  for (size_t i = 0; i < rank; ++i) {
    const Dim stride(a.stride.empty() ? 1 : a.stride[i]);
    const Dim pads = a.pads.empty() ? Dim(0) : Dim(a.pads[i]) + Dim(a.pads[i + rank]);
    out.push_back((x[i + 2] - Dim(1)) * stride + Dim(a.kernel[i]) - pads);
    require<ModelError>(!out.back().is_const() || out.back().value() >= 0, "MaxUnpool: negative extent");
  }
  return out;
}

void rule(InferContext& c) {
  const TensorInfo &x = c.in(0), &at = c.in(1);
  require<ModelError>(at.type == DType::kI64, "MaxUnpool: indices must be i64, not {}", name(at.type));
  require<ModelError>(at.shape.size() == x.shape.size(), "MaxUnpool: values {} and indices {} differ", str(x.shape),
                      str(at.shape));
  Shape out = window_dims(x.shape, c.attr<MaxUnpoolAttrs>());
  if (c.has(2)) {
    const auto given = int_argument(c, 2, {});
    const auto n = static_cast<size_t>(argument_length(c, 2, {}));
    require<ModelError>(n == out.size(), "MaxUnpool: output shape has {} entries for rank {}", n, out.size());
    for (size_t i = 0; i < n; ++i) {
      const Dim d = given ? (*given)[i] : c.data_dependent(static_cast<int>(i));
      require<ModelError>(!d.is_const() || !out[i].is_const() || d.value() >= out[i].value(),
                          "MaxUnpool: output axis {} of {} cannot hold {}", i, d.str(), out[i].str());
      out[i] = d;
    }
  }
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

void eval(EvalContext& c) {
  const Tensor &x = c.in(0), &at = c.in(1);
  require<ModelError>(x.dims() == at.dims(), "MaxUnpool: values {} and indices {} differ", str(x.dims()),
                      str(at.dims()));
  Tensor& y = allocate_output(c, rule);
  const Dims inner = to_dims(window_dims(to_shape(x.dims()), c.attr<MaxUnpoolAttrs>()));
  const Dims from = contiguous_strides(inner), to = contiguous_strides(y.dims());
  const int64_t volume_inner = volume(inner);
  std::memset(y.raw(), 0, y.bytes());
  with_width(x.type(), [&]<class T>() {
    for (int64_t i = 0; i < x.count(); ++i) {
      int64_t p = at.data<int64_t>()[i], q = 0;
      require<ModelError>(p >= 0 && p < volume_inner, "MaxUnpool: index {} is outside {}", p, str(inner));
      for (size_t k = 0; k < from.size(); ++k) q += p / from[k] * to[k], p %= from[k];
      y.data<T>()[q] = x.data<T>()[i];
    }
  });
}

}  // namespace

const Op kMaxUnpoolOp = {"MaxUnpool", kNoFlags, 2, 3, 1, make_attrs<MaxUnpoolAttrs>, rule, eval};

}  // namespace hone

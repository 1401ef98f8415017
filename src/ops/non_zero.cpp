// NonZero: indices of non-zero elements, one column an element, in row-major order.
#include "ops/non_zero.h"

#include "ops/movement.h"

namespace hone {
namespace {

// Flat positions of the elements that are not zero.
std::vector<int64_t> positions(const Tensor& x) {
  std::vector<int64_t> at;
  with_type(x.type(), [&]<class T>() {
    for (int64_t i = 0; i < x.count(); ++i) {
      if constexpr (std::is_arithmetic_v<T>) {
        if (x.data<T>()[i] != T(0)) at.push_back(i);
      } else {
        if (static_cast<float>(x.data<T>()[i]) != 0.f) at.push_back(i);
      }
    }
  });
  return at;
}

std::vector<int64_t> coordinates(const std::vector<int64_t>& at, const Dims& dims) {
  const Dims s = contiguous_strides(dims);
  std::vector<int64_t> out;
  for (size_t k = 0; k < dims.size(); ++k)
    for (int64_t i : at) out.push_back(i / s[k] % dims[k]);
  return out;
}

// Positions where the input is known to the last element.
std::optional<std::vector<int64_t>> known_positions(const TensorInfo& x) {
  if (x.constant != nullptr) return positions(*x.constant);
  const auto content = known_content(x);
  if (!content) return std::nullopt;
  std::vector<int64_t> at;
  for (size_t i = 0; i < content->size(); ++i) {
    if (!(*content)[i].is_const()) return std::nullopt;
    if (!(*content)[i].is(0)) at.push_back(static_cast<int64_t>(i));
  }
  return at;
}

void infer(InferContext& c) {
  const TensorInfo& x = c.in(0);
  const DType type = c.attr<NonZeroAttrs>().index_type;
  require<ModelError>(type == DType::kI32 || type == DType::kI64, "NonZero gives i32 or i64, not {}", name(type));
  const auto rank = static_cast<int64_t>(x.shape.size());
  const auto at = known_positions(x);
  const Dim count = at ? Dim(static_cast<int64_t>(at->size())) : c.data_dependent(0);
  c.outputs[0] = {type, {Dim(rank), count}, std::nullopt, nullptr};
  if (!at || !is_const(x.shape) || rank * count.value() > kMaxContent) return;
  const auto v = coordinates(*at, to_dims(x.shape));
  c.outputs[0].content = std::vector<Dim>(v.begin(), v.end());
}

void eval(EvalContext& c) {
  const Tensor& x = c.in(0);
  const std::vector<int64_t> at = positions(x);
  const std::vector<int64_t> v = coordinates(at, x.dims());
  Tensor& y = c.out(0, c.attr<NonZeroAttrs>().index_type, {x.rank(), static_cast<int64_t>(at.size())});
  for (size_t i = 0; i < v.size(); ++i) {
    if (y.type() == DType::kI64)
      y.data<int64_t>()[i] = v[i];
    else
      y.data<int32_t>()[i] = static_cast<int32_t>(v[i]);
  }
}

Dim bound(const InferContext& c) { return volume(c.in(0).shape); }

}  // namespace

const Op kNonZeroOp = {"NonZero", kDataDependent, 1, 1, 1, make_attrs<NonZeroAttrs>, infer, eval, bound};

}  // namespace hone

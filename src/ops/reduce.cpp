// Reduction over axes: shape rule, symbolic shape arithmetic and reference evaluation.
#include "ops/reduce.h"

#include <cmath>
#include <limits>

#include "ops/broadcast.h"
#include "ops/reference.h"

namespace hone {
namespace {

// Which axes are reduced. `given`: the axes input, where there is one.
std::vector<bool> reduced_axes(const ReduceAttrs& a, const std::vector<int64_t>* given, size_t rank) {
  const std::vector<int64_t>& axes = given != nullptr ? *given : a.axes;
  std::vector<bool> reduced(rank, axes.empty() && !a.noop_if_empty);
  for (int64_t axis : axes) {
    const auto i = static_cast<size_t>(normalize_axis(axis, static_cast<int64_t>(rank)));
    require<ModelError>(!reduced[i], "axis {} is listed twice", axis);
    reduced[i] = true;
  }
  return reduced;
}

std::optional<Dim> fold(ReduceKind kind, const Dim& x, const Dim& y) {
  switch (kind) {
    case ReduceKind::kSum:
      return x + y;
    case ReduceKind::kProd:
      return x * y;
    case ReduceKind::kMax:
      return max(x, y);
    case ReduceKind::kMin:
      return min(x, y);
    default:
      return std::nullopt;
  }
}

std::optional<std::vector<Dim>> fold_content(const InferContext& c, ReduceKind kind, const std::vector<bool>& reduced) {
  const TensorInfo& x = c.in(0);
  if (is_float(x.type) || !is_const(x.shape)) return std::nullopt;
  const auto content = known_content(x);
  if (!content || content->empty()) return std::nullopt;
  const Dims dims = to_dims(x.shape);
  Dims kept = dims;
  for (size_t i = 0; i < dims.size(); ++i)
    if (reduced[i]) kept[i] = 1;
  std::vector<std::optional<Dim>> out(static_cast<size_t>(volume(kept)));
  bool ok = true;
  for_each_broadcast(dims, {broadcast_strides(kept, dims)}, [&](int64_t i, const int64_t* at) {
    std::optional<Dim>& o = out[static_cast<size_t>(at[0])];
    const Dim& v = (*content)[static_cast<size_t>(i)];
    if (ok) o = o ? fold(kind, *o, v) : fold(kind, v, v) ? std::optional(v) : std::nullopt;
    ok = ok && o.has_value();
  });
  if (!ok) return std::nullopt;
  std::vector<Dim> result;
  for (const auto& o : out) result.push_back(*o);
  return result;
}

void infer_reduce(InferContext& c) {
  const auto& a = c.attr<ReduceAttrs>();
  const Shape& x = c.in(0).shape;
  std::vector<int64_t> given;
  if (c.has(1)) {
    const auto axes = known_content(c.in(1));
    require<Unsupported>(axes.has_value(), "the axes of the reduction are computed at run time");
    for (const Dim& d : *axes) {
      require<Unsupported>(d.is_const(), "the axes of the reduction are computed at run time");
      given.push_back(d.value());
    }
  }
  const std::vector<bool> reduced = reduced_axes(a, c.has(1) ? &given : nullptr, x.size());
  Shape out;
  for (size_t i = 0; i < x.size(); ++i)
    if (!reduced[i])
      out.push_back(x[i]);
    else if (a.keep_dims)
      out.push_back(1);
  c.outputs[0] = {c.in(0).type, out, fold_content(c, a.kind, reduced), nullptr};
}

template <class A>
A start_value(ReduceKind kind) {
  using L = std::numeric_limits<A>;
  switch (kind) {
    case ReduceKind::kProd:
      return 1;
    case ReduceKind::kMax:
    case ReduceKind::kLogSumExp:  // first the maximum
      return L::has_infinity ? -L::infinity() : L::lowest();
    case ReduceKind::kMin:
      return L::has_infinity ? L::infinity() : L::max();
    default:
      return 0;
  }
}

template <class A>
A accumulate(ReduceKind kind, A acc, A x) {
  using W = Accumulator<A>;  // integers wrap
  const W sum = static_cast<W>(acc), value = static_cast<W>(x);
  switch (kind) {
    case ReduceKind::kProd:
      return static_cast<A>(sum * value);
    case ReduceKind::kMax:
    case ReduceKind::kLogSumExp:
      return x > acc || x != x ? x : acc;
    case ReduceKind::kMin:
      return x < acc || x != x ? x : acc;
    case ReduceKind::kL1:
      return static_cast<A>(sum + (x < 0 ? -value : value));
    case ReduceKind::kL2:
    case ReduceKind::kSumSquare:
      return static_cast<A>(sum + value * value);
    case ReduceKind::kSum:
    case ReduceKind::kAvg:
    case ReduceKind::kLogSum:
      return static_cast<A>(sum + value);
  }
  fail<InternalError>("bad reduction");
}

double finish(ReduceKind kind, double acc, int64_t count) {
  switch (kind) {
    case ReduceKind::kAvg:
      return acc / static_cast<double>(count);
    case ReduceKind::kL2:
      return std::sqrt(acc);
    case ReduceKind::kLogSum:
      return std::log(acc);
    default:
      return acc;
  }
}

// sum exp(x - max), then log and the maximum back.
template <class T>
void log_sum_exp(const T* x, const Dims& dims, const std::vector<int64_t>& strides, std::vector<double>& max) {
  std::vector<double> sum(max.size(), 0);
  for_each_broadcast(dims, {strides}, [&](int64_t i, const int64_t* at) {
    const auto o = static_cast<size_t>(at[0]);
    sum[o] += std::exp(static_cast<double>(x[i]) - (std::isinf(max[o]) ? 0 : max[o]));
  });
  for (size_t o = 0; o < sum.size(); ++o) max[o] = std::log(sum[o]) + (std::isinf(max[o]) ? 0 : max[o]);
}

template <class T>
void reduce(const ReduceAttrs& a, const Tensor& x, const Dims& kept, int64_t count, T* out) {
  using A = std::conditional_t<std::is_floating_point_v<T>, double, int64_t>;
  const Dims& dims = x.dims();
  const std::vector<int64_t> strides = broadcast_strides(kept, dims);
  std::vector<A> acc(static_cast<size_t>(volume(kept)), start_value<A>(a.kind));
  for_each_broadcast(dims, {strides}, [&](int64_t i, const int64_t* at) {
    A& o = acc[static_cast<size_t>(at[0])];
    o = accumulate(a.kind, o, static_cast<A>(x.data<T>()[i]));
  });
  if constexpr (std::is_floating_point_v<T>) {
    if (a.kind == ReduceKind::kLogSumExp) log_sum_exp(x.data<T>(), dims, strides, acc);
  }
  for (size_t o = 0; o < acc.size(); ++o)
    if constexpr (std::is_floating_point_v<T>)
      out[o] = static_cast<T>(finish(a.kind, acc[o], count));
    else if (a.kind == ReduceKind::kAvg)
      out[o] = count == 0 ? 0 : acc[o] / count;
    else
      out[o] = a.kind == ReduceKind::kL2 ? static_cast<T>(std::sqrt(static_cast<double>(acc[o]))) : acc[o];
}

void eval_reduce(EvalContext& c) {
  const auto& a = c.attr<ReduceAttrs>();
  const Dims& dims = c.in(0).dims();
  const std::vector<int64_t> given = c.has(1) ? c.in(1).as_ints() : std::vector<int64_t>();
  const std::vector<bool> reduced = reduced_axes(a, c.has(1) ? &given : nullptr, dims.size());
  Dims kept = dims, out_dims;
  int64_t count = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (reduced[i]) kept[i] = 1, count *= dims[i];
    if (!reduced[i] || a.keep_dims) out_dims.push_back(kept[i]);
  }
  const DType type = c.in(0).type();
  const bool logarithm = a.kind == ReduceKind::kLogSum || a.kind == ReduceKind::kLogSumExp;
  with_compute(logarithm && !is_float(type) ? DType::kF64 : type, [&]<class T>() {
    const Tensor x = c.in(0).to(dtype_of<T>);
    Tensor out(dtype_of<T>, out_dims);
    reduce(a, x, kept, count, out.data<T>());
    c.out(0) = out.to(type);
  });
}

}  // namespace

const Op kReduceOp = {"Reduce", kNoFlags, 1, 2, 1, make_attrs<ReduceAttrs>, infer_reduce, eval_reduce};

}  // namespace hone

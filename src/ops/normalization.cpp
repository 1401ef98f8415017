// Layer, group, instance and RMS normalisation: shape rule and reference evaluation.
#include "ops/normalization.h"

#include <cmath>

#include "ops/broadcast.h"
#include "ops/reference.h"

namespace hone {
namespace {

std::vector<bool> normalized_axes(const NormalizationAttrs& a, size_t rank) {
  std::vector<bool> axes(rank, false);
  for (int64_t axis : a.axes) axes[static_cast<size_t>(normalize_axis(axis, static_cast<int64_t>(rank)))] = true;
  return axes;
}

void check_broadcasts(const InferContext& c, size_t i, const char* what) {
  if (!c.has(i)) return;
  require_float(c.in(i), what);
  const Shape &s = c.in(i).shape, &x = c.in(0).shape;
  require<ModelError>(s.size() <= x.size(), "{} {} has more axes than the data {}", what, str(s), str(x));
  for (size_t k = 0; k < s.size(); ++k)
    if (!s[k].is(1)) require_same_dim(s[k], x[x.size() - s.size() + k], what);
}

void infer_normalization(InferContext& c) {
  const auto& a = c.attr<NormalizationAttrs>();
  const Shape& x = c.in(0).shape;
  require_float(c.in(0), "data of a normalisation");
  require<ModelError>(!a.axes.empty(), "normalisation over no axes");
  normalized_axes(a, x.size());
  require<ModelError>(a.groups >= 1, "the number of groups is {}", a.groups);
  if (a.groups > 1) {
    require<ModelError>(x.size() >= 2, "group normalisation needs a channel axis, data is {}", str(x));
    require<ModelError>(!x[1].is_const() || x[1].value() % a.groups == 0, "{} channels do not split into {} groups",
                        x[1].str(), a.groups);
  }
  check_broadcasts(c, 1, "scale");
  check_broadcasts(c, 2, "bias");
  c.outputs[0] = {c.in(0).type, x, std::nullopt, nullptr};
}

// Data dims with axis 1 split into groups, and the dims of the statistics.
std::pair<Dims, Dims> statistic_dims(const NormalizationAttrs& a, const Dims& x) {
  std::vector<bool> axes = normalized_axes(a, x.size());
  Dims dims = x;
  if (a.groups > 1) {
    require<ModelError>(x[1] % a.groups == 0, "{} channels do not split into {} groups", x[1], a.groups);
    dims[1] = x[1] / a.groups;
    dims.insert(dims.begin() + 1, a.groups);
    axes[1] = true;
    axes.insert(axes.begin() + 1, false);
  }
  Dims kept = dims;
  for (size_t i = 0; i < dims.size(); ++i)
    if (axes[i]) kept[i] = 1;
  return {dims, kept};
}

void eval_normalization(EvalContext& c) {
  const auto& a = c.attr<NormalizationAttrs>();
  const DType type = c.in(0).type();
  const Dims& dims = c.in(0).dims();
  const auto [split, kept] = statistic_dims(a, dims);
  const auto to_stat = broadcast_strides(kept, split);
  const auto stats = static_cast<size_t>(volume(kept));
  const double count = stats == 0 ? 1 : static_cast<double>(volume(split)) / static_cast<double>(stats);
  const std::vector<double> x = c.in(0).as_doubles();
  std::vector<double> mean(stats, 0), factor(stats, 0);
  std::vector<size_t> stat_of(x.size());
  for_each_broadcast(split, {to_stat}, [&](int64_t i, const int64_t* at) {
    stat_of[static_cast<size_t>(i)] = static_cast<size_t>(at[0]);
    if (!a.rms) mean[static_cast<size_t>(at[0])] += x[static_cast<size_t>(i)] / count;
  });
  for (size_t i = 0; i < x.size(); ++i) {
    const double d = x[i] - mean[stat_of[i]];
    factor[stat_of[i]] += d * d / count;
  }
  for (double& f : factor) f = 1 / std::sqrt(f + a.epsilon);
  auto operand = [&](size_t i, double otherwise) {
    return c.has(i) ? c.in(i).as_doubles() : std::vector<double>{otherwise};
  };
  const std::vector<double> scale = operand(1, 1), bias = operand(2, 0);
  Tensor y(DType::kF64, dims);
  for_each_broadcast(dims,
                     {broadcast_strides(c.has(1) ? c.in(1).dims() : Dims(), dims),
                      broadcast_strides(c.has(2) ? c.in(2).dims() : Dims(), dims)},
                     [&](int64_t i, const int64_t* at) {
                       const auto k = static_cast<size_t>(i);
                       y.data<double>()[i] =
                           (x[k] - mean[stat_of[k]]) * factor[stat_of[k]] * scale[static_cast<size_t>(at[0])] +
                           bias[static_cast<size_t>(at[1])];
                     });
  c.out(0) = y.to(type);
}

}  // namespace

const Op kNormalizationOp = {"Normalization",     kNoFlags,          1, 3, 1, make_attrs<NormalizationAttrs>,
                             infer_normalization, eval_normalization};

}  // namespace hone

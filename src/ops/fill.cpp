// Fill: evenly spaced values or pseudo-random numbers of a given shape. A seed of 0 gives other numbers every time.
#include "ops/fill.h"

#include <atomic>
#include <cmath>
#include <numbers>

#include "ops/movement.h"

namespace hone {
namespace {

void rule(InferContext& c) {
  const auto& a = c.attr<FillAttrs>();
  for (size_t i = 1; i < 3; ++i)
    require<ModelError>(!c.has(i) || c.in(i).shape.size() <= 1, "Fill: input {} must be a scalar or a vector", i);
  require<ModelError>(a.kind == FillKind::kLinspace || is_float(a.type), "Fill: random {}", name(a.type));
  require<ModelError>(is_float(a.type) || is_integer(a.type), "Fill of {}", name(a.type));
  Shape out;
  if (const auto shape = int_argument(c, 0, a.shape)) {
    out = *shape;
  } else {
    for (int64_t i = 0; i < argument_length(c, 0, a.shape); ++i) out.push_back(c.data_dependent(static_cast<int>(i)));
  }
  for (const Dim& d : out)
    require<ModelError>(!d.is_const() || d.value() >= 0, "Fill: negative dimension in {}", str(out));
  c.outputs[0] = {a.type, out, std::nullopt, nullptr};
}

// A counter-based generator: a mixed 64-bit word of (stream, position).
class Random {
 public:
  explicit Random(int64_t seed) : stream_(mix(static_cast<uint64_t>(seed) ^ 0x9e3779b97f4a7c15u)) {}
  /// In [0, 1).
  double uniform() { return static_cast<double>(mix(stream_ + ++at_ * 0x9e3779b97f4a7c15u) >> 11) * 0x1p-53; }
  double normal() {
    const double r = std::sqrt(-2 * std::log(1 - uniform()));
    return r * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint64_t stream_, at_ = 0;
};

int64_t effective_seed(int64_t seed) {
  static std::atomic<int64_t> next{1};
  return seed != 0 ? seed : -next.fetch_add(1);
}

double scalar_of(const EvalContext& c, size_t i, double otherwise) {
  if (!c.has(i)) return otherwise;
  require<ModelError>(c.in(i).count() == 1, "Fill: input {} must be one number", i);
  return c.in(i).as_doubles()[0];
}

// alpha + sum of index * beta, in the wide type of the output.
template <class W>
void linspace(const EvalContext& c, const FillAttrs& a, Tensor& wide) {
  const W alpha = static_cast<W>(scalar_of(c, 1, a.alpha));
  std::vector<W> beta(wide.dims().size(), W(0));
  const std::vector<double> given = c.has(2) ? c.in(2).as_doubles() : std::vector<double>{a.beta};
  if (given.size() == beta.size() && c.has(2) && c.in(2).rank() == 1) {
    for (size_t i = 0; i < beta.size(); ++i) beta[i] = static_cast<W>(given[i]);
  } else {
    require<ModelError>(given.size() == 1 && beta.size() <= 1, "Fill: {} steps for rank {}", given.size(), beta.size());
    if (!beta.empty()) beta[0] = static_cast<W>(given[0]);
  }
  const Dims s = contiguous_strides(wide.dims());
  for (int64_t i = 0; i < wide.count(); ++i) {
    W v = alpha;
    int64_t rest = i;
    for (size_t k = 0; k < s.size(); ++k) v += static_cast<W>(rest / s[k]) * beta[k], rest %= s[k];
    wide.data<W>()[i] = v;
  }
}

void random(const EvalContext& c, const FillAttrs& a, Tensor& wide) {
  Random r(effective_seed(a.seed));
  const double alpha = scalar_of(c, 1, a.alpha), beta = scalar_of(c, 2, a.beta);
  for (double& v : wide.span<double>())
    v = a.kind == FillKind::kRandomUniform ? alpha + (beta - alpha) * r.uniform() : alpha + beta * r.normal();
}

void eval(EvalContext& c) {
  const auto& a = c.attr<FillAttrs>();
  const Dims dims = to_dims(concrete_infos(c, rule)[0].shape);
  Tensor wide(is_float(a.type) ? DType::kF64 : DType::kI64, dims);
  if (a.kind != FillKind::kLinspace)
    random(c, a, wide);
  else if (is_float(a.type))
    linspace<double>(c, a, wide);
  else
    linspace<int64_t>(c, a, wide);
  set_output(c, 0, wide.to(a.type));
}

}  // namespace

const Op kFillOp = {"Fill", kSideEffect, 0, 3, 1, make_attrs<FillAttrs>, rule, eval};

}  // namespace hone

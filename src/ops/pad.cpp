// Pad: constant, reflected, edge or wrapped borders; negative pads crop.
#include "ops/pad.h"

#include <algorithm>

#include "ops/movement.h"

namespace hone {
namespace {

struct Pads {
  std::vector<Dim> before, after;  // one an axis of the input
};

std::optional<Pads> pads_of(const InferContext& c) {
  const auto& a = c.attr<PadAttrs>();
  const auto rank = static_cast<int64_t>(c.in(0).shape.size());
  const auto given = int_argument(c, 1, a.pads);
  if (!given) return std::nullopt;
  std::vector<int64_t> axes = const_argument(c, 3, a.axes, "axes of Pad");
  if (axes.empty() && !c.has(3))
    for (int64_t i = 0; i < rank; ++i) axes.push_back(i);
  axes = normalize_axes(axes, rank);
  require<ModelError>(given->size() == 2 * axes.size(), "Pad has {} pads for {} axes", given->size(), axes.size());
  Pads p{std::vector<Dim>(static_cast<size_t>(rank), Dim(0)), std::vector<Dim>(static_cast<size_t>(rank), Dim(0))};
  for (size_t i = 0; i < axes.size(); ++i) {
    p.before[static_cast<size_t>(axes[i])] = (*given)[i];
    p.after[static_cast<size_t>(axes[i])] = (*given)[i + axes.size()];
  }
  return p;
}

void rule(InferContext& c) {
  const TensorInfo& x = c.in(0);
  if (c.has(2))
    require<ModelError>(c.in(2).type == x.type && volume(c.in(2).shape).is(1),
                        "the value of Pad must be one {}, not {}{}", name(x.type), name(c.in(2).type),
                        str(c.in(2).shape));
  Shape out;
  const auto p = pads_of(c);
  for (size_t i = 0; i < x.shape.size(); ++i) {
    out.push_back(p ? x.shape[i] + p->before[i] + p->after[i] : c.data_dependent(static_cast<int>(i)));
    require<ModelError>(!out[i].is_const() || out[i].value() >= 0, "Pad crops more than axis {} of {} has", i,
                        str(x.shape));
  }
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

// Input position of padded position p in an axis of n; -1: the constant.
int64_t source(int64_t p, int64_t n, PadMode mode) {
  if (p >= 0 && p < n) return p;
  switch (mode) {
    case PadMode::kConstant:
      return -1;
    case PadMode::kEdge:
      return std::clamp<int64_t>(p, 0, n - 1);
    case PadMode::kWrap:
      return ((p % n) + n) % n;
    case PadMode::kReflect: {
      if (n == 1) return 0;
      const int64_t period = 2 * (n - 1), q = ((p % period) + period) % period;
      return q < n ? q : period - q;
    }
  }
  fail<InternalError>("bad pad mode");
}

void eval(EvalContext& c) {
  const auto& a = c.attr<PadAttrs>();
  const Tensor& x = c.in(0);
  Tensor& y = allocate_output(c, rule);
  const Pads p = pads_of(ConcreteContext(c)).value();
  std::vector<std::vector<int64_t>> maps(x.dims().size());
  for (size_t i = 0; i < maps.size(); ++i) {
    require<ModelError>(x.dims()[i] > 0 || y.dims()[i] == 0 || a.mode == PadMode::kConstant,
                        "Pad mode '{}' cannot extend an empty axis", kPadModeNames[static_cast<size_t>(a.mode)]);
    for (int64_t j = 0; j < y.dims()[i]; ++j) maps[i].push_back(source(j - p.before[i].value(), x.dims()[i], a.mode));
  }
  const Tensor fill = c.has(2) ? c.in(2) : Tensor::scalar(a.value).to(x.type());
  mapped_copy(x, maps, fill.raw(), y);
}

}  // namespace

const Op kPadOp = {"Pad", kNoFlags, 1, 4, 1, make_attrs<PadAttrs>, rule, eval};

}  // namespace hone

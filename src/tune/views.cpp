// Memory order of axes: a tensor is a list of (extent, logical axis) in storage order, unit axes left out.
#include "tune/views.h"

#include "ops/transpose.h"

namespace hone::tune {
namespace {

// Axes in storage order, outermost first, without those of extent 1.
std::vector<int> order(const Dims& d, Format f) {
  std::vector<int> axes;
  for (size_t a = 0; a < d.size(); ++a)
    if (!(f == Format::kChannelsLast && a == 1)) axes.push_back(static_cast<int>(a));
  if (f == Format::kChannelsLast && d.size() > 1) axes.push_back(1);
  std::erase_if(axes, [&](int a) { return d[static_cast<size_t>(a)] == 1; });
  return axes;
}

bool linear_order(const Dims& d, Format f) { return f == Format::kLinear || order(d, f) == order(d, Format::kLinear); }

}  // namespace

bool is_memory_view(const ir::Node& n, const Dims& in, Format in_format, const Dims& out, Format out_format) {
  if (n.is(kTransposeOp)) {
    std::vector<int> from = order(in, in_format), to = order(out, out_format);
    const auto& perm = n.attr<TransposeAttrs>().perm;
    for (int& a : to)
      a = static_cast<int>(normalize_axis(perm[static_cast<size_t>(a)], static_cast<int64_t>(in.size())));
    return from == to;
  }
  if (n.is(kIdentityOp) || n.is(kReformatOp)) return order(in, in_format) == order(out, out_format);
  if (n.is(kReshapeOp) || n.is(kSqueezeOp) || n.is(kUnsqueezeOp))
    return linear_order(in, in_format) && linear_order(out, out_format);
  return false;
}

}  // namespace hone::tune

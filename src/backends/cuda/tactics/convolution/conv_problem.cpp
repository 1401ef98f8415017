// Checks of convolution problems.
#include "backends/cuda/tactics/convolution/conv_problem.h"

#include <limits>

#include "backends/layout.h"

namespace hone::cuda {

bool ConvProblem::is_pointwise() const {
  const WindowGeometry& w = windows;
  for (int a = 0; a < 3; ++a)
    if (w.kernel[a] != 1 || w.stride[a] != 1 || w.pad[a] != 0 || w.in[a] != w.out[a]) return false;
  return true;
}

bool lies_channels_last(const TensorDesc& d) {
  return d.format == Format::kChannelsLast || (d.pitch == 0 && is_linear(as_channels_last(d)));
}

bool lies_planar(const TensorDesc& d) { return is_linear(d) && is_dense(d); }

TensorDesc as_channels_last(TensorDesc d) {
  d.format = Format::kChannelsLast;
  return d;
}

Verdict conv_problem(const Problem& p, ConvProblem& c) {
  if (p.base_inputs() < 2 || !p.has(0) || !p.has(1)) return Verdict::no("lacks data or weights");
  const TensorDesc &x = p.inputs[0], &w = p.inputs[1], &y = p.outputs[0];
  const size_t rank = x.dims.size() - 2;
  if (x.dims.size() < 3 || rank > 3) return Verdict::no("convolves over one to three axes");
  if (w.dims.size() != x.dims.size() || y.dims.size() != x.dims.size())
    return Verdict::no("has operands of unlike ranks");
  if (w.type != x.type) return Verdict::no("has weights of another type");
  if (!lies_planar(w)) return Verdict::no("reads weights in the linear format");
  if (x.count() > std::numeric_limits<int>::max() / 2) return Verdict::no("is too large");
  const auto& attrs = p.attr<ConvolutionAttrs>();
  c.groups = attrs.groups;
  c.batch = x.dims[0], c.in_channels = x.dims[1], c.out_channels = y.dims[1];
  if (c.groups < 1 || c.in_channels % c.groups != 0 || c.out_channels % c.groups != 0)
    return Verdict::no("has channels that do not divide into groups");
  if (p.base_inputs() > 2 && p.has(2)) {
    c.bias = 2;
    if (p.inputs[2].dims.size() != 1 || p.inputs[2].format != Format::kLinear)
      return Verdict::no("has an unusual bias");
  }
  const Window window = complete(attrs.window, rank);
  WindowGeometry& g = c.windows;
  for (size_t i = 0; i < rank; ++i) {
    const size_t a = 3 - rank + i;
    g.in[a] = x.dims[2 + i], g.out[a] = y.dims[2 + i], g.kernel[a] = w.dims[2 + i];
    g.stride[a] = window.stride[i], g.dilation[a] = window.dilation[i];
    g.pad[a] = window_pads(x.dims[2 + i], window, i, w.dims[2 + i]).first;
  }
  g.channels = c.group_in();
  return Verdict::yes();
}

void place_as_described(const TensorDesc& x, ConvProblem& c) {
  WindowGeometry& g = c.windows;
  const std::vector<int64_t> s = element_strides(x);
  g.image = s[0], g.channel_step = s[1];
  for (size_t i = 2; i < s.size(); ++i) g.axis[3 - s.size() + i] = s[i];
}

void place_input(const TensorDesc& x, bool planar, ConvProblem& c) {
  place_as_described(planar ? TensorDesc{x.type, Format::kLinear, x.dims, 0} : as_channels_last(x), c);
}

}  // namespace hone::cuda

// Checks and normalises convolution problems for the CPU tactics.
#include "backends/cpu/tactics/convolution/conv_geometry.h"

#include "backends/cpu/tactics/fused_tail.h"
#include "ops/convolution.h"

namespace hone::cpu {
namespace {

/// Both formats mean the same memory: one channel, or one pixel.
bool format_free(const TensorDesc& d) {
  int64_t pixels = 1;
  for (size_t i = 2; i < d.dims.size(); ++i) pixels *= d.dims[i];
  return d.channels() == 1 || pixels == 1;
}

bool channels_last(const TensorDesc& d) {
  return d.format == Format::kChannelsLast || (format_free(d) && d.pitch == 0);
}

void fill_spatial(const Problem& p, ConvGeometry& g) {
  const Dims &x = p.inputs[0].dims, &w = p.inputs[1].dims, &y = p.outputs[0].dims;
  const auto& attrs = p.attr<ConvolutionAttrs>();
  const size_t rank = x.size() - 2;
  const Window window = complete(attrs.window, rank);
  ConvRows& r = g.rows;
  r.height = r.out_height = 1;
  const size_t ax = rank - 1;  // the x axis; a 1-D image has one line
  const auto pads_x = window_pads(x[ax + 2], window, ax, w[ax + 2]);
  r.width = x[ax + 2], r.out_width = y[ax + 2], r.kernel_w = w[ax + 2];
  r.stride_w = window.stride[ax], r.dilation_w = window.dilation[ax];
  r.pad_left = pads_x.first, g.pad_right = pads_x.second;
  if (rank == 1) return;
  const auto pads_y = window_pads(x[2], window, 0, w[2]);
  r.height = x[2], r.out_height = y[2], r.kernel_h = w[2];
  r.stride_h = window.stride[0], r.dilation_h = window.dilation[0];
  r.pad_top = pads_y.first, g.pad_bottom = pads_y.second;
}

}  // namespace

bool ConvGeometry::is_pointwise() const {
  return !planar && rows.kernel_h == 1 && rows.kernel_w == 1 && rows.stride_h == 1 && rows.stride_w == 1 &&
         rows.pad_top == 0 && rows.pad_left == 0 && rows.out_height == rows.height && rows.out_width == rows.width;
}

Verdict conv_geometry(const Problem& p, bool planar_input, ConvGeometry& g) {
  const size_t base = p.base_inputs();
  if (base < 2 || !p.has(0) || !p.has(1)) return Verdict::no("lacks data or weights");
  const TensorDesc &x = p.inputs[0], &w = p.inputs[1], &y = p.outputs[0];
  for (const TensorDesc* t : {&x, &w, &y})
    if (t->type != DType::kF32) return Verdict::no("computes in f32, not {}", name(t->type));
  if (x.dims.size() != 3 && x.dims.size() != 4) return Verdict::no("handles one or two spatial axes");
  if (w.dims.size() != x.dims.size() || y.dims.size() != x.dims.size()) return Verdict::no("ranks differ");
  if (!channels_last(y)) return Verdict::no("writes channels-last");
  g.planar = !channels_last(x);
  if (g.planar && (!planar_input || x.pitch > 0)) return Verdict::no("reads channels-last");
  const bool has_bias = base > 2 && p.has(2);
  if (has_bias && p.inputs[2].type != DType::kF32) return Verdict::no("needs an f32 bias");
  g.groups = p.attr<ConvolutionAttrs>().groups;
  g.batch = x.dims[0], g.in_channels = x.dims[1], g.out_channels = y.dims[1];
  if (g.groups < 1 || g.in_channels % g.groups != 0 || g.out_channels % g.groups != 0)
    return Verdict::no("channels do not divide into groups");
  fill_spatial(p, g);
  g.rows.channels = g.group_in();
  g.rows.pixel_pitch = x.pixel_pitch();
  g.out_pitch = y.pixel_pitch();
  g.output = {y.dims, Format::kChannelsLast};
  return FusedTail::check(p, g.output);
}

}  // namespace hone::cpu

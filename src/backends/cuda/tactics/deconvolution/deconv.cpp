// Transposed convolutions as gathers: cuda.deconv_mma and cuda.deconv_fma, matrix products over the windows of
// channels-last outputs with constant weights, and cuda.deconv_direct for everything else.
#include "backends/cuda/tactics/convolution/conv_direct.h"
#include "backends/cuda/tactics/product/packing.h"
#include "backends/cuda/tactics/product/tactics.h"
#include "backends/layout.h"
#include "ops/deconvolution.h"

namespace hone::cuda {
namespace {

/// How much of the full output is cut off in front of an axis whose output has `out` elements.
int64_t cut_before(const DeconvolutionAttrs& a, const Window& w, size_t i, int64_t in, int64_t kernel, int64_t out) {
  const bool automatic = w.auto_pad != AutoPad::kExplicit;
  if (a.output_shape.empty() && !automatic) return w.pre_pad[i];
  const int64_t padding = a.output_padding.empty() ? 0 : a.output_padding[i];
  const int64_t full = (in - 1) * w.stride[i] + (kernel - 1) * w.dilation[i] + 1 + padding;
  const int64_t total = std::max<int64_t>(0, full - out);
  return w.auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
}

Verdict deconv_problem(const Problem& p, ConvProblem& c) {
  if (p.outputs.size() != 1 || p.base_inputs() < 2 || !p.has(0) || !p.has(1))
    return Verdict::no("lacks data or weights");
  const TensorDesc &x = p.inputs[0], &w = p.inputs[1], &y = p.outputs[0];
  if (x.dims.size() < 3 || x.dims.size() > 5) return Verdict::no("convolves over one to three axes");
  if (w.dims.size() != x.dims.size() || y.dims.size() != x.dims.size())
    return Verdict::no("has operands of unlike ranks");
  if (w.type != x.type) return Verdict::no("has weights of another type");
  if (!lies_planar(w)) return Verdict::no("reads weights in the linear format");
  if (x.count() > INT32_MAX / 2 || y.count() > INT32_MAX / 2) return Verdict::no("is too large");
  const auto& attrs = p.attr<DeconvolutionAttrs>();
  const size_t rank = x.dims.size() - 2;
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
    g.pad[a] = cut_before(attrs, window, i, g.in[a], g.kernel[a], g.out[a]);
  }
  g.channels = c.group_in();
  return Verdict::yes();
}

/// Every input pixel makes outputs of its own: the kernel is as large as the stride and nothing is cut off. Known from
/// weights and attributes.
bool outputs_are_apart(const Problem& p) {
  const auto& attrs = p.attr<DeconvolutionAttrs>();
  const Dims& w = p.inputs[1].dims;
  const Window window = complete(attrs.window, w.size() - 2);
  if (attrs.groups != 1 || window.auto_pad != AutoPad::kExplicit || !attrs.output_shape.empty()) return false;
  for (size_t i = 0; i + 2 < w.size(); ++i)
    if (window.stride[i] != w[i + 2] || window.dilation[i] != 1 || window.pre_pad[i] != 0 || window.post_pad[i] != 0 ||
        (!attrs.output_padding.empty() && attrs.output_padding[i] != 0))
      return false;
  return true;
}

class Deconv : public ProductTactic {
 public:
  using ProductTactic::ProductTactic;
  uint64_t folds(const Problem&) const override { return 2; }
  std::vector<Blob> prepare(const Problem& p) const override {
    const Dims& w = p.inputs[1].dims;
    const int64_t groups = p.attr<DeconvolutionAttrs>().groups, out = w[1],
                  taps = volume(w) / std::max<int64_t>(1, w[0] * out);
    const int64_t in = w[0] / groups, padded = pitch(p) / std::max<int64_t>(1, taps);
    if (outputs_are_apart(p)) {
      RowPacker packer(*p.constant(1), taps * out, padded);
      for (int64_t row = 0; row < taps * out; ++row)
        for (int64_t c = 0; c < in; ++c) packer.put(row, c, (c * out + row % out) * taps + row / out);
      return {packer.take()};
    }
    RowPacker packer(*p.constant(1), groups * out, pitch(p));
    for (int64_t row = 0; row < groups * out; ++row)
      for (int64_t c = 0; c < in; ++c)
        for (int64_t t = 0; t < taps; ++t)
          packer.put(row, t * padded + c, ((row / out * in + c) * out + row % out) * taps + t);
    return {packer.take()};
  }

 protected:
  Verdict geometry(const Problem& p, Product& r) const override {
    ConvProblem c;
    if (Verdict v = deconv_problem(p, c); !v) return v;
    if (!lies_channels_last(p.inputs[0]) || !lies_channels_last(p.outputs[0]))
      return Verdict::no("reads and writes channels-last");
    if (p.constant(1) == nullptr) return Verdict::no("packs weights, which must be constant");
    if (c.group_in() < 4 && c.in_channels > 4) return Verdict::no("has too few channels in a group");
    place_input(p.inputs[0], false, c);
    r.type = p.inputs[0].type;
    r.items = c.groups, r.items_are_columns = true;
    r.m = c.batch * c.out_pixels(), r.n = c.group_out(), r.k = pitch(p);
    r.windows = c.windows;
    r.a = {Load::kTransposedWindows, Argument::input(0), 0, {}};
    r.b = {Load::kAlongK, Argument::blob(0), pitch(p), {}};
    if (c.groups > 1) r.a.items = {{c.groups, c.group_in()}}, r.b.items = {{c.groups, c.group_out() * pitch(p)}};
    r.row_axes = {0}, r.column_axes = {1};
    for (size_t a = 2; a < p.outputs[0].dims.size(); ++a) r.row_axes.push_back(a);
    if (outputs_are_apart(p)) multiply_pixels(p, c, r);
    r.bias = c.bias;
    r.traffic = (p.inputs[0].count() + p.inputs[1].count() + p.outputs[0].count()) * bits(r.type) / 8;
    return Verdict::yes();
  }

 private:
  /// Rows are input pixels, columns are kernel positions and output channels.
  static void multiply_pixels(const Problem& p, const ConvProblem& c, Product& r) {
    const WindowGeometry& g = c.windows;
    r.m = c.batch * c.in_pixels(), r.n = g.taps() * c.out_channels, r.k = c.in_channels;
    r.a = {Load::kAlongK, Argument::input(0), as_channels_last(p.inputs[0]).pixel_pitch(), {}};
    r.b.pitch = pitch(p) / g.taps();
    const size_t rank = p.inputs[0].dims.size() - 2;
    r.row_axes = {0}, r.column_axes.clear();
    for (size_t i = 0; i < rank; ++i) r.row_axes.push_back({i + 2, g.in[3 - rank + i], g.stride[3 - rank + i]});
    for (size_t i = 0; i < rank; ++i) r.column_axes.push_back({i + 2, g.kernel[3 - rank + i], 1});
    r.column_axes.push_back(1);
  }
  /// Elements from row to row of the packed weights.
  static int64_t pitch(const Problem& p) {
    const Dims& w = p.inputs[1].dims;
    const int64_t chunk = chunk_elements(p.inputs[1].type), in = w[0] / p.attr<DeconvolutionAttrs>().groups;
    return (in + chunk - 1) / chunk * chunk * (volume(w) / std::max<int64_t>(1, w[0] * w[1]));
  }
};

class DeconvDirect : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.deconv_direct"; }
  Verdict supports(const Problem& p) const override {
    ConvProblem c;
    if (Verdict v = deconv_problem(p, c); !v) return v;
    return check_direct(p, c);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ConvProblem c;
    (void)deconv_problem(p, c);
    place_as_described(p.inputs[0], c);
    return {direct_recipe(p, c, true)};
  }
  double estimate(const Problem& p) const override {
    ConvProblem c;
    return deconv_problem(p, c) ? direct_time(p, c) : 1e9;
  }
};

}  // namespace

#define HONE_MMA_TILE(...) HONE_PRODUCT_TACTIC(Deconv, deconv_mma, CoreKind::kTensor, __VA_ARGS__)
#define HONE_FMA_TILE(...) HONE_PRODUCT_TACTIC(Deconv, deconv_fma, CoreKind::kPlain, __VA_ARGS__)
#define HONE_WGMMA_TILE(...)  // no transposed convolutions
#include "backends/cuda/tactics/product/tiles.def"
#undef HONE_WGMMA_TILE
#undef HONE_MMA_TILE
#undef HONE_FMA_TILE

const Tactic& deconv_direct() {
  static const DeconvDirect tactic;
  return tactic;
}

}  // namespace hone::cuda

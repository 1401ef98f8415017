// Convolution and transposed convolution through oneDNN, over one to three spatial axes, in both memory formats, with
// weights in the library's own layout.
#include "backends/cpu/tactics/onednn/onednn.h"
#include "backends/cpu/tactics/onednn/packed_constant.h"
#include "base/parallel.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"

namespace hone::cpu {
namespace {

using dnnl::memory;
using onednn::Runner;

/// Window geometry as oneDNN wants it.
struct Geometry {
  int64_t groups = 1;
  memory::dims strides, dilations, before, after;
};

/// `narrow`: data and results may be stored in bf16.
Verdict check_tensors(const Problem& p, bool narrow) {
  const size_t base = p.base_inputs();
  if (base < 2 || !p.has(0) || !p.has(1)) return Verdict::no("lacks data or weights");
  if (p.inputs[1].type != DType::kF32) return Verdict::no("takes f32 weights, not {}", name(p.inputs[1].type));
  for (const TensorDesc* t : {&p.inputs[0], &p.outputs[0]})
    if (t->type != DType::kF32 && !(narrow && t->type == DType::kBF16))
      return Verdict::no("computes in f32, not {}", name(t->type));
  if (base > 2 && p.has(2) && p.inputs[2].type != DType::kF32) return Verdict::no("needs an f32 bias");
  const size_t rank = p.inputs[0].dims.size();
  if (rank < 3 || rank > 5) return Verdict::no("handles one to three spatial axes");
  if (p.inputs[0].format != p.outputs[0].format) return Verdict::no("keeps the format of its input");
  if (p.inputs[0].count() == 0 || p.outputs[0].count() == 0) return Verdict::no("does not handle empty tensors");
  return Verdict::yes();
}

Geometry convolution_geometry(const Problem& p) {
  const auto& attrs = p.attr<ConvolutionAttrs>();
  const Dims &x = p.inputs[0].dims, &w = p.inputs[1].dims, &y = p.outputs[0].dims;
  const Window window = complete(attrs.window, x.size() - 2);
  Geometry g;
  g.groups = attrs.groups;
  for (size_t i = 0; i + 2 < x.size(); ++i) {
    const int64_t before = window_pads(x[i + 2], window, i, w[i + 2]).first;
    g.strides.push_back(window.stride[i]), g.dilations.push_back(window.dilation[i] - 1);
    g.before.push_back(before);
    g.after.push_back((y[i + 2] - 1) * window.stride[i] + (w[i + 2] - 1) * window.dilation[i] + 1 - x[i + 2] - before);
  }
  return g;
}

Geometry deconvolution_geometry(const Problem& p) {
  const auto& attrs = p.attr<DeconvolutionAttrs>();
  const Dims &x = p.inputs[0].dims, &w = p.inputs[1].dims, &y = p.outputs[0].dims;
  const Window window = complete(attrs.window, x.size() - 2);
  Geometry g;
  g.groups = attrs.groups;
  for (size_t i = 0; i + 2 < x.size(); ++i) {
    const int64_t reach = (x[i + 2] - 1) * window.stride[i] + (w[i + 2] - 1) * window.dilation[i] + 1;
    const int64_t extra = attrs.output_padding.empty() ? 0 : attrs.output_padding[i];
    const int64_t total = std::max<int64_t>(0, reach + extra - y[i + 2]);
    const bool given = attrs.output_shape.empty() && window.auto_pad == AutoPad::kExplicit;
    const int64_t before = given                                    ? window.pre_pad[i]
                           : window.auto_pad == AutoPad::kSameUpper ? total / 2
                                                                    : total - total / 2;
    g.strides.push_back(window.stride[i]), g.dilations.push_back(window.dilation[i] - 1);
    g.before.push_back(before);
    g.after.push_back(reach - y[i + 2] - before);
  }
  return g;
}

/// Weights as they come: [out, in / groups, kernel...] for a convolution, [in, out / groups, kernel...] transposed;
/// oneDNN's logical order is ([groups,] out, in, kernel...) for both.
memory::desc plain_weights(const Dims& w, int64_t groups, bool transposed) {
  memory::dims dims, strides;
  int64_t spatial = 1;
  for (size_t i = 2; i < w.size(); ++i) spatial *= w[i];
  const int64_t first = w[0] / groups, second = w[1];
  if (groups > 1) dims.push_back(groups), strides.push_back(first * second * spatial);
  dims.push_back(transposed ? second : first), strides.push_back(transposed ? spatial : second * spatial);
  dims.push_back(transposed ? first : second), strides.push_back(transposed ? second * spatial : spatial);
  for (size_t i = 2; i < w.size(); ++i) {
    spatial /= w[i];
    dims.push_back(w[i]), strides.push_back(spatial);
  }
  return memory::desc(dims, memory::data_type::f32, strides);
}

/// Everything about one problem, up to the primitive descriptor.
template <class Primitive>
struct Plan {
  onednn::PostOps post;
  memory::desc weights;
  typename Primitive::primitive_desc pd;
};

template <class Primitive>
Plan<Primitive> plan(const Problem& p, const onednn::PostOps& post, bool constant_weights, bool narrow) {
  constexpr bool kTransposed = std::is_same_v<Primitive, dnnl::deconvolution_forward>;
  const Geometry g = kTransposed ? deconvolution_geometry(p) : convolution_geometry(p);
  const size_t rank = p.inputs[0].dims.size();
  Plan<Primitive> out{post, plain_weights(p.inputs[1].dims, g.groups, kTransposed), {}};
  const auto wide = onednn::describe(p.inputs[0], rank), y = onednn::describe(p.outputs[0], rank);
  const bool as_it_is = p.inputs[0].type == DType::kBF16 && p.inputs[0].pitch == 0;
  const auto x = narrow && !as_it_is ? onednn::narrowed(wide) : wide;
  // The library picks the layout of constant weights; others are read as they are.
  const auto type = narrow ? memory::data_type::bf16 : memory::data_type::f32;
  const auto weights =
      constant_weights ? memory::desc(out.weights.get_dims(), type, memory::format_tag::any) : out.weights;
  const bool has_bias = p.base_inputs() > 2 && p.has(2);
  const memory::desc bias = has_bias ? onednn::describe(p.inputs[2], 1) : memory::desc();
  constexpr auto kAlgorithm = kTransposed ? dnnl::algorithm::deconvolution_direct : dnnl::algorithm::convolution_direct;
  out.pd =
      typename Primitive::primitive_desc(onednn::engine(), dnnl::prop_kind::forward_inference, kAlgorithm, x, weights,
                                         bias, y, g.strides, g.dilations, g.before, g.after, onednn::attributes(post));
  return out;
}

template <class Primitive>
class OneDnnConvolution : public Tactic {
 public:
  /// `narrow`: data that is not stored in bf16 and weights are rounded to it; sums are formed in f32 and written in the
  /// output's type.
  explicit OneDnnConvolution(std::string_view name, bool narrow = false) : name_(name), narrow_(narrow) {}
  std::string_view name() const override { return name_; }

  Verdict supports(const Problem& p) const override {
    if (Verdict v = check_tensors(p, narrow_); !v) return v;
    if (narrow_) {
      if (Verdict v = onednn::takes_bf16(p); !v) return v;
      if (p.constant(1) == nullptr) return Verdict::no("rounds weights, which must be constant");
    }
    const auto chain = epilogue_chain(p, output(p));
    if (!chain.failure.empty()) return {chain.failure};
    const auto post = post_ops(p, chain);
    if (!post) return Verdict::no("the library lacks a step of the epilogue");
    try {
      const ThreadScope threads(p.threads);
      const auto made = plan<Primitive>(p, *post, p.constant(1) != nullptr, narrow_);
      const std::string implementation = made.pd.impl_info_str();
      if (implementation.find("ref") != std::string::npos) return Verdict::no("the library has only reference code");
      const size_t workspace =
          made.pd.scratchpad_desc().get_size() + (converts(p, made) ? made.pd.src_desc().get_size() + 64 : 0);
      if (workspace > p.workspace_limit) return Verdict::no("needs {} bytes of workspace", workspace);
    } catch (const dnnl::error& e) {
      return Verdict::no("the library refuses: {}", e.message);
    }
    return Verdict::yes();
  }

  uint64_t folds(const Problem& p) const override { return p.constant(1) != nullptr ? 2 : 0; }

  std::vector<Blob> prepare(const Problem& p) const override {
    if (p.constant(1) == nullptr) return {};
    const ThreadScope threads(p.threads);
    const auto made = plan<Primitive>(p, *post_ops(p, epilogue_chain(p, output(p))), true, narrow_);
    return {onednn::pack(p, made.weights, p.constant(1)->raw(), made.pd.weights_desc())};
  }

  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    const ThreadScope threads(p.threads);
    const auto made = plan<Primitive>(p, *post_ops(p, epilogue_chain(p, output(p))), !blobs.empty(), narrow_);
    auto runner = std::make_unique<Runner>(Primitive(made.pd), made.pd.scratchpad_desc(), p.threads);
    if (converts(p, made))
      runner->convert_input(DNNL_ARG_SRC, onednn::describe(p.inputs[0], p.inputs[0].dims.size()), made.pd.src_desc(),
                            0);
    else
      runner->bind_input(DNNL_ARG_SRC, made.pd.src_desc(), 0);
    if (!blobs.empty()) {
      runner->bind_constant(DNNL_ARG_WEIGHTS,
                            onednn::unpack(p, blobs, made.pd.weights_desc(),
                                           [this](const Problem& then) { return chosen_weights(then); }));
    } else {
      runner->bind_input(DNNL_ARG_WEIGHTS, made.weights, 1);
    }
    if (p.base_inputs() > 2 && p.has(2)) runner->bind_input(DNNL_ARG_BIAS, made.pd.bias_desc(), 2);
    for (size_t i = 0; i < made.post.arguments.size(); ++i)
      runner->bind_input(made.post.arguments[i].first, made.post.descs[i], made.post.arguments[i].second);
    runner->bind_output(DNNL_ARG_DST, made.pd.dst_desc());
    runner->finish();
    return std::make_unique<onednn::RunnerKernel>(std::move(runner));
  }
  double estimate(const Problem&) const override { return 2; }

 private:
  memory::desc chosen_weights(const Problem& p) const {
    const ThreadScope threads(p.threads);
    const auto post = post_ops(p, epilogue_chain(p, output(p)));
    require<ModelError>(post.has_value(), "prepared weights are of another layer");
    try {
      return plan<Primitive>(p, *post, true, narrow_).pd.weights_desc();
    } catch (const dnnl::error& e) {
      fail<ModelError>("weights were prepared for a problem that the library refuses: {}", e.message);
    }
  }
  static bool converts(const Problem& p, const Plan<Primitive>& made) {
    return made.pd.src_desc() != onednn::describe(p.inputs[0], p.inputs[0].dims.size());
  }
  OutputMatrix output(const Problem& p) const { return {p.outputs[0].dims, p.outputs[0].format, true, narrow_}; }
  static std::optional<onednn::PostOps> post_ops(const Problem& p, const EpilogueChain& chain) {
    const size_t rank = p.outputs[0].dims.size();
    return onednn::post_ops(chain,
                            [&](int input) { return onednn::describe(p.inputs[static_cast<size_t>(input)], rank); });
  }
  std::string_view name_;
  bool narrow_;
};

}  // namespace

const Tactic& conv_onednn() {
  static const OneDnnConvolution<dnnl::convolution_forward> tactic("cpu.conv_onednn");
  return tactic;
}

const Tactic& conv_onednn_bf16() {
  static const OneDnnConvolution<dnnl::convolution_forward> tactic("cpu.conv_onednn_bf16", true);
  return tactic;
}

const Tactic& deconv_onednn() {
  static const OneDnnConvolution<dnnl::deconvolution_forward> tactic("cpu.deconv_onednn");
  return tactic;
}

}  // namespace hone::cpu

// Convolution and transposed convolution with bias and epilogue as one cuDNN graph, over one to three spatial axes;
// where cuDNN cannot fuse the epilogue, it follows as an element-wise launch. Depthwise convolutions are left to own
// kernels, which are many times faster than cuDNN's with an epilogue.
#include "backends/cuda/tactics/library/cudnn_program.h"
#include "backends/cuda/tactics/library/cudnn_tactic.h"
#include "backends/cuda/tactics/library/second_launch.h"
#include "backends/layout.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"

namespace hone::cuda {
namespace {

using cudnn::Id;

/// cuDNN wants two spatial axes at least: 1-d images get one of a single row before theirs.
size_t rank_of(const Problem& p) { return std::max<size_t>(p.inputs[0].dims.size(), 4); }

TensorDesc with_rank(TensorDesc d, size_t rank) {
  while (d.dims.size() > 1 && d.dims.size() < rank) d.dims.insert(d.dims.begin() + 2, 1);
  return d;
}

/// An input of the epilogue beside an output of that rank.
TensorDesc operand(const Problem& p, size_t i, size_t rank) {
  TensorDesc d = p.inputs[i];
  const size_t out_rank = p.outputs[0].dims.size();
  if (out_rank < rank) {
    d.dims.insert(d.dims.begin(), out_rank - d.dims.size(), 1);
    d.dims.insert(d.dims.begin() + 2, rank - out_rank, 1);
  }
  return d;
}

void one_row(cudnn::Geometry* g) {
  g->stride.insert(g->stride.begin(), 1), g->dilation.insert(g->dilation.begin(), 1);
  g->before.insert(g->before.begin(), 0), g->after.insert(g->after.begin(), 0);
}

cudnn::Geometry convolution_geometry(const Problem& p) {
  const auto& attrs = p.attr<ConvolutionAttrs>();
  const Dims &x = p.inputs[0].dims, &w = p.inputs[1].dims, &y = p.outputs[0].dims;
  const Window window = complete(attrs.window, x.size() - 2);
  cudnn::Geometry g;
  for (size_t i = 0; i + 2 < x.size(); ++i) {
    const int64_t before = window_pads(x[i + 2], window, i, w[i + 2]).first;
    const int64_t reach = (y[i + 2] - 1) * window.stride[i] + (w[i + 2] - 1) * window.dilation[i] + 1;
    g.stride.push_back(window.stride[i]), g.dilation.push_back(window.dilation[i]);
    g.before.push_back(before), g.after.push_back(std::max<int64_t>(0, reach - x[i + 2] - before));
  }
  return g;
}

/// Of the convolution whose gradient the transposed one is.
cudnn::Geometry deconvolution_geometry(const Problem& p) {
  const auto& attrs = p.attr<DeconvolutionAttrs>();
  const Dims &x = p.inputs[0].dims, &w = p.inputs[1].dims, &y = p.outputs[0].dims;
  const Window window = complete(attrs.window, x.size() - 2);
  cudnn::Geometry g;
  for (size_t i = 0; i + 2 < x.size(); ++i) {
    const int64_t reach = (x[i + 2] - 1) * window.stride[i] + (w[i + 2] - 1) * window.dilation[i] + 1;
    const int64_t extra = attrs.output_padding.empty() ? 0 : attrs.output_padding[i];
    const int64_t total = std::max<int64_t>(0, reach + extra - y[i + 2]);
    const bool given = attrs.output_shape.empty() && window.auto_pad == AutoPad::kExplicit;
    const int64_t before = given                                    ? window.pre_pad[i]
                           : window.auto_pad == AutoPad::kSameUpper ? total / 2
                                                                    : total - total / 2;
    g.stride.push_back(window.stride[i]), g.dilation.push_back(window.dilation[i]);
    g.before.push_back(before), g.after.push_back(reach - y[i + 2] - before);
  }
  return g;
}

/// Weights [first, second, kernel...] in the order of the images: channels last for channels-last images.
Tensor arranged(const Tensor& weights, DType type, Format format) {
  const Tensor w = weights.to(type);
  if (format == Format::kLinear) return w;
  Tensor out(type, w.dims());
  int64_t pixels = 1;
  for (size_t i = 2; i < w.dims().size(); ++i) pixels *= w.dims()[i];
  const int64_t channels = w.dims()[1];
  with_width(type, [&]<class T>() {
    const auto* from = static_cast<const T*>(w.raw());
    auto* to = static_cast<T*>(out.raw());
    for (int64_t k = 0; k < w.dims()[0]; ++k)
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t i = 0; i < pixels; ++i)
          to[(k * pixels + i) * channels + c] = from[(k * channels + c) * pixels + i];
  });
  return out;
}

Blob blob_of(const Tensor& t) {
  std::byte* bytes = nullptr;
  Blob b = Blob::allocate(t.bytes(), &bytes);
  std::memcpy(bytes, t.raw(), t.bytes());
  return b;
}

class ConvCudnn final : public CudnnTactic {
 public:
  ConvCudnn(std::string_view name, bool transposed) : name_(name), transposed_(transposed) {}
  std::string_view name() const override { return name_; }

  uint64_t folds(const Problem& p) const override {
    return (p.constant(1) != nullptr ? 2u : 0u) | (folds_bias(p) ? 4u : 0u);
  }

 protected:
  Verdict check(const Problem& p) const override {
    if (p.base_inputs() < 2 || !p.has(0) || !p.has(1)) return Verdict::no("lacks data or weights");
    const TensorDesc &x = p.inputs[0], &w = p.inputs[1], &y = p.outputs[0];
    if (cudnn_type(x.type) < 0) return Verdict::no("computes in f32, f16 and bf16, not {}", hone::name(x.type));
    if (x.format != y.format) return Verdict::no("keeps the format of its input");
    if (x.dims.size() < 3 || x.dims.size() > 5) return Verdict::no("handles one to three spatial axes");
    if (x.count() == 0 || y.count() == 0) return Verdict::no("does not handle empty tensors");
    if (p.constant(1) == nullptr && (w.type != x.type || (x.format == Format::kChannelsLast && !is_linear(w))))
      return Verdict::no("needs constant weights");
    if (is_depthwise(p)) return Verdict::no("leaves depthwise convolutions to own kernels");
    for (const TensorDesc* d : {&x, &y})
      if (!is_dense(*d) && d->pitch * bits(d->type) % 128 != 0)
        return Verdict::no("needs pixels at multiples of 16 bytes");
    return Verdict::yes();
  }

  std::string refuse_form(const Problem& p, Form form) const override {
    if (cudnn_type(p.outputs[0].type) < 0) return fmt::format("cuDNN does not write {}", hone::name(p.outputs[0].type));
    if (!p.has_epilogue()) return form == Form::kWhole ? "" : "there is nothing to reorder";
    for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i)
      if (cudnn_type(p.inputs[i].type) < 0) return fmt::format("cuDNN does not add {}", hone::name(p.inputs[i].type));
    const std::string refusal = refuse_cudnn_program(*p.epilogue.program);
    if (!refusal.empty() || form == Form::kWhole) return refusal;
    const auto sum = leading_sum(*p.epilogue.program);
    if (!sum || !has_bias(p)) return "there is nothing to reorder";
    const TensorDesc& residual = p.inputs[p.base_inputs() + static_cast<size_t>(sum->input) - 1];
    return residual.dims == p.outputs[0].dims ? "" : "the first operand is not a full tensor";
  }

  cudnn::EngineRules rules(const Problem& p) const override {
    return {p.inputs[0].type == DType::kF32 && !p.allow_tf32};
  }

  ProblemGraph graph(const Problem& p, Form form) const override {
    ProblemGraph g;
    const bool split = form == Form::kSplit;
    const size_t rank = rank_of(p);
    const Format format = p.inputs[0].format;
    const bool has_program = p.has_epilogue() && !split && !cudnn_program_is_trivial(*p.epilogue.program);
    const Id x = g.graph.tensor(cudnn_tensor(with_rank(p.inputs[0], rank), rank, format));
    g.bind(x, Argument::input(0));
    TensorDesc weights = p.inputs[1];
    weights.type = p.inputs[0].type, weights.format = format, weights.pitch = 0;
    const Id w = g.graph.tensor(cudnn_tensor(with_rank(weights, rank), rank, format));
    g.bind(w, p.constant(1) != nullptr ? Argument::blob(0) : Argument::input(1));
    const TensorDesc out = with_rank(split ? SecondLaunch::product(p) : p.outputs[0], rank);
    const cudnn::TensorSpec shape = cudnn_tensor(out, rank, format);
    const Id y = g.graph.tensor(shape);
    g.bind(y, split ? product_argument(p) : Argument::output(0));
    cudnn::TensorSpec between = shape;
    between.type = cudnn::kF32;
    cudnn::Geometry geometry = transposed_ ? deconvolution_geometry(p) : convolution_geometry(p);
    if (rank > p.inputs[0].dims.size()) one_row(&geometry);
    const Id product = has_bias(p) || has_program ? g.graph.temporary(between) : y;
    if (transposed_)
      g.graph.transposed_convolution(x, w, product, geometry);
    else
      g.graph.convolution(x, w, product, geometry);
    std::vector<Id> inputs{product};
    for (size_t i = p.base_inputs(); has_program && i < p.inputs.size(); ++i) {
      inputs.push_back(g.graph.tensor(cudnn_tensor(operand(p, i, rank), rank, format)));
      g.bind(inputs.back(), Argument::input(static_cast<int>(i)));
    }
    const auto sum = form == Form::kReordered ? leading_sum(*p.epilogue.program) : std::nullopt;
    if (sum) {
      const Id with_residual = g.graph.temporary(between);
      g.graph.pointwise({cudnn::kModeAdd}, product, inputs[static_cast<size_t>(sum->input)], 0, with_residual);
      inputs[0] = with_residual;
    }
    const bool bias_last = !has_program || (sum && sum->is_result);
    if (has_bias(p)) inputs[0] = add_bias(&g, p, inputs[0], bias_last ? y : g.graph.temporary(between));
    if (!bias_last) append_cudnn_program(&g.graph, *p.epilogue.program, inputs, between, y, sum ? &*sum : nullptr);
    return g;
  }

  std::vector<Blob> fold(const Problem& p) const override {
    std::vector<Blob> blobs;
    const DType type = p.inputs[0].type;
    if (p.constant(1) != nullptr) blobs.push_back(blob_of(arranged(*p.constant(1), type, p.inputs[0].format)));
    if (folds_bias(p)) blobs.push_back(blob_of(p.constant(2)->to(type)));
    return blobs;
  }

 private:
  static bool has_bias(const Problem& p) { return p.base_inputs() > 2 && p.has(2); }
  static bool folds_bias(const Problem& p) {
    return p.constant(1) != nullptr && has_bias(p) && p.constant(2) != nullptr;
  }
  int64_t groups(const Problem& p) const {
    return transposed_ ? p.attr<DeconvolutionAttrs>().groups : p.attr<ConvolutionAttrs>().groups;
  }
  bool is_depthwise(const Problem& p) const {
    const int64_t g = groups(p);
    return g > 1 && (g == p.inputs[0].channels() || g == p.outputs[0].channels());
  }
  Id add_bias(ProblemGraph* g, const Problem& p, Id product, Id y) const {
    const size_t rank = rank_of(p);
    TensorDesc d;
    d.type = folds_bias(p) ? p.inputs[0].type : p.inputs[2].type;
    d.dims.assign(rank, 1);
    d.dims[1] = p.outputs[0].channels();
    const Id b = g->graph.tensor(cudnn_tensor(d, rank));
    g->bind(b, folds_bias(p) ? Argument::blob(1) : Argument::input(2));
    g->graph.pointwise({cudnn::kModeAdd}, product, b, 0, y);
    return y;
  }

  std::string_view name_;
  bool transposed_;
};

}  // namespace

const Tactic& conv_cudnn() {
  static const ConvCudnn tactic("cuda.conv_cudnn", false);
  return tactic;
}

const Tactic& deconv_cudnn() {
  static const ConvCudnn tactic("cuda.deconv_cudnn", true);
  return tactic;
}

}  // namespace hone::cuda

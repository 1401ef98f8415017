// What convolution and deconvolution layers share: window settings, and kernel and bias that are constants of the graph
// hidden behind weights.
#pragma once

#include "api/layers/window.h"
#include "ops/constant.h"

namespace hone::api {

/// Interface is IConvolutionLayer or IDeconvolutionLayer, A the operator's attributes, and kTransposed tells that the
/// kernel lies as [C, K/groups, window...] instead of [K, C/groups, window...].
template <class Interface, nv::LayerType kType, class A, bool kTransposed>
class ConvolutionBase : public LayerImpl<Interface, kType> {
 public:
  using Base = LayerImpl<Interface, kType>;
  ConvolutionBase(Network& network, ir::Node* node) : Base(network, node) {
    const ir::Value* w = node->input(1);
    if (w == nullptr || w->rank() < 3) return;
    maps_ = w->shape()[kTransposed ? 1 : 0].value_or(0) * (kTransposed ? this->template attr<A>().groups : 1);
    for (int i = 2; i < w->rank(); ++i) kernel_.push_back(w->shape()[static_cast<size_t>(i)].value_or(-1));
  }
  /// For a new layer: number of maps and extents; then the weights are set.
  void start(int64_t maps, std::vector<int64_t> kernel) { maps_ = maps, kernel_ = std::move(kernel); }

  void setNbOutputMaps(int64_t maps) noexcept override {
    reshape_after("setNbOutputMaps", [&] { maps_ = positive(maps, "the number of output maps"); });
  }
  int64_t getNbOutputMaps() const noexcept override { return maps_; }
  void setNbGroups(int64_t groups) noexcept override {
    reshape_after("setNbGroups", [&] { attrs().groups = positive(groups, "the number of groups"); });
  }
  int64_t getNbGroups() const noexcept override { return this->template attr<A>().groups; }
  void setKernelWeights(nv::Weights w) noexcept override {
    guarded(this->state_.reporter(), "setKernelWeights", [&] { set_kernel(w); });
  }
  nv::Weights getKernelWeights() const noexcept override { return constant_weights(1); }
  void setBiasWeights(nv::Weights w) noexcept override {
    guarded(this->state_.reporter(), "setBiasWeights", [&] { set_bias(w); });
  }
  nv::Weights getBiasWeights() const noexcept override { return constant_weights(2); }
  void setKernelSizeNd(nv::Dims const& size) noexcept override {
    reshape_after("setKernelSizeNd", [&] { kernel_ = window_extents(size); });
  }
  nv::Dims getKernelSizeNd() const noexcept override { return dims(kernel_); }

  void setPrePadding(nv::Dims const& p) noexcept override {
    edit_window("setPrePadding", [&](Window& w) { w.pre_pad = spatial(p, 0); });
  }
  nv::Dims getPrePadding() const noexcept override { return get(window().pre_pad, 0); }
  void setPostPadding(nv::Dims const& p) noexcept override {
    edit_window("setPostPadding", [&](Window& w) { w.post_pad = spatial(p, 0); });
  }
  nv::Dims getPostPadding() const noexcept override { return get(window().post_pad, 0); }
  void setPaddingNd(nv::Dims const& p) noexcept override {
    edit_window("setPaddingNd", [&](Window& w) { w.pre_pad = w.post_pad = spatial(p, 0); });
  }
  nv::Dims getPaddingNd() const noexcept override { return symmetric_padding(this->state_, window(), kernel_.size()); }
  void setPaddingMode(nv::PaddingMode mode) noexcept override {
    edit_window("setPaddingMode", [&](Window& w) {
      require<Unsupported>(mode != nv::PaddingMode::kEXPLICIT_ROUND_UP && mode != nv::PaddingMode::kCAFFE_ROUND_UP,
                           "layer '{}': a convolution that rounds its output size up is not supported",
                           this->state_.name());
      w.auto_pad = auto_pad(mode);
      mode_ = mode;
    });
  }
  nv::PaddingMode getPaddingMode() const noexcept override { return mode_.value_or(padding_mode(window().auto_pad)); }
  void setStrideNd(nv::Dims const& s) noexcept override {
    edit_window("setStrideNd", [&](Window& w) { w.stride = spatial(s, 1); });
  }
  nv::Dims getStrideNd() const noexcept override { return get(window().stride, 1); }
  void setDilationNd(nv::Dims const& d) noexcept override {
    edit_window("setDilationNd", [&](Window& w) { w.dilation = spatial(d, 1); });
  }
  nv::Dims getDilationNd() const noexcept override { return get(window().dilation, 1); }

  /// Throws ModelError where the number of elements does not fit maps and extents. Empty weights: input 1 is to be set.
  void set_kernel(const nv::Weights& w) {
    if (empty(w)) return set_constant(1, Tensor());
    set_constant(1, shaped(flat(w, "the kernel")));
  }
  void set_bias(const nv::Weights& w) {
    if (empty(w)) return set_constant(2, Tensor());
    require<ModelError>(w.count == maps_, "the bias has {} elements for {} output maps", w.count, maps_);
    set_constant(2, flat(w, "the bias"));
  }

 private:
  A& attrs() { return this->state_.node()->template attr<A>(); }
  const Window& window() const noexcept { return this->template attr<A>().window; }
  template <class F>
  void edit_window(const char* call, F&& f) noexcept {
    this->template edit<A>(call, [&](A& a) { f(a.window); });
  }
  std::vector<int64_t> spatial(const nv::Dims& d, int64_t least) const {
    return window_numbers(d, kernel_.size(), least);
  }
  nv::Dims get(const std::vector<int64_t>& v, int64_t fill) const noexcept {
    return v.empty() ? filled(kernel_.size(), fill) : dims(v);
  }
  static Tensor flat(const nv::Weights& w, const char* what) { return tensor(w, {w.count}, what); }
  Tensor shaped(const Tensor& t) const {
    const int64_t groups = this->template attr<A>().groups;
    int64_t known = volume(Dims(kernel_));
    require<ModelError>(!kTransposed || maps_ % groups == 0, "{} output maps do not split into {} groups", maps_,
                        groups);
    const int64_t maps = kTransposed ? maps_ / groups : maps_;
    known *= maps;
    require<ModelError>(known > 0 && t.count() % known == 0,
                        "the kernel has {} elements, which {} maps with windows {} do not divide", t.count(), maps,
                        hone::str(kernel_));
    Dims d = kTransposed ? Dims{t.count() / known, maps} : Dims{maps, t.count() / known};
    d.insert(d.end(), kernel_.begin(), kernel_.end());
    return t.reshaped(d);
  }
  Tensor* constant(size_t input) const {
    const ir::Value* v = this->state_.node()->input(input);
    if (v == nullptr || v->producer() == nullptr || !v->producer()->is(kConstantOp)) return nullptr;
    if (!this->state_.network().is_hidden(v->producer())) return nullptr;
    return &v->producer()->template attr<ConstantAttrs>().value;
  }
  nv::Weights constant_weights(size_t input) const noexcept {
    const Tensor* t = constant(input);
    return t != nullptr ? weights(*t) : nv::Weights{nv::DataType::kFLOAT, nullptr, 0};
  }
  /// The layer's own constant; an undefined tensor leaves the input out.
  void set_constant(size_t input, Tensor t) {
    Network& n = this->state_.network();
    std::vector<ir::Value*> in = this->state_.node()->inputs();
    in.resize(std::max(in.size(), input + 1), nullptr);
    if (t.defined() && !n.strongly_typed() && (t.type() == DType::kF16 || t.type() == DType::kBF16))
      t = t.to(DType::kF32);  // weakly typed networks take weights of any float type
    in[input] = t.defined()
                    ? n.hidden_constant(this->state_.name() + (input == 1 ? " [kernel]" : " [bias]"), std::move(t))
                    : nullptr;
    n.graph().set_inputs(this->state_.node(), std::move(in));
    this->state_.changed();
  }
  /// After a change of maps, groups or extents: the kernel's elements in the new shape.
  template <class F>
  void reshape_after(const char* call, F&& change) noexcept {
    guarded(this->state_.reporter(), call, [&] {
      change();
      this->state_.changed();
      const Tensor* t = constant(1);
      if (t != nullptr) set_constant(1, shaped(*t));
    });
  }
  int64_t maps_ = 0;
  std::vector<int64_t> kernel_;
  std::optional<nv::PaddingMode> mode_;
};

}  // namespace hone::api

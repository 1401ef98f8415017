// oneDNN primitives with bias, sum and activation as post-operations and `any` formats.
#include "onednn_peer.h"

#include <dnnl.hpp>
#include <unordered_map>

namespace hone::bench {

using dnnl::memory;

struct OneDnnPeer::State {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  double flops = 0;
  std::string name;

  void add(int argument, const memory::desc& desc) {
    memory m(desc, engine);
    auto* p = static_cast<float*>(m.get_data_handle());
    for (size_t i = 0; i < desc.get_size() / 4; ++i) p[i] = static_cast<float>(i % 17) * 0.1f - 0.8f;
    arguments.emplace(argument, m);
  }
  template <class Desc>
  void finish(const Desc& pd) {
    primitive = dnnl::primitive(pd);
    add(DNNL_ARG_SRC, pd.src_desc());
    add(DNNL_ARG_WEIGHTS, pd.weights_desc());
    add(DNNL_ARG_BIAS, pd.bias_desc());
    add(DNNL_ARG_DST, pd.dst_desc());
    name = pd.impl_info_str();
  }
};

OneDnnPeer::OneDnnPeer(const PeerLayer& l) : state_(std::make_unique<State>()) {
  dnnl::primitive_attr attr;
  dnnl::post_ops ops;
  if (l.residual) ops.append_sum(1);
  if (l.activation == PeerActivation::kRelu6) ops.append_eltwise(dnnl::algorithm::eltwise_clip, 0, 6);
  if (l.activation == PeerActivation::kSilu) ops.append_eltwise(dnnl::algorithm::eltwise_swish, 1, 0);
  if (l.activation == PeerActivation::kGelu) ops.append_eltwise(dnnl::algorithm::eltwise_gelu_erf, 0, 0);
  attr.set_post_ops(ops);
  const auto f32 = memory::data_type::f32;
  const auto any = memory::format_tag::any;
  if (l.kernel == 0) {
    const memory::desc src({l.size, l.in}, f32, memory::format_tag::ab), weights({l.in, l.out}, f32, any);
    const memory::desc bias({1, l.out}, f32, memory::format_tag::ab), dst({l.size, l.out}, f32, memory::format_tag::ab);
    state_->finish(dnnl::matmul::primitive_desc(state_->engine, src, weights, bias, dst, attr));
    state_->flops = 2.0 * static_cast<double>(l.size * l.in) * static_cast<double>(l.out);
    return;
  }
  const int64_t out = (l.size + l.stride - 1) / l.stride, pad = l.kernel / 2;
  const int64_t after = (out - 1) * l.stride + l.kernel - l.size - pad;
  const memory::desc src({1, l.in, l.size, l.size}, f32, any), weights({l.out, l.in, l.kernel, l.kernel}, f32, any);
  const memory::desc bias({l.out}, f32, any), dst({1, l.out, out, out}, f32, any);
  state_->finish(dnnl::convolution_forward::primitive_desc(state_->engine, dnnl::prop_kind::forward_inference,
                                                           dnnl::algorithm::convolution_direct, src, weights, bias, dst,
                                                           {l.stride, l.stride}, {pad, pad}, {after, after}, attr));
  state_->flops = 2.0 * static_cast<double>(out * out * l.out) * static_cast<double>(l.in * l.kernel * l.kernel);
}

OneDnnPeer::~OneDnnPeer() = default;

void OneDnnPeer::run() { state_->primitive.execute(state_->stream, state_->arguments); }

double OneDnnPeer::flops() const { return state_->flops; }

std::string OneDnnPeer::implementation() const { return state_->name; }

}  // namespace hone::bench

// Attention as one cuDNN graph in f16 and bf16: product of queries and keys, scale, additive mask, softmax, product
// with the values. The pattern is the one that cuDNN's fused attention engines recognise; they want the scale in
// memory.
#include <cstring>

#include "backends/cuda/tactics/library/cudnn_program.h"
#include "backends/cuda/tactics/library/cudnn_tactic.h"
#include "backends/cuda/tactics/library/second_launch.h"
#include "backends/layout.h"
#include "ops/attention.h"

namespace hone::cuda {
namespace {

using cudnn::Id;

/// A tensor in memory as [batch, heads, sequence, size]: `perm` gives the axis of memory for each of these.
cudnn::TensorSpec permuted(const TensorDesc& d, const std::vector<int64_t>& perm) {
  cudnn::TensorSpec s;
  s.type = cudnn_type(d.type);
  const std::vector<int64_t> strides = element_strides(d);
  for (size_t i = 0; i < 4; ++i) {
    const size_t axis = perm.empty() ? i : static_cast<size_t>(perm[i]);
    s.dims.push_back(d.dims[axis]), s.strides.push_back(strides[axis]);
  }
  return s;
}

std::vector<int64_t> inverse(const std::vector<int64_t>& perm) {
  std::vector<int64_t> inv(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) inv[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  return inv;
}

cudnn::TensorSpec dense(std::vector<int64_t> dims, int type) {
  cudnn::TensorSpec s{std::move(dims), {}, type};
  s.strides.assign(s.dims.size(), 1);
  for (size_t i = s.dims.size() - 1; i-- > 0;) s.strides[i] = s.strides[i + 1] * s.dims[i + 1];
  return s;
}

class AttentionCudnn final : public CudnnTactic {
 public:
  std::string_view name() const override { return "cuda.attention_cudnn"; }

 protected:
  Verdict check(const Problem& p) const override {
    const auto& a = p.attr<AttentionAttrs>();
    if (p.base_inputs() < 3 || !p.has(0) || !p.has(1) || !p.has(2))
      return Verdict::no("takes queries, keys and values");
    const DType type = p.inputs[0].type;
    if (type != DType::kF16 && type != DType::kBF16)
      return Verdict::no("computes in f16 and bf16, not {}", hone::name(type));
    for (size_t i = 0; i < 3; ++i) {
      if (p.inputs[i].type != type) return Verdict::no("needs operands of one type");
      if (!is_linear(p.inputs[i]) || p.inputs[i].count() == 0)
        return Verdict::no("reads linear tensors that are not empty");
    }
    if (!is_linear(p.outputs[0])) return Verdict::no("writes linear tensors");
    if (a.softcap > 0) return Verdict::no("has no soft cap");
    const cudnn::TensorSpec q = permuted(p.inputs[0], a.q_perm), k = permuted(p.inputs[1], a.k_perm);
    const cudnn::TensorSpec v = permuted(p.inputs[2], a.v_perm);
    if (q.dims[3] % 8 != 0 || v.dims[3] % 8 != 0 || q.dims[3] > 256 || v.dims[3] > 256)
      return Verdict::no("takes head sizes up to 256 that are multiples of 8");
    if (q.strides[3] != 1 || k.strides[3] != 1 || v.strides[3] != 1) return Verdict::no("needs heads without gaps");
    if (a.causal) return Verdict::no("leaves causal attention to own kernels");
    if (p.base_inputs() > 3 && p.has(3)) {
      if (cudnn_type(p.inputs[3].type) < 0)
        return Verdict::no("adds masks of numbers, not {}", hone::name(p.inputs[3].type));
      if (!is_linear(p.inputs[3])) return Verdict::no("reads linear masks");
    }
    return Verdict::yes();
  }

  std::string refuse_form(const Problem& p, Form form) const override {
    if (form == Form::kReordered) return "there is nothing to reorder";
    return p.has_epilogue() ? "attention is not fused with an epilogue" : "";
  }

  cudnn::EngineRules rules(const Problem&) const override { return {}; }

  ProblemGraph graph(const Problem& p, Form form) const override {
    const auto& a = p.attr<AttentionAttrs>();
    ProblemGraph g;
    cudnn::TensorSpec k = permuted(p.inputs[1], a.k_perm);
    std::swap(k.dims[2], k.dims[3]), std::swap(k.strides[2], k.strides[3]);
    const cudnn::TensorSpec q = permuted(p.inputs[0], a.q_perm);
    const Id queries = bind(&g, q, Argument::input(0)), keys = bind(&g, k, Argument::input(1));
    const Id values = bind(&g, permuted(p.inputs[2], a.v_perm), Argument::input(2));
    const bool split = form == Form::kSplit;
    const TensorDesc out = split ? SecondLaunch::product(p) : p.outputs[0];
    const Id output = bind(&g, permuted(out, inverse(a.out_perm)), split ? product_argument(p) : Argument::output(0));
    scores_ = dense({q.dims[0], q.dims[1], q.dims[2], k.dims[3]}, cudnn::kF32);
    Id s = g.graph.temporary(scores_);
    g.graph.matmul(queries, keys, s);
    s = binary(&g, cudnn::kModeMul, s, bind(&g, dense({1, 1, 1, 1}, cudnn::kF32), Argument::blob(0)));
    if (p.base_inputs() > 3 && p.has(3)) s = binary(&g, cudnn::kModeAdd, s, mask(&g, p.inputs[3]));
    g.graph.matmul(softmax(&g, s, q.type), values, output);
    return g;
  }

  std::vector<Blob> fold(const Problem& p) const override {
    const auto scale = static_cast<float>(p.attr<AttentionAttrs>().scale);
    std::byte* bytes = nullptr;
    Blob blob = Blob::allocate(sizeof(scale), &bytes);
    std::memcpy(bytes, &scale, sizeof(scale));
    return {blob};
  }

 private:
  static Id bind(ProblemGraph* g, const cudnn::TensorSpec& spec, const Argument& from) {
    const Id id = g->graph.tensor(spec);
    g->bind(id, from);
    return id;
  }
  static Id binary(ProblemGraph* g, int mode, Id x, Id b) {
    const Id y = g->graph.temporary(scores_);
    g->graph.pointwise({mode}, x, b, 0, y);
    return y;
  }
  static Id mask(ProblemGraph* g, TensorDesc d) {
    d.dims.insert(d.dims.begin(), 4 - d.dims.size(), 1);
    return bind(g, cudnn_tensor(d, 4, Format::kLinear), Argument::input(3));
  }
  static Id softmax(ProblemGraph* g, Id s, int type) {
    const cudnn::TensorSpec row = dense({scores_.dims[0], scores_.dims[1], scores_.dims[2], 1}, cudnn::kF32);
    const Id largest = g->graph.temporary(row), sum = g->graph.temporary(row);
    g->graph.reduce(cudnn::kReduceMax, s, largest);
    const Id shifted = binary(g, cudnn::kModeSub, s, largest);
    const Id powers = g->graph.temporary(scores_);
    g->graph.pointwise({cudnn::kModeExp}, shifted, 0, 0, powers);
    g->graph.reduce(cudnn::kReduceAdd, powers, sum);
    cudnn::TensorSpec narrow = scores_;
    narrow.type = type;
    const Id y = g->graph.temporary(narrow);
    g->graph.pointwise({cudnn::kModeDiv}, powers, sum, 0, y);
    return y;
  }

  static thread_local cudnn::TensorSpec scores_;  // of the graph being made
};

thread_local cudnn::TensorSpec AttentionCudnn::scores_;

}  // namespace

const Tactic& attention_cudnn() {
  static const AttentionCudnn tactic;
  return tactic;
}

}  // namespace hone::cuda

// The attention tactic against the operator's reference, with transposes folded in, masks and grouped queries.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/attention.h"

namespace hone::cpu {
const Tactic& attention_simd();
namespace {

using testing::random_tensor;

void check(const AttentionAttrs& attrs, const std::vector<Tensor>& inputs) {
  std::vector<const Tensor*> in;
  in.reserve(inputs.size());
  for (const Tensor& t : inputs) in.push_back(t.defined() ? &t : nullptr);
  const Tensor want = evaluate(kAttentionOp, attrs, in, 1)[0];
  testing::TacticRun r;
  r.tactic = &attention_simd(), r.op = &kAttentionOp, r.attrs = &attrs, r.inputs = inputs;
  r.outputs = {testing::linear(DType::kF32, want.dims())};
  testing::expect_as_reference(r, 3e-6, 1e-5);
}

TEST(AttentionTactic, PlainAndMasked) {
  AttentionAttrs a;
  a.scale = 0.25;
  const Tensor q = random_tensor(DType::kF32, {2, 4, 21, 16}, 1), k = random_tensor(DType::kF32, {2, 2, 30, 16}, 2),
               v = random_tensor(DType::kF32, {2, 2, 30, 24}, 3);
  check(a, {q, k, v});
  check(a, {q, k, v, random_tensor(DType::kF32, {4, 21, 30}, 4)});
  Tensor keep = random_tensor(DType::kF32, {2, 1, 1, 30}, 5);
  for (float& x : keep.span<float>()) x = x > -0.5f ? 1.0f : 0.0f;
  check(a, {q, k, v, keep.to(DType::kBool)});
  a.causal = true;
  check(a, {q, k, v});
  a.causal_bottom_right = true;
  a.softcap = 3;
  check(a, {q, k, v});
}

TEST(AttentionTactic, RepeatedMasks) {
  AttentionAttrs a;
  a.mask_repeats = true;
  const Dims dims = {6, 2, 9, 16};
  check(a, {random_tensor(DType::kF32, dims, 1), random_tensor(DType::kF32, dims, 2),
            random_tensor(DType::kF32, dims, 3), random_tensor(DType::kF32, {3, 2, 9, 9}, 4)});
}

TEST(AttentionTactic, FoldedTransposes) {
  AttentionAttrs a;
  a.q_perm = a.k_perm = a.v_perm = a.out_perm = {0, 2, 1, 3};
  check(a, {random_tensor(DType::kF32, {1, 49, 3, 32}, 1), random_tensor(DType::kF32, {1, 49, 3, 32}, 2),
            random_tensor(DType::kF32, {1, 49, 3, 32}, 3)});
}

TEST(AttentionTactic, HeadsOfOneProduct) {
  AttentionAttrs a;
  a.q_perm = a.k_perm = a.v_perm = a.out_perm = {0, 2, 1, 3};
  a.heads = 4, a.kv_heads = 2, a.k_first = 4, a.v_first = 6;
  const Tensor all = random_tensor(DType::kF32, {2, 30, 8, 16}, 1);
  check(a, {all, all, all});
}

}  // namespace
}  // namespace hone::cpu

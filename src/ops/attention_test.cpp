// Attention and rotary embedding against hand-computed values.
#include "ops/attention.h"

#include "ops/rotary_embedding.h"
#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

// One head of size 1: two queries, two keys; scores are q * k.
const Tensor kQ = tensor({1, 1, 2, 1}, {1, 2}), kK = tensor({1, 1, 2, 1}, {0, 1}), kV = tensor({1, 1, 2, 1}, {10, 20});
double mix(double score) { return (10 + 20 * std::exp(score)) / (1 + std::exp(score)); }

TEST(Attention, MixesValuesBySoftmaxOfScores) {
  AttentionAttrs a;
  expect_tensor(run(kAttentionOp, a, {kQ, kK, kV})[0], {1, 1, 2, 1}, {mix(1), mix(2)}, 1e-5);
  a.scale = 0.5;
  expect_tensor(run(kAttentionOp, a, {kQ, kK, kV})[0], {1, 1, 2, 1}, {mix(0.5), mix(1)}, 1e-5);
  a.softcap = 2;
  expect_tensor(run(kAttentionOp, a, {kQ, kK, kV})[0], {1, 1, 2, 1},
                {mix(2 * std::tanh(0.25)), mix(2 * std::tanh(0.5))}, 1e-5);
}

TEST(Attention, UsesSomeOfTheHeads) {
  // Heads 0 and 1 are queries, 2 is the key, 3 the value; one position.
  const Tensor all = tensor({1, 4, 1, 1}, {1, 2, 3, 40});
  AttentionAttrs a;
  a.heads = 2, a.kv_heads = 1, a.k_first = 2, a.v_first = 3;
  expect_tensor(run(kAttentionOp, a, {all, all, all})[0], {1, 2, 1, 1}, {40, 40});
  a.v_first = 4;
  EXPECT_THROW(run(kAttentionOp, a, {all, all, all}), ModelError);
  a.v_first = -1;
  EXPECT_THROW(run(kAttentionOp, a, {all, all, all}), ModelError);
}

TEST(Attention, MasksCausally) {
  AttentionAttrs a;
  a.causal = true;
  expect_tensor(run(kAttentionOp, a, {kQ, kK, kV})[0], {1, 1, 2, 1}, {10, mix(2)}, 1e-5);
  const Tensor q = tensor({1, 1, 1, 1}, {1});
  expect_tensor(run(kAttentionOp, a, {q, kK, kV})[0], {1, 1, 1, 1}, {10});
  a.causal_bottom_right = true;
  expect_tensor(run(kAttentionOp, a, {q, kK, kV})[0], {1, 1, 1, 1}, {mix(1)}, 1e-5);
}

TEST(Attention, AddsMasksAndZeroesBlindQueries) {
  AttentionAttrs a;
  expect_tensor(run(kAttentionOp, a, {kQ, kK, kV, tensor({2}, {0, 3})})[0], {1, 1, 2, 1}, {mix(4), mix(5)}, 1e-5);
  expect_tensor(run(kAttentionOp, a, {kQ, kK, kV, tensor({2, 2}, {0, 0, 0, 1}, DType::kBool)})[0], {1, 1, 2, 1},
                {0, 20});
}

TEST(Attention, RepeatsMasksAlongTheBatch) {
  // Four items; the mask of two hides the second key from every other one.
  const Tensor q = tensor({4, 1, 1, 1}, {1, 1, 1, 1}), k = tensor({4, 1, 2, 1}, {0, 1, 0, 1, 0, 1, 0, 1}),
               v = tensor({4, 1, 2, 1}, {10, 20, 10, 20, 10, 20, 10, 20});
  AttentionAttrs a;
  a.mask_repeats = true;
  expect_tensor(run(kAttentionOp, a, {q, k, v, tensor({2, 1, 1, 2}, {0, -1e9, 0, 0})})[0], {4, 1, 1, 1},
                {10, mix(1), 10, mix(1)}, 1e-5);
  EXPECT_THROW(run(kAttentionOp, a, {q, k, v, tensor({3, 1, 1, 2}, {0, 0, 0, 0, 0, 0})}), ModelError);
  a.mask_repeats = false;
  EXPECT_THROW(run(kAttentionOp, a, {q, k, v, tensor({2, 1, 1, 2}, {0, 0, 0, 0})}), ModelError);
}

TEST(Attention, SharesKeysAmongQueryHeads) {
  const Tensor q = tensor({1, 4, 1, 1}, {0, 0, 0, 0}), k = tensor({1, 2, 1, 1}, {1, 1}),
               v = tensor({1, 2, 1, 1}, {5, 7});
  expect_tensor(run(kAttentionOp, AttentionAttrs(), {q, k, v})[0], {1, 4, 1, 1}, {5, 5, 7, 7});
}

TEST(Attention, AppliesPermutations) {
  AttentionAttrs plain, fused;
  plain.scale = fused.scale = 0.3;
  const Tensor q = ramp({1, 2, 3, 2}, 0.1), k = ramp({1, 2, 3, 2}, -0.2, 1), v = ramp({1, 2, 3, 2}, 1);
  const Tensor y = run(kAttentionOp, plain, {q, k, v})[0];
  // the same operand with sequence before head in memory
  auto swapped = [](const Tensor& t) {
    Tensor s(DType::kF32, {1, 3, 2, 2});
    for (int64_t h = 0; h < 2; ++h)
      for (int64_t i = 0; i < 3; ++i)
        for (int64_t d = 0; d < 2; ++d) s.data<float>()[(i * 2 + h) * 2 + d] = t.data<float>()[(h * 3 + i) * 2 + d];
    return s;
  };
  fused.q_perm = fused.v_perm = fused.out_perm = {0, 2, 1, 3};
  expect_tensor(run(kAttentionOp, fused, {swapped(q), k, swapped(v)})[0], {1, 3, 2, 2}, swapped(y).as_doubles());
  fused.k_perm = {0, 2, 3, 1};  // memory [B, D, H, S]
  Tensor kt(DType::kF32, {1, 2, 2, 3});
  for (int64_t h = 0; h < 2; ++h)
    for (int64_t j = 0; j < 3; ++j)
      for (int64_t d = 0; d < 2; ++d) kt.data<float>()[(d * 2 + h) * 3 + j] = k.data<float>()[(h * 3 + j) * 2 + d];
  expect_tensor(run(kAttentionOp, fused, {swapped(q), kt, swapped(v)})[0], {1, 3, 2, 2}, swapped(y).as_doubles());
  EXPECT_EQ(infer_shape_text(kAttentionOp, fused,
                             {info({"b", "s", "2", "d"}), info({"b", "d", "2", "t"}), info({"b", "t", "2", "e"})}),
            "[b,s,2,e]");
}

TEST(Attention, RefusesWhatDoesNotFit) {
  const auto q = info({"b", "4", "s", "8"});
  EXPECT_THROW(infer_infos(kAttentionOp, AttentionAttrs(), {q, info({"b", "3", "t", "8"}), info({"b", "3", "t", "8"})}),
               ModelError);
  EXPECT_THROW(infer_infos(kAttentionOp, AttentionAttrs(), {q, info({"b", "4", "t", "9"}), info({"b", "4", "t", "8"})}),
               ModelError);
  EXPECT_THROW(infer_infos(kAttentionOp, AttentionAttrs(), {q, q, q, info({"5", "s", "s"})}), ModelError);
  EXPECT_THROW(infer_infos(kAttentionOp, AttentionAttrs(), {q, q, info({"4", "s", "8"})}), ModelError);
}

TEST(RotaryEmbedding, RotatesHalvesOrPairs) {
  RotaryEmbeddingAttrs a;
  const Tensor x = tensor({1, 1, 1, 4}, {1, 2, 3, 4}), cos = tensor({1, 1, 2}, {0, 0.6}),
               sin = tensor({1, 1, 2}, {1, 0.8});
  expect_tensor(run(kRotaryEmbeddingOp, a, {x, cos, sin})[0], {1, 1, 1, 4},
                {-3, 0.6 * 2 - 0.8 * 4, 1, 0.8 * 2 + 0.6 * 4});
  a.interleaved = true;
  expect_tensor(run(kRotaryEmbeddingOp, a, {x, cos, sin})[0], {1, 1, 1, 4},
                {-2, 1, 0.6 * 3 - 0.8 * 4, 0.8 * 3 + 0.6 * 4});
  a.rotary_dim = 2;
  expect_tensor(run(kRotaryEmbeddingOp, a, {x, tensor({1, 1, 1}, {0}), tensor({1, 1, 1}, {1})})[0], {1, 1, 1, 4},
                {-2, 1, 3, 4});
}

TEST(RotaryEmbedding, LooksPositionsUp) {
  const Tensor x = tensor({1, 1, 2, 2}, {1, 2, 3, 4}), cos = tensor({3, 1}, {1, 0, -1}),
               sin = tensor({3, 1}, {0, 1, 0});
  expect_tensor(run(kRotaryEmbeddingOp, RotaryEmbeddingAttrs(), {x, cos, sin, tensor({1, 2}, {2, 1}, DType::kI64)})[0],
                {1, 1, 2, 2}, {-1, -2, -4, 3});
  EXPECT_THROW(run(kRotaryEmbeddingOp, RotaryEmbeddingAttrs(), {x, cos, sin, tensor({1, 2}, {3, 1}, DType::kI64)}),
               ModelError);
}

}  // namespace
}  // namespace hone

// Attention kernels against the reference evaluation: head sizes, lengths that fill no block, masks, causality, shared
// key heads, permuted operands, and queries that see nothing.
#include "ops/attention.h"

#include "backends/cuda/tactics/testing.h"

namespace hone::cuda {

const Tactic& attention_mma_16();
const Tactic& attention_mma_32();
const Tactic& attention_mma_64();
const Tactic& attention_mma_128();
const Tactic& attention_wgmma_64x64();
const Tactic& attention_wgmma_64x128();
const Tactic& attention_wgmma_128x64();
const Tactic& attention_wgmma_128x128();
const Tactic& attention_fma_8();
const Tactic& attention_fma_16();
const Tactic& attention_fma_32();

namespace {

using testing::TestProblem;

class AttentionTest : public testing::CudaTest {};

AttentionAttrs attributes(int64_t channels) {
  AttentionAttrs a;
  a.scale = 1 / std::sqrt(static_cast<double>(channels));
  return a;
}

void check_heads(const Tactic& tactic, DType type, const Dims& q, const Dims& k, int64_t value_channels) {
  SCOPED_TRACE(fmt::format("{} {} {}", tactic.name(), str(q), str(k)));
  TestProblem p(kAttentionOp, attributes(q[3]));
  p.input(type, q, {}, false, -2, 2).input(type, k, {}, false, -2, 2);
  p.input(type, {k[0], k[1], k[2], value_channels});
  p.check(tactic);
}

TEST_F(AttentionTest, HeadSizesAndLengths) {
  check_heads(attention_mma_64(), DType::kF16, {1, 2, 49, 32}, {1, 2, 49, 32}, 32);
  check_heads(attention_mma_64(), DType::kF16, {2, 2, 70, 64}, {2, 2, 150, 64}, 64);
  check_heads(attention_mma_16(), DType::kF16, {1, 4, 1, 64}, {1, 2, 33, 64}, 64);
  check_heads(attention_mma_32(), DType::kBF16, {1, 1, 40, 80}, {1, 1, 20, 80}, 40);
  check_heads(attention_mma_128(), DType::kF16, {1, 1, 130, 128}, {1, 1, 65, 128}, 128);
  check_heads(attention_mma_64(), DType::kF16, {1, 1, 64, 256}, {1, 1, 64, 256}, 256);
  check_heads(attention_mma_32(), DType::kF16, {1, 1, 17, 20}, {1, 1, 10, 20}, 12);
}

TEST_F(AttentionTest, GroupsOfWarps) {
  if (gpu().major != 9) GTEST_SKIP() << "needs compute capability 9.0";
  for (DType t : {DType::kF16, DType::kBF16}) {
    check_heads(attention_wgmma_64x64(), t, {2, 2, 70, 64}, {2, 2, 150, 64}, 64);
    check_heads(attention_wgmma_64x128(), t, {1, 2, 197, 64}, {1, 1, 197, 64}, 64);
    check_heads(attention_wgmma_128x64(), t, {1, 1, 130, 128}, {1, 1, 65, 128}, 128);
    check_heads(attention_wgmma_128x128(), t, {1, 3, 128, 64}, {1, 3, 128, 64}, 64);
    check_heads(attention_wgmma_128x128(), t, {1, 1, 40, 80}, {1, 1, 300, 80}, 40);
    check_heads(attention_wgmma_64x128(), t, {1, 1, 17, 20}, {1, 1, 10, 20}, 12);
  }
  TestProblem wide(kAttentionOp, attributes(256));
  for (int i = 0; i < 3; ++i) wide.input(DType::kF16, {1, 1, 64, 256});
  wide.refuses(attention_wgmma_64x64());
}

TEST_F(AttentionTest, WithoutTensorCores) {
  check_heads(attention_fma_16(), DType::kF32, {2, 4, 37, 64}, {2, 2, 45, 64}, 64);
  check_heads(attention_fma_8(), DType::kF32, {1, 1, 3, 7}, {1, 1, 33, 7}, 70);
  check_heads(attention_fma_32(), DType::kF32, {1, 2, 33, 32}, {1, 2, 100, 32}, 32);
  check_heads(attention_fma_8(), DType::kF16, {1, 1, 9, 48}, {1, 1, 9, 48}, 48);
}

void check_masks(const Tactic& tactic, DType type) {
  const Dims q = {2, 2, 20, 32}, k = {2, 2, 70, 32};
  for (const Dims& mask : {Dims{2, 1, 1, 70}, Dims{2, 2, 20, 70}, Dims{20, 70}})
    for (DType m : {DType::kBool, type}) {
      SCOPED_TRACE(fmt::format("{} {}", str(mask), name(m)));
      TestProblem p(kAttentionOp, attributes(32));
      p.input(type, q).input(type, k).input(type, k).input(m, mask, {}, false, -3, 3);
      p.check(tactic);
    }
  for (bool bottom_right : {false, true}) {
    AttentionAttrs a = attributes(32);
    a.causal = true, a.causal_bottom_right = bottom_right, a.softcap = 2;
    TestProblem p(kAttentionOp, a);
    p.input(type, {1, 2, 70, 32}).input(type, {1, 2, 40, 32}).input(type, {1, 2, 40, 32});
    p.check(tactic);
  }
}

TEST_F(AttentionTest, MasksInHalf) { check_masks(attention_mma_32(), DType::kF16); }
TEST_F(AttentionTest, MasksOfGroupsOfWarps) {
  if (gpu().major != 9) GTEST_SKIP() << "needs compute capability 9.0";
  check_masks(attention_wgmma_64x64(), DType::kF16);
  check_masks(attention_wgmma_64x128(), DType::kBF16);
}
TEST_F(AttentionTest, MasksInFloat) { check_masks(attention_fma_16(), DType::kF32); }

TEST_F(AttentionTest, RepeatedMasks) {
  AttentionAttrs a = attributes(32);
  a.mask_repeats = true;
  for (bool half : {false, true}) {
    const DType t = half ? DType::kF16 : DType::kF32;
    TestProblem p(kAttentionOp, a);
    for (int i = 0; i < 3; ++i) p.input(t, {6, 2, 49, 32});
    p.input(t, {3, 2, 49, 49}, {}, false, -3, 3);
    p.check(half ? attention_mma_64() : attention_fma_16());
  }
}

TEST_F(AttentionTest, OperandsAsTheyLie) {
  AttentionAttrs a = attributes(32);
  a.q_perm = a.k_perm = a.v_perm = a.out_perm = {0, 2, 1, 3};
  for (bool half : {false, true}) {
    const DType t = half ? DType::kF16 : DType::kF32;
    TestProblem p(kAttentionOp, a);
    p.input(t, {2, 30, 3, 32}, {Format::kLinear, 40}).input(t, {2, 50, 3, 32}).input(t, {2, 50, 3, 24});
    p.check(half ? attention_mma_32() : attention_fma_8());
    if (half && gpu().major == 9) p.check(attention_wgmma_64x64());
  }
  AttentionAttrs b = attributes(16);
  b.k_perm = {0, 1, 3, 2};  // keys lie channel by channel
  TestProblem p(kAttentionOp, b);
  p.input(DType::kF32, {1, 2, 9, 16}).input(DType::kF32, {1, 2, 16, 21}).input(DType::kF32, {1, 2, 21, 16});
  p.check(attention_fma_8());
  p.refuses(attention_mma_16());
}

TEST_F(AttentionTest, HeadsOfOneProduct) {
  AttentionAttrs a = attributes(32);
  a.q_perm = a.k_perm = a.v_perm = a.out_perm = {0, 2, 1, 3};
  a.heads = 4, a.kv_heads = 2, a.k_first = 4, a.v_first = 6;
  for (bool half : {false, true}) {
    const DType t = half ? DType::kF16 : DType::kF32;
    TestProblem p(kAttentionOp, a);
    for (int i = 0; i < 3; ++i) p.input(t, {2, 40, 8, 32});
    p.check(half ? attention_mma_32() : attention_fma_8());
  }
}

TEST_F(AttentionTest, QueriesThatSeeNothing) {
  TestProblem p(kAttentionOp, attributes(32));
  Tensor mask = Tensor::zeros(DType::kBool, {1, 1, 18, 33});
  for (int64_t i = 0; i < 33 * 9; ++i) mask.data<bool>()[i] = true;
  p.input(DType::kF16, {1, 1, 18, 32})
      .input(DType::kF16, {1, 1, 33, 32})
      .input(DType::kF16, {1, 1, 33, 32})
      .input(mask);
  p.check(attention_mma_32());
  if (gpu().major == 9) p.check(attention_wgmma_64x64());
  p.check(attention_fma_8());
}

}  // namespace
}  // namespace hone::cuda

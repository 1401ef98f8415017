// Our convolution kernels against the reference evaluation: formats, one to three axes, strides, dilations, padding on
// one side, groups, constant and variable weights, tails, and products split along K.
#include "backends/cuda/tactics/testing.h"
#include "ops/convolution.h"

namespace hone::cuda {

#define HONE_CONV(kind, tile)                   \
  const Tactic& conv_##kind##_##tile();         \
  const Tactic& conv_stem_##kind##_##tile();    \
  const Tactic& conv_planar_##kind##_##tile();  \
  const Tactic& conv_##kind##_##tile##_split(); \
  const Tactic& conv_planar_##kind##_##tile##_split();
HONE_CONV(mma, 32x32)
HONE_CONV(mma, 64x64)
HONE_CONV(fma, 32x32)
#undef HONE_CONV
const Tactic& conv_direct();
const Tactic& conv_wgmma_64x64();
const Tactic& conv_turns_128x64();
const Tactic& conv_wgmma_64x64_cluster();
const Tactic& conv_mma_32x32_cluster();
const Tactic& conv_wgmma_128x128();

const Tactic& conv_few_rows();
const Tactic& conv_few_channels_64();
const Tactic& conv_few_channels_32();
namespace {

using testing::TestProblem;
constexpr Format kCL = Format::kChannelsLast, kLinear = Format::kLinear;

class ConvTest : public testing::CudaTest {};

struct Case {
  Dims x, w;
  std::vector<int64_t> stride, dilation, pre, post;
  int64_t groups = 1;
};
const Case kCases[] = {
    {{1, 16, 9, 8}, {24, 16, 3, 3}, {}, {}, {1, 1}, {1, 1}},
    {{2, 19, 7, 6}, {13, 19, 3, 3}, {2, 2}, {}, {1, 1}, {1, 1}},
    {{2, 24, 6, 5}, {40, 24, 1, 1}, {}, {}, {}, {}},
    {{1, 24, 6, 5}, {16, 24, 1, 1}, {2, 2}, {}, {}, {}},
    {{1, 8, 12, 11}, {9, 8, 2, 4}, {1, 3}, {2, 2}, {0, 2}, {3, 0}},
    {{2, 32, 5, 6}, {16, 8, 3, 3}, {}, {}, {1, 1}, {1, 1}, 4},
    {{1, 12, 4, 5}, {18, 6, 1, 1}, {}, {}, {}, {}, 2},
    {{2, 8, 15}, {12, 8, 5}, {2}, {}, {2}, {1}},
    {{1, 8, 5, 6, 4}, {9, 8, 3, 2, 3}, {1, 2, 1}, {}, {1, 0, 1}, {1, 1, 1}},
    {{1, 9, 10, 10}, {20, 9, 3, 3}, {}, {}, {-1, 0}, {0, -2}},
};

ConvolutionAttrs attributes(const Case& c) {
  ConvolutionAttrs a;
  a.window.stride = c.stride, a.window.dilation = c.dilation;
  a.window.pre_pad = c.pre, a.window.post_pad = c.post;
  a.groups = c.groups;
  return a;
}

struct Formats {
  Format in, out;
};

void check_case(const Case& c, const Tactic& tactic, DType type, Formats f, bool constant, bool tf32 = false) {
  SCOPED_TRACE(fmt::format("{} {} {}", tactic.name(), str(c.x), str(c.w)));
  TestProblem p(kConvolutionOp, attributes(c));
  p.input(type, c.x, {f.in, f.in == kCL ? c.x[1] + 8 : 0}).input(type, c.w, {}, constant);
  p.input(type, {c.w[0]});
  p.output(f.out, f.out == kCL ? 8 : 0);
  if (tf32) p.allow_tf32();
  p.check(tactic);
}

TEST_F(ConvTest, ChannelsLastInHalf) {
  for (const Case& c : kCases) check_case(c, conv_mma_32x32(), DType::kF16, {kCL, kCL}, true);
}
TEST_F(ConvTest, FewChannels) {
  const Case cases[] = {
      {{2, 3, 30, 31}, {40, 3, 7, 7}, {2, 2}, {}, {3, 3}, {3, 3}},
      {{1, 3, 17, 33}, {24, 3, 3, 3}, {2, 2}, {}, {0, 1}, {1, 0}},
      {{1, 4, 16, 16}, {96, 4, 4, 4}, {4, 4}, {}, {}, {}},
      {{1, 1, 9, 140}, {8, 1, 5, 5}, {}, {}, {2, 2}, {2, 2}},
      {{3, 2, 6, 5}, {70, 2, 1, 2}, {1, 3}, {}, {}, {}},
      {{2, 3, 24, 32}, {40, 3, 7, 7}, {2, 2}, {}, {3, 3}, {3, 3}},
      {{1, 3, 5, 296}, {8, 3, 3, 3}, {1, 1}, {}, {1, 1}, {1, 1}},
  };
  for (const Case& c : cases)
    for (DType t : {DType::kF16, DType::kBF16})
      for (const Tactic* tactic : {&conv_few_channels_64(), &conv_few_channels_32()}) {
        SCOPED_TRACE(fmt::format("{} {} {}", tactic->name(), str(c.x), str(c.w)));
        TestProblem p(kConvolutionOp, attributes(c));
        p.input(t, c.x).input(t, c.w, {}, true).input(t, {c.w[0]}).output(kCL, 8).check(*tactic);
      }
  TestProblem p(kConvolutionOp, attributes(cases[0]));
  p.input(DType::kF16, {1, 5, 9, 9}).input(DType::kF16, {8, 5, 7, 7}, {}, true).output(kCL);
  p.refuses(conv_few_channels_32());
}
TEST_F(ConvTest, FewPixels) {
  for (DType t : {DType::kF16, DType::kF32}) {
    check_case({{2, 64, 1, 1}, {13, 64, 1, 1}, {}, {}, {}, {}}, conv_few_rows(), t, {kCL, kCL}, true);
    check_case({{1, 8, 1, 3}, {5, 8, 1, 1}, {}, {}, {}, {}}, conv_few_rows(), t, {kCL, kCL}, true);
  }
}
TEST_F(ConvTest, ChannelsLastInTf32) {
  for (const Case& c : kCases) check_case(c, conv_mma_32x32(), DType::kF32, {kCL, kCL}, true, true);
}
TEST_F(ConvTest, ChannelsLastInFloat) {
  for (const Case& c : kCases) check_case(c, conv_fma_32x32(), DType::kF32, {kCL, kCL}, true);
}
TEST_F(ConvTest, ChannelsLastOnHopper) {
  if (gpu().major != 9) GTEST_SKIP() << "needs compute capability 9.0";
  for (const Case& c : kCases) check_case(c, conv_wgmma_64x64(), DType::kF16, {kCL, kCL}, true);
  check_case(kCases[0], conv_wgmma_128x128(), DType::kBF16, {kCL, kCL}, true);
}
TEST_F(ConvTest, GroupsTakeTurns) {
  if (gpu().major != 9) GTEST_SKIP() << "needs compute capability 9.0";
  for (const Case& c : kCases) check_case(c, conv_turns_128x64(), DType::kF16, {kCL, kCL}, true);
  const int64_t images = gpu().multiprocessors;
  check_case({{images, 24, 13, 11}, {72, 24, 3, 3}, {}, {}, {1, 1}, {1, 1}}, conv_turns_128x64(), DType::kBF16,
             {kCL, kCL}, true);
}
TEST_F(ConvTest, VariableWeights) {
  for (const Case& c : kCases) check_case(c, conv_mma_32x32(), DType::kF16, {kCL, kCL}, false);
}
TEST_F(ConvTest, PlanarInHalf) {
  for (const Case& c : kCases) check_case(c, conv_planar_mma_32x32(), DType::kF16, {kLinear, kLinear}, true);
}
TEST_F(ConvTest, PlanarInFloat) {
  for (const Case& c : kCases) check_case(c, conv_planar_fma_32x32(), DType::kF32, {kLinear, kLinear}, false);
}
TEST_F(ConvTest, Direct) {
  for (const Case& c : kCases)
    for (Formats f : {Formats{kLinear, kLinear}, {kCL, kLinear}, {kCL, kCL}})
      check_case(c, conv_direct(), DType::kF32, f, false);
}

TEST_F(ConvTest, DepthwiseWithManyOutputsDirect) {
  check_case({{2, 6, 7, 5}, {12, 1, 3, 3}, {}, {}, {1, 1}, {1, 1}, 6}, conv_direct(), DType::kF16, {kCL, kCL}, false);
}

TEST_F(ConvTest, Stem) {
  const Case stems[] = {
      {{2, 3, 17, 20}, {16, 3, 7, 7}, {2, 2}, {}, {3, 3}, {3, 3}},
      {{1, 1, 9, 9}, {10, 1, 3, 3}, {2, 2}, {}, {0, 0}, {1, 1}},
      {{1, 4, 30}, {12, 4, 5}, {3}, {}, {2}, {2}},
  };
  for (const Case& c : stems) {
    check_case(c, conv_stem_mma_64x64(), DType::kF16, {kLinear, kCL}, true);
    check_case(c, conv_stem_fma_32x32(), DType::kF32, {kLinear, kCL}, true);
  }
}

TEST_F(ConvTest, SplitAlongK) {
  const Case c = {{1, 128, 5, 5}, {24, 128, 3, 3}, {}, {}, {1, 1}, {1, 1}};
  check_case(c, conv_mma_32x32_split(), DType::kF16, {kCL, kCL}, true);
  check_case(c, conv_planar_mma_32x32_split(), DType::kF16, {kLinear, kLinear}, true);
  const Case grouped = {{1, 256, 5, 5}, {18, 128, 3, 3}, {}, {}, {1, 1}, {1, 1}, 2};
  check_case(grouped, conv_mma_32x32_split(), DType::kF16, {kCL, kCL}, true);
}

TEST_F(ConvTest, ClustersShareK) {
  if (!gpu().clusters) GTEST_SKIP() << "needs a GPU that launches clusters";
  const Case c = {{1, 128, 7, 7}, {72, 128, 3, 3}, {}, {}, {1, 1}, {1, 1}};
  check_case(c, conv_mma_32x32_cluster(), DType::kF16, {kCL, kCL}, true);
  if (gpu().major == 9) check_case(c, conv_wgmma_64x64_cluster(), DType::kF16, {kCL, kCL}, true);
}

TEST_F(ConvTest, ResidualScaleAndActivation) {
  const Case c = {{2, 16, 6, 7}, {24, 16, 3, 3}, {}, {}, {1, 1}, {1, 1}};
  for (Format f : {kCL, kLinear}) {
    TestProblem p(kConvolutionOp, attributes(c));
    p.input(DType::kF16, c.x, {f, 0}).input(DType::kF16, c.w, {}, true).missing_input();
    p.epilogue("4 inputs; r4=add.f16 r0 r1; r5=mul.f16 r4 r2; r6=add.f16 r5 r3; r7=silu.f16 r6 a=1; out r7");
    p.input(DType::kF16, {24, 1, 1}).input(DType::kF16, {2, 24, 1, 1});
    p.input(DType::kF16, {2, 24, 6, 7}, {f, 0});
    p.output(f);
    p.check(f == kCL ? conv_mma_64x64() : conv_planar_mma_64x64());
  }
}

TEST_F(ConvTest, SayWhyNot) {
  const Case c = {{1, 16, 9, 8}, {24, 16, 3, 3}, {}, {}, {1, 1}, {1, 1}};
  TestProblem p(kConvolutionOp, attributes(c));
  p.input(DType::kF16, c.x).input(DType::kF16, c.w, {}, true);
  p.refuses(conv_mma_64x64());
  TestProblem q(kConvolutionOp, attributes(c));
  q.input(DType::kF16, c.x, {kCL, 0}).input(DType::kF16, c.w, {}, true).output(kCL);
  q.refuses(conv_planar_mma_64x64());
}

}  // namespace
}  // namespace hone::cuda

// Depthwise kernels against the reference evaluation: both formats, kernels, strides, dilations, strips that stick out,
// channels that fill no vector, and tails.
#include "backends/cuda/tactics/testing.h"
#include "ops/convolution.h"

namespace hone::cuda {

const Tactic& depthwise_1();
const Tactic& depthwise_2();
const Tactic& depthwise_4();
const Tactic& depthwise_tile_4();
const Tactic& depthwise_tile_8();
const Tactic& depthwise_planar_1();
const Tactic& depthwise_planar_2();
const Tactic& depthwise_planar_4();

namespace {

using testing::TestProblem;

class DepthwiseTest : public testing::CudaTest {};

struct Case {
  Dims x, w;
  std::vector<int64_t> stride, dilation, pre, post;
};
const Case kCases[] = {
    {{2, 24, 9, 10}, {24, 1, 3, 3}, {}, {}, {1, 1}, {1, 1}},
    {{1, 19, 9, 11}, {19, 1, 3, 3}, {2, 2}, {}, {0, 1}, {1, 0}},
    {{1, 16, 13, 12}, {16, 1, 5, 5}, {}, {}, {2, 2}, {2, 2}},
    {{1, 8, 13, 14}, {8, 1, 3, 2}, {1, 2}, {2, 3}, {2, 1}, {2, 2}},
    {{3, 8, 30}, {8, 1, 7}, {}, {}, {3}, {3}},
};

void check_case(const Case& c, const Tactic& tactic, DType type, Format f, int64_t extra) {
  SCOPED_TRACE(fmt::format("{} {} {}", tactic.name(), str(c.x), str(c.w)));
  ConvolutionAttrs a;
  a.window.stride = c.stride, a.window.dilation = c.dilation, a.window.pre_pad = c.pre, a.window.post_pad = c.post;
  a.groups = c.x[1];
  TestProblem p(kConvolutionOp, a);
  p.input(type, c.x, {f, extra > 0 ? c.x[1] + extra : 0}).input(type, c.w, {}, f == Format::kChannelsLast);
  p.input(type, {c.w[0]});
  p.epilogue(fmt::format("1 inputs; r1=clip.{} r0 a=0 b=6; out r1", name(type)));
  p.output(f, extra);
  p.check(tactic);
}

TEST_F(DepthwiseTest, ChannelsLast) {
  for (const Case& c : kCases) {
    check_case(c, depthwise_4(), DType::kF16, Format::kChannelsLast, 0);
    check_case(c, depthwise_4(), DType::kF16, Format::kChannelsLast, 8);
    check_case(c, depthwise_2(), DType::kBF16, Format::kChannelsLast, 5);
    check_case(c, depthwise_1(), DType::kF32, Format::kChannelsLast, 0);
  }
}

TEST_F(DepthwiseTest, Tiles) {
  for (const Case& c : kCases) {
    check_case(c, depthwise_tile_4(), DType::kF16, Format::kChannelsLast, 0);
    check_case(c, depthwise_tile_8(), DType::kF16, Format::kChannelsLast, 8);
    check_case(c, depthwise_tile_4(), DType::kBF16, Format::kChannelsLast, 5);
    check_case(c, depthwise_tile_8(), DType::kF32, Format::kChannelsLast, 0);
  }
  const Case many = {{2, 136, 21, 37}, {136, 1, 5, 5}, {2, 2}, {}, {1, 2}, {2, 2}};
  check_case(many, depthwise_tile_4(), DType::kF16, Format::kChannelsLast, 0);
  check_case(many, depthwise_tile_8(), DType::kF16, Format::kChannelsLast, 0);
}

TEST_F(DepthwiseTest, Planar) {
  for (const Case& c : kCases) {
    if (c.x.size() == 4) check_case(c, depthwise_planar_4(), DType::kF32, Format::kLinear, 0);
    if (c.x.size() == 4) check_case(c, depthwise_planar_2(), DType::kBF16, Format::kLinear, 0);
    check_case(c, depthwise_planar_1(), DType::kF16, Format::kLinear, 0);
  }
}

TEST_F(DepthwiseTest, RefuseDenseConvolutions) {
  TestProblem p(kConvolutionOp, ConvolutionAttrs());
  p.input(DType::kF32, {1, 8, 6, 6}).input(DType::kF32, {8, 8, 3, 3}, {}, true);
  p.refuses(depthwise_planar_1());
  p.refuses(depthwise_1());
}

}  // namespace
}  // namespace hone::cuda

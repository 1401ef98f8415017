// Transposed convolution kernels against the reference evaluation: strides, dilations, cuts, output padding, groups,
// one to three axes, both formats.
#include "backends/cuda/tactics/testing.h"
#include "ops/deconvolution.h"

namespace hone::cuda {

const Tactic& deconv_mma_32x32();
const Tactic& deconv_fma_32x32();
const Tactic& deconv_direct();

namespace {

using testing::TestProblem;

class DeconvTest : public testing::CudaTest {};

struct Case {
  Dims x, w;
  std::vector<int64_t> stride, dilation, pre, post, output_padding;
  int64_t groups = 1;
};
const Case kCases[] = {
    {{1, 16, 5, 6}, {16, 12, 2, 2}, {2, 2}, {}, {}, {}, {}},
    {{2, 11, 5, 3}, {11, 16, 2, 3}, {2, 3}, {}, {}, {}, {}},
    {{2, 11, 5, 4}, {11, 9, 3, 3}, {2, 2}, {}, {1, 1}, {1, 1}, {1, 1}},
    {{1, 16, 4, 5}, {16, 6, 3, 2}, {1, 3}, {2, 1}, {0, 1}, {2, 0}, {}, 2},
    {{2, 8, 9}, {8, 10, 4}, {2}, {}, {1}, {1}, {}},
    {{1, 8, 3, 4, 3}, {8, 5, 2, 2, 3}, {2, 1, 2}, {}, {0, 1, 1}, {1, 0, 1}, {}},
};

void check_cases(const Tactic& tactic, DType type, Format f, bool constant) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(fmt::format("{} {} {}", tactic.name(), str(c.x), str(c.w)));
    DeconvolutionAttrs a;
    a.window.stride = c.stride, a.window.dilation = c.dilation, a.window.pre_pad = c.pre, a.window.post_pad = c.post;
    a.output_padding = c.output_padding, a.groups = c.groups;
    TestProblem p(kDeconvolutionOp, a);
    p.input(type, c.x, {f, 0}).input(type, c.w, {}, constant).input(type, {c.w[1] * c.groups});
    p.output(f);
    p.check(tactic);
  }
}

TEST_F(DeconvTest, ChannelsLast) {
  check_cases(deconv_mma_32x32(), DType::kF16, Format::kChannelsLast, true);
  check_cases(deconv_fma_32x32(), DType::kF32, Format::kChannelsLast, true);
}
TEST_F(DeconvTest, Direct) {
  check_cases(deconv_direct(), DType::kF32, Format::kLinear, false);
  check_cases(deconv_direct(), DType::kBF16, Format::kChannelsLast, false);
}
TEST_F(DeconvTest, AutomaticPadding) {
  DeconvolutionAttrs a;
  a.window.stride = {2, 2}, a.window.auto_pad = AutoPad::kSameLower;
  TestProblem p(kDeconvolutionOp, a);
  p.input(DType::kF32, {1, 4, 5, 6}, {Format::kChannelsLast, 0}).input(DType::kF32, {4, 8, 3, 3}, {}, true);
  p.output(Format::kChannelsLast);
  p.check(deconv_fma_32x32());
  p.check(deconv_direct());
}

}  // namespace
}  // namespace hone::cuda

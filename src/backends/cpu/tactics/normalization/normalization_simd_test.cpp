// The normalisation tactic against the operator's reference: layer, RMS, group and instance norms in both formats.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/normalization.h"

namespace hone::cpu {
const Tactic& normalization_simd();
namespace {

void check(const Dims& x, std::vector<int64_t> axes, int64_t groups, const Dims& operand, Format f, int64_t pitch = 0,
           bool rms = false, bool with_operands = true) {
  NormalizationAttrs attrs;
  attrs.axes = axes, attrs.groups = groups, attrs.rms = rms;
  testing::TacticRun r;
  r.tactic = &normalization_simd(), r.op = &kNormalizationOp, r.attrs = &attrs;
  r.inputs = {testing::random_tensor(DType::kF32, x, 1, 2, 4)};
  if (with_operands) {
    r.inputs.push_back(testing::random_tensor(DType::kF32, operand, 2));
    r.inputs.push_back(testing::random_tensor(DType::kF32, operand, 3));
  }
  r.layouts = {{DType::kF32, f, x, pitch}};
  r.outputs = {{DType::kF32, f, x, pitch}};
  testing::expect_as_reference(r, 2e-5, 2e-5);
}

TEST(NormalizationTactic, Layer) {
  check({3, 5, 37}, {-1}, 1, {37}, Format::kLinear);
  check({3, 5, 37}, {1, 2}, 1, {5, 37}, Format::kLinear);
  check({3, 5, 37}, {-1}, 1, {37}, Format::kLinear, 40, true);
  check({2, 24, 5, 6}, {1}, 1, {24, 1, 1}, Format::kChannelsLast, 32);
}

TEST(NormalizationTactic, GroupsAndInstances) {
  for (Format f : {Format::kLinear, Format::kChannelsLast}) {
    check({2, 24, 5, 6}, {2, 3}, 4, {24, 1, 1}, f);
    check({2, 24, 5, 6}, {2, 3}, 1, {24, 1, 1}, f);
    check({2, 24, 5, 6}, {1, 2, 3}, 1, {24, 1, 1}, f);
    check({2, 24, 70}, {2}, 3, {24, 1}, f, 0, true);
    check({1, 20, 9, 9}, {2, 3}, 5, {}, f, 0, false, false);
  }
  check({2, 24, 5, 6}, {2, 3}, 4, {24, 1, 1}, Format::kChannelsLast, 27);
}

}  // namespace
}  // namespace hone::cpu

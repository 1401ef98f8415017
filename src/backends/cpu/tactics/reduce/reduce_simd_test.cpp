// The reduction tactic against the operator's reference.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/reduce.h"

namespace hone::cpu {
const Tactic& reduce_simd();
namespace {

TEST(ReduceTactic, AxesFormatsAndKinds) {
  const Dims dims{2, 19, 5, 6};
  for (ReduceKind kind : {ReduceKind::kAvg, ReduceKind::kMax, ReduceKind::kL2, ReduceKind::kLogSumExp})
    for (const std::vector<int64_t>& axes : {std::vector<int64_t>{2, 3}, {1}, {-1}, {0, 2}, {}})
      for (Format f : {Format::kLinear, Format::kChannelsLast}) {
        ReduceAttrs attrs;
        attrs.kind = kind, attrs.axes = axes;
        Dims out = dims;
        for (int64_t a : axes.empty() ? std::vector<int64_t>{0, 1, 2, 3} : axes)
          out[static_cast<size_t>(a < 0 ? a + 4 : a)] = 1;
        testing::TacticRun r;
        r.tactic = &reduce_simd(), r.op = &kReduceOp, r.attrs = &attrs;
        r.inputs = {testing::random_tensor(DType::kF32, dims, 1)};
        r.layouts = {{DType::kF32, f, dims, f == Format::kChannelsLast ? 24 : 0}};
        r.outputs = {{DType::kF32, f, out, 0}};
        testing::expect_as_reference(r, 2e-6, 1e-5);
      }
}

TEST(ReduceTactic, GlobalPoolingToAVector) {
  ReduceAttrs attrs;
  attrs.kind = ReduceKind::kAvg, attrs.axes = {2, 3}, attrs.keep_dims = false;
  testing::TacticRun r;
  r.tactic = &reduce_simd(), r.op = &kReduceOp, r.attrs = &attrs;
  r.inputs = {testing::random_tensor(DType::kF32, {2, 40, 7, 7}, 1)};
  r.layouts = {{DType::kF32, Format::kChannelsLast, {}, 0}};
  r.outputs = {testing::linear(DType::kF32, {2, 40})};
  testing::expect_as_reference(r, 1e-6, 1e-5);
}

}  // namespace
}  // namespace hone::cpu

// The softmax tactic against the operator's reference along every axis of both formats.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/softmax.h"

namespace hone::cpu {
const Tactic& softmax_simd();
namespace {

TEST(SoftmaxTactic, EveryAxisAndFormat) {
  const Dims dims{2, 19, 5, 6};
  for (int64_t axis = -1; axis < 4; ++axis)
    for (bool log : {false, true})
      for (Format f : {Format::kLinear, Format::kChannelsLast}) {
        SoftmaxAttrs attrs;
        attrs.axis = axis, attrs.log = log;
        testing::TacticRun r;
        r.tactic = &softmax_simd(), r.op = &kSoftmaxOp, r.attrs = &attrs;
        r.inputs = {testing::random_tensor(DType::kF32, dims, 1, -5, 5)};
        const int64_t pitch = f == Format::kChannelsLast && axis == 1 ? 20 : 0;
        r.layouts = {{DType::kF32, f, dims, pitch}};
        r.outputs = {{DType::kF32, f, dims, pitch}};
        testing::expect_as_reference(r, 1e-6, 3e-6);
      }
}

}  // namespace
}  // namespace hone::cpu

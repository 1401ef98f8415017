// The pooling tactic against the operator's reference.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/pooling.h"

namespace hone::cpu {
const Tactic& pooling_simd();
namespace {

void check(const Dims& x, PoolingAttrs attrs, int64_t pitch = 0) {
  const Tensor in = testing::random_tensor(DType::kF32, x, 1);
  const Tensor* pointer = &in;
  const Dims y = evaluate(kPoolingOp, attrs, std::span(&pointer, 1), 1)[0].dims();
  for (Format f : {Format::kLinear, Format::kChannelsLast}) {
    testing::TacticRun r;
    r.tactic = &pooling_simd(), r.op = &kPoolingOp, r.attrs = &attrs;
    r.inputs = {in};
    r.layouts = {{DType::kF32, f, x, f == Format::kLinear ? 0 : pitch}};
    r.outputs = {{DType::kF32, f, y, f == Format::kLinear ? 0 : pitch}};
    testing::expect_as_reference(r, 1e-6, 1e-6);
  }
}

TEST(PoolingTactic, KindsWindowsAndPadding) {
  for (PoolKind kind : {PoolKind::kMax, PoolKind::kAverage})
    for (bool include_pad : {false, true})
      for (bool ceil_mode : {false, true}) {
        PoolingAttrs a;
        a.kind = kind, a.count_include_pad = include_pad, a.ceil_mode = ceil_mode;
        a.kernel = {3, 3};
        a.window.stride = {2, 2};
        a.window.pre_pad = a.window.post_pad = {1, 1};
        check({2, 19, 12, 15}, a, 24);
        check({1, 80, 8, 9}, a);
        a.window.dilation = {2, 1};
        check({1, 5, 9, 40}, a);
        a.window = {};
        a.kernel = {4};
        a.window.stride = {3};
        check({2, 7, 33}, a);
      }
}

}  // namespace
}  // namespace hone::cpu

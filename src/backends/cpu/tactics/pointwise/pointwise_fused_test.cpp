// The pointwise tactic on layouts: channels-last images, per-channel and per-image operands, pitched tensors.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/map.h"
#include "ops/pointwise.h"

namespace hone::cpu {
const Tactic& pointwise_fused();
namespace {

using testing::channels_last;
using testing::linear;
using testing::random_tensor;

testing::TacticRun scale_shift(const Dims& image, const TensorDesc& layout) {
  static PointwiseAttrs attrs;
  attrs.program = PwProgram::parse("3 inputs; r3=mul.f32 r0 r1; r4=add.f32 r3 r2; r5=silu.f32 r4 a=1; out r5");
  testing::TacticRun r;
  r.tactic = &pointwise_fused(), r.op = &kPointwiseOp, r.attrs = &attrs;
  r.inputs = {random_tensor(DType::kF32, image, 1), random_tensor(DType::kF32, {image[0], image[1], 1, 1}, 2),
              random_tensor(DType::kF32, {image[1], 1, 1}, 3)};
  r.layouts = {layout, linear(DType::kF32, {}), linear(DType::kF32, {})};
  r.outputs = {{DType::kF32, layout.format, image, layout.pitch}};
  return r;
}

TEST(PointwiseFused, ImagesInBothFormats) {
  const Dims image{2, 19, 7, 9};
  testing::expect_as_reference(scale_shift(image, linear(DType::kF32, image)), 1e-6, 1e-6);
  testing::expect_as_reference(scale_shift(image, channels_last(DType::kF32, image)), 1e-6, 1e-6);
  testing::expect_as_reference(scale_shift(image, channels_last(DType::kF32, image, 24)), 1e-6, 1e-6);
}

TEST(PointwiseFused, SingleNodes) {
  MapAttrs attrs;
  attrs.fn = ScalarFn::kLess;
  testing::TacticRun r;
  r.tactic = &pointwise_fused(), r.op = &kMapOp, r.attrs = &attrs;
  r.inputs = {random_tensor(DType::kF32, {4, 1, 33}, 1), random_tensor(DType::kF32, {5, 1}, 2)};
  r.outputs = {linear(DType::kBool, {4, 5, 33})};
  testing::expect_as_reference(r, 0, 0);
}

TEST(PointwiseFused, RefusesInputsAcrossTheMemoryOrder) {
  testing::TacticRun r = scale_shift({1, 8, 4, 4}, linear(DType::kF32, {}));
  Problem p;
  p.op = r.op, p.attrs = r.attrs;
  for (const Tensor& t : r.inputs) p.inputs.push_back({t.type(), Format::kLinear, t.dims()}), p.present.push_back(true);
  p.outputs = {channels_last(DType::kF32, {1, 8, 4, 4})};
  EXPECT_FALSE(static_cast<bool>(pointwise_fused().supports(p)));
}

}  // namespace
}  // namespace hone::cpu

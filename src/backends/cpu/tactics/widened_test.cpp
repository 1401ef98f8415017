// Layers on tensors in bf16 through FP32 kernels, against the reference on the same rounded values.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/convolution.h"
#include "ops/matmul.h"
#include "ops/pooling.h"
#include "ops/softmax.h"

namespace hone::cpu {
const Tactic& widened();
const Tactic& pooling_simd();
namespace {

using testing::channels_last;
using testing::linear;
using testing::random_tensor;
constexpr double kHalfStep = 4e-3;  // of the result's rounding

// What the operator makes of the tensors' values, in single precision.
Tensor reference(const Op& op, const Attributes& a, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> wide;
  wide.reserve(inputs.size());
  for (const Tensor& t : inputs) wide.push_back(t.to(DType::kF32));
  std::vector<const Tensor*> pointers;
  pointers.reserve(wide.size());
  for (const Tensor& t : wide) pointers.push_back(&t);
  return evaluate(op, a, pointers, 1)[0];
}

void check(testing::TacticRun r, const Tensor& want) {
  for (int threads : {1, 2}) {
    r.threads = threads;
    const std::vector<Tensor> got = testing::run(r);
    ASSERT_EQ(got.size(), 1u);
    testing::expect_near_all(got[0].as_doubles(), want.as_doubles(), 1e-4, kHalfStep);
  }
}

TEST(Widened, ConvolutionsOfMixedTensorsWithPitches) {
  for (const bool narrow_in : {true, false})
    for (const bool narrow_out : {true, false}) {
      ConvolutionAttrs a;
      a.window.pre_pad = a.window.post_pad = {1, 1};
      testing::TacticRun r;
      r.tactic = &widened(), r.op = &kConvolutionOp, r.attrs = &a;
      r.inputs = {random_tensor(narrow_in ? DType::kBF16 : DType::kF32, {2, 9, 7, 5}, 1),
                  random_tensor(DType::kF32, {13, 9, 3, 3}, 2)};
      r.constant = {false, true};
      r.layouts = {channels_last(DType::kF32, {}, 12)};
      r.outputs = {channels_last(narrow_out ? DType::kBF16 : DType::kF32, {2, 13, 7, 5}, 16)};
      if (narrow_in || narrow_out) check(r, reference(kConvolutionOp, a, r.inputs));
    }
}

TEST(Widened, ProductOfATensorWithItself) {
  MatMulAttrs a;
  a.op_b = MatrixOp::kTranspose;
  testing::TacticRun r;
  r.tactic = &widened(), r.op = &kMatMulOp, r.attrs = &a;
  const Tensor x = random_tensor(DType::kBF16, {3, 11, 20}, 3);
  r.inputs = {x, x};
  r.outputs = {linear(DType::kBF16, {3, 11, 11})};
  check(r, reference(kMatMulOp, a, r.inputs));
}

TEST(Widened, SoftmaxAndPooling) {
  SoftmaxAttrs s;
  s.axis = 2;
  testing::TacticRun r;
  r.tactic = &widened(), r.op = &kSoftmaxOp, r.attrs = &s;
  r.inputs = {random_tensor(DType::kBF16, {4, 3, 37}, 4, -5, 5)};
  r.outputs = {linear(DType::kBF16, {4, 3, 37})};
  check(r, reference(kSoftmaxOp, s, r.inputs));
  PoolingAttrs p;
  p.kernel = {2, 2}, p.window.stride = {2, 2};
  r.op = &kPoolingOp, r.attrs = &p;
  r.inputs = {random_tensor(DType::kBF16, {1, 21, 6, 8}, 5)};
  r.layouts = {channels_last(DType::kBF16, {})};
  r.outputs = {channels_last(DType::kF32, {1, 21, 3, 4})};
  check(r, reference(kPoolingOp, p, r.inputs));
}

TEST(Widened, LeavesToOthersWhatNeedsNoConversion) {
  PoolingAttrs a;
  a.kernel = {2, 2};
  Problem p;
  p.op = &kPoolingOp, p.attrs = &a;
  p.inputs = {channels_last(DType::kF32, {1, 4, 6, 6})}, p.outputs = {channels_last(DType::kF32, {1, 4, 5, 5})};
  p.present = {true}, p.constants = {nullptr};
  EXPECT_TRUE(static_cast<bool>(pooling_simd().supports(p)));
  EXPECT_FALSE(static_cast<bool>(widened().supports(p)));
}

}  // namespace
}  // namespace hone::cpu

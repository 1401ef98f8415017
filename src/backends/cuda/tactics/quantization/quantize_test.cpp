// Quantisation and back beside the reference: per tensor, axis and block.
#include "ops/quantize.h"

#include "backends/cuda/tactics/testing.h"
#include "ops/dequantize.h"
#include "ops/dynamic_quantize.h"

namespace hone::cuda {
const Tactic& quantize();
const Tactic& dequantize();
const Tactic& dynamic_quantize();
namespace {

using testing::TestProblem;

class QuantizeTest : public testing::CudaTest {};

TEST_F(QuantizeTest, ThereAndBack) {
  QuantizeAttrs q;
  DequantizeAttrs d;
  for (DType t : {DType::kI8, DType::kU8, DType::kFP8}) {
    q.to = t;
    TestProblem(kQuantizeOp, q)
        .input(DType::kF32, {3, 8, 5}, {}, false, -3, 3)
        .input(Tensor::scalar(0.02f))
        .check(quantize());
    if (t != DType::kFP8)
      TestProblem(kQuantizeOp, q)
          .input(DType::kF16, {3, 8, 5}, {}, false, -3, 3)
          .input(DType::kF16, {8}, {}, false, 0.01, 0.05)
          .input(t, {8}, {}, false, 0, 9)
          .check(quantize());
    TestProblem(kDequantizeOp, d)
        .input(t, {3, 8, 5}, {}, false, 0, 99)
        .input(DType::kF32, {8}, {}, false, 0.01, 0.05)
        .check(dequantize());
  }
  d.block_size = 4, d.axis = 1, d.to = DType::kF16;
  TestProblem(kDequantizeOp, d)
      .input(DType::kI8, {3, 10, 5}, {}, false, -99, 99)
      .input(DType::kF16, {3, 3, 5}, {}, false, 0.01, 0.05)
      .input(DType::kI8, {3, 3, 5}, {}, false, -3, 3)
      .check(dequantize());
}

TEST_F(QuantizeTest, ScalesFromTheData) {
  DynamicQuantizeAttrs a;
  a.to = DType::kFP8, a.scale_type = DType::kF32;
  TestProblem(kDynamicQuantizeOp, a).input(DType::kF32, {3, 40}).outputs(2).check(dynamic_quantize());
}

}  // namespace
}  // namespace hone::cuda

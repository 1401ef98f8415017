// Softmax, log-softmax and ragged softmax against the definition.
#include "ops/softmax.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

TEST(Softmax, NormalisesAlongTheAxis) {
  SoftmaxAttrs a;
  const double e1 = std::exp(1), e2 = std::exp(2), s = 1 + e1 + e2;
  expect_tensor(run(kSoftmaxOp, a, {tensor({1, 3}, {0, 1, 2})})[0], {1, 3}, {1 / s, e1 / s, e2 / s});
  a.axis = 0;
  expect_tensor(run(kSoftmaxOp, a, {tensor({3, 2}, {0, 5, 1, 5, 2, 5})})[0], {3, 2},
                {1 / s, 1.0 / 3, e1 / s, 1.0 / 3, e2 / s, 1.0 / 3});
  a.log = true;
  expect_tensor(run(kSoftmaxOp, a, {tensor({3}, {1000, 1001, 1002})})[0], {3},
                {-std::log(s), 1 - std::log(s), 2 - std::log(s)}, 1e-4);
}

TEST(Softmax, ChecksAxisAndType) {
  SoftmaxAttrs a;
  a.axis = 2;
  EXPECT_THROW(infer_infos(kSoftmaxOp, a, {info({"n", "c"})}), ModelError);
  a.axis = -2;
  EXPECT_EQ(infer_shape_text(kSoftmaxOp, a, {info({"n", "c"})}), "[n,c]");
  EXPECT_THROW(infer_infos(kSoftmaxOp, a, {info({"n", "c"}, DType::kI32)}), ModelError);
}

TEST(RaggedSoftmax, LeavesTheRestOfARowZero) {
  const auto y = run(kRaggedSoftmaxOp, NoAttrs(),
                     {tensor({3, 3}, {7, 7, 1, 2, 9, 9, 5, 5, 5}), tensor({3, 1}, {2, 1, 0}, DType::kI32)});
  expect_tensor(y[0], {3, 3}, {0.5, 0.5, 0, 1, 0, 0, 0, 0, 0});
  EXPECT_THROW(infer_infos(kRaggedSoftmaxOp, NoAttrs(), {info({"2", "3"}), info({"3", "1"}, DType::kI32)}), ModelError);
}

}  // namespace
}  // namespace hone

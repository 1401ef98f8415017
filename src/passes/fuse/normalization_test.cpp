// Normalisations in the forms that exporters write.
#include "passes/fuse/normalization.h"

#include "ops/normalization.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;
using enum ScalarFn;

Value* mean(Net& n, Value* x) {
  ReduceAttrs a;
  a.kind = ReduceKind::kAvg, a.axes = {-1};
  return n.add(kReduceOp, {x}, a);
}

TEST(Normalization, LayerNormWithParameters) {
  Net n;
  Value* x = n.input("x", {"N", "3", "8"});
  Value* d = n.map(kSub, {x, mean(n, x)});
  Value* var = mean(n, n.map(kPow, {d, n.number(2)}));
  Value* y = n.map(kDiv, {d, n.map(kSqrt, {n.map(kAdd, {var, n.number(1e-5f)})})});
  n.output(n.map(kAdd, {n.map(kMul, {y, n.weights({8})}), n.weights({8})}));
  run_checked(n.graph, recognize_normalizations, {{"N", 2}});
  EXPECT_EQ(layers(n.graph), 1) << n.graph.str();
  const auto& a = only(n.graph, kNormalizationOp)->attr<NormalizationAttrs>();
  EXPECT_FALSE(a.rms);
  EXPECT_EQ(a.axes, std::vector<int64_t>{2});
  EXPECT_NEAR(a.epsilon, 1e-5, 1e-9);
}
TEST(Normalization, LayerNormWithTwoSubtractions) {
  Net n;
  Value *x = n.input("x", {"2", "8"}), *m = mean(n, x);
  Value* d = n.map(kSub, {x, m});
  Value* var = mean(n, n.map(kMul, {d, d}));
  n.output(n.map(kMul, {n.map(kSub, {x, m}), n.map(kRsqrt, {n.map(kAdd, {var, n.number(1e-5f)})})}));
  run_checked(n.graph, recognize_normalizations);
  EXPECT_EQ(layers(n.graph), 1) << n.graph.str();
}
TEST(Normalization, RmsNormOfBothExporters) {
  for (bool reciprocal : {true, false}) {
    Net n;
    Value* x = n.input("x", {"N", "8"});
    Value* root = n.map(kSqrt, {n.map(kAdd, {mean(n, n.map(kPow, {x, n.number(2)})), n.number(1e-6f)})});
    Value* inv = reciprocal ? n.map(kRecip, {root}) : n.map(kDiv, {n.number(1), root});
    n.output(n.map(kMul, {n.weights({8}), n.map(kMul, {x, inv})}));
    run_checked(n.graph, recognize_normalizations, {{"N", 3}});
    EXPECT_EQ(layers(n.graph), 1) << n.graph.str();
    EXPECT_TRUE(only(n.graph, kNormalizationOp)->attr<NormalizationAttrs>().rms);
  }
}
TEST(Normalization, GroupNormOverReshapes) {
  Net n;
  Value* x = n.input("x", {"N", "6", "2", "4"});
  ReshapeAttrs split, join;
  split.shape = {0, 3, -1}, join.shape = {-1, 6, 2, 4};
  NormalizationAttrs a;
  a.axes = {2};
  Value* ones = n.graph.constant("ones", Tensor::from(std::vector<float>{1, 1, 1}).reshaped({3, 1}));
  Value* zeros = n.graph.constant("zeros", Tensor::zeros(DType::kF32, {3, 1}));
  Value* y = n.add(kNormalizationOp, {n.add(kReshapeOp, {x}, split), ones, zeros}, a);
  y = n.add(kReshapeOp, {y}, join);
  n.output(n.map(kAdd, {n.map(kMul, {y, n.weights({6, 1, 1})}), n.weights({6, 1, 1})}));
  run_checked(n.graph, recognize_normalizations, {{"N", 2}});
  EXPECT_EQ(layers(n.graph), 1) << n.graph.str();
  EXPECT_EQ(only(n.graph, kNormalizationOp)->attr<NormalizationAttrs>().groups, 3);
}
TEST(Normalization, LeavesOtherArithmetic) {
  Net n;
  Value *x = n.input("x", {"2", "8"}), *y = n.input("y", {"2", "8"});
  Value* d = n.map(kSub, {x, mean(n, y)});  // centred by another mean: an RMS norm of the difference, not a layer norm
  Value* root = n.map(kSqrt, {n.map(kAdd, {mean(n, n.map(kMul, {d, d})), n.number(1e-5f)})});
  n.output(n.map(kDiv, {y, root}));
  EXPECT_EQ(run_checked(n.graph, recognize_normalizations), 0);
}

}  // namespace
}  // namespace hone::passes

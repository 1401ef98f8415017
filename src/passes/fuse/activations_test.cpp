// Every spelling of an activation becomes one function and keeps its values.
#include "passes/fuse/activations.h"

#include "passes/fuse/scalars.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;
using enum ScalarFn;

// A network of one activation written by `build`; expects it to become `fn` and nothing else.
void expect_one(ScalarFn fn, const std::function<Value*(Net&, Value*)>& build) {
  Net n;
  n.output(build(n, n.input("x", {"N", "8"})));
  run_checked(n.graph, recognize_activations, {{"N", 5}}, 2e-5);
  EXPECT_EQ(count_map(n.graph, fn), 1) << n.graph.str();
  EXPECT_EQ(layers(n.graph), 1) << n.graph.str();
}

TEST(Activations, Silu) {
  expect_one(kSilu, [](Net& n, Value* x) { return n.map(kMul, {x, n.map(kSigmoid, {x})}); });
  expect_one(kSilu, [](Net& n, Value* x) {
    return n.map(kMul, {n.map(kSigmoid, {n.map(kMul, {x, n.number(1.702f)})}), x});
  });
}
TEST(Activations, GeluByErf) {
  // torch.onnx by tracing: x / sqrt(2), erf, + 1, x * ., * 0.5
  expect_one(kGeluErf, [](Net& n, Value* x) {
    Value* e = n.map(kErf, {n.map(kDiv, {x, n.number(1.4142135f)})});
    return n.map(kMul, {n.map(kMul, {x, n.map(kAdd, {e, n.number(1)})}), n.number(0.5f)});
  });
  // torch.export: 0.5 * (erf(x / sqrt(2)) + 1), then x * .
  expect_one(kGeluErf, [](Net& n, Value* x) {
    Value* e = n.map(kErf, {n.map(kDiv, {x, n.number(1.4142135f)})});
    return n.map(kMul, {x, n.map(kMul, {n.number(0.5f), n.map(kAdd, {e, n.number(1)})})});
  });
  expect_one(kGeluErf, [](Net& n, Value* x) {
    Value* e = n.map(kErf, {n.map(kMul, {n.number(0.70710678f), x})});
    return n.map(kMul, {n.map(kMul, {x, n.number(0.5f)}), n.map(kAdd, {n.number(1), e})});
  });
}
TEST(Activations, GeluOfAProduct) {
  Net n;
  Value* x = n.map(kMul, {n.input("a", {"4"}), n.input("b", {"4"})});
  Value* e = n.map(kErf, {n.map(kDiv, {x, n.number(1.4142135f)})});
  n.output(n.map(kMul, {n.map(kMul, {x, n.map(kAdd, {e, n.number(1)})}), n.number(0.5f)}));
  run_checked(n.graph, recognize_activations, {}, 2e-5);
  EXPECT_EQ(layers(n.graph), 2) << n.graph.str();
}
TEST(Activations, GeluByTanh) {
  expect_one(kGeluTanh, [](Net& n, Value* x) {
    Value* cube = n.map(kPow, {x, n.number(3)});
    Value* u = n.map(kMul, {n.number(0.7978846f), n.map(kAdd, {x, n.map(kMul, {cube, n.number(0.044715f)})})});
    Value* t = n.map(kAdd, {n.map(kTanh, {u}), n.number(1)});
    return n.map(kMul, {n.map(kMul, {x, n.number(0.5f)}), t});
  });
  expect_one(kGeluTanh, [](Net& n, Value* x) {
    Value* cube = n.map(kMul, {n.map(kMul, {x, x}), x});
    Value* u = n.map(kMul, {n.map(kAdd, {n.map(kMul, {n.number(0.044715f), cube}), x}), n.number(0.7978846f)});
    return n.map(kMul, {x, n.map(kMul, {n.map(kAdd, {n.number(1), n.map(kTanh, {u})}), n.number(0.5f)})});
  });
  expect_one(kGeluTanh, [](Net& n, Value* x) {
    Value* square = n.map(kMul, {n.number(0.044715f), n.map(kMul, {x, x})});
    Value* u = n.map(kMul, {n.map(kMul, {x, n.number(0.7978846f)}), n.map(kAdd, {n.number(1), square})});
    return n.map(kMul, {n.map(kMul, {x, n.number(0.5f)}), n.map(kAdd, {n.number(1), n.map(kTanh, {u})})});
  });
}
TEST(Activations, HardSwishAndHardSigmoid) {
  expect_one(kHardSwish, [](Net& n, Value* x) { return n.map(kMul, {x, n.map(kHardSigmoid, {x}, 1. / 6, 0.5)}); });
  expect_one(kHardSwish, [](Net& n, Value* x) {
    Value* c = n.map(kClip, {n.map(kAdd, {x, n.number(3)})}, 0, 6);
    return n.map(kDiv, {n.map(kMul, {x, c}), n.number(6)});
  });
  expect_one(kHardSwish, [](Net& n, Value* x) {
    Value* c = n.map(kClip, {n.map(kAdd, {x, n.number(3)})}, 0, 6);
    return n.map(kMul, {x, n.map(kDiv, {c, n.number(6)})});
  });
  expect_one(kHardSigmoid, [](Net& n, Value* x) {
    return n.map(kDiv, {n.map(kClip, {n.map(kAdd, {x, n.number(3)})}, 0, 6), n.number(6)});
  });
}
TEST(Activations, SoftplusMishSigmoid) {
  expect_one(kSoftplus, [](Net& n, Value* x) { return n.map(kLog, {n.map(kAdd, {n.map(kExp, {x}), n.number(1)})}); });
  expect_one(kMish, [](Net& n, Value* x) { return n.map(kMul, {x, n.map(kTanh, {n.map(kSoftplus, {x}, 1, 1)})}); });
  expect_one(kSigmoid, [](Net& n, Value* x) {
    return n.map(kDiv, {n.number(1), n.map(kAdd, {n.number(1), n.map(kExp, {n.map(kNeg, {x})})})});
  });
}
TEST(Activations, Bounds) {
  expect_one(kRelu, [](Net& n, Value* x) { return n.map(kMax, {x, n.number(0)}); });
  expect_one(kClip, [](Net& n, Value* x) { return n.map(kMin, {n.map(kMax, {x, n.number(-0.5f)}), n.number(0.5f)}); });
  expect_one(kClip, [](Net& n, Value* x) { return n.map(kClip, {n.map(kRelu, {x})}, -1, 0.5); });
}
TEST(Activations, LeavesWhatIsDifferent) {
  Net n;
  Value *x = n.input("x", {"4"}), *y = n.input("y", {"4"});
  n.output(n.map(kMul, {x, n.map(kSigmoid, {y})}), "a");
  Value* e = n.map(kErf, {n.map(kDiv, {x, n.number(1.5f)})});
  n.output(n.map(kMul, {n.map(kMul, {x, n.map(kAdd, {e, n.number(1)})}), n.number(0.5f)}), "b");
  EXPECT_EQ(run_checked(n.graph, recognize_activations), 0);
}
TEST(Activations, KeepsInnerValuesThatOthersUse) {
  Net n;
  Value* x = n.input("x", {"4"});
  Value* s = n.map(kSigmoid, {x});
  n.output(n.map(kMul, {x, s}), "y");
  n.output(s, "s");
  EXPECT_EQ(run_checked(n.graph, recognize_activations), 1);
  EXPECT_EQ(layers(n.graph), 2);
}

TEST(Scalars, BecomeOneAffine) {
  Net n;
  Value* x = n.input("x", {"N", "4"});
  n.output(n.map(kSub, {n.number(1), n.map(kMul, {n.map(kAdd, {x, n.number(2)}), n.number(3)})}));
  run_checked(n.graph, fold_scalars, {{"N", 3}});
  EXPECT_EQ(layers(n.graph), 1) << n.graph.str();
  EXPECT_EQ(count_map(n.graph, kAffine), 1);
}
TEST(Scalars, AdditionsThatAreTakenBackRoundAndStay) {
  Net n;
  Value* x = n.input("x", {"40"});
  n.output(n.map(kSub, {n.map(kAdd, {x, n.number(12582912)}), n.number(12582912)}));  // to integers: 1.5 * 2^23
  run_checked(n.graph, fold_scalars);
  EXPECT_EQ(count_map(n.graph, kAffine), 2);
}
TEST(Scalars, DivisionsThatWouldRoundTwiceStay) {
  Net n;
  Value* x = n.input("x", {"4"});
  n.output(n.map(kDiv, {x, n.number(50)}), "a");
  n.output(n.map(kDiv, {x, n.number(-8)}), "b");
  EXPECT_EQ(run_checked(n.graph, fold_scalars), 1);
  EXPECT_EQ(count_map(n.graph, kDiv), 1);
  EXPECT_EQ(count_map(n.graph, kAffine), 1);
}
TEST(Scalars, PowersAndRankStay) {
  Net n;
  Value* x = n.map(kAbs, {n.input("x", {"4"})});
  n.output(n.map(kPow, {x, n.number(2)}), "a");
  n.output(n.map(kPow, {x, n.number(-0.5f)}), "b");
  // A constant of higher rank makes the result's: it stays.
  n.output(n.map(kMul, {x, n.graph.constant("c", Tensor::scalar(2.f).reshaped({1, 1}))}), "c");
  EXPECT_EQ(run_checked(n.graph, fold_scalars), 2);
  EXPECT_EQ(count_map(n.graph, kSquare) + count_map(n.graph, kRsqrt) + count_map(n.graph, kMul), 3);
}

}  // namespace
}  // namespace hone::passes

// Common sub-expressions and element-wise identities.
#include "passes/canonicalize/testing.h"

namespace hone::passes {
namespace {
using namespace testing;

TEST(MergeCommon, MergesEqualNodesAndConstants) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2});
  ir::Value* a = add_map(g, "a", ScalarFn::kAdd, {x, g.constant("c", floats({2}, {1, 2}))});
  ir::Value* b = add_map(g, "b", ScalarFn::kAdd, {x, g.constant("d", floats({2}, {1, 2}))});
  g.mark_output(add_map(g, "y", ScalarFn::kMul, {a, b}));
  EXPECT_EQ(run_pass(g, merge_common, {floats({2}, {3, 4})}), 2);
  EXPECT_EQ(ops(g), "Map Map");
}

TEST(MergeCommon, KeepsTwoOutputsAndDifferentAttributes) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2});
  g.mark_output(add_map(g, "a", ScalarFn::kNeg, {x}));
  g.mark_output(add_map(g, "b", ScalarFn::kNeg, {x}));
  g.mark_output(add_map(g, "c", ScalarFn::kAbs, {x}));
  EXPECT_EQ(run_pass(g, merge_common, {floats({2}, {3, 4})}), 0);
}

struct Case {
  ScalarFn fn;
  double constant;
  const char* expected;  // operators left
  ScalarFn left;
};

TEST(SimplifyAlgebra, KnowsIdentities) {
  using F = ScalarFn;
  const Case cases[] = {
      {F::kAdd, 0, "Map", F::kNeg},        {F::kSub, 0, "Map", F::kNeg},        {F::kMul, 1, "Map", F::kNeg},
      {F::kDiv, 1, "Map", F::kNeg},        {F::kPow, 1, "Map", F::kNeg},        {F::kPow, 2, "Map Map", F::kSquare},
      {F::kPow, 0.5, "Map Map", F::kSqrt}, {F::kPow, -1, "Map Map", F::kRecip}, {F::kPow, 3, "Map Map", F::kPow},
      {F::kMul, -1, "Map Map", F::kNeg},   {F::kDiv, 8, "Map Map", F::kMul},    {F::kDiv, 3, "Map Map", F::kDiv},
      {F::kMax, 0, "Map Map", F::kRelu},   {F::kMin, 0.5, "Map Map", F::kClip}};
  for (const Case& c : cases) {
    ir::Graph g;
    ir::Value* x = g.add_input("x", DType::kF32, {2, 2});
    ir::Value* r = add_map(g, "r", c.fn, {x, g.constant("c", floats({1}, {static_cast<float>(c.constant)}))});
    g.mark_output(add_map(g, "y", F::kNeg, {r}));
    run_pass(g, simplify_algebra, {floats({2, 2}, {0.25f, 1, 2, 3})});
    EXPECT_EQ(ops(g), c.expected) << name(c.fn) << " " << c.constant;
    for (const ir::Node* n : g.nodes())
      if (n->is(kMapOp)) {
        EXPECT_EQ(n->attr<MapAttrs>().fn, c.left) << name(c.fn) << " " << c.constant;
        break;
      }
  }
}

TEST(SimplifyAlgebra, KeepsWhatBroadcasts) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {1, 2});
  g.mark_output(add_map(g, "y", ScalarFn::kAdd, {x, g.constant("c", floats({2, 1}, {0, 0}))}));
  EXPECT_EQ(run_pass(g, simplify_algebra, {floats({1, 2}, {1, 2})}), 0);
}

TEST(SimplifyAlgebra, PutsConstantsSecondAndBoundsIntoAttributes) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {4});
  ir::Value* a = add_map(g, "a", ScalarFn::kAdd, {g.constant("c", floats({4}, {1, 2, 3, 4})), x});
  ir::Value* b =
      add_map(g, "b", ScalarFn::kClip3, {a, g.constant("l", floats({}, {0})), g.constant("h", floats({}, {6}))});
  g.mark_output(add_map(g, "y", ScalarFn::kMul, {b, b}));
  run_pass(g, simplify_algebra, {floats({4}, {-9, 0, 1, 9})});
  EXPECT_EQ(ops(g), "Map Map Map");
  const auto nodes = g.nodes();
  EXPECT_EQ(nodes[1]->input(0), x);
  EXPECT_EQ(nodes[2]->attr<MapAttrs>().fn, ScalarFn::kClip);
  EXPECT_EQ(nodes[2]->attr<MapAttrs>().beta, 6);
  EXPECT_EQ(nodes[3]->attr<MapAttrs>().fn, ScalarFn::kSquare);
}

}  // namespace
}  // namespace hone::passes

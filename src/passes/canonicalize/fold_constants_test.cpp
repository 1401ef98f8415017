// Constant folding: values, limits, what must stay.
#include "ops/constant.h"
#include "ops/expand.h"
#include "ops/fill.h"
#include "ops/topk.h"
#include "passes/canonicalize/testing.h"

namespace hone::passes {
namespace {
using namespace testing;

TEST(FoldConstants, FoldsChainsAndHandsNamesToTheReader) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2});
  ir::Value* a = add_map(g, "sum", ScalarFn::kAdd,
                         {g.constant("one", floats({2}, {1, 2})), g.constant("two", floats({2}, {3, 4}))});
  ir::Value* root = add_map(g, "root", ScalarFn::kSqrt, {a});
  g.mark_output(add_map(g, "y", ScalarFn::kMul, {x, root}));
  EXPECT_EQ(run_pass(g, fold_constants, {floats({2}, {5, 6})}), 2);
  EXPECT_EQ(ops(g), "Map");
  EXPECT_EQ(g.nodes().size(), 2u);
  EXPECT_EQ(g.outputs()[0]->producer()->origins, (std::vector<std::string>{"y", "root", "sum"}));
}

TEST(FoldConstants, KeepsOutputNamesAndSeveralOutputs) {
  ir::Graph g;
  TopKAttrs k;
  k.k = 1;
  ir::Node* top = g.add(kTopKOp, "top", {g.constant("c", floats({3}, {1, 9, 4}))}, k);
  g.mark_output(top->output(0));
  g.mark_output(top->output(1));
  EXPECT_EQ(run_pass(g, fold_constants, {}), 1);
  EXPECT_EQ(ops(g), "");
  EXPECT_EQ(g.outputs()[1]->constant()->as_ints(), (std::vector<int64_t>{1}));
}

TEST(FoldConstants, RespectsLimitsAndSideEffects) {
  ir::Graph g;
  ExpandAttrs e;
  e.shape = {2000, 2000};  // four million elements out of one
  g.mark_output(add(g, kExpandOp, "e", {g.constant("c", floats({1, 1}, {1}))}, e));
  EXPECT_EQ(fold_constants(g, Options()), 0);
  ir::Graph h;
  h.mark_output(add_map(h, "m", ScalarFn::kNeg, {h.constant("c", varied({100}))}));
  Options small;
  small.fold_limit = 99;
  EXPECT_EQ(fold_constants(h, small), 0);
  EXPECT_EQ(fold_constants(h, Options()), 1);
}

TEST(FoldConstants, LeavesFailingNodesToTheRun) {
  ir::Graph g;
  TopKAttrs k;
  k.axis = 0;
  ir::Value* count = g.constant("k", ints({2}));
  ir::Node* top = g.add(kTopKOp, "top", {g.constant("c", floats({3}, {1, 9, 4})), count}, k);
  g.mark_output(top->output(0));
  EXPECT_EQ(fold_constants(g, Options()), 1);
}

}  // namespace
}  // namespace hone::passes

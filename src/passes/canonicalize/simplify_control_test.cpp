// Conditionals with a known condition, constants captured by bodies.
#include "ops/loop.h"
#include "passes/canonicalize/testing.h"

namespace hone::passes {
namespace {
using namespace testing;

std::unique_ptr<ir::Graph> unary_body(ScalarFn fn, bool second_input) {
  auto b = std::make_unique<ir::Graph>();
  ir::Value* x = b->add_input("bx", DType::kF32, {2});
  ir::Value* c = second_input ? b->add_input("bc", DType::kF32, {2}) : nullptr;
  ir::Node* n = c != nullptr ? b->add(kMapOp, "op", {x, c}, map_attrs(fn)) : b->add(kMapOp, "op", {x}, map_attrs(fn));
  b->mark_output(n->output());
  return b;
}

TEST(SimplifyControl, InlinesTheBranchTaken) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2});
  std::vector<std::unique_ptr<ir::Graph>> bodies;
  bodies.push_back(unary_body(ScalarFn::kNeg, false));
  bodies.push_back(unary_body(ScalarFn::kAbs, false));
  ir::Value* no = g.constant("no", Tensor::scalar(false));
  ir::Node* n = g.add_control(kIfOp, "if", {no, x}, nullptr, std::move(bodies), 1);
  n->origins = {"if"};
  g.mark_output(n->output());
  EXPECT_EQ(run_pass(g, simplify_control, {floats({2}, {-1, 2})}), 1);
  EXPECT_EQ(ops(g), "Map");
  EXPECT_EQ(g.outputs()[0]->producer()->attr<MapAttrs>().fn, ScalarFn::kAbs);
}

TEST(SimplifyControl, MovesConstantsIntoBodies) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2});
  ir::Value* c = g.add_input("c", DType::kBool, {});
  std::vector<std::unique_ptr<ir::Graph>> bodies;
  bodies.push_back(unary_body(ScalarFn::kMul, true));
  bodies.push_back(unary_body(ScalarFn::kAdd, true));
  ir::Node* n = g.add_control(kIfOp, "if", {c, x, g.constant("k", floats({2}, {3, 4}))}, nullptr, std::move(bodies), 1);
  g.mark_output(n->output());
  EXPECT_EQ(run_pass(g, simplify_control, {floats({2}, {-1, 2}), Tensor::scalar(true)}), 1);
  EXPECT_EQ(n->inputs().size(), 2u);
  EXPECT_EQ(n->subgraphs[0]->inputs().size(), 1u);
  EXPECT_NE(n->subgraphs[1]->nodes().back()->input(1)->constant(), nullptr);
}

}  // namespace
}  // namespace hone::passes

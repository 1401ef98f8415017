#include "compile/lineage.h"

#include <gtest/gtest.h>

#include "compile/compile.h"
#include "ops/map.h"

namespace hone::compile {
namespace {

MapAttrs function(ScalarFn fn) {
  MapAttrs a;
  a.fn = fn;
  return a;
}

// The step that has a name; -1 where none or more than one has.
int place(const plan::PlanGraph& g, const std::string& name) {
  int found = -1;
  for (size_t i = 0; i < g.steps.size(); ++i)
    for (const std::string& o : g.steps[i].origins)
      if (o == name) {
        if (found >= 0) return -1;
        found = static_cast<int>(i);
      }
  return found;
}

TEST(Lineage, NamesOfWhatIsFoldedGoToTheReaderAndOfWhatIsUnusedToTheSource) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {4, 1, 8});
  ir::Node* exp = g.add(kMapOp, "exp", {x}, function(ScalarFn::kExp));
  ir::Node* unused = g.add(kMapOp, "unused", {exp->output()}, function(ScalarFn::kNeg));
  ir::Node* c =
      g.add(kMapOp, "double", {g.constant("two", Tensor::scalar(2.0).to(DType::kF32))}, function(ScalarFn::kNeg));
  ir::Node* sum = g.add(kMapOp, "sum", {exp->output(), c->output()}, function(ScalarFn::kAdd));
  for (ir::Node* n : {exp, unused, c, sum}) n->origins = {n->name()};
  Options o;
  g.mark_output(sum->output());
  o.optimization_level = 0;
  const auto plan = compile(g, o);
  const int at = place(plan->graph, "sum");
  ASSERT_GE(at, 0);
  for (const char* name : {"double", "exp", "unused"}) EXPECT_EQ(place(plan->graph, name), at) << name;
}

TEST(Lineage, NamesOfWhatSeveralStepsTookInStayWithTheFirst) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {4, 8});
  ir::Node* left = g.add(kMapOp, "left", {x}, function(ScalarFn::kExp));
  left->origins = {"left", "shared"};
  ir::Node* right = g.add(kMapOp, "right", {x}, function(ScalarFn::kAbs));
  right->origins = {"shared", "right"};
  g.mark_output(left->output());
  g.mark_output(right->output());
  Options o;
  o.optimization_level = 0;
  const auto plan = compile(g, o);
  EXPECT_EQ(place(plan->graph, "shared"), 0);
  for (const char* name : {"left", "right"}) EXPECT_GE(place(plan->graph, name), 0) << name;
}

}  // namespace
}  // namespace hone::compile

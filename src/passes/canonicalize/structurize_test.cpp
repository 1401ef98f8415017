// Loops and conditionals of the network API become Loop and If.
#include "ops/constant.h"
#include "ops/flat_loop.h"
#include "ops/loop.h"
#include "passes/canonicalize/testing.h"

namespace hone::passes {
namespace {
using namespace testing;

ir::Node* boundary(ir::Graph& g, FlatLoopRole role, int64_t scope, std::vector<ir::Value*> in, int outputs = 1,
                   int64_t kind = 0, int64_t axis = 0, bool reverse = false) {
  FlatLoopAttrs a;
  a.role = role, a.scope = scope, a.kind = kind, a.axis = axis, a.reverse = reverse;
  const std::string name =
      fmt::format("{}_{}_{}", kFlatLoopRoleNames[static_cast<size_t>(role)], scope, g.node_count());
  ir::Node* n = g.add(kFlatLoopOp, name, std::move(in), a, outputs);
  n->origins = {name};
  return n;
}
void close(ir::Graph& g, ir::Node* recurrence, ir::Value* next) {
  g.set_inputs(recurrence, {recurrence->input(0), next});
}
void make(ir::Graph& g) {
  const auto names = origins(g);
  structurize(g, Options());
  g.verify();
  std::multiset<std::string> left;
  auto collect = [&](auto&& self, const ir::Graph& h) -> void {
    for (const ir::Node* n : h.nodes()) {
      left.insert(n->origins.begin(), n->origins.end());
      for (const auto& b : n->subgraphs) self(self, *b);
    }
  };
  collect(collect, g);
  EXPECT_EQ(left, names);
}

TEST(Structurize, CountsAndCollects) {
  using R = FlatLoopRole;
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2});
  ir::Node* r = boundary(g, R::kRecurrence, 0, {x});
  ir::Value* next = add_map(g, "double", ScalarFn::kAdd, {r->output(), r->output()});
  close(g, r, next);
  boundary(g, R::kTripLimit, 0, {g.constant("n", Tensor::scalar<int32_t>(3))}, 0);
  ir::Value* length = g.constant("length", Tensor::scalar<int32_t>(3));
  ir::Value* last = boundary(g, R::kLoopOutput, 0, {r->output()})->output();
  ir::Value* all = boundary(g, R::kLoopOutput, 0, {r->output(), length}, 1, 1, 1)->output();
  ir::Value* back = boundary(g, R::kLoopOutput, 0, {next, length}, 1, 2)->output();
  for (ir::Value* v : {last, all, back}) g.mark_output(v);
  make(g);
  const auto y = ir::evaluate(g, std::vector<Tensor>{floats({2}, {1, 3})});
  EXPECT_EQ(y[0].as_doubles(), (std::vector<double>{8, 24}));
  EXPECT_EQ(y[1].dims(), (Dims{2, 3}));
  EXPECT_EQ(y[1].as_doubles(), (std::vector<double>{1, 2, 4, 3, 6, 12}));
  EXPECT_EQ(y[2].as_doubles(), (std::vector<double>{8, 24, 4, 12, 2, 6}));
}

TEST(Structurize, RunsWhileACondition) {
  using R = FlatLoopRole;
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {});
  ir::Value* limit = g.add_input("limit", DType::kF32, {});
  ir::Node* r = boundary(g, R::kRecurrence, 0, {x});
  close(g, r, add_map(g, "next", ScalarFn::kAdd, {r->output(), r->output()}));
  boundary(g, R::kTripLimit, 0, {add_map(g, "less", ScalarFn::kLess, {r->output(), limit})}, 0, 1);
  ir::Value* length = g.constant("length", Tensor::scalar<int64_t>(4));
  g.mark_output(boundary(g, R::kLoopOutput, 0, {r->output()})->output());
  g.mark_output(boundary(g, R::kLoopOutput, 0, {r->output(), length}, 1, 1)->output());
  make(g);
  auto run = [&](float from, float to) {
    return ir::evaluate(g, std::vector<Tensor>{Tensor::scalar(from), Tensor::scalar(to)});
  };
  EXPECT_EQ(run(1, 5)[0].as_doubles()[0], 8);
  EXPECT_EQ(run(1, 5)[1].as_doubles(), (std::vector<double>{1, 2, 4, 0}));
  EXPECT_EQ(run(7, 5)[0].as_doubles()[0], 7);
}

TEST(Structurize, IteratesOverSlicesBothWays) {
  using R = FlatLoopRole;
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2, 3});
  ir::Value* zero = g.constant("zero", floats({2}, {0, 0}));
  ir::Node* r = boundary(g, R::kRecurrence, 0, {zero});
  ir::Value* a = boundary(g, R::kIterator, 0, {x}, 1, 0, 1)->output();
  ir::Value* b = boundary(g, R::kIterator, 0, {x}, 1, 0, 1, true)->output();
  ir::Value* product = add_map(g, "product", ScalarFn::kMul, {a, b});
  close(g, r, add_map(g, "sum", ScalarFn::kAdd, {r->output(), product}));
  boundary(g, R::kTripLimit, 0, {g.constant("n", Tensor::scalar<int64_t>(3))}, 0);
  g.mark_output(boundary(g, R::kLoopOutput, 0, {r->output()})->output());
  make(g);
  const auto y = ir::evaluate(g, std::vector<Tensor>{floats({2, 3}, {1, 2, 3, 4, 5, 6})});
  EXPECT_EQ(y[0].as_doubles(), (std::vector<double>{3 + 4 + 3, 24 + 25 + 24}));
}

TEST(Structurize, NestsLoops) {
  using R = FlatLoopRole;
  ir::Graph g;  // outer: three times; inner: adds the outer value twice
  ir::Value* x = g.add_input("x", DType::kF32, {});
  ir::Value* one = g.constant("one", Tensor::scalar(1.f));
  ir::Node* outer = boundary(g, R::kRecurrence, 0, {x});
  ir::Node* inner = boundary(g, R::kRecurrence, 1, {one});
  close(g, inner, add_map(g, "inner_sum", ScalarFn::kAdd, {inner->output(), outer->output()}));
  boundary(g, R::kTripLimit, 1, {g.constant("two", Tensor::scalar<int64_t>(2))}, 0);
  close(g, outer, boundary(g, R::kLoopOutput, 1, {inner->output()})->output());
  boundary(g, R::kTripLimit, 0, {g.constant("three", Tensor::scalar<int64_t>(3))}, 0);
  g.mark_output(boundary(g, R::kLoopOutput, 0, {outer->output()})->output());
  make(g);
  // x -> 1 + 2x, three times
  EXPECT_EQ(ir::evaluate(g, std::vector<Tensor>{Tensor::scalar(1.f)})[0].as_doubles()[0], 15);
}

TEST(Structurize, ChoosesBranches) {
  using R = FlatLoopRole;
  ir::Graph g;
  ir::Value* c = g.add_input("c", DType::kBool, {});
  ir::Value* x = g.add_input("x", DType::kF32, {2});
  boundary(g, R::kCondition, 0, {c}, 0);
  ir::Value* in = boundary(g, R::kConditionalInput, 0, {x})->output();
  ir::Value* shared = add_map(g, "shared", ScalarFn::kNeg, {in});
  ir::Value* t = add_map(g, "t", ScalarFn::kAdd, {shared, g.constant("k", floats({2}, {10, 20}))});
  g.mark_output(boundary(g, R::kConditionalOutput, 0, {t, shared})->output());
  g.mark_output(boundary(g, R::kConditionalOutput, 0, {in, x})->output());
  make(g);
  EXPECT_EQ(ops(g), "If");
  const Tensor v = floats({2}, {1, 2});
  EXPECT_EQ(ir::evaluate(g, std::vector<Tensor>{Tensor::scalar(true), v})[0].as_doubles(),
            (std::vector<double>{9, 18}));
  const auto no = ir::evaluate(g, std::vector<Tensor>{Tensor::scalar(false), v});
  EXPECT_EQ(no[0].as_doubles(), (std::vector<double>{-1, -2}));
  EXPECT_EQ(no[1].as_doubles(), (std::vector<double>{1, 2}));
}

TEST(Structurize, NamesWhatIsMissing) {
  using R = FlatLoopRole;
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {});
  ir::Node* r = boundary(g, R::kRecurrence, 0, {x});
  g.mark_output(boundary(g, R::kLoopOutput, 0, {r->output()})->output());
  EXPECT_THROW(structurize(g, Options()), ModelError);
  boundary(g, R::kTripLimit, 0, {g.constant("n", Tensor::scalar<int64_t>(3))}, 0);
  EXPECT_THROW(structurize(g, Options()), ModelError);  // no second input
  ir::Value* next = add_map(g, "next", ScalarFn::kNeg, {r->output()});
  close(g, r, next);
  g.mark_output(next);
  EXPECT_THROW(structurize(g, Options()), ModelError);  // leaves the loop
}

}  // namespace
}  // namespace hone::passes

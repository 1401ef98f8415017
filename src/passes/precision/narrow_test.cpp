// Narrowing: which nodes compute on 16 bits, which do not, and that results stay what half precision makes of them.
#include "passes/precision/narrow.h"

#include "ops/cast.h"
#include "ops/convolution.h"
#include "ops/reduce.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;
using enum ScalarFn;

const ir::Node* node(const ir::Graph& g, const std::string& name) {
  for (const ir::Node* n : g.nodes())
    if (n->name() == name) return n;
  return nullptr;
}

DType type_of(const ir::Graph& g, const std::string& name) { return node(g, name)->output()->type(); }

// Convolution and activation between a single-precision input and output.
TEST(Narrow, ChainsStayNarrowBetweenTheEnds) {
  Net n;
  Value* x = n.input("x", {"1", "4", "6", "6"});
  Value* c = n.add(kConvolutionOp, {x, n.weights({8, 4, 3, 3})}, ConvolutionAttrs());
  Value* r = n.map(kRelu, {c});
  n.output(n.add(kConvolutionOp, {r, n.weights({2, 8, 1, 1})}, ConvolutionAttrs()));
  EXPECT_GT(narrow_to_half(n.graph, {}), 0);
  n.graph.verify();
  EXPECT_EQ(type_of(n.graph, "Convolution1"), DType::kF16);
  EXPECT_EQ(type_of(n.graph, "Map2"), DType::kF16);
  EXPECT_EQ(n.graph.outputs()[0]->type(), DType::kF32);
  EXPECT_EQ(n.graph.outputs()[0]->name(), "out");
  EXPECT_EQ(n.graph.inputs()[0]->type(), DType::kF32);
  n.graph.remove_dead();
  // Both weights and the input on the way in, the result on the way out: nothing in between.
  EXPECT_EQ(count(n.graph, kCastOp), 4);
}

TEST(Narrow, ResultsAreThoseOfHalfPrecision) {
  Net n;
  Value* x = n.input("x", {"2", "4", "5", "5"});
  Value* c = n.add(kConvolutionOp, {x, n.weights({8, 4, 3, 3}), n.weights({8})}, ConvolutionAttrs());
  n.output(n.map(kSigmoid, {c}));
  Tensor data(DType::kF32, {2, 4, 5, 5});
  for (int64_t i = 0; i < data.count(); ++i) data.data<float>()[i] = static_cast<float>(std::sin(i * 1.3));
  const std::vector<Tensor> before = ir::evaluate(n.graph, std::vector<Tensor>{data});
  narrow_to_half(n.graph, {});
  const std::vector<double> want = before[0].as_doubles(),
                            got = ir::evaluate(n.graph, std::vector<Tensor>{data})[0].as_doubles();
  ASSERT_EQ(want.size(), got.size());
  double worst = 0;
  for (size_t i = 0; i < want.size(); ++i) worst = std::max(worst, std::abs(want[i] - got[i]));
  EXPECT_LT(worst, 3e-3);
  EXPECT_GT(worst, 0) << "nothing was rounded";
}

TEST(Narrow, LeavesWhatNeedsRangeOrPrecision) {
  Net n;
  Value* x = n.input("x", {"2", "64"});
  ReduceAttrs squares;
  squares.kind = ReduceKind::kSumSquare;
  squares.axes = {1};
  n.output(n.add(kReduceOp, {x}, squares), "squares");
  n.output(n.map(kExp, {x}), "exp");
  n.output(n.map(kMul, {x, n.number(1e6f)}), "large");
  EXPECT_EQ(narrow_to_half(n.graph, {}), 0);
  EXPECT_EQ(narrow_to_brain(n.graph, {}), 1) << "a brain float holds 1e6";
}

TEST(Narrow, ObeysTheUser) {
  Net n;
  Value* x = n.input("x", {"2", "8"});
  Value* a = n.map(kRelu, {x});
  a->producer()->precision = DType::kF32;
  n.output(a);
  EXPECT_EQ(narrow_to_half(n.graph, {}), 0);
}

}  // namespace
}  // namespace hone::passes

// Shape folding: arithmetic on dims disappears, arguments become attributes.
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/host_dims.h"
#include "ops/non_zero.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/shape.h"
#include "ops/slice.h"
#include "passes/canonicalize/testing.h"

namespace hone::passes {
namespace {
using namespace testing;

TEST(FoldShapes, RemovesTheArithmeticOfAFlatten) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {Dim::symbol("n"), 3, Dim::symbol("w")});
  ir::Value* s = add(g, kShapeOp, "shape", {x}, ShapeAttrs());
  ir::Value* n = add(g, kGatherOp, "batch", {s, g.constant("zero", ints({0}))}, GatherAttrs());
  ir::Value* target = add(g, kConcatOp, "target", {n, g.constant("rest", ints({-1}))}, ConcatAttrs());
  ReshapeAttrs r;
  g.mark_output(add(g, kReshapeOp, "flat", {x, target}, r));
  EXPECT_EQ(str(g.outputs()[0]->shape()), "[n,3*w]");
  EXPECT_GT(run_pass(g, fold_shapes, {varied({2, 3, 4})}), 0);
  EXPECT_EQ(ops(g), "Reshape");
  EXPECT_EQ(g.outputs()[0]->producer()->attr<ReshapeAttrs>().shape, (std::vector<int64_t>{0, -1}));
  EXPECT_EQ(g.nodes().size(), 1u);
}

TEST(FoldShapes, LeavesOneHostNodeForWhatIsUsed) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {Dim::symbol("n"), Dim::symbol("w")});
  ReduceAttrs prod;
  prod.kind = ReduceKind::kProd;
  g.mark_output(add(g, kReduceOp, "size", {add(g, kShapeOp, "shape", {x}, ShapeAttrs())}, prod));
  EXPECT_GT(run_pass(g, fold_shapes, {varied({2, 5})}), 0);
  EXPECT_EQ(ops(g), "HostDims");
  EXPECT_EQ(str(g.outputs()[0]->producer()->attr<HostDimsAttrs>().content), "[n*w]");
}

TEST(FoldShapes, KeepsWhatOnlyTheRunKnows) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {Dim::symbol("n")});
  ir::Value* where = g.add(kNonZeroOp, "where", {x})->output();
  g.mark_output(add(g, kShapeOp, "shape", {where}, ShapeAttrs()));
  EXPECT_EQ(run_pass(g, fold_shapes, {floats({3}, {1, 0, 2})}), 0);
  EXPECT_EQ(ops(g), "NonZero Shape");
}

TEST(FoldShapes, MakesConstantArgumentsAttributes) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {4, 6});
  SliceAttrs s;
  s.ends = true;
  ir::Value* cut = add(g, kSliceOp, "cut",
                       {x, g.constant("b", ints({1})), g.constant("e", ints({100})), g.constant("step", ints({2})),
                        nullptr, g.constant("axis", ints({1}))},
                       s);
  g.mark_output(add(g, kReduceOp, "sum", {cut, g.constant("axes", ints({0}))}, ReduceAttrs()));
  EXPECT_GT(run_pass(g, fold_shapes, {varied({4, 6})}), 0);
  EXPECT_EQ(g.nodes().size(), 2u);
  EXPECT_EQ(g.outputs()[0]->producer()->attr<ReduceAttrs>().axes, (std::vector<int64_t>{0}));
}

}  // namespace
}  // namespace hone::passes

// Batch normalisation and scales folded into weights.
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/matmul.h"
#include "passes/canonicalize/testing.h"

namespace hone::passes {
namespace {
using namespace testing;

// y = linear(x) * s + t
void batch_norm(ir::Graph& g, ir::Value* v, Dims dims) {
  ir::Value* m = add_map(g, "mul", ScalarFn::kMul, {v, g.constant("s", varied(dims, 5))});
  g.mark_output(add_map(g, "add", ScalarFn::kAdd, {g.constant("t", varied(dims, 6)), m}));
}

TEST(FoldAffine, FoldsBatchNormIntoConvolutions) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {Dim::symbol("n"), 4, 5, 5});
  ConvolutionAttrs a;
  a.groups = 2;
  batch_norm(g, add(g, kConvolutionOp, "conv", {x, g.constant("w", varied({6, 2, 3, 3}))}, a), {6, 1, 1});
  EXPECT_EQ(run_pass(g, fold_affine, {varied({2, 4, 5, 5}, 7)}, 1e-5), 2);
  EXPECT_EQ(ops(g), "Convolution");
  EXPECT_EQ(g.outputs()[0]->producer()->inputs().size(), 3u);
}

TEST(FoldAffine, FoldsIntoGroupedDeconvolutionsWithBias) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {1, 4, 5});
  DeconvolutionAttrs a;
  a.groups = 2;
  batch_norm(
      g, add(g, kDeconvolutionOp, "conv", {x, g.constant("w", varied({4, 3, 2})), g.constant("b", varied({6}, 2))}, a),
      {1, 6, 1});
  EXPECT_EQ(run_pass(g, fold_affine, {varied({1, 4, 5}, 7)}, 1e-5), 2);
  EXPECT_EQ(ops(g), "Deconvolution");
}

TEST(FoldAffine, ScalesMatricesFromBothSides) {
  for (MatrixOp op : {MatrixOp::kNone, MatrixOp::kTranspose}) {
    ir::Graph g;
    ir::Value* x = g.add_input("x", DType::kF32, {2, 3});
    ir::Value* half = add_map(g, "half", ScalarFn::kDiv, {x, g.constant("two", floats({}, {3}))});
    MatMulAttrs a;
    a.op_b = op;
    const Dims w = op == MatrixOp::kNone ? Dims{3, 4} : Dims{4, 3};
    batch_norm(g, add(g, kMatMulOp, "mm", {half, g.constant("w", varied(w))}, a), {4});
    EXPECT_EQ(run_pass(g, fold_affine, {varied({2, 3}, 7)}, 1e-5), 1);
    EXPECT_EQ(ops(g), "Map MatMul Map");
    EXPECT_EQ(run_pass(g, fold_input_scales, {varied({2, 3}, 7)}, 1e-5), 1);
    EXPECT_EQ(ops(g), "MatMul Map");
  }
}

TEST(FoldAffine, KeepsWhatOthersReadOrWhatIsNotByChannel) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {1, 2, 3});
  ir::Value* conv = add(g, kConvolutionOp, "conv", {x, g.constant("w", varied({2, 2, 1}))}, ConvolutionAttrs());
  g.mark_output(add_map(g, "by_place", ScalarFn::kMul, {conv, g.constant("s", varied({3}))}));
  EXPECT_EQ(run_pass(g, fold_affine, {varied({1, 2, 3}, 7)}), 0);
  ir::Graph h;
  x = h.add_input("x", DType::kF32, {1, 2, 3});
  conv = add(h, kConvolutionOp, "conv", {x, h.constant("w", varied({2, 2, 1}))}, ConvolutionAttrs());
  h.mark_output(conv);
  h.mark_output(add_map(h, "m", ScalarFn::kMul, {conv, h.constant("s", varied({2, 1}))}));
  EXPECT_EQ(run_pass(h, fold_affine, {varied({1, 2, 3}, 7)}), 0);
}

}  // namespace
}  // namespace hone::passes

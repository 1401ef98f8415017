// Views and casts without effect, and the composites of the network API.
#include "ops/cast.h"
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/scale.h"
#include "ops/shuffle.h"
#include "ops/slice.h"
#include "ops/squeeze.h"
#include "ops/transpose.h"
#include "ops/unsqueeze.h"
#include "passes/canonicalize/testing.h"

namespace hone::passes {
namespace {
using namespace testing;

TransposeAttrs perm(std::vector<int64_t> p) {
  TransposeAttrs a;
  a.perm = std::move(p);
  return a;
}
CastAttrs cast(DType t) {
  CastAttrs a;
  a.to = t;
  return a;
}
ReshapeAttrs reshape(std::vector<int64_t> s) {
  ReshapeAttrs a;
  a.shape = std::move(s);
  return a;
}

TEST(RemoveNoops, UndoesTransposes) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2, 3, 4});
  ir::Value* a = add(g, kTransposeOp, "a", {x}, perm({1, 2, 0}));
  ir::Value* b = add(g, kTransposeOp, "b", {a}, perm({2, 0, 1}));
  g.mark_output(add_map(g, "y", ScalarFn::kNeg, {b}));
  EXPECT_GT(run_pass(g, remove_noops, {varied({2, 3, 4})}), 0);
  remove_noops(g, Options());
  EXPECT_EQ(ops(g), "Map");
  EXPECT_EQ(origins(g).size(), 3u);
}

TEST(RemoveNoops, ComposesTransposesAndTurnsMovesOfUnitsIntoReshapes) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {2, 3, 4});
  ir::Value* a = add(g, kTransposeOp, "a", {x}, perm({1, 2, 0}));
  g.mark_output(add(g, kTransposeOp, "b", {a}, perm({1, 0, 2})));
  EXPECT_EQ(run_pass(g, remove_noops, {varied({2, 3, 4})}), 1);
  EXPECT_EQ(g.outputs()[0]->producer()->attr<TransposeAttrs>().perm, (std::vector<int64_t>{2, 1, 0}));
  ir::Graph h;
  ir::Value* y = h.add_input("y", DType::kF32, {Dim::symbol("n"), 1, 4});
  h.mark_output(add(h, kTransposeOp, "c", {y}, perm({0, 2, 1})));
  EXPECT_EQ(run_pass(h, remove_noops, {varied({2, 1, 4})}), 1);
  EXPECT_EQ(ops(h), "Reshape");
}

TEST(RemoveNoops, DropsCastPairsOnlyWhereNothingIsLost) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {3});
  ir::Value* wide = add(g, kCastOp, "wide", {x}, cast(DType::kF64));
  ir::Value* same = add(g, kCastOp, "same", {wide}, cast(DType::kF32));
  ir::Value* narrow = add(g, kCastOp, "narrow", {same}, cast(DType::kF16));
  ir::Value* back = add(g, kCastOp, "back", {narrow}, cast(DType::kF32));
  g.mark_output(add_map(g, "y", ScalarFn::kNeg, {back}));
  EXPECT_GT(run_pass(g, remove_noops, {varied({3})}), 0);
  EXPECT_EQ(ops(g), "Cast Cast Map");
}

TEST(RemoveNoops, MergesReshapesAndDropsViewsWithoutEffect) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {Dim::symbol("n"), 12});
  ir::Value* a = add(g, kReshapeOp, "a", {x}, reshape({0, 3, 4}));
  ir::Value* b = add(g, kReshapeOp, "b", {a}, reshape({0, 4, 3}));
  SliceAttrs s;
  s.start = {0}, s.size = {INT64_MAX}, s.axes = {1}, s.ends = true;
  ir::Value* c = add(g, kSliceOp, "c", {b}, s);
  ExpandAttrs e;
  e.shape = {1, 4, 1};
  ir::Value* d = add(g, kExpandOp, "d", {c}, e);
  PadAttrs p;
  p.pads = {0, 0, 0, 0, 0, 0};
  ir::Value* f = add(g, kPadOp, "f", {d}, p);
  ir::Value* h = add(g, kConcatOp, "h", {f}, ConcatAttrs());
  g.mark_output(add_map(g, "y", ScalarFn::kNeg, {h}));
  EXPECT_GT(run_pass(g, remove_noops, {varied({2, 12})}), 0);
  EXPECT_EQ(ops(g), "Reshape Map");
}

TEST(RemoveNoops, KeepsAnInputThatIsAnOutput) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {3});
  g.mark_output(g.add(kIdentityOp, "y", {x})->output());
  EXPECT_EQ(run_pass(g, remove_noops, {varied({3})}), 0);
}

TEST(LowerLayers, LowersShuffleSqueezeAndUnsqueeze) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {Dim::symbol("n"), 2, 6});
  ShuffleAttrs s;
  s.first_perm = {0, 2, 1}, s.reshape = {0, 4, 3}, s.second_perm = {1, 0, 2}, s.has_reshape = true;
  ir::Value* a = add(g, kShuffleOp, "a", {x}, s);
  UnsqueezeAttrs u;
  u.axes = {0};
  ir::Value* b = add(g, kUnsqueezeOp, "b", {a}, u);
  SqueezeAttrs q;
  q.axes = {0};
  g.mark_output(add(g, kSqueezeOp, "c", {b}, q));
  EXPECT_EQ(run_pass(g, lower_layers, {varied({3, 2, 6})}), 3);
  EXPECT_EQ(ops(g), "Transpose Reshape Transpose Reshape Reshape");
}

TEST(LowerLayers, LowersScalesInEveryMode) {
  for (ScaleMode mode : {ScaleMode::kUniform, ScaleMode::kChannel, ScaleMode::kElementwise}) {
    ir::Graph g;
    ir::Value* x = g.add_input("x", DType::kF32, {2, 3, 2});
    ScaleAttrs a;
    a.mode = mode;
    const int64_t count = mode == ScaleMode::kUniform ? 1 : mode == ScaleMode::kChannel ? 3 : 6;
    a.scale = varied({count}), a.shift = varied({count}, 2);
    g.mark_output(add(g, kScaleOp, "s", {x}, a));
    EXPECT_EQ(run_pass(g, lower_layers, {varied({2, 3, 2}, 3)}), 1);
    EXPECT_EQ(ops(g), "Map Map");
  }
}

}  // namespace
}  // namespace hone::passes

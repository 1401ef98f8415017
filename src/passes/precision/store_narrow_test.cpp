// Which values lie in BF16, and which do not because of what stands on either side.
#include "passes/precision/store_narrow.h"

#include "ops/convolution.h"
#include "ops/transpose.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Node;
using ir::Value;
using enum ScalarFn;

// convolution -> relu -> convolution, the ends in FP32.
struct Chain {
  Net n;
  Value *c, *r;
  Chain() {
    Value* x = n.input("x", {"1", "4", "6", "6"});
    c = n.add(kConvolutionOp, {x, n.weights({8, 4, 3, 3})}, ConvolutionAttrs());
    r = n.map(kRelu, {c});
    n.output(n.add(kConvolutionOp, {r, n.weights({2, 8, 1, 1})}, ConvolutionAttrs()));
  }
};

TEST(StoreInBrain, OnlyWhatPassesBetweenLayers) {
  Chain t;
  EXPECT_EQ(store_in_brain(t.n.graph, {}), 2);
  EXPECT_EQ(t.c->type(), DType::kBF16);
  EXPECT_EQ(t.r->type(), DType::kBF16);
  EXPECT_EQ(t.n.graph.inputs()[0]->type(), DType::kF32);
  EXPECT_EQ(t.n.graph.outputs()[0]->type(), DType::kF32);
  for (const Node* n : t.n.graph.nodes())
    if (n->is(kConvolutionOp)) {
      EXPECT_EQ(n->input(1)->type(), DType::kF32) << "weights are the tactics' business";
    }
}

// No kernel for the map on BF16: the values around it are FP32.
TEST(StoreInBrain, WhatHasNoKernelStaysBetweenFloats) {
  Chain t;
  Options o;
  o.stores_brain = [](const Node& n) {
    return !n.is(kMapOp) || (n.input(0)->type() == DType::kF32 && n.output()->type() == DType::kF32);
  };
  EXPECT_EQ(store_in_brain(t.n.graph, o), 0);
  EXPECT_EQ(t.c->type(), DType::kF32);
  EXPECT_EQ(t.r->type(), DType::kF32);
}

// A kernel that reads BF16 but writes FP32 costs its neighbour one value, not two.
TEST(StoreInBrain, GivesUpNoMoreThanNeeded) {
  Chain t;
  Options o;
  o.stores_brain = [](const Node& n) { return !n.is(kMapOp) || n.output()->type() == DType::kF32; };
  EXPECT_EQ(store_in_brain(t.n.graph, o), 1);
  EXPECT_EQ(t.c->type(), DType::kBF16);
  EXPECT_EQ(t.r->type(), DType::kF32);
}

TEST(StoreInBrain, NamesAndPrecisionsThatTheUserKeepsWide) {
  Chain named;
  Options o;
  o.keep_wide = {named.c->producer()->name()};
  EXPECT_EQ(store_in_brain(named.n.graph, o), 1);
  EXPECT_EQ(named.c->type(), DType::kF32);
  Chain pinned;
  pinned.r->producer()->precision = DType::kF32;
  EXPECT_EQ(store_in_brain(pinned.n.graph, {}), 0);
}

// A layer that only moves elements gives out what it gets.
TEST(StoreInBrain, MovesHaveOneType) {
  Net n;
  Value* x = n.input("x", {"2", "6"});
  Value* a = n.map(kRelu, {x});
  Value* t = n.add(kTransposeOp, {a}, [] {
    TransposeAttrs p;
    p.perm = {1, 0};
    return p;
  }());
  Value* b = n.map(kExp, {t});
  n.output(n.map(kAbs, {b}));
  Options o;
  o.stores_brain = [&](const Node& node) { return node.output() != b || node.input(0)->type() == DType::kF32; };
  EXPECT_EQ(store_in_brain(n.graph, o), 1);
  EXPECT_EQ(a->type(), DType::kF32);
  EXPECT_EQ(t->type(), DType::kF32);
  EXPECT_EQ(b->type(), DType::kBF16);
}

// The graph's output and input reach through a move as well.
TEST(StoreInBrain, AMovedOutputKeepsItsType) {
  Net n;
  Value* x = n.input("x", {"2", "6"});
  Value* a = n.map(kRelu, {x});
  n.output(n.add(kTransposeOp, {a}, [] {
    TransposeAttrs p;
    p.perm = {1, 0};
    return p;
  }()));
  EXPECT_EQ(store_in_brain(n.graph, {}), 0);
  EXPECT_EQ(a->type(), DType::kF32);
}

}  // namespace
}  // namespace hone::passes

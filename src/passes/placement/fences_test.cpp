// Fences: they go up around marked nodes, keep patterns apart, and mark what the nodes inside became when they come
// down.
#include "passes/placement/fences.h"

#include "ops/cast.h"
#include "ops/constant.h"
#include "ops/pointwise.h"
#include "ops/shape.h"
#include "ops/transfer.h"
#include "passes/fuse/groups.h"
#include "passes/pass_testing.h"
#include "passes/precision/narrow.h"
#include "passes/precision/widen.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;
using enum ScalarFn;

const ir::Node* maker(const ir::Graph& g, const std::string& origin) {
  for (const ir::Node* n : g.nodes())
    if (std::find(n->origins.begin(), n->origins.end(), origin) != n->origins.end()) return n;
  return nullptr;
}

// exp(tanh(relu(neg(x)))), the two in the middle on the host.
void four(Net& n) {
  Value* x = n.input("x", {"3", "4"});
  Value* v = n.map(kNeg, {x});
  v = n.map(kRelu, {v});
  v->producer()->force_host = true;
  v = n.map(kTanh, {v});
  v->producer()->force_host = true;
  n.output(n.map(kExp, {v}));
}

TEST(Fences, NothingIsFusedAcrossThem) {
  Net n;
  four(n);
  EXPECT_EQ(raise_fences(n.graph, {}), 2);
  n.graph.verify();
  EXPECT_EQ(count(n.graph, kTransferOp), 2);
  EXPECT_EQ(raise_fences(n.graph, {}), 0) << "the marks are gone";
  group_pointwise(n.graph, {});
  n.graph.remove_dead();
  // neg | relu, tanh | exp
  EXPECT_EQ(maker(n.graph, "Map2"), maker(n.graph, "Map3"));
  EXPECT_NE(maker(n.graph, "Map1"), maker(n.graph, "Map2"));
  EXPECT_NE(maker(n.graph, "Map4"), maker(n.graph, "Map3"));
  EXPECT_EQ(lower_fences(n.graph, true), 1);
  n.graph.verify();
  EXPECT_EQ(count(n.graph, kTransferOp), 0);
  EXPECT_TRUE(maker(n.graph, "Map2")->force_host) << "what absorbed a node on the host is on the host";
  EXPECT_FALSE(maker(n.graph, "Map1")->force_host);
  EXPECT_FALSE(maker(n.graph, "Map4")->force_host);
}

TEST(Fences, AreForgottenWhereThereIsOneSide) {
  Net n;
  four(n);
  raise_fences(n.graph, {});
  lower_fences(n.graph, false);
  for (const ir::Node* x : n.graph.nodes()) EXPECT_FALSE(x->force_host) << x->name();
  group_pointwise(n.graph, {});
  n.graph.remove_dead();
  EXPECT_EQ(n.graph.node_count(), 1U);
}

TEST(Fences, OutputsKeepTheirNamesAndReadersTheirSides) {
  Net n;
  Value* x = n.input("x", {"3"});
  Value* a = n.map(kRelu, {x});
  a->producer()->force_host = true;
  Value* b = n.map(kNeg, {a});  // reads the same value on the device
  Value* c = n.map(kExp, {a});
  c->producer()->force_host = true;
  n.output(a, "first");
  n.output(b, "second");
  n.output(c, "third");
  raise_fences(n.graph, {});
  n.graph.verify();
  EXPECT_EQ(n.graph.outputs()[0]->name(), "first");
  EXPECT_TRUE(n.graph.outputs()[0]->producer()->is(kTransferOp));
  EXPECT_TRUE(maker(n.graph, "Map2")->input(0)->producer()->is(kTransferOp));
  EXPECT_EQ(maker(n.graph, "Map3")->input(0)->producer(), maker(n.graph, "Map1")) << "no copy between two on the host";
  const std::vector<Tensor> out =
      ir::evaluate(n.graph, std::vector<Tensor>{Tensor::from(std::vector<float>{-1, 2, 3})});
  EXPECT_EQ(out[1].as_doubles(), (std::vector<double>{0, -2, -3}));
}

TEST(Fences, RoundTripsAreSettled) {
  Net n;
  Value* x = n.input("x", {"3"});
  TransferAttrs there, back;
  there.to_host = true;
  Value* v = n.graph.add(kTransferOp, "there", {x}, there)->output();
  v = n.graph.add(kTransferOp, "back", {v}, back)->output();
  v = n.graph.add(kTransferOp, "again", {v}, there)->output();
  n.output(n.map(kNeg, {v}));
  while (settle_fences(n.graph, {}) != 0) n.graph.remove_dead();
  EXPECT_EQ(count(n.graph, kTransferOp), 1);
  EXPECT_TRUE(fenced(n.graph).count(maker(n.graph, "Map1")) != 0);
}

TEST(Fences, WhatIsInsideComputesInSinglePrecision) {
  Net n;
  four(n);
  raise_fences(n.graph, {});
  narrow_to_half(n.graph, {});
  EXPECT_EQ(maker(n.graph, "Map1")->output()->type(), DType::kF16);
  EXPECT_EQ(maker(n.graph, "Map2")->output()->type(), DType::kF32);
  EXPECT_EQ(maker(n.graph, "Map3")->output()->type(), DType::kF32);
  Net h;
  Value* x = h.input("x", {"3"}, DType::kF16);
  Value* a = h.map(kTanh, {x});
  a->producer()->force_host = true;
  h.output(h.map(kTanh, {a}));
  raise_fences(h.graph, {});
  widen_fenced(h.graph, {});
  h.graph.verify();
  EXPECT_EQ(maker(h.graph, "Map1")->output()->type(), DType::kF32);
  EXPECT_EQ(maker(h.graph, "Map2")->output()->type(), DType::kF16);
  EXPECT_EQ(h.graph.outputs()[0]->type(), DType::kF16);
}

TEST(Fences, ChosenNodesStayWide) {
  Net n;
  four(n);
  for (ir::Node* x : n.graph.nodes()) x->force_host = false;
  Options o;
  o.keep_wide = {"Map3"};
  narrow_to_half(n.graph, o);
  EXPECT_EQ(maker(n.graph, "Map2")->output()->type(), DType::kF16);
  EXPECT_EQ(maker(n.graph, "Map3")->output()->type(), DType::kF32);
}

}  // namespace
}  // namespace hone::passes

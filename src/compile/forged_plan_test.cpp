// Plans that only a forger writes: well-formed files whose numbers contradict each other. Each is refused with a
// message that says where, when it is loaded or before anything of it runs.
#include <gtest/gtest.h>

#include "compile/compile.h"
#include "ops/concat.h"
#include "ops/map.h"
#include "ops/matmul.h"
#include "runtime/engine.h"

namespace hone::compile {
namespace {

// y = relu(x . w), z = concat(y, exp(x) . w): a product with folded weights and two tensors inside a third.
std::unique_ptr<plan::Plan> honest() {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, {4, 8});
  ir::Value* w = g.constant("w", Tensor::from(std::vector<double>(64, 0.5)).reshaped({8, 8}).to(DType::kF32));
  MapAttrs relu, exp;
  relu.fn = ScalarFn::kRelu, exp.fn = ScalarFn::kExp;
  ir::Value* y = g.add(kMapOp, "relu", {g.add(kMatMulOp, "left", {x, w}, MatMulAttrs())->output()}, relu)->output();
  ir::Value* e = g.add(kMapOp, "exp", {x}, exp)->output();
  ir::Value* r = g.add(kMatMulOp, "right", {e, w}, MatMulAttrs())->output();
  g.mark_output(g.add(kConcatOp, "join", {y, r}, ConcatAttrs())->output());
  Options o;
  o.threads = 1;
  o.optimization_level = 0;
  return compile(g, o);
}

// What becomes of a plan that is written, read and run: "" or the message.
std::string fate(const plan::Plan& p) {
  const auto image = std::make_shared<std::vector<std::byte>>(plan::write(p));
  try {
    const auto engine = runtime::Engine::create(plan::read(*image, image), cpu_backend(), 1);
    runtime::Context context(engine);
    std::vector<std::vector<float>> buffers;
    for (size_t i = 0; i < engine->io_count(); ++i) {
      buffers.emplace_back(64, 1.F);
      context.set_address(i, buffers.back().data());
    }
    return context.execute().error;
  } catch (const Error& e) {
    return e.what();
  }
}

plan::PlanTensor* alias_of(plan::Plan& p) {
  for (plan::PlanTensor& t : p.graph.tensors)
    if (t.alias_of >= 0) return &t;
  return nullptr;
}
// The honest plan with these formats of its input and output.
std::string fate_of_layouts(const std::vector<IoLayout>& layouts) {
  const auto p = honest();
  p->layouts = layouts;
  return fate(*p);
}
plan::PlanStep* step_of(plan::Plan& p, const Op& op) {
  for (plan::PlanStep& s : p.graph.steps)
    if (s.op == &op) return &s;
  return nullptr;
}

void expect_refused(const plan::Plan& p, const char* words) {
  const std::string message = fate(p);
  EXPECT_NE(message.find(words), std::string::npos) << "message: " << message;
}

TEST(ForgedPlan, AnHonestOneRuns) { EXPECT_EQ(fate(*honest()), ""); }

TEST(ForgedPlan, TensorsLieInsideTheStorageTheyNameAndNowhereElse) {
  for (const Dim& offset : {Dim(33), Dim(int64_t{1} << 40), Dim(-1), Dim(INT64_MAX)}) {
    const auto p = honest();
    ASSERT_NE(alias_of(*p), nullptr);
    alias_of(*p)->alias_offset = offset;
    expect_refused(*p, "element");
  }
  auto p = honest();
  alias_of(*p)->pitch = 4;
  expect_refused(*p, "rows of");
  p = honest();
  alias_of(*p)->pitch = 64;
  expect_refused(*p, "ends at element");
}

TEST(ForgedPlan, ViewsAreOfWhatTheyRead) {
  const auto p = honest();
  plan::PlanStep* s = step_of(*p, kConcatOp);
  ASSERT_TRUE(s != nullptr && s->tactic == "view");
  s->outputs = step_of(*p, kMatMulOp)->outputs;
  s->inputs = {p->graph.inputs[0]};
  p->graph.outputs = s->outputs;
  expect_refused(*p, "of none of its inputs");
}

TEST(ForgedPlan, StorageHasNoPitchAndInputsAndConstantsAreRoots) {
  auto p = honest();
  plan::PlanGraph& g = p->graph;
  for (plan::PlanTensor& t : g.tensors)
    if (t.alias_of < 0 && t.constant < 0) t.pitch = 9;
  expect_refused(*p, "pitch");
  p = honest();
  p->graph.tensors[static_cast<size_t>(p->graph.inputs[0])].alias_of = p->graph.outputs[0];
  expect_refused(*p, "lies inside");
}

TEST(ForgedPlan, NothingWritesIntoTheInput) {
  const auto p = honest();
  plan::PlanStep* s = step_of(*p, kMatMulOp);
  ASSERT_NE(s, nullptr);
  plan::PlanTensor& t = p->graph.tensors[static_cast<size_t>(s->outputs[0])];
  t.alias_of = p->graph.inputs[0];
  t.alias_offset = 0;
  t.pitch = 0;
  expect_refused(*p, "constant or an input");
}

TEST(ForgedPlan, ExtentsFollowFromWhatALayerReads) {
  const auto p = honest();
  plan::PlanStep* s = step_of(*p, kMapOp) != nullptr ? step_of(*p, kMapOp) : step_of(*p, kPointwiseOp);
  ASSERT_NE(s, nullptr);
  p->graph.tensors[static_cast<size_t>(s->outputs[0])].shape = {4, 16};
  expect_refused(*p, "the plan says [4,16]");
}

TEST(ForgedPlan, PreparedWeightsHaveTheSizeThatTheirTacticExpects) {
  const auto p = honest();
  const plan::PlanStep* s = step_of(*p, kMatMulOp);
  ASSERT_TRUE(s != nullptr && !s->blobs.empty());
  p->blobs[static_cast<size_t>(s->blobs[0])].size = 64;
  EXPECT_NE(fate(*p), "");
}

TEST(ForgedPlan, LayersHaveAsManyOutputsAsTheirOperator) {
  const auto p = honest();
  plan::PlanStep* map = step_of(*p, kMapOp) != nullptr ? step_of(*p, kMapOp) : step_of(*p, kPointwiseOp);
  ASSERT_NE(map, nullptr);
  map->outputs.push_back(map->outputs[0]);
  expect_refused(*p, "outputs");
}

TEST(ForgedPlan, TacticsRunTheOperatorsTheyAreFor) {
  const auto p = honest();
  plan::PlanStep* map = step_of(*p, kMapOp) != nullptr ? step_of(*p, kMapOp) : step_of(*p, kPointwiseOp);
  ASSERT_NE(map, nullptr);
  map->tactic = step_of(*p, kMatMulOp)->tactic;
  expect_refused(*p, "does not run operator");
}

TEST(ForgedPlan, WhatIsFoldedIsInPreparedOperands) {
  for (const uint64_t folds : {1, 3, 4}) {
    const auto p = honest();
    step_of(*p, kMatMulOp)->folds = folds;
    expect_refused(*p, "are folded into 1 prepared operands");
  }
  const auto p = honest();
  ASSERT_NE(step_of(*p, kMatMulOp)->folds, 0U);
  step_of(*p, kMatMulOp)->blobs.clear();
  expect_refused(*p, "are folded into 0 prepared operands");
}

TEST(ForgedPlan, OtherVersionsAndDevicesAreNamed) {
  auto p = honest();
  p->builder_version = "9.9.9";
  expect_refused(*p, "version 9.9.9");
  p = honest();
  p->device = "toaster";
  expect_refused(*p, "built for device 'toaster'");
}

TEST(ForgedPlan, FormatsThatDoNotFitAreRefused) {
  EXPECT_EQ(fate_of_layouts({{}, {}}), "");
  EXPECT_NE(fate_of_layouts({{}}).find("formats"), std::string::npos);
  EXPECT_NE(fate_of_layouts({{2, 3}, {}}).find("format"), std::string::npos);   // a matrix has no channels
  EXPECT_NE(fate_of_layouts({{99, 3}, {}}).find("format"), std::string::npos);  // no format
  EXPECT_NE(fate_of_layouts({{8, -5}, {}}).find("format"), std::string::npos);
}

}  // namespace
}  // namespace hone::compile

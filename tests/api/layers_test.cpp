// Every remaining kind of layer once, against results worked out by hand.
#include <cmath>

#include "support.h"

using namespace support;

namespace {
/// Marks t as output "y", builds, runs with the inputs given and compares.
void check(Session& s, ITensor* t, const std::map<std::string, std::vector<float>>& inputs,
           const std::vector<float>& want, float tolerance = 1e-5F) {
  ASSERT_NE(t, nullptr) << s.logger.errors;
  s.output(t, "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  expect_near(s.run(inputs, "y"), want, tolerance);
}
ITensor* ints32(Session& s, std::vector<int64_t> shape, const std::vector<int32_t>& v) {
  return s.network->addConstant(dims(std::move(shape)), weights(v))->getOutput(0);
}
ITensor* ints64(Session& s, std::vector<int64_t> shape, const std::vector<int64_t>& v) {
  return s.network->addConstant(dims(std::move(shape)), weights(v))->getOutput(0);
}
ITensor* as_float(Session& s, ITensor* t) { return s.network->addCast(*t, DataType::kFLOAT)->getOutput(0); }
}  // namespace

TEST(Layers, LocalResponseNormalization) {
  Session s;
  ITensor* x = s.input("x", {1, 3, 1, 1});
  // Window 3, alpha 3, beta 1, k 1: x / (1 + sum of squares of the neighbours).
  check(s, s.network->addLRN(*x, 3, 3, 1, 1)->getOutput(0), {{"x", {1, 2, 3}}}, {1 / 6.0F, 2 / 15.0F, 3 / 14.0F});
}

TEST(Layers, PaddingAddsAndCuts) {
  Session s;
  ITensor* x = s.input("x", {1, 1, 2, 2});
  IPaddingLayer* p = s.network->addPaddingNd(*x, Dims2(1, 0), Dims2(0, -1));
  EXPECT_EQ(list(p->getPostPaddingNd()), (std::vector<int64_t>{0, -1}));
  check(s, p->getOutput(0), {{"x", {1, 2, 3, 4}}}, {0, 1, 3});
}

TEST(Layers, OneHotTakesValuesBeforeDepth) {
  Session s;
  ITensor* x = s.input("x", {2});
  ITensor* index = s.network->addCast(*x, DataType::kINT32)->getOutput(0);
  ITensor* values = s.constant({2}, {-1, 5});
  ITensor* depth = ints32(s, {}, {3});
  IOneHotLayer* o = s.network->addOneHot(*index, *values, *depth, -1);
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->getInput(1), values);
  EXPECT_EQ(o->getInput(2), depth);
  check(s, o->getOutput(0), {{"x", {2, 0}}}, {-1, -1, 5, 5, -1, -1});
}

TEST(Layers, SelectAndParametricRelu) {
  Session s;
  ITensor* x = s.input("x", {2, 2});
  ITensor* zero = s.constant({1, 1}, {0});
  ITensor* positive = s.network->addElementWise(*x, *zero, ElementWiseOperation::kGREATER)->getOutput(0);
  EXPECT_EQ(positive->getType(), DataType::kBOOL);
  ITensor* prelu = s.network->addParametricReLU(*x, *s.constant({1, 2}, {0.5F, 2}))->getOutput(0);
  ITensor* chosen = s.network->addSelect(*positive, *s.constant({1, 1}, {100}), *prelu)->getOutput(0);
  check(s, chosen, {{"x", {-2, -2, 1, -1}}}, {-1, -4, 100, -2});
}

TEST(Layers, ShapeGatherAndIdentity) {
  Session s;
  ITensor* x = s.input("x", {2, 3, 5});
  ITensor* shape = s.network->addShape(*s.network->addIdentity(*x)->getOutput(0))->getOutput(0);
  EXPECT_EQ(shape->getType(), DataType::kINT64);
  EXPECT_TRUE(shape->isShapeTensor());
  ITensor* some = s.network->addGather(*shape, *ints32(s, {2}, {2, -3}), 0)->getOutput(0);
  check(s, as_float(s, some), {{"x", std::vector<float>(30, 0)}}, {5, 2});
}

TEST(Layers, GatherByElementAndByCoordinate) {
  Session s;
  ITensor* x = s.input("x", {2, 2});
  IGatherLayer* e = s.network->addGatherV2(*x, *ints32(s, {2, 1}, {1, 0}), GatherMode::kELEMENT);
  e->setGatherAxis(1);
  IGatherLayer* n = s.network->addGatherV2(*x, *ints32(s, {1, 2}, {1, 1}), GatherMode::kND);
  ITensor* flat = [&] {
    IShuffleLayer* f = s.network->addShuffle(*e->getOutput(0));
    f->setReshapeDimensions(dims({2}));
    return f->getOutput(0);
  }();
  ITensor* parts[] = {flat, n->getOutput(0)};
  check(s, s.network->addConcatenation(parts, 2)->getOutput(0), {{"x", {1, 2, 3, 4}}}, {2, 3, 4});
}

TEST(Layers, ScatterByElementAndByCoordinate) {
  Session s;
  ITensor* x = s.input("x", {2, 2});
  IScatterLayer* e =
      s.network->addScatter(*x, *ints32(s, {1, 2}, {1, 0}), *s.constant({1, 2}, {7, 8}), ScatterMode::kELEMENT);
  e->setAxis(0);
  ITensor* n =
      s.network->addScatter(*e->getOutput(0), *ints32(s, {1, 2}, {0, 0}), *s.constant({1}, {9}), ScatterMode::kND)
          ->getOutput(0);
  // Element: x[1][0] = 7, x[0][1] = 8; coordinate: x[0][0] = 9.
  check(s, n, {{"x", {1, 2, 3, 4}}}, {9, 8, 7, 4});
}

TEST(Layers, NonMaximumSuppression) {
  Session s;
  ITensor* boxes = s.input("boxes", {1, 3, 4});
  ITensor* scores = s.input("scores", {1, 3, 1});
  INMSLayer* nms = s.network->addNMS(*boxes, *scores, *ints32(s, {}, {3}));
  ASSERT_NE(nms, nullptr) << s.logger.errors;
  EXPECT_EQ(nms->getInput(1), scores);
  nms->setInput(3, *s.constant({}, {0.5F}));
  nms->setInput(4, *s.constant({}, {0.1F}));
  s.output(nms->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  // Boxes 0 and 1 overlap by 0.9 / 1.0; box 2 stands alone: the best of the pair (1) and box 2 stay.
  const std::vector<float> b = {0, 0, 1, 1, 0, 0, 1, 0.9F, 5, 5, 6, 6}, sc = {0.6F, 0.9F, 0.3F};
  int32_t out[9] = {-7, -7, -7, -7, -7, -7, -7, -7, -7};
  ASSERT_TRUE(s.context->setInputTensorAddress("boxes", b.data()));
  ASSERT_TRUE(s.context->setInputTensorAddress("scores", sc.data()));
  ASSERT_TRUE(s.context->setTensorAddress("y", out));
  ASSERT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.errors;
  EXPECT_EQ(list(s.context->getTensorShape("y")), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ((std::vector<int32_t>{out, out + 6}), (std::vector<int32_t>{0, 0, 1, 0, 0, 2}));
}

TEST(Layers, GridSampleMirrors) {
  Session s;
  ITensor* x = s.input("x", {1, 1, 1, 2});
  ITensor* grid = s.input("grid", {1, 1, 2, 2});
  IGridSampleLayer* g = s.network->addGridSample(*x, *grid);
  g->setAlignCorners(true);
  check(s, g->getOutput(0), {{"x", {10, 20}}, {"grid", {1, 0, -1, 0}}}, {20, 10});
}

TEST(Layers, ReverseSequence) {
  Session s;
  ITensor* x = s.input("x", {3, 2});
  IReverseSequenceLayer* r = s.network->addReverseSequence(*x, *ints32(s, {2}, {2, 3}));
  EXPECT_EQ(r->getBatchAxis(), 1);
  EXPECT_EQ(r->getSequenceAxis(), 0);
  check(s, r->getOutput(0), {{"x", {1, 2, 3, 4, 5, 6}}}, {3, 6, 1, 4, 5, 2});
}

TEST(Layers, Cumulative) {
  Session s;
  ITensor* x = s.input("x", {3});
  ITensor* axis = ints32(s, {}, {0});
  check(s, s.network->addCumulative(*x, *axis, CumulativeOperation::kSUM, true, false)->getOutput(0),
        {{"x", {1, 2, 3}}}, {0, 1, 3});
}

TEST(Layers, LayerNormalization) {
  Session s;
  ITensor* x = s.input("x", {1, 2});
  INormalizationLayer* n =
      s.network->addNormalization(*x, *s.constant({1, 2}, {2, 2}), *s.constant({1, 2}, {1, 1}), 1U << 1);
  n->setEpsilon(0);
  check(s, n->getOutput(0), {{"x", {3, 7}}}, {-1, 3});
}

TEST(Layers, GroupNormalizationByGroupAndByChannel) {
  for (const bool v2 : {false, true}) {
    Session s;
    ITensor* x = s.input("x", {1, 4, 1, 1});
    ITensor* scale = v2 ? s.constant({1, 4, 1, 1}, {1, 1, 10, 10}) : s.constant({1, 2, 1, 1}, {1, 10});
    ITensor* bias = v2 ? s.constant({1, 4, 1, 1}, {0, 0, 5, 5}) : s.constant({1, 2, 1, 1}, {0, 5});
    INormalizationLayer* n =
        v2 ? s.network->addNormalizationV2(*x, *scale, *bias, 12) : s.network->addNormalization(*x, *scale, *bias, 12);
    ASSERT_NE(n, nullptr);
    n->setNbGroups(2);
    n->setEpsilon(0);
    EXPECT_EQ(n->isV2(), v2);
    EXPECT_EQ(n->getInput(1), scale);
    check(s, n->getOutput(0), {{"x", {1, 3, 10, 30}}}, {-1, 1, -5, 15});
  }
}

TEST(Layers, Einsum) {
  Session s;
  ITensor* x = s.input("x", {2, 2});
  ITensor* both[] = {x, x};
  IEinsumLayer* e = s.network->addEinsum(both, 2, "ij,kj->ik");
  EXPECT_FALSE(e->setEquation("ij->ji"));
  check(s, e->getOutput(0), {{"x", {1, 2, 3, 4}}}, {5, 11, 11, 25});
}

TEST(Layers, SqueezeAndUnsqueeze) {
  Session s;
  ITensor* x = s.input("x", {1, 3});
  ITensor* flat = s.network->addSqueeze(*x, *ints64(s, {1}, {0}))->getOutput(0);
  EXPECT_EQ(list(flat->getDimensions()), (std::vector<int64_t>{3}));
  ITensor* tall = s.network->addUnsqueeze(*flat, *ints64(s, {2}, {0, 2}))->getOutput(0);
  EXPECT_EQ(list(tall->getDimensions()), (std::vector<int64_t>{1, 3, 1}));
  check(s, tall, {{"x", {1, 2, 3}}}, {1, 2, 3});
}

TEST(Layers, RaggedSoftmax) {
  Session s;
  ITensor* x = s.input("x", {2, 3});
  ITensor* bounds = ints32(s, {2, 1}, {2, 1});
  check(s, s.network->addRaggedSoftMax(*x, *bounds)->getOutput(0), {{"x", {0, 0, 50, 1, 2, 3}}},
        {0.5F, 0.5F, 0, 1, 0, 0});
}

TEST(Layers, FillCounts) {
  Session s;
  IFillLayer* f = s.network->addFill(dims({4}), FillOperation::kLINSPACE);
  f->setAlpha(1);
  f->setBeta(0.5);
  ITensor* x = s.input("x", {4});
  check(s, s.network->addElementWise(*x, *f->getOutput(0), ElementWiseOperation::kPROD)->getOutput(0),
        {{"x", {1, 1, 1, 10}}}, {1, 1.5F, 2, 25});
}

TEST(Layers, FillTakesItsShapeFromATensor) {
  Session s;
  ITensor* x = s.input("x", {2, 3});
  IFillLayer* f = s.network->addFill(Dims{0, {}}, FillOperation::kRANDOM_UNIFORM);
  f->setInput(0, *s.network->addShape(*x)->getOutput(0));
  f->setAlpha(5);
  f->setBeta(6);
  EXPECT_EQ(list(f->getOutput(0)->getDimensions()), (std::vector<int64_t>{2, 3}));
  s.output(s.network->addElementWise(*x, *f->getOutput(0), ElementWiseOperation::kSUM)->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  for (float v : s.run({{"x", std::vector<float>(6, 0)}}, "y")) EXPECT_TRUE(v >= 5 && v < 6) << v;
}

TEST(Layers, AssertionStopsARun) {
  Session s;
  ITensor* x = s.input("x", {1});
  ITensor* ok = s.network->addElementWise(*x, *s.constant({1}, {0}), ElementWiseOperation::kGREATER)->getOutput(0);
  IAssertionLayer* a = s.network->addAssertion(*ok, "x must be positive");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->getNbOutputs(), 0);
  s.output(s.network->addUnary(*x, UnaryOperation::kNEG)->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  expect_near(s.run({{"x", {2}}}, "y"), {-2});
  const float bad = -1;
  float out = 0;
  ASSERT_TRUE(s.context->setInputTensorAddress("x", &bad));
  ASSERT_TRUE(s.context->setTensorAddress("y", &out));
  EXPECT_FALSE(s.context->enqueueV3(nullptr));
  EXPECT_NE(s.logger.errors.find("x must be positive"), std::string::npos) << s.logger.errors;
}

TEST(Layers, RotaryEmbeddingTurnsPairs) {
  Session s;
  ITensor* x = s.input("x", {1, 1, 1, 2});
  ITensor* cos = s.constant({1, 1, 1}, {0});
  ITensor* sin = s.constant({1, 1, 1}, {1});
  check(s, s.network->addRotaryEmbedding(*x, *cos, *sin, false, 0)->getOutput(0), {{"x", {3, 4}}}, {-4, 3});
}

TEST(Layers, SliceWithTensorsAndModes) {
  Session s;
  ITensor* x = s.input("x", {4});
  ISliceLayer* a = s.network->addSlice(*x, dims({0}), dims({0}), dims({1}));
  a->setInput(1, *ints64(s, {1}, {1}));
  a->setInput(2, *ints64(s, {1}, {2}));
  EXPECT_EQ(a->getStart().nbDims, -1);
  ISliceLayer* b = s.network->addSlice(*x, dims({-1}), dims({6}), dims({1}));
  b->setMode(SampleMode::kFILL);
  b->setInput(4, *s.constant({}, {9}));
  ITensor* parts[] = {a->getOutput(0), b->getOutput(0)};
  check(s, s.network->addConcatenation(parts, 2)->getOutput(0), {{"x", {1, 2, 3, 4}}}, {2, 3, 9, 1, 2, 3, 4, 9});
}

// Halves of the last axis that are read where they lie.
TEST(Layers, SlicesAlongTheLastAxis) {
  Session s;
  ITensor* x = s.input("x", {2, 4});
  ISliceLayer* first = s.network->addSlice(*x, dims({0}), dims({2}), dims({1}));
  ISliceLayer* last = s.network->addSlice(*x, dims({2}), dims({2}), dims({1}));
  for (ISliceLayer* l : {first, last}) l->setAxes(dims({-1}));
  ITensor* gate = s.network->addActivation(*last->getOutput(0), ActivationType::kRELU)->getOutput(0);
  ITensor* y = s.network->addElementWise(*first->getOutput(0), *gate, ElementWiseOperation::kPROD)->getOutput(0);
  check(s, y, {{"x", {1, 2, 3, -4, 5, 6, -7, 8}}}, {3, 0, 0, 48});
}

TEST(Layers, ResizeToATensorOfSizes) {
  Session s;
  ITensor* x = s.input("x", {1, 2});
  IResizeLayer* r = s.network->addResize(*x);
  r->setInput(1, *ints64(s, {2}, {1, 3}));
  r->setResizeMode(InterpolationMode::kLINEAR);
  r->setCoordinateTransformation(ResizeCoordinateTransformation::kALIGN_CORNERS);
  check(s, r->getOutput(0), {{"x", {1, 3}}}, {1, 2, 3});
}

TEST(Layers, ShuffleByATensor) {
  Session s;
  ITensor* x = s.input("x", {2, 3});
  IShuffleLayer* f = s.network->addShuffle(*x);
  f->setInput(1, *ints64(s, {2}, {3, 2}));
  f->setSecondTranspose(Permutation{{1, 0}});
  EXPECT_EQ(list(f->getOutput(0)->getDimensions()), (std::vector<int64_t>{2, 3}));
  check(s, f->getOutput(0), {{"x", {1, 2, 3, 4, 5, 6}}}, {1, 3, 5, 2, 4, 6});
}

TEST(Layers, TopKWithATensor) {
  Session s;
  ITensor* x = s.input("x", {4});
  ITopKLayer* t = s.network->addTopK(*x, TopKOperation::kMIN, 1, 1);
  t->setInput(1, *ints32(s, {}, {2}));
  check(s, t->getOutput(0), {{"x", {4, 1, 3, 2}}}, {1, 2});
}

TEST(Layers, ConvolutionWithAKernelTensor) {
  Session s;
  ITensor* x = s.input("x", {1, 1, 1, 2});
  ITensor* w = s.input("w", {1, 1, 1, 2});
  IConvolutionLayer* c = s.network->addConvolutionNd(*x, 1, Dims2(1, 2), none(), none());
  ASSERT_NE(c, nullptr) << s.logger.errors;
  c->setInput(1, *w);
  EXPECT_EQ(c->getNbInputs(), 2);
  check(s, c->getOutput(0), {{"x", {2, 3}}, {"w", {10, 100}}}, {320});
}

TEST(Layers, DynamicQuantizeHasDataAndScales) {
  Session s;
  ITensor* x = s.input("x", {1, 32});
  IDynamicQuantizeLayer* q = s.network->addDynamicQuantize(*x, 1, 16, DataType::kFP4, DataType::kFP8);
  ASSERT_NE(q, nullptr) << s.logger.errors;
  EXPECT_EQ(q->getNbOutputs(), 2);
  EXPECT_EQ(list(q->getOutput(1)->getDimensions()), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(q->getOutput(0)->getType(), DataType::kFP4);
}

TEST(Layers, ActivationsWithParameters) {
  const std::pair<ActivationType, std::vector<float>> cases[] = {
      {ActivationType::kLEAKY_RELU, {-0.5F, 2}},
      {ActivationType::kCLIP, {0.5F, 0.5F}},  // alpha above beta is the program's business: max(a, min(b, x))
      {ActivationType::kHARD_SIGMOID, {0, 1}},
      {ActivationType::kSCALED_TANH, {0.5F * std::tanh(-0.25F), 0.5F * std::tanh(0.5F)}},
      {ActivationType::kTHRESHOLDED_RELU, {0, 2}},
      {ActivationType::kSOFTSIGN, {-0.5F, 2 / 3.0F}},
  };
  for (const auto& [type, want] : cases) {
    Session s;
    ITensor* x = s.input("x", {2});
    IActivationLayer* a = s.network->addActivation(*x, type);
    a->setAlpha(0.5F);
    a->setBeta(0.25F);
    check(s, a->getOutput(0), {{"x", {-1, 2}}}, want);
  }
}

TEST(Layers, AttentionIsOneUnit) {
  Session s;
  ITensor* q = s.input("q", {1, 1, 2, 1});
  ITensor* k = s.input("k", {1, 1, 2, 1});
  ITensor* v = s.input("v", {1, 1, 2, 1});
  IAttention* a =
      s.network->addAttentionV2(*q, *k, *v, AttentionNormalizationOp::kSOFTMAX, CausalMaskKind::kUPPER_LEFT);
  ASSERT_NE(a, nullptr) << s.logger.errors;
  EXPECT_TRUE(a->getCausal());
  EXPECT_FALSE(a->setQueryForm(AttentionIOForm::kPACKED_NHD));
  // The first query sees the first key only; the second has equal scores for both.
  check(s, a->getOutput(0), {{"q", {1, 0}}, {"k", {3, 4}}, {"v", {10, 20}}}, {10, 15});
}

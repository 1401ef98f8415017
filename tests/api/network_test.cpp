// Networks built by hand, against results worked out by hand.
#include <cmath>

#include "support.h"

using namespace support;

TEST(Network, ConvolutionWithBiasReluAndPooling) {
  Session s;
  ITensor* x = s.input("x", {1, 1, 4, 4});
  // Two kernels of 3x3: the centre element, and the sum of all; bias 1 and -40.
  std::vector<float> kernel(18, 0.0F);
  kernel[4] = 1;
  for (size_t i = 9; i < 18; ++i) kernel[i] = 1;
  const std::vector<float> bias = {1, -40};
  IConvolutionLayer* conv = s.network->addConvolutionNd(*x, 2, Dims2(3, 3), weights(kernel), weights(bias));
  ASSERT_NE(conv, nullptr) << s.logger.errors;
  conv->setPaddingNd(Dims2(1, 1));
  EXPECT_EQ(list(conv->getOutput(0)->getDimensions()), (std::vector<int64_t>{1, 2, 4, 4}));
  EXPECT_EQ(conv->getNbInputs(), 1);
  EXPECT_EQ(conv->getKernelWeights().count, 18);
  ITensor* r = s.network->addActivation(*conv->getOutput(0), ActivationType::kRELU)->getOutput(0);
  IPoolingLayer* pool = s.network->addPoolingNd(*r, PoolingType::kMAX, Dims2(2, 2));
  pool->setStrideNd(Dims2(2, 2));
  s.output(pool->getOutput(0), "y");
  EXPECT_EQ(s.network->getNbLayers(), 3);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  std::vector<float> in(16);
  for (int i = 0; i < 16; ++i) in[static_cast<size_t>(i)] = static_cast<float>(i);
  // Channel 0: element + 1, maximum of each 2x2 block. Channel 1: the sum of the 3x3 neighbourhood less 40; the sums
  // are 45 54 81 90 at the four inner places and smaller at the border, (2,3): 6+7+10+11+14+15 = 63.
  expect_near(s.run({{"x", in}}, "y"), {6, 8, 14, 16, 5, 14, 41, 50});
}

TEST(Network, GroupsSetAfterwardsReshapeTheKernel) {
  Session s;
  ITensor* x = s.input("x", {1, 4, 1, 1});
  const std::vector<float> kernel = {1, 2, 3, 4};
  IConvolutionLayer* conv = s.network->addConvolutionNd(*x, 4, Dims2(1, 1), weights(kernel), none());
  ASSERT_NE(conv, nullptr);
  conv->setNbGroups(4);
  s.output(conv->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  expect_near(s.run({{"x", {1, 10, 100, 1000}}}, "y"), {1, 20, 300, 4000});
}

TEST(Network, DeconvolutionSpreads) {
  Session s;
  ITensor* x = s.input("x", {1, 1, 2, 2});
  const std::vector<float> kernel = {1, 2, 3, 4};
  IDeconvolutionLayer* d = s.network->addDeconvolutionNd(*x, 1, Dims2(2, 2), weights(kernel), none());
  d->setStrideNd(Dims2(2, 2));
  s.output(d->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(list(s.engine->getTensorShape("y")), (std::vector<int64_t>{1, 1, 4, 4}));
  expect_near(s.run({{"x", {1, 2, 3, 4}}}, "y"), {1, 2, 2, 4, 3, 4, 6, 8, 3, 6, 4, 8, 9, 12, 12, 16});
}

TEST(Network, MatrixMultiplySoftmaxAndTopK) {
  Session s;
  ITensor* x = s.input("x", {2, 3});
  ITensor* w = s.constant({2, 3}, {1, 0, 1, 0, 1, 0});
  ITensor* p = s.network->addMatrixMultiply(*x, MatrixOperation::kNONE, *w, MatrixOperation::kTRANSPOSE)->getOutput(0);
  EXPECT_EQ(list(p->getDimensions()), (std::vector<int64_t>{2, 2}));
  ISoftMaxLayer* soft = s.network->addSoftMax(*p);
  soft->setAxes(1U << 1);
  EXPECT_EQ(soft->getAxes(), 2U);
  s.output(soft->getOutput(0), "p");
  ITopKLayer* top = s.network->addTopK(*soft->getOutput(0), TopKOperation::kMAX, 1, 1U << 1);
  s.output(top->getOutput(0), "best");
  EXPECT_EQ(top->getOutput(1)->getType(), DataType::kINT32);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  // Rows (1,2,3) and (0,0,0): products (4,2) and (0,0).
  const float e = std::exp(-2.0F);
  expect_near(s.run({{"x", {1, 2, 3, 0, 0, 0}}}, "p"), {1 / (1 + e), e / (1 + e), 0.5F, 0.5F});
  expect_near(s.run({{"x", {1, 2, 3, 0, 0, 0}}}, "best"), {1 / (1 + e), 0.5F});
}

TEST(Network, ElementwiseUnaryScaleReduceAndConcatenation) {
  Session s;
  ITensor* a = s.input("a", {2, 2});
  ITensor* b = s.input("b", {1, 2});
  ITensor* sum = s.network->addElementWise(*a, *b, ElementWiseOperation::kSUM)->getOutput(0);
  ITensor* root = s.network->addUnary(*sum, UnaryOperation::kSQRT)->getOutput(0);
  const std::vector<float> two = {2}, one = {1};
  ITensor* scaled =
      s.network->addScale(*root, ScaleMode::kUNIFORM, weights(one), weights(two), weights(one))->getOutput(0);
  ITensor* mean = s.network->addReduce(*scaled, ReduceOperation::kAVG, 1U << 1, true)->getOutput(0);
  ITensor* parts[] = {scaled, mean};
  IConcatenationLayer* cat = s.network->addConcatenation(parts, 2);
  cat->setAxis(1);
  s.output(cat->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  // sums 4 16 / 9 25 -> roots 2 4 / 3 5 -> 5 9 / 7 11, means 7 / 9.
  expect_near(s.run({{"a", {1, 12, 6, 21}}, {"b", {3, 4}}}, "y"), {5, 9, 7, 7, 11, 9});
}

TEST(Network, ShuffleSliceGatherAndResize) {
  Session s;
  ITensor* x = s.input("x", {2, 3});
  IShuffleLayer* shuffle = s.network->addShuffle(*x);
  shuffle->setFirstTranspose(Permutation{{1, 0}});
  shuffle->setReshapeDimensions(dims({1, 1, -1, 2}));
  EXPECT_EQ(list(shuffle->getOutput(0)->getDimensions()), (std::vector<int64_t>{1, 1, 3, 2}));
  ISliceLayer* slice =
      s.network->addSlice(*shuffle->getOutput(0), dims({0, 0, 2, 0}), dims({1, 1, 2, 2}), dims({1, 1, -2, 1}));
  IResizeLayer* resize = s.network->addResize(*slice->getOutput(0));
  const float scales[] = {1, 1, 1, 2};
  resize->setScales(scales, 4);
  EXPECT_EQ(list(resize->getOutput(0)->getDimensions()), (std::vector<int64_t>{1, 1, 2, 4}));
  s.output(resize->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  // Transposed rows: (0,3) (1,4) (2,5); rows 2 and 0; each column twice.
  expect_near(s.run({{"x", {0, 1, 2, 3, 4, 5}}}, "y"), {2, 2, 5, 5, 0, 0, 3, 3});
}

TEST(Network, DimensionsFollowLaterChanges) {
  Session s;
  ITensor* x = s.input("x", {1, 3, 8, 8});
  const std::vector<float> kernel(2 * 3 * 9, 1.0F);
  IConvolutionLayer* conv = s.network->addConvolutionNd(*x, 2, Dims2(3, 3), weights(kernel), none());
  IPoolingLayer* pool = s.network->addPoolingNd(*conv->getOutput(0), PoolingType::kAVERAGE, Dims2(2, 2));
  EXPECT_EQ(list(pool->getOutput(0)->getDimensions()), (std::vector<int64_t>{1, 2, 5, 5}));
  conv->setStrideNd(Dims2(2, 2));
  EXPECT_EQ(list(pool->getOutput(0)->getDimensions()), (std::vector<int64_t>{1, 2, 2, 2}));
  x->setDimensions(dims({-1, 3, 10, 10}));
  EXPECT_EQ(list(pool->getOutput(0)->getDimensions()), (std::vector<int64_t>{-1, 2, 3, 3}));
  x->setDimensions(dims({-1, 4, 10, 10}));  // does not fit the kernel any more
  EXPECT_EQ(pool->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_NE(s.logger.errors.find("channels"), std::string::npos) << s.logger.errors;
  x->setDimensions(dims({2, 3, 10, 10}));
  EXPECT_EQ(list(pool->getOutput(0)->getDimensions()), (std::vector<int64_t>{2, 2, 3, 3}));
}

TEST(Network, NamesAndInputsCanBeAskedAndChanged) {
  Session s;
  ITensor* x = s.input("x", {2});
  ITensor* y = s.input("y", {2});
  IElementWiseLayer* e = s.network->addElementWise(*x, *x, ElementWiseOperation::kSUM);
  e->setName("the sum");
  EXPECT_STREQ(e->getName(), "the sum");
  EXPECT_EQ(e->getInput(1), x);
  e->setInput(1, *y);
  EXPECT_EQ(e->getInput(1), y);
  EXPECT_EQ(e->getInput(2), nullptr);
  EXPECT_EQ(s.network->getLayer(0), e);
  EXPECT_EQ(e->getType(), LayerType::kELEMENTWISE);
  s.output(e->getOutput(0), "z");
  EXPECT_TRUE(e->getOutput(0)->isNetworkOutput());
  EXPECT_TRUE(x->isNetworkInput());
  ASSERT_TRUE(s.build()) << s.logger.errors;
  expect_near(s.run({{"x", {1, 2}}, {"y", {10, 20}}}, "z"), {11, 22});
}

TEST(Network, InputTypeSetAfterwardsIsWhatTheProgramHandsOver) {
  Session s;
  ITensor* x = s.input("x", {3});
  IElementWiseLayer* e =
      s.network->addElementWise(*x, *s.constant({3}, {0.5F, 0.25F, 2.0F}), ElementWiseOperation::kSUM);
  s.output(e->getOutput(0), "y");
  x->setType(DataType::kHALF);
  EXPECT_EQ(x->getType(), DataType::kHALF);
  EXPECT_EQ(e->getOutput(0)->getType(), DataType::kFLOAT);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(s.engine->getTensorDataType("x"), DataType::kHALF);
  EXPECT_EQ(s.engine->getTensorDataType("y"), DataType::kFLOAT);
  const uint16_t in[] = {0x3c00, 0xc000, 0x0000};  // 1, -2, 0
  float out[3] = {};
  void* bindings[] = {const_cast<uint16_t*>(in), out};
  ASSERT_TRUE(s.context->executeV2(bindings)) << s.logger.errors;
  EXPECT_EQ(std::vector<float>(out, out + 3), (std::vector<float>{1.5F, -1.75F, 2}));
  x->setType(DataType::kBOOL);
  EXPECT_NE(s.logger.errors.find("cannot become"), std::string::npos) << s.logger.errors;
  EXPECT_EQ(x->getType(), DataType::kHALF);
}

TEST(Network, OutputTypeAddsAConversion) {
  Session s;
  ITensor* x = s.input("x", {3});
  IActivationLayer* a = s.network->addActivation(*x, ActivationType::kRELU);
  a->setOutputType(0, DataType::kINT32);
  EXPECT_EQ(a->getOutput(0)->getType(), DataType::kINT32);
  s.output(a->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(s.engine->getTensorDataType("y"), DataType::kINT32);
  const float in[] = {-1, 2.7F, 3};
  int32_t out[3] = {};
  void* bindings[] = {const_cast<float*>(in), out};
  ASSERT_TRUE(s.context->executeV2(bindings)) << s.logger.errors;
  EXPECT_EQ(out[0], 0);
  EXPECT_EQ(out[1], 2);
  EXPECT_EQ(out[2], 3);
}

TEST(Network, NonZeroDeliversThroughAnOutputAllocator) {
  struct Allocator : IOutputAllocator {
    void* reallocateOutputAsync(char const*, void*, uint64_t size, uint64_t, cudaStream_t) override {
      memory.resize((size + 3) / 4);
      return memory.data();
    }
    void notifyShape(char const*, Dims const& d) noexcept override { shape = d; }
    std::vector<int32_t> memory;
    Dims shape{};
  } allocator;
  Session s;
  ITensor* x = s.input("x", {2, 2});
  s.output(s.network->addNonZero(*x)->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(list(s.context->getTensorShape("y")), (std::vector<int64_t>{2, -1}));
  const float in[] = {0, 5, 7, 0};
  ASSERT_TRUE(s.context->setInputTensorAddress("x", in));
  ASSERT_TRUE(s.context->setOutputAllocator("y", &allocator));
  ASSERT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.errors;
  EXPECT_EQ(list(allocator.shape), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(allocator.memory, (std::vector<int32_t>{0, 1, 1, 0}));
  // No run takes its size from the one before.
  const float more[] = {1, 2, 3, 4}, nothing[4] = {};
  for (const float* values : {more, nothing, more}) {
    ASSERT_TRUE(s.context->setInputTensorAddress("x", values));
    ASSERT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.errors;
    const int64_t n = values == more ? 4 : 0;
    EXPECT_EQ(list(allocator.shape), (std::vector<int64_t>{2, n}));
    EXPECT_EQ(list(s.context->getTensorShape("y")), (std::vector<int64_t>{2, n}));
    EXPECT_EQ(allocator.memory, n == 0 ? std::vector<int32_t>{} : std::vector<int32_t>({0, 0, 1, 1, 0, 1, 0, 1}));
  }
}

TEST(Network, LoopSumsAnIterator) {
  Session s;
  ITensor* x = s.input("x", {3, 2});
  const std::vector<int32_t> three = {3};
  ITensor* count = s.network->addConstant(dims({}), weights(three))->getOutput(0);
  ILoop* loop = s.network->addLoop();
  loop->addTripLimit(*count, TripLimit::kCOUNT);
  IIteratorLayer* row = loop->addIterator(*x, 0);
  IRecurrenceLayer* sum = loop->addRecurrence(*s.constant({2}, {0, 0}));
  ITensor* next =
      s.network->addElementWise(*sum->getOutput(0), *row->getOutput(0), ElementWiseOperation::kSUM)->getOutput(0);
  sum->setInput(1, *next);
  s.output(loop->addLoopOutput(*sum->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0), "y");
  ILoopOutputLayer* all = loop->addLoopOutput(*next, LoopOutput::kCONCATENATE, 0);
  all->setInput(1, *count);
  s.output(all->getOutput(0), "all");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  expect_near(s.run({{"x", {1, 2, 10, 20, 100, 200}}}, "y"), {111, 222});
  expect_near(s.run({{"x", {1, 2, 10, 20, 100, 200}}}, "all"), {1, 2, 11, 22, 111, 222});
}

TEST(Network, ConditionalTakesOneBranch) {
  Session s;
  ITensor* x = s.input("x", {2});
  ITensor* flag = s.input("flag", {}, DataType::kBOOL);
  IIfConditional* choice = s.network->addIfConditional();
  choice->setCondition(*flag);
  ITensor* in = choice->addInput(*x)->getOutput(0);
  ITensor* yes = s.network->addUnary(*in, UnaryOperation::kNEG)->getOutput(0);
  ITensor* no = s.network->addUnary(*in, UnaryOperation::kABS)->getOutput(0);
  s.output(choice->addOutput(*yes, *no)->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  const float data[] = {-1, 2};
  float out[2];
  for (const bool take : {true, false}) {
    ASSERT_TRUE(s.context->setInputTensorAddress("x", data));
    ASSERT_TRUE(s.context->setInputTensorAddress("flag", &take));
    ASSERT_TRUE(s.context->setTensorAddress("y", out));
    ASSERT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.errors;
    expect_near({out, out + 2}, take ? std::vector<float>{1, -2} : std::vector<float>{1, 2});
  }
}

TEST(Network, QuantizeAndDequantizeRound) {
  Session s;
  ITensor* x = s.input("x", {4});
  ITensor* scale = s.constant({}, {0.5F});
  ITensor* q = s.network->addQuantize(*x, *scale, DataType::kINT8)->getOutput(0);
  EXPECT_EQ(q->getType(), DataType::kINT8);
  s.output(s.network->addDequantize(*q, *scale, DataType::kFLOAT)->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  expect_near(s.run({{"x", {0.2F, 0.8F, -1.3F, 1000}}}, "y"), {0, 1, -1.5F, 63.5F});
}

TEST(Network, UnsupportedLayersAreNamed) {
  Session s;
  ITensor* x = s.input("x", {2, 2, 2, 2});
  EXPECT_EQ(s.network->addMoE(*x, *x, *x), nullptr);
  EXPECT_NE(s.logger.errors.find("IMoELayer"), std::string::npos) << s.logger.errors;
}

// Engines of the CUDA device through the public interface, on the GPU or on its emulator: layers on the processor, half
// precision that loses values and is raised, sources of tactics, formats of inputs, and the event after the last read.
#include <cmath>
#include <set>

#include "../api/support.h"

using namespace support;

namespace {

struct Gpu : Session {
  Gpu() {
    config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
    config->setBuilderOptimizationLevel(0);
  }
  std::string layers() const {
    const std::unique_ptr<IEngineInspector> inspector(engine->createEngineInspector());
    return inspector->getEngineInformation(LayerInformationFormat::kJSON);
  }
  /// Input "x" to output "y" through the device's memory.
  std::vector<float> compute(const std::vector<float>& x, size_t outputs, cudaStream_t stream = nullptr) {
    IEngineDevice& d = engine->getEngineDevice();
    std::vector<float> y(outputs);
    void *in = d.allocate(4 * x.size()), *out = d.allocate(4 * outputs);
    EXPECT_TRUE(d.copyToDevice(in, x.data(), 4 * x.size(), stream));
    EXPECT_TRUE(context->setTensorAddress("x", in) && context->setTensorAddress("y", out));
    EXPECT_TRUE(context->enqueueV3(stream)) << logger.errors;
    EXPECT_TRUE(d.copyToHost(y.data(), out, 4 * outputs, stream));
    EXPECT_TRUE(d.synchronize(stream));
    d.deallocate(in), d.deallocate(out);
    return y;
  }
  bool on_gpu() const { return !engine->getEngineDevice().usesHostMemory(); }
};

/// neg, tanh, exp
struct Chain : Gpu {
  ILayer* layer[3] = {};
  Chain() {
    ITensor* x = input("x", {2, 3});
    layer[0] = network->addUnary(*x, UnaryOperation::kNEG);
    layer[1] = network->addActivation(*layer[0]->getOutput(0), ActivationType::kTANH);
    layer[2] = network->addUnary(*layer[1]->getOutput(0), UnaryOperation::kEXP);
    const char* const names[] = {"first", "second", "third"};
    for (int i = 0; i < 3; ++i) layer[i]->setName(names[i]);
    output(layer[2]->getOutput(0), "y");
  }
  void check() {
    const std::vector<float> x = {0, 1, -1, 0.5F, -0.5F, 2};
    std::vector<float> want;
    for (float v : x) want.push_back(std::exp(std::tanh(-v)));
    expect_near(compute(x, 6), want);
  }
};

class Checks : public IVerifier {
 public:
  struct Layer {
    std::string name, precision;
    int64_t lost;
    int build;
    bool passed;
  };
  bool provideInput(char const*, DataType, Dims const&, void* data, uint64_t size) noexcept override {
    for (uint64_t i = 0; i < size / 4; ++i) static_cast<float*>(data)[i] = 100.F;
    return true;
  }
  void reportLayer(LayerVerification const& l) noexcept override {
    layers.push_back({l.layer, l.precision, l.nans + l.infinities, l.build, l.passed});
  }
  std::vector<Layer> layers;
};

}  // namespace

TEST(CudaEngine, LayersRunWhereTheyArePut) {
  Chain s;
  s.config->setDeviceType(s.layer[1], DeviceType::kCPU);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  ASSERT_TRUE(s.on_gpu());
  const std::string layers = s.layers();
  EXPECT_NE(layers.find("\"Device\":\"cpu\""), std::string::npos) << layers;
  EXPECT_NE(layers.find("\"Device\":\"cuda\""), std::string::npos) << layers;
  EXPECT_NE(layers.find("\"LayerType\":\"Transfer\""), std::string::npos) << layers;
  EXPECT_EQ(s.engine->getNbLayers(), 5) << layers;
  s.check();
}

TEST(CudaEngine, OneLayerOfAProcessorsNetworkRunsOnTheGpu) {
  Chain s;
  s.config->setDefaultDeviceType(DeviceType::kCPU);
  s.config->setDeviceType(s.layer[2], DeviceType::kGPU);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  ASSERT_TRUE(s.on_gpu());
  // A copy, the two on the processor as one, a copy, the one on the GPU.
  EXPECT_EQ(s.engine->getNbLayers(), 4) << s.layers();
  s.check();
}

// A transpose that would be a view of a channels-last image, behind a layer on the processor, which has none.
TEST(CudaEngine, ViewsBehindTheProcessorAreOnOneSide) {
  Gpu s;
  ITensor* x = s.input("x", {1, 3, 2, 2});
  ILayer* first = s.network->addUnary(*x, UnaryOperation::kNEG);
  IShuffleLayer* turn = s.network->addShuffle(*first->getOutput(0));
  turn->setFirstTranspose(Permutation{{0, 2, 3, 1}});
  s.output(s.network->addUnary(*turn->getOutput(0), UnaryOperation::kNEG)->getOutput(0), "y");
  s.config->setDeviceType(first, DeviceType::kCPU);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  std::vector<float> in, want(12);
  for (size_t i = 0; i < 12; ++i) in.push_back(static_cast<float>(i));
  for (size_t c = 0; c < 3; ++c)
    for (size_t p = 0; p < 4; ++p) want[3 * p + c] = in[4 * c + p];
  expect_near(s.compute(in, 12), want);
}

TEST(CudaEngine, APlanTunedAgainKeepsItsPlacement) {
  Chain s;
  s.config->setDeviceType(s.layer[1], DeviceType::kCPU);
  const std::unique_ptr<IHostMemory> plan(s.builder->buildSerializedNetwork(*s.network, *s.config));
  ASSERT_NE(plan, nullptr) << s.logger.errors;
  for (const DeviceType device : {DeviceType::kGPU, DeviceType::kCPU}) {
    s.config->setDefaultDeviceType(device);
    s.config->resetDeviceType(s.layer[1]);
    const std::unique_ptr<IHostMemory> again(s.builder->retuneSerializedNetwork(plan->data(), plan->size(), *s.config));
    ASSERT_NE(again, nullptr) << s.logger.errors;
    s.context.reset();
    s.engine.reset();
    s.runtime.reset(createInferRuntime(s.logger));
    s.engine.reset(s.runtime->deserializeCudaEngine(again->data(), again->size()));
    ASSERT_NE(s.engine, nullptr) << s.logger.errors;
    s.context.reset(s.engine->createExecutionContext());
    EXPECT_EQ(s.on_gpu(), device == DeviceType::kGPU);
    EXPECT_EQ(s.engine->getNbLayers(), device == DeviceType::kGPU ? 5 : 1) << s.layers();
    s.check();
  }
}

TEST(CudaEngine, HalfPrecisionThatOverflowsIsNamedAndRaised) {
  const std::vector<float> large(16 * 16, 60.F), small(16 * 4, 1e-5F);
  for (const VerifyAction action : {VerifyAction::kREPORT, VerifyAction::kREFUSE, VerifyAction::kRAISE}) {
    Gpu s;
    ITensor* x = s.input("x", {4, 16});
    IMatrixMultiplyLayer* first =
        s.network->addMatrixMultiply(*x, MatrixOperation::kNONE, *s.constant({16, 16}, large), MatrixOperation::kNONE);
    IMatrixMultiplyLayer* second = s.network->addMatrixMultiply(*first->getOutput(0), MatrixOperation::kNONE,
                                                                *s.constant({16, 4}, small), MatrixOperation::kNONE);
    first->setName("first"), second->setName("second");
    s.output(second->getOutput(0), "y");
    s.config->setFlag(BuilderFlag::kFP16);
    Checks checks;
    s.config->setVerifier(&checks);
    EXPECT_TRUE(s.config->setVerification(action, 0));
    const bool built = s.build();
    bool found = false;
    for (const Checks::Layer& l : checks.layers)
      if (l.build == 0 && l.name.find("first") != std::string::npos)
        found = l.lost == 64 && !l.passed && l.precision == "FP16";
    EXPECT_TRUE(found);
    if (action == VerifyAction::kREFUSE) {
      EXPECT_FALSE(built);
      EXPECT_NE(s.logger.errors.find("first"), std::string::npos) << s.logger.errors;
      continue;
    }
    ASSERT_TRUE(built) << s.logger.errors;
    const float y = s.compute(std::vector<float>(64, 100.F), 16)[0], want = 100.F * 60 * 16 * 16 * 1e-5F;
    if (action == VerifyAction::kREPORT) {
      EXPECT_FALSE(std::abs(y - want) < 1) << y;
      continue;
    }
    EXPECT_NEAR(y, want, 0.02F * want);
    const int last = checks.layers.back().build;
    EXPECT_GT(last, 0);
    for (const Checks::Layer& l : checks.layers) EXPECT_TRUE(l.passed || l.build < last) << l.name;
  }
}

TEST(CudaEngine, SourcesOfTacticsAreLeftOut) {
  const auto bit = [](TacticSource t) { return 1U << static_cast<uint32_t>(t); };
  const std::vector<float> kernel(8 * 8 * 9, 0.1F);
  for (const auto& [sources, tactic] : {std::pair(bit(TacticSource::kJIT_CONVOLUTIONS), "cuda."),
                                        {bit(TacticSource::kEDGE_MASK_CONVOLUTIONS), "cuda.conv_direct"},
                                        {bit(TacticSource::kCUBLAS), "\"Device\":\"cpu\""}}) {
    Gpu s;
    IConvolutionLayer* c =
        s.network->addConvolutionNd(*s.input("x", {1, 8, 6, 6}), 8, Dims2(3, 3), weights(kernel), none());
    c->setName("conv");
    s.output(c->getOutput(0), "y");
    EXPECT_TRUE(s.config->setTacticSources(sources));
    ASSERT_TRUE(s.build()) << s.logger.errors;
    const std::string layers = s.layers();
    EXPECT_NE(layers.find(tactic), std::string::npos) << layers;
    EXPECT_EQ(layers.find("conv_direct") != std::string::npos, sources == bit(TacticSource::kEDGE_MASK_CONVOLUTIONS));
    EXPECT_NEAR(s.compute(std::vector<float>(8 * 36, 1.F), 8 * 16)[0], 7.2F, 1e-2F);
  }
}

TEST(CudaEngine, InputsLieAsTheProgramSays) {
  Gpu s;
  ITensor* x = s.input("x", {1, 3, 2, 2});
  x->setAllowedFormats(1U << static_cast<int>(TensorFormat::kHWC8));
  s.output(s.network->addUnary(*x, UnaryOperation::kNEG)->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  ASSERT_TRUE(s.on_gpu());
  std::vector<float> in(32, 100), want(12);
  for (size_t p = 0; p < 4; ++p)
    for (size_t c = 0; c < 3; ++c) {
      in[8 * p + c] = static_cast<float>(10 * c + p);
      want[4 * c + p] = -in[8 * p + c];
    }
  expect_near(s.compute(in, 12), want);
}

// What is positive among the elements that are not zero: layers behind a count, one of which counts again.
TEST(CudaEngine, ExtentsThatTheDataTellAreFoundOnTheGpu) {
  Gpu s;
  ITensor* x = s.input("x", {2, 3});
  const auto elements_that = [&](ITensor* from, ITensor* hold) {
    IShuffleLayer* rows = s.network->addShuffle(*s.network->addNonZero(*hold)->getOutput(0));
    rows->setFirstTranspose(Permutation{{1, 0}});
    return s.network->addGatherV2(*from, *rows->getOutput(0), GatherMode::kND)->getOutput(0);
  };
  ITensor* all = elements_that(x, x);
  ITensor* positive = s.network->addActivation(*all, ActivationType::kRELU)->getOutput(0);
  s.output(elements_that(all, positive), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  ASSERT_TRUE(s.on_gpu());
  const std::string layers = s.layers();
  EXPECT_NE(layers.find("cuda.non_zero"), std::string::npos) << layers;
  EXPECT_EQ(layers.find("\"Device\":\"cpu\""), std::string::npos) << layers;
  EXPECT_EQ(list(s.context->getTensorShape("y")), (std::vector<int64_t>{-1}));
  for (const auto& [in, want] : {std::pair(std::vector<float>{1, 0, -2, 3, 0, 4}, std::vector<float>{1, 3, 4}),
                                 {{0, 0, 0, 0, 0, 0}, {}},
                                 {{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}},
                                 {{-1, -2, 0, 0, 0, 7}, {7}}}) {
    std::vector<float> got = s.compute(in, 6);
    const std::vector<int64_t> shape = list(s.context->getTensorShape("y"));
    ASSERT_EQ(shape, (std::vector<int64_t>{static_cast<int64_t>(want.size())}));
    got.resize(want.size());
    EXPECT_EQ(got, want);
  }
}

// The numbers of the input are also the size that it is enlarged to.
TEST(CudaEngine, SizesThatTheDataTellAreInferredForAKernel) {
  Gpu s;
  ITensor* x = s.input("x", {2});
  const int32_t ones[] = {1, 1};
  ITensor* parts[] = {s.network->addConstant(dims({2}), {DataType::kINT32, ones, 2})->getOutput(0),
                      s.network->addCast(*x, DataType::kINT32)->getOutput(0)};
  IShuffleLayer* image = s.network->addShuffle(*x);
  image->setReshapeDimensions(dims({1, 1, 1, 2}));
  IResizeLayer* resize = s.network->addResize(*image->getOutput(0));
  resize->setInput(1, *s.network->addConcatenation(parts, 2)->getOutput(0));
  resize->setResizeMode(InterpolationMode::kNEAREST);
  s.output(resize->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  for (const auto& [in, want] : {std::pair(std::vector<float>{2, 4}, std::vector<float>{2, 2, 4, 4, 2, 2, 4, 4}),
                                 {{3, 2}, {3, 2, 3, 2, 3, 2}}}) {
    const std::vector<float> got = s.compute(in, want.size());
    EXPECT_EQ(s.logger.errors, "");
    EXPECT_EQ(list(s.context->getTensorShape("y")),
              (std::vector<int64_t>{1, 1, static_cast<int64_t>(in[0]), static_cast<int64_t>(in[1])}));
    EXPECT_EQ(got, want);
  }
}

TEST(CudaEngine, RandomNumbersAreOthersInEveryRun) {
  Gpu s;
  ITensor* noise = s.network->addFill(dims({2, 3}), FillOperation::kRANDOM_NORMAL, DataType::kFLOAT)->getOutput(0);
  s.output(s.network->addElementWise(*s.input("x", {2, 3}), *noise, ElementWiseOperation::kSUM)->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(s.layers().find("\"Device\":\"cpu\""), std::string::npos) << s.layers();
  std::set<std::vector<float>> seen;
  for (int run = 0; run < 4; ++run) seen.insert(s.compute(std::vector<float>(6, 0.F), 6));  // the last are replayed
  EXPECT_EQ(seen.size(), 4u);
}

TEST(CudaEngine, ActivationsAreKeptInTheCache) {
  Chain s;
  ASSERT_TRUE(s.build()) << s.logger.errors;
  const uint64_t most = s.engine->getEngineDevice().getPersistentCacheSize();
  s.context->setPersistentCacheLimit(most / 2);
  EXPECT_EQ(s.context->getPersistentCacheLimit(), most / 2);
  for (int run = 0; run < 3; ++run) s.check();  // step by step, captured, replayed
  EXPECT_EQ(s.logger.errors, "");
  s.context->setPersistentCacheLimit(most + 1);
  EXPECT_NE(s.logger.errors.find("setPersistentCacheLimit"), std::string::npos) << s.logger.errors;
  EXPECT_EQ(s.context->getPersistentCacheLimit(), most / 2);
}

TEST(CudaEngine, TheConsumedEventComesAfterTheRunsReads) {
  Chain s;
  ASSERT_TRUE(s.build()) << s.logger.errors;
  IEngineDevice& d = s.engine->getEngineDevice();
  cudaStream_t stream = d.createStream();
  cudaEvent_t before = d.createEvent(), consumed = d.createEvent();
  EXPECT_TRUE(s.context->setInputConsumedEvent(consumed));
  EXPECT_EQ(s.context->getInputConsumedEvent(), consumed);
  for (int run = 0; run < 3; ++run) {  // step by step, captured, replayed
    EXPECT_TRUE(d.record(before, stream));
    s.compute({1, 2, 3, 4, 5, 6}, 6, stream);
    EXPECT_GE(d.elapsedMilliseconds(before, consumed), 0);
  }
  s.context->setGraphReplay(false);
  EXPECT_FALSE(s.context->getGraphReplay());
  s.check();
  EXPECT_TRUE(s.context->setInputConsumedEvent(nullptr));
  s.check();
  d.destroyEvent(before), d.destroyEvent(consumed);
  d.destroyStream(stream);
}

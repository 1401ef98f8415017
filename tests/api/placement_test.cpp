// Where layers run: requests are kept, a DLA is refused or falls back, and tactic sources, verification and tuning a
// plan again work through the public interface. On a machine with a GPU (or its emulator) the layers really are apart.
#include <cmath>

#include "support.h"

using namespace support;

namespace {

struct Chain : Session {
  ILayer *first = nullptr, *second = nullptr, *third = nullptr;
  Chain() {
    config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
    first = network->addUnary(*input("x", {2, 3}), UnaryOperation::kNEG);
    second = network->addActivation(*first->getOutput(0), ActivationType::kTANH);
    third = network->addUnary(*second->getOutput(0), UnaryOperation::kEXP);
    first->setName("first"), second->setName("second"), third->setName("third");
    output(third->getOutput(0), "y");
  }
  std::string layers() const {
    const std::unique_ptr<IEngineInspector> inspector(engine->createEngineInspector());
    return inspector->getEngineInformation(LayerInformationFormat::kJSON);
  }
};

class Recorder : public IVerifier {
 public:
  bool provideInput(char const* name, DataType type, Dims const& d, void* data, uint64_t size) noexcept override {
    inputs.emplace_back(name);
    if (type != DataType::kFLOAT || size != 4 * static_cast<uint64_t>(count(d))) return false;
    for (uint64_t i = 0; i < size / 4; ++i) static_cast<float*>(data)[i] = 0.25F;
    return true;
  }
  void reportLayer(LayerVerification const& l) noexcept override {
    layers.emplace_back(l.layer);
    passed = passed && l.passed;
  }
  std::vector<std::string> inputs, layers;
  bool passed = true;
};

}  // namespace

TEST(Placement, RequestsAreKept) {
  Chain s;
  EXPECT_EQ(s.config->getDeviceType(s.first), DeviceType::kGPU);
  EXPECT_FALSE(s.config->isDeviceTypeSet(s.first));
  s.config->setDeviceType(s.first, DeviceType::kCPU);
  EXPECT_TRUE(s.config->isDeviceTypeSet(s.first));
  EXPECT_EQ(s.config->getDeviceType(s.first), DeviceType::kCPU);
  EXPECT_FALSE(s.config->canRunOnDLA(s.first));
  s.config->resetDeviceType(s.first);
  EXPECT_FALSE(s.config->isDeviceTypeSet(s.first));
  s.config->setDefaultDeviceType(DeviceType::kCPU);
  EXPECT_EQ(s.config->getDeviceType(s.first), DeviceType::kCPU);
  s.config->setDeviceType(nullptr, DeviceType::kCPU);
  s.config->setDeviceType(s.first, static_cast<DeviceType>(9));
  EXPECT_NE(s.logger.errors.find("setDeviceType"), std::string::npos);
}

TEST(Placement, EveryDeviceBuildsAndRuns) {
  for (const DeviceType device : {DeviceType::kCPU, DeviceType::kGPU}) {
    Chain s;
    s.config->setDeviceType(s.second, device);
    ASSERT_TRUE(s.build()) << s.logger.errors;
    const std::string layers = s.layers();
    EXPECT_NE(layers.find("\"Device\":\""), std::string::npos) << layers;
    if (!s.engine->getEngineDevice().usesHostMemory()) {
      EXPECT_EQ(layers.find("\"Device\":\"cpu\"") != std::string::npos, device == DeviceType::kCPU) << layers;
      EXPECT_EQ(layers.find("Transfer") != std::string::npos, device == DeviceType::kCPU) << layers;
      continue;
    }
    const std::vector<float> x = {0, 1, -1, 0.5F, -0.5F, 2};
    std::vector<float> want;
    for (float v : x) want.push_back(std::exp(std::tanh(-v)));
    expect_near(s.run({{"x", x}}, "y"), want);
  }
}

TEST(Placement, ThereIsNoDla) {
  Chain s;
  s.config->setDeviceType(s.second, DeviceType::kDLA);
  EXPECT_FALSE(s.builder->isNetworkSupported(*s.network, *s.config));
  EXPECT_FALSE(s.build());
  EXPECT_NE(s.logger.errors.find("'second'"), std::string::npos) << s.logger.errors;
  EXPECT_NE(s.logger.errors.find("kGPU_FALLBACK"), std::string::npos) << s.logger.errors;
  s.config->setFlag(BuilderFlag::kGPU_FALLBACK);
  s.logger.warnings.clear();
  EXPECT_TRUE(s.build()) << s.logger.errors;
  EXPECT_NE(s.logger.warnings.find("no DLA"), std::string::npos) << s.logger.warnings;
  EXPECT_NE(s.logger.warnings.find("1 layers"), std::string::npos) << s.logger.warnings;
  s.config->setDefaultDeviceType(DeviceType::kDLA);
  s.config->setDLACore(1);
  s.logger.warnings.clear();
  EXPECT_TRUE(s.build()) << s.logger.errors;
  EXPECT_NE(s.logger.warnings.find("3 layers"), std::string::npos) << s.logger.warnings;
  s.logger.errors.clear();
  s.config->setEngineCapability(EngineCapability::kDLA_STANDALONE);
  EXPECT_NE(s.logger.errors.find("no DLA"), std::string::npos);
}

TEST(Settings, TacticSourcesAreCheckedAndKeptInThePlan) {
  Chain s;
  const TacticSources wanted = 1U << static_cast<uint32_t>(TacticSource::kJIT_CONVOLUTIONS);
  EXPECT_TRUE(s.config->setTacticSources(wanted));
  EXPECT_FALSE(s.config->setTacticSources(1U << 9));
  EXPECT_EQ(s.config->getTacticSources(), wanted);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(s.engine->getTacticSources(), wanted);
}

TEST(Verification, TheProgramGivesInputsAndHearsOfEveryLayer) {
  Chain s;
  Recorder recorder;
  EXPECT_EQ(s.config->getVerifyAction(), VerifyAction::kOFF);
  EXPECT_FALSE(s.config->setVerification(VerifyAction::kREPORT, -1));
  EXPECT_TRUE(s.config->setVerification(VerifyAction::kREFUSE, 0));
  s.config->setVerifier(&recorder);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(recorder.inputs, std::vector<std::string>{"x"});
  ASSERT_FALSE(recorder.layers.empty());
  EXPECT_NE(recorder.layers[0].find("first"), std::string::npos);
  EXPECT_TRUE(recorder.passed);
}

TEST(Verification, ARefusedBuildIsAnError) {
  Session s;
  ITensor* x = s.input("x", {16, 16});
  IMatrixMultiplyLayer* product =
      s.network->addMatrixMultiply(*x, MatrixOperation::kNONE, *x, MatrixOperation::kTRANSPOSE);
  product->setName("gram");
  s.output(product->getOutput(0), "y");
  EXPECT_TRUE(s.config->setVerification(VerifyAction::kREFUSE, 1e-30));
  EXPECT_FALSE(s.build());
  EXPECT_NE(s.logger.errors.find("gram"), std::string::npos) << s.logger.errors;
}

TEST(Plans, AreTunedAgainFromTheirPortableNetwork) {
  Chain s;
  const std::unique_ptr<IHostMemory> plan(s.builder->buildSerializedNetwork(*s.network, *s.config));
  ASSERT_NE(plan, nullptr) << s.logger.errors;
  ASSERT_NE(honePlanVersion(plan->data(), plan->size()), nullptr);
  EXPECT_EQ(honePlanVersion("nonsense", 8), nullptr);
  s.config->setDefaultDeviceType(DeviceType::kCPU);
  const std::unique_ptr<IHostMemory> again(s.builder->retuneSerializedNetwork(plan->data(), plan->size(), *s.config));
  ASSERT_NE(again, nullptr) << s.logger.errors;
  s.runtime.reset(createInferRuntime(s.logger));
  s.engine.reset(s.runtime->deserializeCudaEngine(again->data(), again->size()));
  ASSERT_NE(s.engine, nullptr) << s.logger.errors;
  EXPECT_STREQ(s.engine->getEngineDevice().getName(), "cpu");
  s.context.reset(s.engine->createExecutionContext());
  expect_near(s.run({{"x", std::vector<float>(6, 0)}}, "y"), std::vector<float>(6, 1));
  EXPECT_EQ(s.builder->retuneSerializedNetwork("nonsense", 8, *s.config), nullptr);
}

TEST(Formats, InputsAndOutputsLieAsTheProgramSays) {
  Session s;
  ITensor* x = s.input("x", {2, 3, 4, 5});
  ITensor* y = s.output(s.network->addUnary(*x, UnaryOperation::kNEG)->getOutput(0), "y");
  x->setAllowedFormats(1U << static_cast<int>(TensorFormat::kHWC));
  y->setAllowedFormats(1U << static_cast<int>(TensorFormat::kCHW4));
  EXPECT_EQ(x->getAllowedFormats(), 1U << static_cast<int>(TensorFormat::kHWC));
  s.config->setDefaultDeviceType(DeviceType::kCPU);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(list(s.engine->getTensorShape("x")), (std::vector<int64_t>{2, 3, 4, 5}));
  EXPECT_EQ(s.engine->getTensorFormat("x"), TensorFormat::kHWC);
  EXPECT_EQ(s.engine->getTensorFormat("y"), TensorFormat::kCHW4);
  EXPECT_EQ(s.engine->getTensorVectorizedDim("x"), -1);
  EXPECT_EQ(s.engine->getTensorVectorizedDim("y"), 1);
  EXPECT_EQ(s.engine->getTensorComponentsPerElement("y"), 4);
  EXPECT_EQ(s.engine->getTensorBytesPerComponent("y"), 4);
  EXPECT_NE(std::string(s.engine->getTensorFormatDesc("y")).find("groups of 4"), std::string::npos);
  EXPECT_EQ(list(s.context->getTensorShape("y")), (std::vector<int64_t>{2, 3, 4, 5}));
  EXPECT_EQ(list(s.context->getTensorStrides("x")), (std::vector<int64_t>{60, 1, 15, 3}));
  EXPECT_EQ(list(s.context->getTensorStrides("y")), (std::vector<int64_t>{20, 20, 5, 1}));
  EXPECT_TRUE(s.context->setInputShape("x", dims({2, 3, 4, 5})));
  EXPECT_FALSE(s.context->setInputShape("x", dims({2, 4, 4, 5})));
  EXPECT_EQ(s.context->getMaxOutputSize("y"), 2 * 4 * 20 * 4);
  std::vector<float> in(120), out(160, -1);
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
  EXPECT_TRUE(s.context->setInputTensorAddress("x", in.data()));
  EXPECT_TRUE(s.context->setTensorAddress("y", out.data()));
  ASSERT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.errors;
  for (size_t n = 0; n < 2; ++n)
    for (size_t p = 0; p < 20; ++p)
      for (size_t c = 0; c < 4; ++c)
        EXPECT_EQ(out[(n * 20 + p) * 4 + c], c == 3 ? 0.F : -in[(n * 20 + p) * 3 + c]) << n << " " << p << " " << c;
}

TEST(Formats, DynamicShapesAndRefusals) {
  Session s;
  ITensor* x = s.input("x", {-1, 3, 2, 2});
  s.output(s.network->addUnary(*x, UnaryOperation::kNEG)->getOutput(0), "y");
  x->setAllowedFormats(1U << static_cast<int>(TensorFormat::kHWC8));
  IOptimizationProfile* profile = s.builder->createOptimizationProfile();
  profile->setDimensions("x", OptProfileSelector::kMIN, dims({1, 3, 2, 2}));
  profile->setDimensions("x", OptProfileSelector::kOPT, dims({2, 3, 2, 2}));
  profile->setDimensions("x", OptProfileSelector::kMAX, dims({4, 3, 2, 2}));
  s.config->addOptimizationProfile(profile);
  s.config->setDefaultDeviceType(DeviceType::kCPU);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(list(s.engine->getProfileShape("x", 0, OptProfileSelector::kMAX)), (std::vector<int64_t>{4, 3, 2, 2}));
  EXPECT_TRUE(s.context->setInputShape("x", dims({3, 3, 2, 2})));
  EXPECT_EQ(list(s.context->getTensorShape("x")), (std::vector<int64_t>{3, 3, 2, 2}));
  EXPECT_EQ(list(s.context->getTensorShape("y")), (std::vector<int64_t>{3, 3, 2, 2}));
  std::vector<float> in(3 * 4 * 8, 100), out(3 * 3 * 4);
  for (size_t i = 0; i < 3 * 4; ++i)
    for (size_t c = 0; c < 3; ++c) in[i * 8 + c] = static_cast<float>(10 * c + i);
  EXPECT_TRUE(s.context->setInputTensorAddress("x", in.data()));
  EXPECT_TRUE(s.context->setTensorAddress("y", out.data()));
  ASSERT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.errors;
  for (size_t n = 0; n < 3; ++n)
    for (size_t c = 0; c < 3; ++c)
      for (size_t p = 0; p < 4; ++p) EXPECT_EQ(out[(n * 3 + c) * 4 + p], -static_cast<float>(10 * c + 4 * n + p));
  x->setAllowedFormats(1U << static_cast<int>(TensorFormat::kDLA_LINEAR));
  EXPECT_FALSE(s.build());
  EXPECT_NE(s.logger.errors.find("'x'"), std::string::npos) << s.logger.errors;
  s.logger.errors.clear();
  x->setAllowedFormats(0);
  EXPECT_NE(s.logger.errors.find("empty"), std::string::npos);
}

// Errors come as messages, recorder entries and null or false results, never as crashes or exceptions.
#include <NvOnnxParser.h>

#include <mutex>
#include <stdexcept>

#include "support.h"

using namespace support;

namespace {

class Recorder : public IErrorRecorder {
 public:
  int32_t getNbErrors() const noexcept override { return static_cast<int32_t>(codes.size()); }
  ErrorCode getErrorCode(int32_t i) const noexcept override { return codes[static_cast<size_t>(i)]; }
  ErrorDesc getErrorDesc(int32_t i) const noexcept override { return texts[static_cast<size_t>(i)].c_str(); }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { codes.clear(), texts.clear(); }
  bool reportError(ErrorCode val, ErrorDesc desc) noexcept override {
    codes.push_back(val), texts.emplace_back(desc);
    return false;
  }
  RefCount incRefCount() noexcept override { return ++count; }
  RefCount decRefCount() noexcept override { return --count; }
  std::vector<ErrorCode> codes;
  std::vector<std::string> texts;
  int count = 0;
};

class ThrowingLogger : public ILogger {
 public:
  void log(Severity, AsciiChar const*) override {
    ++calls;
    throw std::runtime_error("the logger fails");
  }
  int calls = 0;
};

}  // namespace

TEST(Errors, ReachTheRecorderAndItIsCounted) {
  Recorder recorder;
  {
    Session s;
    s.network->setErrorRecorder(&recorder);
    EXPECT_EQ(recorder.count, 1);
    EXPECT_EQ(s.network->getErrorRecorder(), &recorder);
    EXPECT_EQ(s.network->addInput(nullptr, DataType::kFLOAT, dims({1})), nullptr);
    ASSERT_EQ(recorder.getNbErrors(), 1);
    EXPECT_EQ(recorder.getErrorCode(0), ErrorCode::kINVALID_ARGUMENT);
    EXPECT_NE(std::string(recorder.getErrorDesc(0)).find("addInput"), std::string::npos);
    ITensor* x = s.input("x", {1, 2, 3, 3});
    EXPECT_EQ(s.network->addKVCacheUpdate(*x, *x, *x, KVCacheMode::kLINEAR), nullptr);
    EXPECT_EQ(recorder.codes.back(), ErrorCode::kUNSUPPORTED_STATE);
  }
  EXPECT_EQ(recorder.count, 0);
}

TEST(Errors, ALoggerMayThrow) {
  ThrowingLogger logger;
  const std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  ASSERT_NE(builder, nullptr);
  const std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  EXPECT_EQ(network->addInput(nullptr, DataType::kFLOAT, dims({1})), nullptr);
  EXPECT_GT(logger.calls, 0);
}

TEST(Errors, ANullLoggerIsNoLogger) {
  const std::unique_ptr<IBuilder> builder(static_cast<IBuilder*>(createInferBuilder_INTERNAL(nullptr, 8601)));
  ASSERT_NE(builder, nullptr);
  const std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  EXPECT_EQ(network->addInput("", DataType::kFLOAT, dims({1})), nullptr);
  const std::unique_ptr<IRuntime> runtime(static_cast<IRuntime*>(createInferRuntime_INTERNAL(nullptr, 8601)));
  EXPECT_EQ(runtime->deserializeCudaEngine("nonsense", 8), nullptr);
}

TEST(Errors, TheFirstLiveLoggerIsFound) {
  EXPECT_EQ(::getLogger(), nullptr);
  Logger a, b;
  {
    const std::unique_ptr<IBuilder> first(createInferBuilder(a));
    EXPECT_EQ(::getLogger(), &a);
    const std::unique_ptr<IRuntime> second(createInferRuntime(b));
    EXPECT_EQ(::getLogger(), &a);
  }
  EXPECT_EQ(::getLogger(), nullptr);
}

TEST(Errors, WrongArgumentsOfLayers) {
  Session s;
  ITensor* x = s.input("x", {1, 2, 4, 4});
  EXPECT_EQ(s.network->addInput("x", DataType::kFLOAT, dims({1})), nullptr);
  EXPECT_EQ(s.network->addInput("z", static_cast<DataType>(33), dims({1})), nullptr);
  EXPECT_EQ(s.network->addInput("z", DataType::kFLOAT, Dims{9, {}}), nullptr);
  EXPECT_EQ(s.network->addInput("z", DataType::kFLOAT, dims({-2})), nullptr);
  const std::vector<float> kernel(5, 1);
  EXPECT_EQ(s.network->addConvolutionNd(*x, 2, Dims2(2, 2), weights(kernel), none()), nullptr);
  EXPECT_EQ(s.network->addConvolutionNd(*x, 0, Dims2(2, 2), none(), none()), nullptr);
  EXPECT_EQ(s.network->addActivation(*x, static_cast<ActivationType>(99)), nullptr);
  EXPECT_EQ(s.network->addReduce(*x, ReduceOperation::kSUM, 0, true), nullptr);
  EXPECT_EQ(s.network->addTopK(*x, TopKOperation::kMAX, 1, 3), nullptr);
  EXPECT_EQ(s.network->addConcatenation(nullptr, 2), nullptr);
  EXPECT_EQ(s.network->addConstant(dims({3}), weights(kernel)), nullptr);
  EXPECT_EQ(s.network->addEinsum(&x, 1, "ab,bc->ac"), nullptr);
  EXPECT_EQ(s.network->getNbLayers(), 0);
  Session other;
  ITensor* foreign = other.input("x", {1});
  EXPECT_EQ(s.network->addIdentity(*foreign), nullptr);
  EXPECT_NE(s.logger.errors.find("another network"), std::string::npos);
}

TEST(Errors, BuildsOfUnfinishedNetworksSayWhatIsWrong) {
  Session s;
  EXPECT_FALSE(s.build());
  EXPECT_NE(s.logger.errors.find("no output"), std::string::npos) << s.logger.errors;
  s.logger.errors.clear();
  ITensor* a = s.input("a", {2, 3});
  ITensor* b = s.input("b", {4, 3});
  IElementWiseLayer* sum = s.network->addElementWise(*a, *b, ElementWiseOperation::kSUM);
  sum->setName("bad sum");
  s.output(sum->getOutput(0), "y");
  EXPECT_FALSE(s.builder->isNetworkSupported(*s.network, *s.config));
  EXPECT_FALSE(s.build());
  EXPECT_NE(s.logger.errors.find("bad sum"), std::string::npos) << s.logger.errors;
}

TEST(Errors, SettingsThatCannotBeHonouredAreRefused) {
  Session s;
  ITensor* x = s.input("x", {2});
  s.output(s.network->addIdentity(*x)->getOutput(0), "y");
  s.config->setFlag(BuilderFlag::kREFIT);
  EXPECT_FALSE(s.build());
  EXPECT_NE(s.logger.errors.find("kREFIT"), std::string::npos) << s.logger.errors;
  s.config->clearFlag(BuilderFlag::kREFIT);
  s.logger.errors.clear();
  s.config->setEngineCapability(EngineCapability::kSAFETY);
  EXPECT_NE(s.logger.errors.find("kSTANDARD"), std::string::npos);
  EXPECT_TRUE(s.build()) << s.logger.errors;
}

TEST(Errors, DamagedPlansAreRefused) {
  Session s;
  ITensor* x = s.input("x", {2});
  s.output(s.network->addUnary(*x, UnaryOperation::kNEG)->getOutput(0), "y");
  const std::unique_ptr<IHostMemory> plan(s.builder->buildSerializedNetwork(*s.network, *s.config));
  ASSERT_NE(plan, nullptr) << s.logger.errors;
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
  EXPECT_EQ(runtime->deserializeCudaEngine(nullptr, 10), nullptr);
  EXPECT_EQ(runtime->deserializeCudaEngine(plan->data(), plan->size() / 2), nullptr);
  std::vector<char> bytes(static_cast<char*>(plan->data()), static_cast<char*>(plan->data()) + plan->size());
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_EQ(runtime->deserializeCudaEngine(bytes.data(), bytes.size()), nullptr);
  EXPECT_EQ(runtime->deserializeCudaEngineFromFile("/does/not/exist"), nullptr);
  EXPECT_NE(s.logger.errors.find("/does/not/exist"), std::string::npos);
  const std::unique_ptr<ICudaEngine> good(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  EXPECT_NE(good, nullptr);
}

TEST(Errors, RunsWithoutAddressesAreRefused) {
  Session s;
  ITensor* x = s.input("x", {2});
  s.output(s.network->addUnary(*x, UnaryOperation::kNEG)->getOutput(0), "y");
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_FALSE(s.context->enqueueV3(nullptr));
  EXPECT_FALSE(s.context->executeV2(nullptr));
  float in[2] = {1, 2};
  void* bindings[] = {in, nullptr};
  EXPECT_FALSE(s.context->executeV2(bindings));
  EXPECT_NE(s.logger.errors.find("'y' has no address"), std::string::npos) << s.logger.errors;
  EXPECT_FALSE(s.context->setTensorAddress("z", in));
  EXPECT_FALSE(s.context->setInputTensorAddress("y", in));
  EXPECT_EQ(s.engine->getTensorShape("z").nbDims, -1);
  EXPECT_EQ(s.engine->getTensorIOMode("z"), TensorIOMode::kNONE);
}

TEST(Errors, TheParserKeepsThem) {
  Session s;
  const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*s.network, s.logger));
  ASSERT_NE(parser, nullptr);
  EXPECT_FALSE(parser->parse("nonsense", 8));
  ASSERT_EQ(parser->getNbErrors(), 1);
  EXPECT_EQ(parser->getError(0)->code(), nvonnxparser::ErrorCode::kMODEL_DESERIALIZE_FAILED);
  EXPECT_NE(parser->getError(0)->desc()[0], '\0');
  EXPECT_EQ(parser->getError(1), nullptr);
  parser->clearErrors();
  EXPECT_EQ(parser->getNbErrors(), 0);
  EXPECT_FALSE(parser->parseFromFile("/does/not/exist.onnx", 2));
  EXPECT_NE(std::string(parser->getError(0)->desc()).find("/does/not/exist.onnx"), std::string::npos);
  EXPECT_FALSE(parser->loadInitializer("w", nullptr, 0));
  int64_t libraries = -1;
  EXPECT_EQ(parser->getUsedVCPluginLibraries(libraries), nullptr);
  EXPECT_EQ(libraries, 0);
  EXPECT_TRUE(parser->supportsOperator("Conv"));
  EXPECT_FALSE(parser->supportsOperator("NoSuchOperator"));
  EXPECT_TRUE(parser->getFlag(nvonnxparser::OnnxParserFlag::kNATIVE_INSTANCENORM));
}

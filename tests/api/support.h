// What the programs of this folder share: a logger that keeps messages, and building and running in few words. They
// see the public headers only.
#pragma once

#include <NvInfer.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace support {

using namespace nvinfer1;

/// Keeps everything; knows how many errors came.
class Logger : public ILogger {
 public:
  void log(Severity severity, AsciiChar const* msg) noexcept override {
    if (severity <= Severity::kERROR) errors += std::string(msg) + "\n";
    if (severity == Severity::kWARNING) warnings += std::string(msg) + "\n";
  }
  std::string errors, warnings;
};

inline Dims dims(std::vector<int64_t> v) {
  Dims d{static_cast<int32_t>(v.size()), {}};
  std::copy(v.begin(), v.end(), d.d);
  return d;
}
inline std::vector<int64_t> list(const Dims& d) {
  return d.nbDims < 0 ? std::vector<int64_t>{-999} : std::vector<int64_t>(d.d, d.d + d.nbDims);
}
inline int64_t count(const Dims& d) {
  int64_t n = 1;
  for (int i = 0; i < d.nbDims; ++i) n *= d.d[i];
  return n;
}
inline Weights weights(const std::vector<float>& v) {
  return {DataType::kFLOAT, v.data(), static_cast<int64_t>(v.size())};
}
inline Weights weights(const std::vector<int32_t>& v) {
  return {DataType::kINT32, v.data(), static_cast<int64_t>(v.size())};
}
inline Weights weights(const std::vector<int64_t>& v) {
  return {DataType::kINT64, v.data(), static_cast<int64_t>(v.size())};
}
inline Weights none() { return {DataType::kFLOAT, nullptr, 0}; }

/// A network under construction, then an engine of it.
struct Session {
  Logger logger;
  std::unique_ptr<IBuilder> builder{createInferBuilder(logger)};
  std::unique_ptr<INetworkDefinition> network{builder->createNetworkV2(0)};
  std::unique_ptr<IBuilderConfig> config{builder->createBuilderConfig()};
  std::unique_ptr<IRuntime> runtime;
  std::unique_ptr<ICudaEngine> engine;
  std::unique_ptr<IExecutionContext> context;

  Session() {
    config->setBuilderOptimizationLevel(1);
    config->setCpuThreads(1);
  }
  ITensor* input(const char* name, std::vector<int64_t> shape, DataType type = DataType::kFLOAT) {
    return network->addInput(name, type, dims(std::move(shape)));
  }
  ITensor* output(ITensor* t, const char* name) {
    t->setName(name);
    network->markOutput(*t);
    return t;
  }
  ITensor* constant(std::vector<int64_t> shape, const std::vector<float>& v) {
    return network->addConstant(dims(std::move(shape)), weights(v))->getOutput(0);
  }
  /// Through a serialized plan, as programs do.
  bool build() {
    const std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
    if (plan == nullptr) return false;
    runtime.reset(createInferRuntime(logger));
    engine.reset(runtime->deserializeCudaEngine(plan->data(), plan->size()));
    if (engine == nullptr) return false;
    context.reset(engine->createExecutionContext());
    return context != nullptr;
  }
  /// Runs with these inputs (float) and returns output `name` (float).
  std::vector<float> run(const std::map<std::string, std::vector<float>>& inputs, const char* name) {
    std::map<std::string, std::vector<float>> outputs;
    for (int i = 0; i < engine->getNbIOTensors(); ++i) {
      const char* t = engine->getIOTensorName(i);
      if (engine->getTensorIOMode(t) == TensorIOMode::kINPUT) {
        EXPECT_TRUE(context->setInputTensorAddress(t, inputs.at(t).data()));
      } else {
        outputs[t].resize(static_cast<size_t>(count(context->getTensorShape(t))), -12345.0F);
        EXPECT_TRUE(context->setTensorAddress(t, outputs[t].data()));
      }
    }
    EXPECT_TRUE(context->enqueueV3(nullptr)) << logger.errors;
    return outputs.at(name);
  }
};

inline void expect_near(const std::vector<float>& got, const std::vector<float>& want, float tolerance = 1e-5F) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], tolerance) << "element " << i;
}

}  // namespace support

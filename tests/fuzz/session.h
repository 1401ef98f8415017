// What the fuzz programs do with Hone: parse, build without tuning, load and run, all through the installed headers.
#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace fuzz {

/// Says nothing: refusals are what is expected here.
struct SilentLogger : nvinfer1::ILogger {
  void log(Severity, const char*) noexcept override {}
};

/// Parses a model and, where that succeeds, builds an engine at the lowest effort; null where either refuses.
inline std::unique_ptr<nvinfer1::IHostMemory> build(nvinfer1::ILogger& logger, const void* model, size_t size) {
  std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
  std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
  std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
  if (!parser->parse(model, size)) return nullptr;
  std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  config->setBuilderOptimizationLevel(0);
  auto* profile = builder->createOptimizationProfile();
  bool dynamic = false;
  for (int i = 0; i < network->getNbInputs(); ++i) {
    auto dims = network->getInput(i)->getDimensions();
    for (int d = 0; d < dims.nbDims; ++d)
      if (dims.d[d] < 0) dims.d[d] = 2, dynamic = true;
    for (auto which :
         {nvinfer1::OptProfileSelector::kMIN, nvinfer1::OptProfileSelector::kOPT, nvinfer1::OptProfileSelector::kMAX})
      profile->setDimensions(network->getInput(i)->getName(), which, dims);
  }
  if (dynamic) config->addOptimizationProfile(profile);
  return std::unique_ptr<nvinfer1::IHostMemory>(builder->buildSerializedNetwork(*network, *config));
}

/// Elements of a shape; -1 where they are not known or more than a test should hold.
inline int64_t elements(const nvinfer1::Dims& dims) {
  if (dims.nbDims < 0) return -1;
  int64_t n = 1;
  for (int i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] < 0 || dims.d[i] > (1 << 22)) return -1;
    n *= dims.d[i];
    if (n > (1 << 22)) return -1;
  }
  return n;
}

/// Takes what an engine asks for and keeps it.
struct Outputs : nvinfer1::IOutputAllocator {
  std::vector<std::vector<char>> held;
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override {
    if (size > (uint64_t{1} << 26)) return nullptr;
    held.emplace_back(size + 1);
    return held.back().data();
  }
  void notifyShape(char const*, nvinfer1::Dims const&) noexcept override {}
};

/// Memory for contexts, 256 MiB at most: a plan whose extents have become large is right as far as anybody can tell,
/// and would only cost time.
struct Memory : nvinfer1::IGpuAllocator {
  void* allocate(uint64_t const size, uint64_t const alignment, nvinfer1::AllocatorFlags const) noexcept override {
    return size > (uint64_t{1} << 28) ? nullptr
                                      : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  }
  bool deallocate(void* const memory) noexcept override {
    std::free(memory);
    return true;
  }
};

/// Loads a plan and, where `run` says so, runs it once on zeros; false where anything refuses.
inline bool load_and_run(nvinfer1::ILogger& logger, const void* plan, size_t size, bool run = true) {
  Memory memory;
  std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  runtime->setGpuAllocator(&memory);
  std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan, size));
  if (!engine) return false;
  std::unique_ptr<nvinfer1::IExecutionContext> context(engine->createExecutionContext());
  if (!context) return false;
  if (!run) return true;
  std::vector<std::vector<char>> buffers;
  Outputs outputs;
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    const char* name = engine->getIOTensorName(i);
    auto dims = engine->getTensorShape(name);
    if (engine->getTensorIOMode(name) == nvinfer1::TensorIOMode::kOUTPUT) {
      if (!context->setOutputAllocator(name, &outputs)) return false;
      continue;
    }
    for (int d = 0; d < dims.nbDims; ++d)
      if (dims.d[d] < 0) dims.d[d] = 2;
    const int64_t n = elements(dims);
    if (n < 0 || !context->setInputShape(name, dims)) return false;
    buffers.emplace_back(static_cast<size_t>(n) * 8 + 8);
    if (!context->setTensorAddress(name, buffers.back().data())) return false;
  }
  return context->enqueueV3(nullptr);
}

}  // namespace fuzz

// A user's program: builds a network of one layer with the installed headers, runs it, and checks the result.
#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <cstdio>
#include <memory>

struct Logger : nvinfer1::ILogger {
  void log(Severity severity, const char* text) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", text);
  }
};

int main(int count, char** arguments) {
  Logger logger;
  std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
  std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
  if (count > 1) {  // an ONNX file: parsing it is enough
    std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
    if (!parser->parseFromFile(arguments[1], 0)) return 2;
    std::printf("parsed %d layers\n", network->getNbLayers());
    return network->getNbLayers() > 0 ? 0 : 3;
  }
  auto* input = network->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims{1, {4}});
  auto* layer = network->addActivation(*input, nvinfer1::ActivationType::kRELU);
  layer->getOutput(0)->setName("y");
  network->markOutput(*layer->getOutput(0));
  std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  std::unique_ptr<nvinfer1::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) return 4;
  std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  if (!engine) return 5;
  std::unique_ptr<nvinfer1::IExecutionContext> context(engine->createExecutionContext());
  float x[4] = {-1, 2, -3, 4}, y[4] = {};
  context->setTensorAddress("x", x);
  context->setTensorAddress("y", y);
  if (!context->enqueueV3(nullptr)) return 6;
  std::printf("%g %g %g %g\n", y[0], y[1], y[2], y[3]);
  return y[0] == 0 && y[1] == 2 && y[2] == 0 && y[3] == 4 ? 0 : 7;
}

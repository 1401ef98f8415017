// Several contexts of one engine in parallel threads, and builds beside them, give the same results as one alone. Built
// with ThreadSanitizer it also shows that they share nothing without a lock.
#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

namespace {

struct Logger : nvinfer1::ILogger {
  void log(Severity severity, const char* text) noexcept override {
    if (severity <= Severity::kERROR) std::fprintf(stderr, "%s\n", text);
  }
} g_logger;

std::unique_ptr<nvinfer1::IHostMemory> build(const std::vector<char>& model) {
  std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(g_logger));
  std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
  std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, g_logger));
  if (!parser->parse(model.data(), model.size())) return nullptr;
  std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  config->setBuilderOptimizationLevel(0);
  return std::unique_ptr<nvinfer1::IHostMemory>(builder->buildSerializedNetwork(*network, *config));
}

/// Runs a context once on an input made of `seed`; empty on failure.
std::vector<float> run(nvinfer1::IExecutionContext& context, int seed) {
  std::vector<float> x(3 * 96 * 96), y(16);
  uint32_t state = static_cast<uint32_t>(seed) + 1;
  for (float& v : x) v = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24f;
  const bool ok = context.setTensorAddress("picture", x.data()) &&
                  context.setTensorAddress("probabilities", y.data()) && context.enqueueV3(nullptr);
  return ok ? y : std::vector<float>();
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = 4, rounds = argc > 2 ? std::atoi(argv[2]) : 10;
  std::ifstream file(argc > 1 ? argv[1] : "assets/shapes.onnx", std::ios::binary);
  const std::vector<char> model{std::istreambuf_iterator<char>(file), {}};
  const auto plan = build(model);
  std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(g_logger));
  if (!plan || !runtime) return 1;
  std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  if (!engine) return 1;

  std::vector<std::vector<float>> expected;
  std::unique_ptr<nvinfer1::IExecutionContext> alone(engine->createExecutionContext());
  for (int i = 0; i < threads; ++i) expected.push_back(run(*alone, i));
  if (expected[0].empty() || expected[0] == expected[1]) {
    std::fprintf(stderr, "the engine does not run, or ignores its input\n");
    return 1;
  }

  std::atomic<int> wrong = 0;
  std::vector<std::thread> team;
  for (int i = 0; i < threads; ++i)
    team.emplace_back([&, i] {
      std::unique_ptr<nvinfer1::IExecutionContext> context(engine->createExecutionContext());
      for (int round = 0; round < rounds; ++round)
        if (!context || run(*context, i) != expected[static_cast<size_t>(i)]) ++wrong;
    });
  team.emplace_back([&] {
    if (!build(model)) ++wrong;
  });
  for (auto& t : team) t.join();
  std::printf("%d threads, %d rounds each, %d wrong\n", threads, rounds, wrong.load());
  return wrong == 0 ? 0 : 1;
}

// trtexec: build an engine from a model or load one, run it, report; exit code 0 on success, 1 otherwise.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "common/session.h"
#include "common/waiting.h"
#include "trtexec/describe.h"
#include "trtexec/options.h"

namespace {

using namespace tools;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

void save(const std::string& path, const nvinfer1::IHostMemory& plan) {
  std::ofstream f(path, std::ios::binary);
  if (!f.write(static_cast<const char*>(plan.data()), static_cast<std::streamsize>(plan.size())) || !f.flush())
    throw UserError(fmt::format("cannot write plan '{}'", path));
}

double mib(int64_t bytes) { return static_cast<double>(bytes) / 1048576; }

bool inspects(const Options& o) {
  return o.dump_layer_info || !o.export_layer_info.empty() || o.dump_optimization_profile;
}

void skipped() { say('I', "Skipped inference phase since --skipInference is added."); }

void report_profiles(const nvinfer1::ICudaEngine& engine) {
  using S = nvinfer1::OptProfileSelector;
  for (int p = 0; p < engine.getNbOptimizationProfiles(); ++p)
    for (int i = 0; i < engine.getNbIOTensors(); ++i) {
      const char* name = engine.getIOTensorName(i);
      if (engine.getTensorIOMode(name) != nvinfer1::TensorIOMode::kINPUT) continue;
      say('I', "Profile {} input {}: min {}, opt {}, max {}", p, name,
          dims_text(engine.getProfileShape(name, p, S::kMIN)), dims_text(engine.getProfileShape(name, p, S::kOPT)),
          dims_text(engine.getProfileShape(name, p, S::kMAX)));
    }
}

// A loaded plan is all that has come into the process since, so that the two figures can be compared.
void report_memory(const nvinfer1::ICudaEngine& engine, const RunResult& r, const Options& o, int64_t growth) {
  const int64_t weights = engine.getEngineStat(nvinfer1::EngineStat::kTOTAL_WEIGHTS_SIZE),
                activations = o.streams * engine.getDeviceMemorySizeV2();
  say('I',
      "Memory: weights {:.2f} MiB + activations and workspace {:.2f} MiB + inputs and outputs {:.2f} MiB = {:.2f} MiB",
      mib(weights), mib(activations), mib(r.io_bytes), mib(weights + activations + r.io_bytes));
  if (!o.load_engine.empty() && r.resident_bytes > 0)
    say('I', "The process has grown by {:.2f} MiB, without the code of libraries", mib(growth));
}

void print_plan_version(const Options& o) {
  std::ifstream f(o.load_engine, std::ios::binary);
  if (!f) throw UserError(fmt::format("cannot read plan '{}'", o.load_engine));
  const std::vector<char> plan{std::istreambuf_iterator<char>(f), std::istreambuf_iterator<char>()};
  const char* version = honePlanVersion(plan.data(), plan.size());
  if (version == nullptr)
    throw UserError(fmt::format("'{}' is not a plan of a version of Hone that is known", o.load_engine));
  say('I', "Plan was created with Hone version {}", version);
}

void work(const Options& o, Logger& logger) {
  if (o.plan_version_only) return print_plan_version(o);
  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  if (runtime == nullptr) throw UserError("cannot create a runtime");
  runtime->setCpuThreads(o.cpu_threads);
  std::unique_ptr<nvinfer1::IHostMemory> plan;
  if (!o.onnx.empty()) {
    const auto start = Clock::now();
    plan = build_plan(o, logger);
    say('I', "Engine built in {:.6g} sec.", seconds_since(start));
    say('I', "Created engine with size: {:.6g} MiB", static_cast<double>(plan->size()) / 1048576);
    if (!o.save_engine.empty()) save(o.save_engine, *plan);
    if (o.skip_inference && !inspects(o)) return skipped();
  } else if (o.retune) {
    const auto start = Clock::now();
    plan = retune_plan(o, logger);
    say('I', "Engine tuned again in {:.6g} sec.", seconds_since(start));
    if (!o.save_engine.empty()) save(o.save_engine, *plan);
    if (o.skip_inference && !inspects(o)) return skipped();
  }
  const int64_t resident_before = resident_bytes();
  const auto start = Clock::now();
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(
      plan != nullptr ? runtime->deserializeCudaEngine(plan->data(), plan->size())
                      : runtime->deserializeCudaEngineFromFile(o.load_engine.c_str()));
  if (engine == nullptr) throw UserError("the engine could not be loaded; the reason is logged above");
  say('I', "Engine deserialized in {:.6g} sec.", seconds_since(start));
  plan.reset();
  if (o.time_deserialize) return;
  say('I', "Memory of the engine: weights {:.2f} MiB, activations and workspace of each context {:.2f} MiB",
      mib(engine->getEngineStat(nvinfer1::EngineStat::kTOTAL_WEIGHTS_SIZE)), mib(engine->getDeviceMemorySizeV2()));
  if (o.dump_layer_info || !o.export_layer_info.empty()) report_layers(*engine, o);
  if (o.dump_optimization_profile) report_profiles(*engine);
  if (o.skip_inference) return skipped();
  say('I', "Starting inference");
  const RunResult r = run_engine(*engine, o);
  report_performance(r, o, *engine);
  report_memory(*engine, r, o, r.resident_bytes - resident_before);
  report_profile(r, o);
  report_outputs(r, o);
  if (!o.export_times.empty()) export_times(r, o.export_times);
  if (o.dump_raw) dump_raw(r);
  if (!o.load_ref_outputs.empty()) compare_outputs(r, o);
}

}  // namespace

int main(int argc, char** argv) {
  tools::wait_briefly(argv);
  std::string command = "trtexec";
  for (int i = 1; i < argc; ++i) command += fmt::format(" {}", argv[i]);
  const std::string title = fmt::format("TensorRT.trtexec [Hone v{}.{}.{}] # {}", NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR,
                                        NV_TENSORRT_PATCH, command);
  std::string help;
  try {
    Options o = trtexec::parse_options(argc, argv, &help);
    if (o.help) {
      fmt::print("{}", help);
      return 0;
    }
    fmt::print("&&&& RUNNING {}\n", title);
    std::fflush(stdout);
    trtexec::settle(o);
    trtexec::describe(o);
    if (!o.device.empty() && o.device != "cpu" && o.device.find_first_not_of("0123456789") != std::string::npos)
      throw UserError(fmt::format("--device: '{}' is neither 'cpu' nor a number", o.device));
    if (!o.device.empty() && o.device != "cpu" && honeWhyNoGpu() != nullptr)
      throw UserError(fmt::format("--device={}: {}; use --device=cpu", o.device, honeWhyNoGpu()));
    if (!o.device.empty() && o.device != "cpu" && o.device != "0")
      throw UserError(
          fmt::format("--device={}: engines run on GPU 0; choose another with CUDA_VISIBLE_DEVICES", o.device));
    Logger logger(o.verbose);
    work(o, logger);
  } catch (const std::exception& e) {
    say('E', "Error: {}", e.what());
    fmt::print("&&&& FAILED {}\n", title);
    return 1;
  }
  fmt::print("&&&& PASSED {}\n", title);
  return 0;
}

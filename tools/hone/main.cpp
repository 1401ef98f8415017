// hone: run, build and inspect networks without knowing any flag.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "common/session.h"
#include "common/statistics.h"
#include "common/waiting.h"

extern char** environ;

namespace {

using namespace tools;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

struct Arguments {
  std::string model, plan, labels;
  std::vector<std::string> inputs;
  Options options;
  int top = 5, layers = 15;
  std::string shapes, mean, deviation, verify;
  bool json = false;
};

bool is_plan(const std::string& path) {
  char magic[8] = {};
  std::ifstream f(path, std::ios::binary);
  if (!f) throw UserError(fmt::format("cannot open '{}'", path));
  f.read(magic, 8);
  return std::string(magic, 8) == "HONEPLAN";
}

std::vector<double> numbers(const std::string& text) {
  std::vector<double> v;
  std::string word;
  for (char c : text + ",") {
    if (c != ',') {
      word += c;
      continue;
    }
    try {
      if (!word.empty()) v.push_back(std::stod(word));
    } catch (const std::exception&) {
      throw UserError(fmt::format("'{}' is not a number", word));
    }
    word.clear();
  }
  return v;
}

void complete(Arguments& a) {
  a.options.picture.mean = numbers(a.mean);
  a.options.picture.deviation = numbers(a.deviation);
  if (!a.shapes.empty()) a.options.shapes = parse_shapes("shapes", a.shapes);
  a.options.onnx = a.model;
  if (!a.verify.empty() && a.verify != "true") {
    const std::vector<double> tolerance = numbers(a.verify);
    if (tolerance.size() != 1 || !(tolerance[0] > 0))
      throw UserError(fmt::format("--verify: '{}' is not a tolerance above 0", a.verify));
    a.options.verify_tolerance = tolerance[0];
  }
  a.options.verify = a.options.verify || !a.options.export_verify.empty();
  a.options.profiling_verbosity = "detailed";
}

std::unique_ptr<nvinfer1::ICudaEngine> load(nvinfer1::IRuntime& runtime, const std::string& plan) {
  const auto start = Clock::now();
  std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime.deserializeCudaEngineFromFile(plan.c_str()));
  if (engine == nullptr) throw UserError(fmt::format("plan '{}' could not be loaded; the reason is above", plan));
  fmt::print("Loaded '{}' in {:.1f} ms\n", plan, 1e3 * seconds_since(start));
  return engine;
}

// "FILE" goes to the first input without one, "NAME=FILE" to the named input.
void assign_inputs(const nvinfer1::ICudaEngine& engine, const std::vector<std::string>& given, Options& o) {
  std::vector<std::string> names;
  for (int i = 0; i < engine.getNbIOTensors(); ++i)
    if (engine.getTensorIOMode(engine.getIOTensorName(i)) == nvinfer1::TensorIOMode::kINPUT)
      names.emplace_back(engine.getIOTensorName(i));
  size_t next = 0;
  for (const std::string& g : given) {
    const size_t eq = g.find('=');
    const std::string name = eq == std::string::npos ? "" : g.substr(0, eq);
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      o.load_inputs.emplace_back(name, g.substr(eq + 1));
    } else {
      if (next >= names.size())
        throw UserError(
            fmt::format("more inputs given than the network has; its inputs are {}", fmt::join(names, ", ")));
      o.load_inputs.emplace_back(names[next++], g);
    }
  }
  for (size_t i = 0; i < names.size(); ++i)
    if (std::none_of(o.load_inputs.begin(), o.load_inputs.end(), [&](const auto& p) { return p.first == names[i]; }))
      fmt::print("Input '{}' is drawn at random (give a picture, .npy or raw file to change that)\n", names[i]);
}

std::vector<std::string> read_labels(const Arguments& a) {
  std::string path = a.labels;
  if (path.empty()) {
    const fs::path beside = fs::path(a.model).replace_extension(".labels.txt");
    if (fs::exists(beside)) path = beside.string();
  }
  std::vector<std::string> r;
  if (path.empty()) return r;
  std::ifstream f(path);
  if (!f) throw UserError(fmt::format("cannot open labels '{}'", path));
  for (std::string line; std::getline(f, line);) r.push_back(line);
  return r;
}

// Scores of one row as probabilities: as they are where they are a distribution, else their softmax.
std::vector<double> probabilities(std::vector<double> v) {
  const double sum = std::accumulate(v.begin(), v.end(), 0.0), least = *std::min_element(v.begin(), v.end());
  if (least >= 0 && std::fabs(sum - 1) < 1e-2) return v;
  const double most = *std::max_element(v.begin(), v.end());
  double total = 0;
  for (double& x : v) total += x = std::exp(x - most);
  for (double& x : v) x /= total;
  return v;
}

void show_output(const Tensor& t, const std::vector<std::string>& labels, int top) {
  fmt::print("\nOutput '{}' {} {}\n", t.name, type_name(t.type), dims_text(t.dims));
  const int64_t count = volume(t.dims);
  if (count == 0) return;
  const std::vector<double> values = to_doubles(t.type, t.data.data(), count);
  int64_t classes = t.dims.nbDims > 0 ? t.dims.d[t.dims.nbDims - 1] : 1;
  for (int i = t.dims.nbDims - 1; i > 0 && classes == 1; --i) classes = t.dims.d[i - 1];
  const bool scores = classes > 1 && count / classes <= 8 && (t.dims.nbDims <= 2 || count == classes);
  if (!scores) {
    double sum = 0, square = 0;
    for (double x : values) sum += x, square += x * x;
    const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
    fmt::print("  min {:.6g}, max {:.6g}, mean {:.6g}, L2 norm {:.6g}\n", *lo, *hi, sum / static_cast<double>(count),
               std::sqrt(square));
    return;
  }
  for (int64_t row = 0; row < count / classes; ++row) {
    const std::vector<double> p = probabilities({values.begin() + row * classes, values.begin() + (row + 1) * classes});
    std::vector<int64_t> order(p.size());
    std::iota(order.begin(), order.end(), 0);
    const auto k = std::min<size_t>(static_cast<size_t>(top), order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<long>(k), order.end(),
                      [&](int64_t x, int64_t y) { return p[static_cast<size_t>(x)] > p[static_cast<size_t>(y)]; });
    for (size_t i = 0; i < k; ++i) {
      const auto c = static_cast<size_t>(order[i]);
      fmt::print("  {:6.2f} %  class {:4} {}\n", 100 * p[c], c, c < labels.size() ? labels[c] : "");
    }
  }
}

void show_latency(const RunResult& r) {
  std::vector<double> ms;
  for (const Trace& t : r.traces) ms.push_back(t.latency());
  const Summary s = summarize(ms, {90, 95, 99});
  fmt::print(
      "\nLatency over {} runs (ms)\n  {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n  {:9.3f} {:9.3f} {:9.3f} {:9.3f} {:9.3f} "
      "{:9.3f}\n  throughput {:.1f} per second\n",
      ms.size(), "min", "mean", "median", "p90", "p95", "p99", s.min, s.mean, s.median, s.percentiles[0],
      s.percentiles[1], s.percentiles[2], 1e3 * static_cast<double>(ms.size()) / r.wall_ms);
}

// A layer is named after all nodes that became it; a table shows the first of many.
std::string short_name(const std::string& name) {
  size_t others = 0;
  for (size_t at = name.find(" + "); at != std::string::npos; at = name.find(" + ", at + 3)) ++others;
  return others <= 1 ? name : fmt::format("{} + {} more", name.substr(0, name.find(" + ")), others);
}

void show_layers(const RunResult& r, int most) {
  struct Row {
    double ms;
    std::string name;
  };
  std::vector<Row> rows;
  double total = 0;
  for (const LayerTime& l : r.profile) {
    std::vector<double> v(l.ms.begin(), l.ms.end());
    if (v.empty()) continue;
    rows.push_back({summarize(v, {}).median, l.name});
    total += rows.back().ms;
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.ms > b.ms; });
  fmt::print("\nWhere the time goes ({} layers, {:.3f} ms when timed one by one)\n", rows.size(), total);
  double shown = 0;
  for (size_t i = 0; i < rows.size() && i < static_cast<size_t>(most); ++i) {
    fmt::print("  {:8.3f} ms {:5.1f} %  {}\n", rows[i].ms, 100 * rows[i].ms / std::max(total, 1e-9),
               short_name(rows[i].name));
    shown += rows[i].ms;
  }
  if (rows.size() > static_cast<size_t>(most))
    fmt::print("  {:8.3f} ms {:5.1f} %  the {} others\n", total - shown, 100 * (total - shown) / std::max(total, 1e-9),
               rows.size() - static_cast<size_t>(most));
}

void run_plan(Arguments& a, const std::string& plan, Logger& logger) {
  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  if (runtime == nullptr) throw UserError("cannot create a runtime");
  runtime->setCpuThreads(a.options.cpu_threads);
  const auto engine = load(*runtime, plan);
  assign_inputs(*engine, a.inputs, a.options);
  a.options.dump_profile = true;
  a.options.separate_profile_run = true;
  const RunResult r = run_engine(*engine, a.options);
  const std::vector<std::string> labels = read_labels(a);
  for (const Tensor& t : r.outputs) show_output(t, labels, a.top);
  show_latency(r);
  show_layers(r, a.layers);
}

void save_plan(const nvinfer1::IHostMemory& plan, const std::string& path) {
  std::ofstream f(path, std::ios::binary);
  if (!f.write(static_cast<const char*>(plan.data()), static_cast<std::streamsize>(plan.size())) || !f.flush())
    throw UserError(fmt::format("cannot write plan '{}'", path));
}

std::string build(Arguments& a, const std::string& path, Logger& logger) {
  const auto start = Clock::now();
  // A verification runs on the inputs that are given by name.
  Options o = a.options;
  for (const std::string& g : a.inputs)
    if (const size_t eq = g.find('='); eq != std::string::npos)
      o.load_inputs.emplace_back(g.substr(0, eq), g.substr(eq + 1));
  const auto plan = build_plan(o, logger);
  save_plan(*plan, path);
  fmt::print("Built '{}' in {:.2f} s: plan '{}', {:.2f} MiB\n", a.model, seconds_since(start), path,
             static_cast<double>(plan->size()) / 1048576);
  std::fflush(stdout);
  return path;
}

// Runs this program again with the plan in place of the model: the plan stands alone.
int run_in_new_process(int argc, char** argv, const std::string& model, const std::string& plan,
                       const std::string& labels) {
  std::vector<std::string> words(argv, argv + argc);
  for (std::string& w : words)
    if (w == model) {
      w = plan;
      break;
    }
  if (!labels.empty()) words.insert(words.end(), {"--labels", labels});
  std::vector<char*> raw;
  raw.reserve(words.size() + 1);
  for (std::string& w : words) raw.push_back(w.data());
  raw.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, raw.data(), environ) != 0)
    throw UserError("cannot start a new process");
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int command_run(Arguments& a, int argc, char** argv, Logger& logger) {
  complete(a);
  if (is_plan(a.model)) {
    run_plan(a, a.model, logger);
    return 0;
  }
  const bool keep = !a.plan.empty();
  const fs::path path =
      keep ? fs::path(a.plan)
           : fs::temp_directory_path() / fmt::format("hone-{}-{}.plan", fs::path(a.model).stem().string(), getpid());
  build(a, path.string(), logger);
  fs::path beside = fs::path(a.model).replace_extension(".labels.txt");
  const int status = run_in_new_process(argc, argv, a.model, path.string(),
                                        a.labels.empty() && fs::exists(beside) ? beside.string() : "");
  if (!keep) {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
  return status;
}

void command_inspect(Arguments& a, Logger& logger) {
  complete(a);
  std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  std::unique_ptr<nvinfer1::ICudaEngine> engine;
  if (is_plan(a.model)) {
    engine.reset(runtime->deserializeCudaEngineFromFile(a.model.c_str()));
  } else {
    a.options.optimization_level = 0;
    const auto plan = build_plan(a.options, logger);
    engine.reset(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  }
  if (engine == nullptr) throw UserError(fmt::format("'{}' could not be loaded; the reason is above", a.model));
  const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine->createEngineInspector());
  if (a.json) {
    fmt::print("{}\n", inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON));
    return;
  }
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    const char* name = engine->getIOTensorName(i);
    fmt::print("{:6} {} {} {}\n", engine->getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT ? "input" : "output",
               name, type_name(engine->getTensorDataType(name)), dims_text(engine->getTensorShape(name)));
  }
  fmt::print("activations {:.2f} MiB, {} optimization profile(s), {} layers\n",
             static_cast<double>(engine->getDeviceMemorySizeV2()) / 1048576, engine->getNbOptimizationProfiles(),
             engine->getNbLayers());
  for (int i = 0; i < engine->getNbLayers(); ++i)
    fmt::print("{:4} {}\n", i, inspector->getLayerInformation(i, nvinfer1::LayerInformationFormat::kONELINE));
}

void common_options(CLI::App* c, Arguments& a) {
  c->add_option("--threads", a.options.cpu_threads, "Threads of the CPU device; default: all cores")
      ->check(CLI::Range(0, 1024));
  c->add_option("--shapes", a.shapes, "Shapes of dynamic inputs: name:1x3x224x224,...");
  c->add_option("--effort", a.options.optimization_level, "0 (fast build) to 5 (exhaustive); default 3")
      ->check(CLI::Range(0, 5));
  c->add_option("--timing-cache", a.options.timing_cache_file, "Timing cache to read and extend");
  c->add_flag("--fp16", a.options.fp16, "Allow FP16");
  c->add_flag("--bf16", a.options.bf16, "Allow BF16");
  c->add_option("--verify", a.verify,
                "Compare every layer with a reference while building, on inputs given as NAME=FILE or on drawn values; "
                "may give the tolerated relative error")
      ->expected(0, 1);
  c->add_option("--verify-action", a.options.verify_action, "report, refuse or raise a layer over its tolerance")
      ->check(CLI::IsMember({"report", "refuse", "raise"}));
  c->add_option("--export-verify", a.options.export_verify, "Write the comparison of every layer as JSON");
  c->add_flag("--verbose", a.options.verbose, "Log everything");
}

}  // namespace

int main(int argc, char** argv) {
  tools::wait_briefly(argv);
  Arguments a;
  a.options.duration = 2;
  CLI::App app("Turns a trained network into an engine and runs it.", "hone");
  app.require_subcommand(1);
  CLI::App* run = app.add_subcommand("run", "Build an engine from a model (or load a plan) and run it on an input");
  run->add_option("model", a.model, "ONNX model or plan")->required();
  run->add_option("input", a.inputs, "Picture, .npy or raw file for the first input, or NAME=FILE");
  run->add_option("--plan", a.plan, "Keep the plan in this file");
  run->add_option("--labels", a.labels, "Class names, one a line; default: MODEL with .labels.txt");
  run->add_option("--top", a.top, "Classes to show; default 5")->check(CLI::Range(1, 1000));
  run->add_option("--layers", a.layers, "Layers to show; default 15")->check(CLI::Range(0, 100000));
  run->add_option("--duration", a.options.duration, "Seconds to measure; default 2");
  run->add_option("--iterations", a.options.iterations, "Least runs; default 10");
  run->add_option("--scale", a.options.picture.scale, "Factor on the picture's 8-bit values; default 1/255");
  run->add_option("--mean", a.mean, "Mean to subtract, by channel: 0.485,0.456,0.406");
  run->add_option("--std", a.deviation, "Deviation to divide by, by channel: 0.229,0.224,0.225");
  run->add_flag("--bgr", a.options.picture.bgr, "Channels in the order blue, green, red");
  run->add_flag("--stretch", a.options.picture.plain_resize, "Squeeze the picture instead of cropping its centre");
  common_options(run, a);
  CLI::App* make = app.add_subcommand("build", "Build a plan from a model");
  make->add_option("model", a.model, "ONNX model")->required();
  make->add_option("plan", a.plan, "Plan file to write")->required();
  common_options(make, a);
  CLI::App* inspect = app.add_subcommand(
      "inspect", "Show inputs, outputs, memory and layers of a plan (or of the engine a model becomes)");
  inspect->add_option("model", a.model, "ONNX model or plan")->required();
  inspect->add_flag("--json", a.json, "As JSON");
  common_options(inspect, a);
  CLI11_PARSE(app, argc, argv);
  for (const CLI::App* c : {run, make, inspect}) a.options.verify = a.options.verify || c->count("--verify") != 0;
  try {
    Logger logger(a.options.verbose);
    if (run->parsed()) return command_run(a, argc, argv, logger);
    if (make->parsed()) {
      complete(a);
      build(a, a.plan, logger);
    }
    if (inspect->parsed()) command_inspect(a, logger);
  } catch (const std::exception& e) {
    fmt::print(stderr, "Error: {}\n", e.what());
    return 1;
  }
  return 0;
}

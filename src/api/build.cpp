// The settings of the public interface as the compiler's options, with what cannot be done said before it starts.
#include "api/build.h"

#include <algorithm>

#include "backends/cuda_loader.h"
#include "compile/compile.h"
#include "hone/progress_monitor.h"

namespace hone::api {
namespace {

class MonitorProgress final : public compile::Progress {
 public:
  explicit MonitorProgress(nv::IProgressMonitor* monitor) : monitor_(monitor) {}
  void start(const std::string& phase, const std::string& parent, int steps) override {
    monitor_->phaseStart(phase.c_str(), parent.empty() ? nullptr : parent.c_str(), steps);
    open_.push_back(phase);
  }
  bool step(const std::string& phase, int done) override { return monitor_->stepComplete(phase.c_str(), done); }
  void finish(const std::string& phase) override {
    std::erase(open_, phase);
    monitor_->phaseFinish(phase.c_str());
  }
  /// Phases end even where the build was cancelled or failed.
  ~MonitorProgress() override {
    while (!open_.empty()) {
      monitor_->phaseFinish(open_.back().c_str());
      open_.pop_back();
    }
  }

 private:
  nv::IProgressMonitor* monitor_;
  std::vector<std::string> open_;
};

void check_config(Network& network, const BuilderConfig& c, const Reporter& reporter) {
  using F = nv::BuilderFlag;
  const auto unsupported = [&](F flag, const char* what) { require<Unsupported>(!c.getFlag(flag), "{}", what); };
  unsupported(F::kREFIT, "BuilderFlag::kREFIT: engines cannot be refitted yet; build again with the new weights");
  unsupported(F::kREFIT_IDENTICAL, "BuilderFlag::kREFIT_IDENTICAL: engines cannot be refitted yet");
  unsupported(F::kREFIT_INDIVIDUAL, "BuilderFlag::kREFIT_INDIVIDUAL: engines cannot be refitted yet");
  unsupported(F::kSTRIP_PLAN, "BuilderFlag::kSTRIP_PLAN: a plan without weights needs a refit, which is not supported");
  unsupported(F::kSAFETY_SCOPE, "BuilderFlag::kSAFETY_SCOPE: the safety scope is NVIDIA's own");
  unsupported(F::kWEIGHT_STREAMING, "BuilderFlag::kWEIGHT_STREAMING: weights cannot be streamed yet");
  require<Unsupported>(c.getInt8Calibrator() == nullptr || !c.getFlag(F::kINT8),
                       "calibration (IInt8Calibrator) is not supported yet; use quantize and dequantize layers");
  require<Unsupported>(c.getAlgorithmSelector() == nullptr, "IAlgorithmSelector is not supported; use a timing cache");
  require<Unsupported>(c.getNbPluginsToSerialize() == 0, "plugin libraries cannot be put into a plan yet");
  require<Unsupported>(c.getRuntimePlatform() == nv::RuntimePlatform::kSAME_AS_BUILD,
                       "engines run on the platform of the build only");
  if (network.strongly_typed())
    for (const auto& [flag, name] : {std::pair(F::kFP16, "kFP16"), std::pair(F::kBF16, "kBF16"),
                                     std::pair(F::kINT8, "kINT8"), std::pair(F::kFP8, "kFP8")})
      require<ModelError>(!c.getFlag(flag), "BuilderFlag::{} is for weakly typed networks; this one is strongly typed",
                          name);
  if (c.getFlag(F::kVERSION_COMPATIBLE))
    reporter.warn("BuilderFlag::kVERSION_COMPATIBLE has no effect: plans are read by the version that wrote them");
  if (c.getFlag(F::kOBEY_PRECISION_CONSTRAINTS))
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
      const nv::ILayer* layer = network.getLayer(i);
      if (!layer->precisionIsSet() || layer->getPrecision() == nv::DataType::kFLOAT) continue;
      const DType p = dtype(layer->getPrecision());
      require<Unsupported>(!is_float(p), "layer '{}' must compute in {}, which the CPU device cannot promise",
                           layer->getName(), name(p));
    }
}

void check_types(const ir::Graph& g) {
  for (const ir::Value* v : g.inputs())
    require<Unsupported>(!is_packed(v->type()), "input '{}' has the packed type {}", v->name(), name(v->type()));
}

plan::ShapeRange range_of(const ir::Value& v, const OptimizationProfile* profile, size_t index) {
  plan::ShapeRange r;
  const auto entry = profile != nullptr ? profile->entries().find(v.name())
                                        : std::map<std::string, OptimizationProfile::Entry>::const_iterator();
  const bool known = profile != nullptr && entry != profile->entries().end();
  if (known && entry->second.dims[0]) {
    r.min = *entry->second.dims[0], r.opt = *entry->second.dims[1], r.max = *entry->second.dims[2];
  } else {
    require<ModelError>(is_const(v.shape()), "optimization profile {} has no dimensions for input '{}' {}", index,
                        v.name(), hone::str(v.shape()));
    r.min = r.opt = r.max = to_dims(v.shape());
  }
  if (known && entry->second.values[0]) {
    r.min_values = *entry->second.values[0];
    r.opt_values = *entry->second.values[1];
    r.max_values = *entry->second.values[2];
  }
  return r;
}

std::vector<std::vector<plan::ShapeRange>> ranges(const ir::Graph& g, const BuilderConfig& c) {
  std::vector<std::vector<plan::ShapeRange>> all;
  for (size_t k = 0; k < c.profiles().size(); ++k) {
    for (const auto& [name, entry] : c.profiles()[k]->entries())
      require<ModelError>(
          std::any_of(g.inputs().begin(), g.inputs().end(), [&n = name](const ir::Value* v) { return v->name() == n; }),
          "optimization profile {} has an entry for '{}', which is no input of the network", k, name);
    auto& one = all.emplace_back();
    for (const ir::Value* v : g.inputs()) one.push_back(range_of(*v, c.profiles()[k], k));
  }
  if (!all.empty()) return all;
  for (const ir::Value* v : g.inputs())
    require<ModelError>(is_const(v->shape()),
                        "input '{}' has dynamic dimensions {}, but no optimization profile was added to the "
                        "configuration: give its min, opt and max shapes",
                        v->name(), hone::str(v->shape()));
  return all;
}

}  // namespace

const Backend& backend_of(const std::string& device) {
  if (device != "cuda") return cpu_backend();
  std::string why;
  const Backend* b = cuda_backend(&why);
  require<Unsupported>(b != nullptr, "the plan was built for an NVIDIA GPU, which cannot be used here: {}", why);
  return *b;
}

const Backend& chosen_backend(const BuilderConfig& config, const Reporter& reporter) {
  if (config.getDefaultDeviceType() == nv::DeviceType::kCPU) return cpu_backend();
  std::string why;
  if (const Backend* b = cuda_backend(&why)) return *b;
  reporter.log(Severity::kVERBOSE, fmt::format("the CPU device is used: {}", why));
  return cpu_backend();
}

void check_build(Network& network, const BuilderConfig& config, const Reporter& reporter) {
  check_config(network, config, reporter);
  const auto graph = network.finalize();
  check_types(*graph);
  ranges(*graph, config);
}

std::unique_ptr<plan::Plan> build_plan(Network& network, BuilderConfig& config, const Reporter& reporter,
                                       int max_threads) {
  check_config(network, config, reporter);
  const auto graph = network.finalize();
  check_types(*graph);
  compile::Options o;
  o.backend = &chosen_backend(config, reporter);
  o.threads = config.getCpuThreads() > 0 ? config.getCpuThreads() : std::max(0, max_threads);
  o.optimization_level = config.getBuilderOptimizationLevel();
  o.max_tactics = config.getMaxNbTactics();
  o.timing_iterations = config.getAvgTimingIterations();
  o.workspace_limit = config.getMemoryPoolLimit(nv::MemoryPoolType::kWORKSPACE);
  o.allow_fp16 = config.getFlag(nv::BuilderFlag::kFP16);
  o.allow_bf16 = config.getFlag(nv::BuilderFlag::kBF16);
  o.allow_tf32 = config.getFlag(nv::BuilderFlag::kTF32);
  o.strongly_typed = network.strongly_typed();
  o.debug_tensors = network.debug_unfused() || !network.debug_tensors().empty();
  o.profiling_verbosity = static_cast<int>(config.getProfilingVerbosity());
  o.engine_name = network.getName();
  o.profiles = ranges(*graph, config);
  o.cache = config.cache_for_build();
  o.log = [&](int severity, const std::string& message) { reporter.log(static_cast<Severity>(severity), message); };
  std::optional<MonitorProgress> progress;
  if (config.getProgressMonitor() != nullptr) o.progress = &progress.emplace(config.getProgressMonitor());
  compile::Report report;
  auto plan = compile::compile(*graph, o, &report);
  require<ModelError>(!config.getFlag(nv::BuilderFlag::kERROR_ON_TIMING_CACHE_MISS) || report.timed == 0,
                      "{} measurements were not in the timing cache (kERROR_ON_TIMING_CACHE_MISS)", report.timed);
  for (const std::string& name : network.debug_tensors()) {
    const auto& t = plan->graph.tensors;
    if (std::none_of(t.begin(), t.end(), [&](const plan::PlanTensor& x) { return x.name == name; }))
      reporter.warn("debug tensor '{}' does not exist in the engine: it was fused or folded", name);
  }
  return plan;
}

}  // namespace hone::api

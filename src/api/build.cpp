// The settings of the public interface as the compiler's options, with what cannot be done said before it starts.
#include "api/build.h"

#include <algorithm>

#include "backends/cuda_loader.h"
#include "compile/compile.h"
#include "hone/progress_monitor.h"
#include "passes/layout/io_layouts.h"

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

// There is no DLA anywhere: layers that were put on one go to the engine's device where that is allowed.
void check_dla(const Network& network, const BuilderConfig& c, const Reporter& reporter) {
  int32_t layers = 0;
  const nv::ILayer* first = nullptr;
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    const nv::ILayer* layer = network.getLayer(i);
    if (c.getDeviceType(layer) != nv::DeviceType::kDLA) continue;
    if (layers++ == 0) first = layer;
  }
  if (layers == 0) return;
  require<Unsupported>(c.getFlag(nv::BuilderFlag::kGPU_FALLBACK),
                       "layer '{}' ({} in all) was put on DLA core {}, but this machine has no DLA; with "
                       "BuilderFlag::kGPU_FALLBACK such layers run on the engine's device",
                       first->getName(), layers, c.getDLACore());
  reporter.warn(
      "This machine has no DLA: the {} layers that were put on one run on the engine's device "
      "(BuilderFlag::kGPU_FALLBACK)",
      layers);
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

// The format that an input or output gets of those that the program allows: row-major where that is among them, else
// the one with the lowest number that its axes allow.
IoLayout layout_of(const ir::Value& v, nv::TensorFormats allowed) {
  if ((allowed & 1) != 0) return {};
  std::string why = "no format is allowed";
  for (int f = 1; f < nv::EnumMax<nv::TensorFormat>(); ++f) {
    if ((allowed >> f & 1) == 0) continue;
    try {
      IoLayout l{f, 1};
      const Dim& channels = v.shape().at(channel_axis(l, v.shape().size()));
      require<Unsupported>(channels.is_const() && channels.value() > 0, "its channels must have a fixed extent");
      l.channels = channels.value();
      return l;
    } catch (const Error& e) {
      why = e.message();
    }
  }
  fail<Unsupported>("'{}' {} allows none of the formats that it could have: {}", v.name(), hone::str(v.shape()), why);
}

// Formats of all inputs and outputs; empty where all are row-major. Profiles get the axes of the memory.
std::vector<IoLayout> layouts_of(const Network& network, const ir::Graph& g,
                                 std::vector<std::vector<plan::ShapeRange>>& profiles) {
  std::vector<IoLayout> all;
  for (size_t i = 0; i < g.inputs().size(); ++i)
    all.push_back(layout_of(*g.inputs()[i], network.getInput(static_cast<int32_t>(i))->getAllowedFormats()));
  for (size_t i = 0; i < g.outputs().size(); ++i)
    all.push_back(layout_of(*g.outputs()[i], network.getOutput(static_cast<int32_t>(i))->getAllowedFormats()));
  if (std::all_of(all.begin(), all.end(), [](const IoLayout& l) { return l.plain(); })) return {};
  for (auto& profile : profiles)
    for (size_t i = 0; i < profile.size(); ++i)
      for (Dims* d : {&profile[i].min, &profile[i].opt, &profile[i].max}) *d = memory_dims(all[i], *d);
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
  const auto& devices = config.devices();
  const bool gpu_asked_for =
      std::any_of(devices.begin(), devices.end(), [](const auto& d) { return d.second == nv::DeviceType::kGPU; });
  if (config.getDefaultDeviceType() == nv::DeviceType::kCPU && !gpu_asked_for) return cpu_backend();
  std::string why;
  if (const Backend* b = cuda_backend(&why)) return *b;
  reporter.log(Severity::kVERBOSE, fmt::format("the CPU device is used: {}", why));
  return cpu_backend();
}

void check_build(Network& network, const BuilderConfig& config, const Reporter& reporter) {
  check_config(network, config, reporter);
  check_dla(network, config, reporter);
  const auto graph = network.finalize();
  check_types(*graph);
  ranges(*graph, config);
}

namespace {

// The program's IVerifier as the compiler sees it.
void set_verification(const BuilderConfig& config, const ir::Graph& g, const std::vector<IoLayout>& layouts,
                      compile::VerifyOptions& v) {
  v.action = config.getVerifyAction() == nv::VerifyAction::kREFUSE  ? compile::VerifyOptions::Action::kRefuse
             : config.getVerifyAction() == nv::VerifyAction::kRAISE ? compile::VerifyOptions::Action::kRaise
                                                                    : compile::VerifyOptions::Action::kReport;
  v.tolerance = config.getVerifyTolerance();
  nv::IVerifier* verifier = config.getVerifier();
  if (verifier == nullptr) return;
  std::map<std::string, IoLayout> by_name;
  for (size_t i = 0; i < g.inputs().size() && i < layouts.size(); ++i) by_name[g.inputs()[i]->name()] = layouts[i];
  v.input = [verifier, by_name](const std::string& name, DType type, const Dims& d) {
    const auto hit = by_name.find(name);
    const IoLayout l = hit != by_name.end() ? hit->second : IoLayout();
    Tensor t(type, network_dims(l, d));
    const bool given = verifier->provideInput(name.c_str(), data_type(type), dims(t.dims()), t.raw(), t.bytes());
    return given ? passes::in_memory(l, t) : Tensor();
  };
  v.report = [verifier](int build, const std::vector<compile::LayerCheck>& checks) {
    for (const compile::LayerCheck& c : checks)
      verifier->reportLayer({c.name.c_str(), c.op.c_str(), c.tactic.c_str(), c.device.c_str(), c.precision.c_str(),
                             c.note.c_str(), c.error, c.max_abs, c.tolerance, c.elements, c.nans, c.infinities,
                             c.compared() && !c.failed(), build});
  };
}

// Settings of a build that do not depend on where the network comes from.
compile::Options options_of(BuilderConfig& config, const Reporter& reporter, int max_threads) {
  compile::Options o;
  o.backend = &chosen_backend(config, reporter);
  o.threads = config.getCpuThreads() > 0 ? config.getCpuThreads() : std::max(0, max_threads);
  const bool by_rule = config.getFlag(nv::BuilderFlag::kENABLE_TACTIC_HEURISTIC);
  o.optimization_level = by_rule ? 0 : config.getBuilderOptimizationLevel();
  o.max_tactics = config.getMaxNbTactics();
  o.timing_iterations = config.getAvgTimingIterations();
  o.tactic_sources = config.getTacticSources();
  o.workspace_limit = config.getMemoryPoolLimit(nv::MemoryPoolType::kWORKSPACE);
  o.allow_fp16 = config.getFlag(nv::BuilderFlag::kFP16);
  o.allow_bf16 = config.getFlag(nv::BuilderFlag::kBF16);
  o.allow_tf32 = config.getFlag(nv::BuilderFlag::kTF32);
  o.profiling_verbosity = static_cast<int>(config.getProfilingVerbosity());
  o.cache = config.cache_for_build();
  o.log = [&reporter](int severity, const std::string& message) {
    reporter.log(static_cast<Severity>(severity), message);
  };
  return o;
}

// Nothing but the network's own layers may touch inputs and outputs: no change of format, no copy to another side.
void check_direct_io(const plan::Plan& p) {
  const plan::PlanGraph& g = p.graph;
  auto among = [](const std::vector<int>& list, int t) { return std::find(list.begin(), list.end(), t) != list.end(); };
  for (const plan::PlanStep& s : g.steps) {
    if (!s.origins.empty() || s.tactic == "view") continue;
    for (const auto* tensors : {&s.inputs, &s.outputs})
      for (int t : *tensors)
        require<Unsupported>(
            t < 0 || !(among(g.inputs, t) || among(g.outputs, t)),
            "BuilderFlag::kDIRECT_IO: '{}' would be changed by a layer of the compiler's own ('{}', {})",
            g.tensors[static_cast<size_t>(t)].name, s.name, s.op->name);
  }
}

std::unique_ptr<plan::Plan> compile_with(const ir::Graph& graph, compile::Options o, std::vector<IoLayout> layouts,
                                         const BuilderConfig& config) {
  std::optional<MonitorProgress> progress;
  if (config.getProgressMonitor() != nullptr) o.progress = &progress.emplace(config.getProgressMonitor());
  compile::VerifyOptions verification;
  if (config.getVerifyAction() != nv::VerifyAction::kOFF) {
    set_verification(config, graph, layouts, verification);
    o.verify = &verification;
  }
  compile::Report report;
  auto plan = compile::compile(graph, o, &report);
  require<ModelError>(!config.getFlag(nv::BuilderFlag::kERROR_ON_TIMING_CACHE_MISS) || report.timed == 0,
                      "{} measurements were not in the timing cache (kERROR_ON_TIMING_CACHE_MISS)", report.timed);
  plan->layouts = std::move(layouts);
  if (config.getFlag(nv::BuilderFlag::kDIRECT_IO)) check_direct_io(*plan);
  return plan;
}

}  // namespace

std::unique_ptr<plan::Plan> build_plan(Network& network, BuilderConfig& config, const Reporter& reporter,
                                       int max_threads) {
  check_config(network, config, reporter);
  check_dla(network, config, reporter);
  const auto graph =
      network.finalize([&](const nv::ILayer& layer) { return config.getDeviceType(&layer) == nv::DeviceType::kCPU; });
  check_types(*graph);
  compile::Options o = options_of(config, reporter, max_threads);
  o.strongly_typed = network.strongly_typed();
  o.debug_tensors = network.debug_unfused() || !network.debug_tensors().empty();
  o.engine_name = network.getName();
  o.profiles = ranges(*graph, config);
  const std::vector<IoLayout> layouts = layouts_of(network, *graph, o.profiles);
  passes::apply_io_layouts(*graph, layouts);
  auto plan = compile_with(*graph, o, layouts, config);
  for (const std::string& name : network.debug_tensors()) {
    const auto& t = plan->graph.tensors;
    if (std::none_of(t.begin(), t.end(), [&](const plan::PlanTensor& x) { return x.name == name; }))
      reporter.warn("debug tensor '{}' does not exist in the engine: it was fused or folded", name);
  }
  return plan;
}

std::unique_ptr<plan::Plan> retune_plan(const plan::Plan& old, BuilderConfig& config, const Reporter& reporter,
                                        int max_threads) {
  require<ModelError>(old.portable != nullptr,
                      "the plan holds no portable network (it was stripped): build the engine from the model again");
  const auto graph = compile::to_graph(old, *old.portable);
  compile::Options o = options_of(config, reporter, max_threads);
  o.allow_bf16 = (old.flags & 1) != 0;
  o.allow_fp16 = (old.flags & 2) != 0;
  o.allow_tf32 = o.allow_tf32 && (old.flags & 4) != 0;
  o.strongly_typed = (old.flags & 8) != 0;
  o.engine_name = old.engine_name;
  o.profiles = old.profiles;
  reporter.info("Tuning the portable network of a plan for '{}' again, on '{}'", old.fingerprint,
                o.backend->fingerprint());
  return compile_with(*graph, o, old.layouts, config);
}

}  // namespace hone::api

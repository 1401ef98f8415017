// A build from end to end.
#include "compile/compile.h"

#include <algorithm>
#include <chrono>

#include "base/parallel.h"
#include "compile/emit.h"
#include "compile/lineage.h"
#include "compile/pipeline.h"
#include "compile/placement_report.h"
#include "passes/placement/fences.h"
#include "runtime/engine.h"

namespace hone::compile {
namespace {

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point t) { return std::chrono::duration<double, std::milli>(Clock::now() - t).count(); }

class Build {
 public:
  /// `brain`: what passes between layers of the host may lie in BF16.
  Build(const ir::Graph& g, const Options& o, Report* report, bool brain = false)
      : o_(o), report_(report), brain_(brain), lineage_(g), graph_(g.clone()) {
    backend_ = o.backend != nullptr ? o.backend : &cpu_backend();
    threads_ = o.threads > 0 ? o.threads : available_cores();
    if (backend_->device() == nullptr) forget_placement(*graph_);
  }

  /// Runs the graph stages; true where options.stop_after was reached.
  bool run_stages() {
    if (o_.stop_after == "import") return true;
    passes::Options po;
    po.keep_debug_tensors = o_.debug_tensors;
    po.disabled.insert(o_.disabled_passes.begin(), o_.disabled_passes.end());
    po.keep_wide = o_.keep_wide;
    po.runs = [this](const ir::Node& n) { return runs(n); };
    po.stores_brain = [this](const ir::Node& n) { return stores_brain(n); };
    graph_->sort();
    for (const StageList& stage : stages(target())) {
      phase(std::string(stage.name), static_cast<int>(stage.passes.size()) * stage.rounds);
      if (run_stage(stage, po)) return true;
      phase_end(std::string(stage.name));
      if (o_.stop_after == stage.name) return true;
      if (stage.name == "canonicalize") portable_ = graph_->clone();
    }
    return false;
  }

  std::unique_ptr<plan::Plan> finish() {
    auto p = std::make_unique<plan::Plan>();
    BlobTable blobs(&p->blobs);
    p->graph = std::move(*compile_graph(*graph_, blobs, tune::GraphRole::kTop));
    lineage_.complete(p->graph);
    if (!o_.strip_portable && portable_) p->portable = emit_portable(*portable_, blobs);
    p->engine_name = o_.engine_name;
    p->device = backend_->name();
    p->fingerprint = backend_->fingerprint();
    if (backend_->device() == nullptr) p->isa = p->fingerprint.find("AVX-512") != std::string::npos ? "avx512" : "avx2";
    p->builder_version = plan::hone_version();
    p->threads = threads_;
    p->flags = (o_.allow_bf16 ? 1u : 0u) | (o_.allow_fp16 ? 2u : 0u) | (o_.allow_tf32 ? 4u : 0u) |
               (o_.strongly_typed ? 8u : 0u) | o_.tactic_sources << plan::kSourcesShift;
    p->profiling_verbosity = o_.profiling_verbosity;
    p->profiles = o_.profiles;
    if (p->profiles.empty()) p->profiles.push_back(static_profile());
    add_code(*p, blobs);
    report_placement(*p);
    return p;
  }

  ir::Graph& graph() { return *graph_; }
  /// Sum of the layers' measured times.
  double microseconds() const { return microseconds_; }
  const Backend& backend() const { return *backend_; }

 private:
  // On a device without a host beside it there is only one side.
  static void forget_placement(ir::Graph& g) {
    for (ir::Node* n : g.nodes()) {
      n->force_host = false;
      for (auto& body : n->subgraphs) forget_placement(*body);
    }
    passes::lower_fences(g, false);
  }

  void report_placement(const plan::Plan& p) {
    if (backend_->device() == nullptr) return;
    for (const std::string& line : placement_table(p, at(p.profiles.at(0), 1), placed_)) log(placed_ > 0 ? 3 : 4, line);
  }

  // What the precision passes must know.
  Target target() const {
    if (backend_->device() == nullptr) return brain_ ? Target::kHostBrain : Target::kHost;
    if (o_.strongly_typed || (!o_.allow_fp16 && !o_.allow_bf16)) return Target::kAsTyped;
    return o_.allow_fp16 ? Target::kHalf : Target::kBrain;
  }

  // The machine code of the kernels that contexts of this plan will make at the profiles' shapes, and what they need.
  void add_code(plan::Plan& p, BlobTable& blobs) {
    std::map<std::string, Blob> images;
    runtime::MemoryUse use;
    try {
      use = runtime::collect_code(p, *backend_, &images);
    } catch (const Error& e) {
      // A processor needs no code: whoever runs at such shapes is told.
      if (backend_->device() != nullptr) throw;
      return log(4, fmt::format("the memory of the engine is not known: {}", e.message()));
    }
    auto mib = [](size_t bytes) { return static_cast<double>(bytes) / 1048576; };
    log(3,
        fmt::format("Memory of the engine: weights {:.2f} MiB; each context {:.2f} MiB, of which workspace {:.2f} MiB",
                    mib(use.weights), mib(use.context), mib(use.workspace)));
    for (auto& [key, code] : images) p.code.push_back({key, blobs.add(std::move(code))});
  }

  void log(int severity, const std::string& s) {
    if (o_.log) o_.log(severity, s);
  }
  void phase(const std::string& name, int steps) {
    if (o_.progress != nullptr) o_.progress->start(name, "", steps);
    step_ = 0;
    phase_ = name;
  }
  void tick() {
    if (o_.progress != nullptr && !o_.progress->step(phase_, step_++)) throw Cancelled("the build was cancelled");
  }
  void phase_end(const std::string& name) {
    if (o_.progress != nullptr) o_.progress->finish(name);
  }

  bool run_stage(const StageList& stage, const passes::Options& po) {
    std::vector<int> total(stage.passes.size(), 0);
    std::vector<double> spent(stage.passes.size(), 0);
    bool stopped = false;
    for (int round = 0; round < stage.rounds && !stopped; ++round) {
      int changed = 0;
      for (size_t i = 0; i < stage.passes.size(); ++i) {
        const auto r = passes::run_passes(*graph_, stage.passes.subspan(i, 1), po);
        total[i] += r[0].rewrites;
        spent[i] += r[0].milliseconds;
        changed += r[0].rewrites;
        tick();
        if (round == 0 && o_.stop_after == stage.passes[i].name) stopped = true;
        if (stopped) break;
      }
      if (changed == 0) break;
    }
    for (size_t i = 0; i < stage.passes.size(); ++i) {
      log(4, fmt::format("{}: {} rewrites in {:.1f} ms", stage.passes[i].name, total[i], spent[i]));
      if (report_ != nullptr)
        report_->stages.push_back({fmt::format("{}/{}", stage.name, stage.passes[i].name), spent[i], total[i]});
    }
    return stopped;
  }

  // Symbol values at one point (0 min, 1 opt, 2 max) of a profile.
  tune::Bindings at(const std::vector<plan::ShapeRange>& profile, int point) const {
    tune::Bindings b;
    for (size_t i = 0; i < profile.size() && i < graph_->inputs().size(); ++i) {
      const ir::Value* v = graph_->inputs()[i];
      const Dims& d = point == 0 ? profile[i].min : point == 1 ? profile[i].opt : profile[i].max;
      require<ModelError>(d.size() == v->shape().size(), "profile of input '{}' has rank {}, the input has {}",
                          v->name(), d.size(), v->shape().size());
      for (size_t a = 0; a < d.size(); ++a) {
        if (v->shape()[a].is_const()) {
          require<ModelError>(v->shape()[a].value() == d[a],
                              "profile of input '{}', axis {}: extent {} given, the network has {}", v->name(), a, d[a],
                              v->shape()[a].value());
          continue;
        }
        const auto [it, fresh] = b.emplace(v->shape()[a].str(), d[a]);
        require<ModelError>(fresh || it->second == d[a], "profile: '{}' is {} and {} (input '{}', axis {})", it->first,
                            it->second, d[a], v->name(), a);
      }
    }
    return b;
  }

  // Whether some tactic that promises to be fast takes the node, images channels-last, at all points of the profiles.
  bool runs(const ir::Node& n) const {
    std::vector<tune::Bindings> points;
    for (const auto& profile : o_.profiles)
      for (int point : {0, 1, 2}) points.push_back(at(profile, point));
    if (points.empty()) points.emplace_back();
    const auto tactics = backend_->tactics(n.op());
    return std::any_of(tactics.begin(), tactics.end(), [&](const Tactic* t) {
      return std::all_of(points.begin(), points.end(), [&](const tune::Bindings& b) {
        Problem p = tune::make_problem(n, b, {threads_, o_.workspace_limit, o_.allow_bf16, o_.allow_fp16});
        for (size_t i = 0; i < p.inputs.size(); ++i)
          if (p.constant(i) == nullptr && p.inputs[i].dims.size() == 4) p.inputs[i].format = Format::kChannelsLast;
        for (TensorDesc& d : p.outputs)
          if (d.dims.size() == 4) d.format = Format::kChannelsLast;
        return tune::allowed(*t, o_.tactic_sources) && t->supports(p) && t->promises(p);
      });
    });
  }

  // Whether some tactic that promises to be fast takes the node as its values lie now, images linear or channels-last.
  bool stores_brain(const ir::Node& n) const {
    std::vector<tune::Bindings> points;
    for (const auto& profile : o_.profiles)
      for (int point : {0, 1, 2}) points.push_back(at(profile, point));
    if (points.empty()) points.emplace_back();
    tune::ProblemOptions po{threads_, o_.workspace_limit, o_.allow_bf16, o_.allow_fp16, o_.allow_tf32};
    po.by_image = true;
    const auto tactics = backend_->tactics(n.op());
    const auto takes = [&](const Tactic& t, Format f) {
      return std::all_of(points.begin(), points.end(), [&](const tune::Bindings& b) {
        Problem p = tune::make_problem(n, b, po);
        for (auto* list : {&p.inputs, &p.outputs})
          for (TensorDesc& d : *list)
            if (d.dims.size() >= 3 && d.dims.size() <= 5) d.format = f;
        for (size_t i = 0; i < p.inputs.size(); ++i)
          if (p.constant(i) != nullptr) p.inputs[i].format = Format::kLinear;
        return tune::allowed(t, o_.tactic_sources) && t.supports(p) && t.promises(p);
      });
    };
    return std::any_of(tactics.begin(), tactics.end(),
                       [&](const Tactic* t) { return takes(*t, Format::kLinear) || takes(*t, Format::kChannelsLast); });
  }

  std::vector<plan::ShapeRange> static_profile() const {
    std::vector<plan::ShapeRange> r;
    for (const ir::Value* v : graph_->inputs()) {
      const Dims d = to_dims(v->shape());
      r.push_back({d, d, d, {}, {}, {}});
    }
    return r;
  }

  tune::Options tune_options() {
    tune::Options t;
    t.backend = backend_;
    t.problem = {threads_, o_.workspace_limit, o_.allow_bf16, o_.allow_fp16, o_.allow_tf32};
    t.problem.by_image = backend_->device() == nullptr;
    t.level = o_.optimization_level;
    t.sources = o_.tactic_sources;
    t.max_tactics = o_.max_tactics;
    t.least_iterations = o_.timing_iterations;
    t.cache = o_.cache;
    for (const ir::Value* v : graph_->inputs())
      require<ModelError>(
          is_const(v->shape()) || !o_.profiles.empty(),
          "input '{}' has dynamic dims {} but there is no optimization profile: give its min, opt and max shapes",
          v->name(), str(v->shape()));
    for (size_t k = 0; k < o_.profiles.size(); ++k) {
      require<ModelError>(o_.profiles[k].size() == graph_->inputs().size(), "profile {} has {} inputs, the network {}",
                          k, o_.profiles[k].size(), graph_->inputs().size());
      for (int point : {1, 0, 2}) {
        tune::Bindings b = at(o_.profiles[k], point);
        if (k == 0 && point == 1)
          t.tune_at = b;
        else if (b != t.tune_at && std::find(t.also_at.begin(), t.also_at.end(), b) == t.also_at.end())
          t.also_at.push_back(std::move(b));
      }
    }
    t.note = [this](const std::string& s) {
      if (report_ != nullptr) report_->notes.push_back(s);
      log(4, s);
    };
    return t;
  }

  std::unique_ptr<plan::PlanGraph> compile_graph(ir::Graph& g, BlobTable& blobs, tune::GraphRole role) {
    const bool top = role == tune::GraphRole::kTop;
    tune::Options t = tune_options();
    tune::bind_by_weights(g, t.tune_at);
    for (tune::Bindings& b : t.also_at) tune::bind_by_weights(g, b);
    t.role = role;
    if (top) {
      phase("tune", static_cast<int>(g.node_count()));
      t.progress = [this](int, int, const std::string&) {
        tick();
        return true;
      };
    }
    placed_ += passes::lower_fences(g, backend_->device() != nullptr);
    const auto start = Clock::now();
    tune::Result r = tune::tune(g, t);
    if (top)
      for (const auto& [n, choice] : r.choices) microseconds_ += static_cast<double>(choice.us);
    const Aliases aliases = plan_views(g, r.choices, t);
    if (top) {
      phase_end("tune");
      phase("emit", 1);
    }
    auto plan = emit(g, r.choices, aliases, t, blobs, [&](ir::Graph& body, const ir::Node& n) {
      return compile_graph(body, blobs, n.is(kLoopOp) ? tune::GraphRole::kLoopBody : tune::GraphRole::kBranch);
    });
    if (report_ != nullptr) {
      report_->timed += r.timed;
      report_->cached += r.cached;
      if (top) report_->stages.push_back({"tune", ms_since(start), 0});
    }
    if (top) {
      log(3, fmt::format("{} layers; {} measurements made, {} taken from the timing cache", plan->steps.size(), r.timed,
                         r.cached));
      tick();
      phase_end("emit");
    }
    return plan;
  }

  const Options& o_;
  Report* report_;
  bool brain_;
  double microseconds_ = 0;
  const Backend* backend_;
  int threads_;
  Lineage lineage_;
  std::unique_ptr<ir::Graph> graph_, portable_;
  std::string phase_;
  int step_ = 0;
  int placed_ = 0;  // layers that the user put on the host
};

}  // namespace

namespace {

constexpr int kMostRaises = 6;  // values out of range may wander from layer to layer, one a build

// The layers over their tolerance, one a line, the first of many.
std::string names_of(const std::vector<LayerCheck>& checks) {
  constexpr int kShown = 20;
  std::string s;
  int failed = 0;
  for (const LayerCheck& c : checks)
    if (c.failed() && failed++ < kShown)
      s += fmt::format("\n  layer '{}': relative error {:.2e}, allowed {:.0e}, {} NaN, {} Inf ({})", c.name, c.error,
                       c.tolerance, c.nans, c.infinities, c.precision);
  if (failed > kShown) s += fmt::format("\n  and {} more", failed - kShown);
  return s;
}

// False where nothing that could help is left.
bool apply(const Remedy& r, Options& o) {
  const size_t before = o.keep_wide.size();
  o.keep_wide.insert(r.keep_wide.begin(), r.keep_wide.end());
  bool changed = o.keep_wide.size() != before;
  for (const auto& [wanted, flag] :
       {std::pair(r.tf32, &o.allow_tf32), std::pair(r.half, &o.allow_fp16), std::pair(r.brain, &o.allow_bf16)})
    if (wanted && std::exchange(*flag, false)) changed = true;
  return changed;
}

BrainStorage brain_storage(const Options& o) {
  const Backend& backend = o.backend != nullptr ? *o.backend : cpu_backend();
  return o.allow_bf16 ? backend.brain_storage() : BrainStorage::kNever;
}

// Where BF16 between layers comes into question, what was measured decides: networks whose blocks the device fuses in
// FP32 may be faster that way.
std::pair<std::unique_ptr<Build>, std::unique_ptr<plan::Plan>> build_once(const ir::Graph& g, const Options& o,
                                                                          Report* report) {
  const auto build = [&](bool brain) {
    auto b = std::make_unique<Build>(g, o, report, brain);
    b->run_stages();
    auto plan = b->finish();
    return std::pair(std::move(b), std::move(plan));
  };
  const BrainStorage storage = brain_storage(o);
  if (storage == BrainStorage::kNever) return build(false);
  auto narrow = build(true);
  if (o.optimization_level == 0 || storage == BrainStorage::kAlways) return narrow;
  auto wide = build(false);
  const double a = narrow.first->microseconds(), b = wide.first->microseconds();
  if (o.log) o.log(3, fmt::format("Layers take {:.0f} us with BF16 between them, {:.0f} us with FP32", a, b));
  return a <= b ? std::move(narrow) : std::move(wide);
}

}  // namespace

std::unique_ptr<plan::Plan> compile(const ir::Graph& g, const Options& options, Report* report) {
  Options o = options;
  auto say = [&](int severity, const std::string& s) {
    if (o.log) o.log(severity, s);
  };
  for (int build = 0;; ++build) {
    auto made = build_once(g, o, report);
    Build& b = *made.first;
    std::unique_ptr<plan::Plan> plan = std::move(made.second);
    if (o.verify == nullptr) return plan;
    std::vector<LayerCheck> checks;
    try {
      checks = verify(*plan, b.graph(), b.backend(), *o.verify);
    } catch (const Error& e) {
      // Such as drawn values that are no shape: who only wants to know gets the engine all the same.
      if (o.verify->action != VerifyOptions::Action::kReport) throw;
      say(2, fmt::format("the engine could not be verified: {}", e.what()));
      return plan;
    }
    if (o.verify->report) o.verify->report(build, checks);
    for (const std::string& line : summary(checks)) say(3, line);
    const std::string failed = names_of(checks);
    if (failed.empty() || o.verify->action == VerifyOptions::Action::kReport) return plan;
    require<ModelError>(o.verify->action == VerifyOptions::Action::kRaise,
                        "the verification found layers that are too far from the reference:{}", failed);
    if (build == kMostRaises || !apply(remedy_for(checks, *plan), o)) {
      say(2, "Wider arithmetic does not help these layers, or was tried often enough:" + failed);
      return plan;
    }
    say(3, "Built again with wider arithmetic for" + failed);
  }
}

std::string dump(const ir::Graph& g, const Options& options) {
  Build b(g, options, nullptr, brain_storage(options) != BrainStorage::kNever);
  b.run_stages();
  return b.graph().str();
}

namespace {
std::unique_ptr<ir::Graph> graph_of(const plan::Plan& p, const plan::PlanGraph& pg) {
  auto g = std::make_unique<ir::Graph>();
  std::vector<ir::Value*> values(pg.tensors.size(), nullptr);
  for (int i : pg.inputs) {
    const plan::PlanTensor& t = pg.tensors[static_cast<size_t>(i)];
    values[static_cast<size_t>(i)] = g->add_input(t.name, t.type, t.shape);
  }
  for (size_t i = 0; i < pg.tensors.size(); ++i) {
    const plan::PlanTensor& t = pg.tensors[i];
    if (t.constant < 0) continue;
    const Blob& b = p.blobs[static_cast<size_t>(t.constant)];
    values[i] = g->constant(t.name, Tensor::view(t.type, to_dims(t.shape), b.data, b.owner));
  }
  for (const plan::PlanStep& s : pg.steps) {
    std::vector<ir::Value*> in;
    for (int i : s.inputs) in.push_back(i >= 0 ? values[static_cast<size_t>(i)] : nullptr);
    std::vector<std::unique_ptr<ir::Graph>> bodies;
    for (const auto& b : s.bodies) bodies.push_back(graph_of(p, *b));
    ir::Node* n = g->add_control(*s.op, s.name, std::move(in), s.attrs->clone(), std::move(bodies),
                                 static_cast<int>(s.outputs.size()));
    n->origins = s.origins;
    for (size_t k = 0; k < s.outputs.size(); ++k) {
      values[static_cast<size_t>(s.outputs[k])] = n->output(k);
      g->rename(n->output(k), pg.tensors[static_cast<size_t>(s.outputs[k])].name);
    }
  }
  for (int o : pg.outputs) g->mark_output(values[static_cast<size_t>(o)]);
  return g;
}
}  // namespace

std::unique_ptr<ir::Graph> to_graph(const plan::Plan& p, const plan::PlanGraph& g) {
  if (p.check_rest) p.check_rest();
  return graph_of(p, g);
}

}  // namespace hone::compile

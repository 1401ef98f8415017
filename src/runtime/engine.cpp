// Engines and contexts.
#include "runtime/engine.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/parallel.h"
#include "runtime/graph_replay.h"

namespace hone::runtime {
namespace {

// Symbols that only running the network tells start with '%'.
bool data_dependent(const Shape& s) {
  for (const Dim& d : s) {
    std::set<std::string> symbols;
    d.collect_symbols(symbols);
    for (const std::string& x : symbols)
      if (x[0] == '%') return true;
  }
  return false;
}

std::string format_name(Format f) { return f == Format::kLinear ? "linear" : "channels-last"; }

// What a plan that does not fit still offers.
const char* or_retune(const plan::Plan& p) {
  return p.portable != nullptr ? ", or tune its portable network again (trtexec --loadEngine=PLAN --retune "
                                 "--saveEngine=NEW, IBuilder::retuneSerializedNetwork)"
                               : "";
}

void check_machine(const plan::Plan& p, const Backend& backend) {
  require<ModelError>(p.device == backend.name(),
                      "the plan was built for device '{}', this is '{}': build it again for this device{}", p.device,
                      backend.name(), or_retune(p));
  if (p.device != "cpu") {
    require<ModelError>(p.fingerprint == backend.fingerprint(),
                        "the plan was tuned for '{}', this device is '{}': build it again here{}", p.fingerprint,
                        backend.fingerprint(), or_retune(p));
    return;
  }
  const bool has512 = backend.fingerprint().find("AVX-512") != std::string::npos;
  require<ModelError>(p.isa != "avx512" || has512,
                      "the plan was built for a processor with AVX-512 ('{}'), this one ('{}') has none: build it "
                      "again on this machine{}",
                      p.fingerprint, backend.fingerprint(), or_retune(p));
  require<ModelError>(p.isa == "avx512" || !has512 || p.device != "cpu",
                      "the plan's weights are laid out for AVX2 ('{}'), this processor ('{}') runs AVX-512 kernels: "
                      "build it again on this machine{}, or set HONE_CPU_ISA=avx2",
                      p.fingerprint, backend.fingerprint(), or_retune(p));
}

nlohmann::json tensor_json(const plan::PlanTensor& t) {
  nlohmann::json dims = nlohmann::json::array();
  for (const Dim& d : t.shape) d.is_const() ? dims.push_back(d.value()) : dims.push_back(d.str());
  return {{"Name", t.name},
          {"Dimensions", dims},
          {"Format/Datatype", fmt::format("{} {}", name(t.type), format_name(t.format))}};
}

std::string join(const std::vector<std::string>& v, const char* by) { return fmt::format("{}", fmt::join(v, by)); }

std::string step_name(const plan::PlanStep& s) { return s.origins.empty() ? s.name : join(s.origins, " + "); }

std::string tensor_text(const plan::PlanTensor& t) {
  return fmt::format("{} {}{} {}", t.name, name(t.type), str(t.shape), format_name(t.format));
}

// What a step reads while it runs: neither constants nor what its tactic has folded into its weights.
bool is_read(const plan::PlanGraph& g, const plan::PlanStep& s, size_t input) {
  const bool folded = input < 64 && (s.folds >> input & 1) != 0;
  return !folded && g.tensors[static_cast<size_t>(s.inputs[input])].constant < 0;
}

}  // namespace

std::shared_ptr<Engine> Engine::create(std::unique_ptr<plan::Plan> p, const Backend& backend, int threads) {
  check_machine(*p, backend);
  auto e = std::shared_ptr<Engine>(new Engine());
  e->plan_ = std::move(p);
  for (const plan::PlanCode& c : e->plan_->code)
    backend.provide_code({c.key, e->plan_->blobs[static_cast<size_t>(c.blob)]});
  e->blobs_ = std::make_unique<DeviceBlobs>(*e->plan_, backend.device());
  e->program_ = std::make_unique<Program>(*e->plan_, e->plan_->graph, backend, *e->blobs_);
  e->options_.threads = std::min(threads > 0             ? threads
                                 : e->plan_->threads > 0 ? e->plan_->threads
                                                         : available_cores(),
                                 1024);
  e->options_.allow_bf16 = (e->plan_->flags & 1) != 0;
  e->options_.allow_f16 = (e->plan_->flags & 2) != 0;
  e->options_.allow_tf32 = (e->plan_->flags & 4) != 0;
  return e;
}

namespace {

size_t used_bytes(const plan::Plan& p) {
  const std::vector<char> used = plan::used_blobs(p);
  size_t n = 0;
  for (size_t i = 0; i < used.size(); ++i) n += used[i] != 0 ? p.blobs[i].size : 0;
  return n;
}

// Calls f with the min, opt and max input dims of a profile, each different one once.
template <class F>
void for_each_point(const std::vector<plan::ShapeRange>& profile, F&& f) {
  std::vector<std::vector<Dims>> seen;
  for (int point = 0; point < 3; ++point) {
    std::vector<Dims> dims;
    dims.reserve(profile.size());
    for (const plan::ShapeRange& r : profile) dims.push_back(point == 0 ? r.min : point == 1 ? r.opt : r.max);
    if (std::find(seen.begin(), seen.end(), dims) != seen.end()) continue;
    f(dims);
    seen.push_back(std::move(dims));
  }
}

}  // namespace

MemoryUse collect_code(const plan::Plan& p, const Backend& backend, std::map<std::string, Blob>* images) {
  MemoryUse use;
  DeviceBlobs blobs(p, backend.device());
  const Program program(p, p.graph, backend, blobs);
  RunOptions options;
  options.threads = std::max(1, p.threads);
  options.allow_bf16 = (p.flags & 1) != 0;
  options.allow_f16 = (p.flags & 2) != 0;
  options.allow_tf32 = (p.flags & 4) != 0;
  for (const auto& profile : p.profiles)
    for_each_point(profile, [&](const std::vector<Dims>& dims) {
      Runner r(program, options);
      r.set_arena(reinterpret_cast<void*>(64), 0);  // nothing runs
      r.prepare(dims);
      std::vector<CodeImage> found;
      r.collect_code(&found);
      for (CodeImage& c : found) images->emplace(std::move(c.key), std::move(c.code));
      use.context = std::max(use.context, r.arena_bytes());
      use.workspace = std::max(use.workspace, r.workspace_bytes());
    });
  use.weights = backend.device() != nullptr ? blobs.bytes() : used_bytes(p);
  return use;
}

const plan::PlanTensor& Engine::io(size_t i) const {
  const plan::PlanGraph& g = plan_->graph;
  const int t = is_input(i) ? g.inputs[i] : g.outputs.at(i - g.inputs.size());
  return g.tensors[static_cast<size_t>(t)];
}

int Engine::find_io(const std::string& name) const {
  for (size_t i = 0; i < io_count(); ++i)
    if (io(i).name == name) return static_cast<int>(i);
  return -1;
}

size_t Engine::device_memory(int profile) const {
  const std::lock_guard lock(mutex_);
  const auto hit = memory_.find(profile);
  if (hit != memory_.end()) return hit->second;
  size_t most = 0;
  for (size_t k = 0; k < plan_->profiles.size(); ++k) {
    if (profile >= 0 && static_cast<size_t>(profile) != k) continue;
    for_each_point(plan_->profiles[k], [&](const std::vector<Dims>& dims) {
      Runner r(*program_, options_);
      r.set_arena(reinterpret_cast<void*>(64), 0);  // sizes only: nothing runs
      r.prepare(dims);
      most = std::max(most, r.arena_bytes());
    });
  }
  return memory_[profile] = most;
}

// Of what runs: a plan also holds the portable graph's.
size_t Engine::weights_bytes() const {
  if (device() != nullptr) return blobs_->bytes();
  return used_bytes(*plan_);
}

std::string Engine::layer_name(size_t i) const { return step_name(plan_->graph.steps.at(i)); }

std::string Engine::layer_device(size_t i) const {
  using Mode = ProgramStep::Mode;
  const ProgramStep& s = program_->steps().at(i);
  const bool view = s.mode == Mode::kView;
  const bool host = view ? program_->on_host(s.step->outputs.at(0)) : s.on_host;
  return host ? "cpu" : plan_->device;
}

std::string Engine::layer_line(size_t i) const {
  const plan::PlanGraph& g = plan_->graph;
  const plan::PlanStep& s = g.steps.at(i);
  std::vector<std::string> in, out;
  for (size_t k = 0; k < s.inputs.size(); ++k)
    if (s.inputs[k] >= 0 && is_read(g, s, k)) in.push_back(tensor_text(g.tensors[static_cast<size_t>(s.inputs[k])]));
  for (int t : s.outputs) out.push_back(tensor_text(g.tensors[static_cast<size_t>(t)]));
  return fmt::format("{} [{}] ({}) -> ({}) tactic {}, {:.1f} us, on {}", layer_name(i), s.op->name, join(in, ", "),
                     join(out, ", "), s.tactic.empty() ? "reference" : s.tactic, s.time_us, layer_device(i));
}

std::string Engine::layer_json(size_t i) const {
  const plan::PlanGraph& g = plan_->graph;
  const plan::PlanStep& s = g.steps.at(i);
  nlohmann::json in = nlohmann::json::array(), out = nlohmann::json::array(), constants = nlohmann::json::array();
  for (size_t k = 0; k < s.inputs.size(); ++k) {
    if (s.inputs[k] < 0) continue;
    const plan::PlanTensor& t = g.tensors[static_cast<size_t>(s.inputs[k])];
    (is_read(g, s, k) ? in : constants).push_back(tensor_json(t));
  }
  for (int t : s.outputs) out.push_back(tensor_json(g.tensors[static_cast<size_t>(t)]));
  nlohmann::json j = {{"Name", layer_name(i)},
                      {"LayerType", s.op->name},
                      {"Inputs", in},
                      {"Outputs", out},
                      {"Constants", constants},
                      {"Device", layer_device(i)},
                      {"TacticName", s.tactic.empty() ? std::string("reference") : s.tactic},
                      {"TimeUs", s.time_us},
                      {"Origins", s.origins},
                      {"Metadata", join(s.origins, "\x1f")},
                      {"Attributes", str(*s.attrs)}};
  if (!s.epilogue.empty()) j["Epilogue"] = s.epilogue.str();
  for (const auto& b : s.bodies) {
    nlohmann::json names = nlohmann::json::array();
    for (const plan::PlanStep& inner : b->steps) names.push_back(step_name(inner));
    j["Bodies"].push_back(names);
  }
  return j.dump();
}

Context::Context(std::shared_ptr<const Engine> engine, bool own_memory)
    : engine_(std::move(engine)), runner_(engine_->program(), engine_->options()), has_memory_(own_memory) {
  for (size_t i = 0; i < engine_->plan().graph.inputs.size(); ++i) {
    Dims d;
    for (const Dim& x : engine_->io(i).shape) d.push_back(x.value_or(-1));
    input_dims_.push_back(std::move(d));
  }
  addresses_.assign(engine_->io_count(), nullptr);
  if (!own_memory) runner_.set_arena(reinterpret_cast<void*>(64), 0);
  if (engine_->device() != nullptr) replay_ = std::make_unique<GraphReplay>(*engine_->device());
}

Context::~Context() = default;

void Context::set_memory(void* p, size_t bytes) {
  if (replay_ && runner_.arena() != p) replay_->forget();
  runner_.set_arena(p, bytes);
}

void Context::set_cache_limit(size_t bytes) {
  if (const Device* d = engine_->device(); d != nullptr)
    require<Unsupported>(bytes <= d->persistent_cache(), "{} bytes of cache for activations, the device has {}", bytes,
                         d->persistent_cache());
  if (replay_) replay_->forget();
  runner_.set_cache_limit(bytes);
}

Status Context::set_profile(int p) {
  if (p < 0 || static_cast<size_t>(p) >= engine_->plan().profiles.size())
    return {
        fmt::format("optimization profile {} does not exist: the engine has {}", p, engine_->plan().profiles.size())};
  if (p == profile_) return {};
  profile_ = p;
  prepared_ = false;
  for (size_t i = 0; i < input_dims_.size(); ++i)
    for (size_t a = 0; a < input_dims_[i].size(); ++a) input_dims_[i][a] = engine_->io(i).shape[a].value_or(-1);
  return {};
}

Status Context::set_input_dims(size_t io, const Dims& d) {
  if (io >= input_dims_.size())
    return {fmt::format("'{}' is not an input", io < engine_->io_count() ? engine_->io(io).name : std::to_string(io))};
  const plan::PlanTensor& t = engine_->io(io);
  if (d.size() != t.shape.size())
    return {fmt::format("input '{}' has rank {}, got {} dims {}", t.name, t.shape.size(), d.size(), str(d))};
  const plan::ShapeRange& r = engine_->plan().profiles.at(static_cast<size_t>(profile_))[io];
  for (size_t a = 0; a < d.size(); ++a) {
    if (t.shape[a].is_const() && t.shape[a].value() != d[a])
      return {
          fmt::format("input '{}', axis {}: extent {} given, the engine has {}", t.name, a, d[a], t.shape[a].value())};
    if (d[a] < r.min[a] || d[a] > r.max[a])
      return {fmt::format("input '{}', axis {}: extent {} is outside optimization profile {}, which allows {} to {}",
                          t.name, a, d[a], profile_, r.min[a], r.max[a])};
  }
  if (input_dims_[io] != d) {
    input_dims_[io] = d;
    prepared_ = false;
  }
  return {};
}

bool Context::all_dims_set() const {
  return std::all_of(input_dims_.begin(), input_dims_.end(),
                     [](const Dims& d) { return std::all_of(d.begin(), d.end(), [](int64_t x) { return x >= 0; }); });
}

Status Context::prepare() {
  if (prepared_) return {};
  for (size_t i = 0; i < input_dims_.size(); ++i)
    if (std::any_of(input_dims_[i].begin(), input_dims_[i].end(), [](int64_t x) { return x < 0; }))
      return {fmt::format("the dims of input '{}' are not set (they are {})", engine_->io(i).name,
                          str(engine_->io(i).shape))};
  if (replay_) replay_->forget();
  try {
    runner_.prepare(input_dims_);
  } catch (const std::exception& e) {
    return {e.what()};
  }
  prepared_ = true;
  return {};
}

Dims Context::dims(size_t io) {
  if (io < input_dims_.size()) return input_dims_[io];
  const plan::PlanTensor& t = engine_->io(io);
  Dims unknown;
  for (const Dim& d : t.shape) unknown.push_back(d.value_or(-1));
  if (!all_dims_set() || !prepare()) return unknown;
  const size_t k = io - input_dims_.size();
  const std::optional<Dims> d = runner_.dims(engine_->plan().graph.outputs[k]);
  if (d) return *d;
  // What does not depend on data is known all the same.
  const Dims partial = runner_.output_dims(k);
  return partial.size() == unknown.size() ? partial : unknown;
}

int64_t Context::max_bytes(size_t io) {
  const plan::PlanTensor& t = engine_->io(io);
  if (data_dependent(t.shape)) return -1;
  const Dims d = dims(io);
  if (std::any_of(d.begin(), d.end(), [](int64_t x) { return x < 0; })) return -1;
  return static_cast<int64_t>(storage_bytes(t.type, volume(d)));
}

Status Context::execute(void* stream) {
  if (Status s = prepare(); !s) return s;
  const size_t inputs = input_dims_.size();
  for (size_t i = 0; i < inputs; ++i)
    if (addresses_[i] == nullptr && volume(input_dims_[i]) > 0)
      return {fmt::format("input '{}' has no address", engine_->io(i).name)};
  const std::span<const void* const> in(addresses_.data(), inputs);
  const std::span<void* const> out(addresses_.data() + inputs, addresses_.size() - inputs);
  try {
    if (!replay_ || !replay_allowed_ || !replay_->run(runner_, in, out, stream)) runner_.run(in, out, stream);
  } catch (const std::exception& e) {
    return {e.what()};
  }
  return {};
}

const void* Context::result(size_t io) const {
  if (addresses_.at(io) != nullptr || io < input_dims_.size()) return addresses_[io];
  return runner_.output(io - input_dims_.size());
}

}  // namespace hone::runtime

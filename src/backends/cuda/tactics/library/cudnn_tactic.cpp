// Per problem an entry: what the library says, the plans built so far, the one chosen. Entries live as long as the
// process; plans that were not chosen are dropped once the choice is made.
#include "backends/cuda/tactics/library/cudnn_tactic.h"

#include <array>
#include <atomic>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "backends/cuda/device.h"
#include "backends/cuda/gpu.h"
#include "backends/cuda/libraries/choices.h"
#include "backends/cuda/tactics/library/second_launch.h"

namespace hone::cuda {
namespace {

using cudnn::Descriptor;
using cudnn::Refusal;

constexpr size_t kMostPlans = 24;     // built and timed per problem
constexpr size_t kMostPointers = 24;  // of one graph

size_t aligned(size_t bytes) { return (bytes + 255) / 256 * 256; }

/// One executable plan with the graph it came from. Some engines keep state in their plans: one thread at a time.
struct Plan {
  Form form = Form::kWhole;
  std::shared_ptr<const ProblemGraph> graph;
  Descriptor plan;
  size_t workspace = 0;
  mutable std::mutex running;
};

/// What the library recommends for one form of a problem, best first.
struct Offer {
  Form form;
  std::shared_ptr<const ProblemGraph> graph;
  std::vector<Descriptor> configs;
};

/// What is known of one problem.
struct Entry {
  std::mutex mutex;
  std::optional<Verdict> verdict;
  std::vector<Offer> offers;
  std::vector<std::shared_ptr<const Plan>> built;
  std::shared_ptr<const Plan> chosen;
};

std::shared_ptr<Entry> entry(const std::string& key) {
  static std::mutex mutex;
  static auto* entries = new std::map<std::string, std::shared_ptr<Entry>>;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Entry>& e = (*entries)[key];
  if (e == nullptr) e = std::make_shared<Entry>();
  return e;
}

std::string key_of(const Tactic& t, const Problem& p) {
  return choice_key(fmt::format("cudnn {}", cudnn::api().version()), describe_problem(t.name(), p));
}

/// What the library recommends, by the first kind of heuristics that recommends anything; throws its last refusal.
std::vector<Descriptor> recommended(const cudnn::Graph& g, const cudnn::Target& target,
                                    const cudnn::EngineRules& rules) {
  std::string reason = "cuDNN offers no engine that is exact enough and gives the same result each time";
  for (int mode : {cudnn::kAskA, cudnn::kAskB, cudnn::kAskFallback}) {
    try {
      std::vector<Descriptor> configs = engine_configs(g, mode, target, rules);
      if (!configs.empty()) return configs;
    } catch (const Refusal& r) {
      reason = r.reason();
    }
  }
  throw Refusal(reason);
}

/// Null where the engine declines in the end (heuristics recommend more than engines accept) or wants too much
/// workspace.
std::shared_ptr<const Plan> plan_of(const Offer& offer, size_t config, size_t workspace_limit, cudnn::Handle handle) {
  try {
    auto plan = std::make_shared<Plan>();
    plan->form = offer.form;
    plan->graph = offer.graph;
    plan->plan = build_plan(offer.configs[config], {handle, nullptr});
    plan->workspace = plan_workspace(plan->plan);
    return plan->workspace <= workspace_limit ? plan : nullptr;
  } catch (const Refusal&) {
    return nullptr;
  }
}

/// Plans of an offer in its order, built by several threads; those that fail are left out.
void build(const Offer& offer, size_t workspace_limit, std::vector<std::shared_ptr<const Plan>>* built) {
  const size_t count = std::min(offer.configs.size(), kMostPlans);
  std::vector<std::shared_ptr<const Plan>> plans(count);
  std::atomic<size_t> next{0};
  const auto work = [&] {
    if (try_enter_context() != kSuccess) return;
    const cudnn::LentHandle handle(nullptr);
    for (size_t i = next++; i < count; i = next++) plans[i] = plan_of(offer, i, workspace_limit, handle.get());
  };
  const size_t workers = std::min<size_t>({count, 8, std::max(1u, std::thread::hardware_concurrency())});
  std::vector<std::thread> threads;
  for (size_t i = 1; i < workers; ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  for (auto& plan : plans)
    if (plan != nullptr) built->push_back(std::move(plan));
}

/// A program that the library's fast engines know beside any others: sums and ReLU.
bool is_common(const PwProgram& program) {
  for (const PwInstr& i : program.code)
    if (i.fn != ScalarFn::kAdd && i.fn != ScalarFn::kRelu && i.fn != ScalarFn::kIdentity) return false;
  return true;
}

class CudnnKernel final : public Kernel {
 public:
  CudnnKernel(std::string_view name, std::shared_ptr<const Plan> plan, const Problem& p, std::span<const Blob> prepared,
              CodeImage choice)
      : name_(name), plan_(std::move(plan)), choice_(std::move(choice)) {
    const ProblemGraph& g = *plan_->graph;
    require<InternalError>(g.ids.size() <= kMostPointers, "a graph with {} tensors", g.ids.size());
    for (const Argument& a : g.arguments) {
      const auto index = static_cast<size_t>(a.index);
      require<ModelError>(a.kind != Argument::Kind::kBlob || index < prepared.size(), "prepared weights are missing");
      blobs_.push_back(a.kind == Argument::Kind::kBlob ? prepared[index].data : nullptr);
    }
    if (is_split()) {
      second_.emplace(p);
      in_place_ = SecondLaunch::in_place(p);
      product_bytes_ = in_place_ ? 0 : aligned(SecondLaunch::product(p).bytes());
      second_workspace_ = product_bytes_ + aligned(plan_->workspace);
    }
  }

  size_t workspace() const override {
    return is_split() ? std::max<size_t>(second_workspace_ + second_->workspace(), 1) : plan_->workspace;
  }

  void run(const Launch& l) const noexcept override {
    if (const Result r = try_enter_context(); r != kSuccess) return note_launch_error(r, name_);
    if (!run_plan(l)) return note_launch_error(kErrorLaunchFailed, name_);
    if (!second_) return;
    auto* workspace = static_cast<std::byte*>(l.workspace);
    second_->run(l, in_place_ ? l.outputs[0] : workspace, workspace + second_workspace_);
  }

  void collect_code(std::vector<CodeImage>* images) const override {
    if (choice_.code.size > 0) images->push_back(choice_);
    if (second_) second_->collect_code(images);
  }

 private:
  bool is_split() const { return plan_->form == Form::kSplit; }
  using Pointers = std::array<void*, kMostPointers + 1>;

  Pointers pointers(const Launch& l) const noexcept {
    Pointers out{};
    const std::vector<Argument>& arguments = plan_->graph->arguments;
    for (size_t i = 0; i < arguments.size(); ++i) {
      const Argument& a = arguments[i];
      const void* base = blobs_[i];
      if (a.kind == Argument::Kind::kInput) base = l.inputs[a.index];
      if (a.kind == Argument::Kind::kOutput) base = l.outputs[a.index];
      if (a.kind == Argument::Kind::kWorkspace) base = l.workspace;
      out[i] = static_cast<std::byte*>(const_cast<void*>(base)) + a.offset;
    }
    out[arguments.size()] = static_cast<std::byte*>(l.workspace) + product_bytes_;
    return out;
  }

  // The library wants the pointers in a descriptor, which costs allocations: the last one is kept, since steady runs
  // repeat their pointers.
  bool run_plan(const Launch& l) const noexcept {
    try {
      const std::lock_guard lock(plan_->running);
      const Pointers now = pointers(l);
      if (!pack_ || now != packed_) {
        const ProblemGraph& g = *plan_->graph;
        pack_ = cudnn::make_pack(g.ids, {now.begin(), now.begin() + static_cast<ptrdiff_t>(g.ids.size())},
                                 g.graph.scalars(), now[g.ids.size()]);
        packed_ = now;
      }
      const cudnn::LentHandle handle(l.stream);
      return handle.get() != nullptr &&
             cudnn::api().execute(handle.get(), plan_->plan.raw(), pack_.raw()) == cudnn::kSuccess;
    } catch (...) {
      return false;
    }
  }

  std::string_view name_;
  std::shared_ptr<const Plan> plan_;
  CodeImage choice_;
  std::vector<const void*> blobs_;
  std::optional<SecondLaunch> second_;
  bool in_place_ = false;
  size_t product_bytes_ = 0, second_workspace_ = 0;
  mutable Descriptor pack_;  // both under the plan's lock
  mutable Pointers packed_{};
};

/// Device copies of what prepare() made, for timing.
class UploadedBlobs {
 public:
  explicit UploadedBlobs(const std::vector<Blob>& blobs) {
    for (const Blob& b : blobs) {
      memory_.push_back(std::make_unique<ScratchMemory>(b.size));
      cuda_device().upload(memory_.back()->data(), b.data, b.size, nullptr);
      on_device_.push_back({nullptr, static_cast<const std::byte*>(memory_.back()->data()), b.size});
    }
    cuda_device().synchronize(nullptr);
  }
  std::span<const Blob> get() const { return on_device_; }

 private:
  std::vector<std::unique_ptr<ScratchMemory>> memory_;
  std::vector<Blob> on_device_;
};

/// Times the plans with the problem's tensors and returns the fastest; null where none runs.
std::shared_ptr<const Plan> fastest(const Tactic& t, const Problem& p,
                                    const std::vector<std::shared_ptr<const Plan>>& plans,
                                    const std::vector<Blob>& blobs) {
  const UploadedBlobs uploaded(blobs);
  const uint64_t folds = t.folds(p);
  std::vector<std::unique_ptr<ScratchMemory>> tensors;
  std::vector<const void*> in(p.inputs.size(), nullptr);
  std::vector<void*> out;
  for (size_t i = 0; i < p.inputs.size(); ++i) {
    if (!p.has(i) || (folds >> i & 1) != 0) continue;
    tensors.push_back(std::make_unique<ScratchMemory>(extent_bytes(p.inputs[i])));
    in[i] = tensors.back()->data();
  }
  for (const TensorDesc& d : p.outputs) {
    tensors.push_back(std::make_unique<ScratchMemory>(extent_bytes(d)));
    out.push_back(tensors.back()->data());
  }
  std::shared_ptr<const Plan> best;
  double best_us = std::numeric_limits<double>::infinity();
  std::deque<CudnnKernel> kernels;
  size_t most = 0;
  for (const auto& plan : plans) {
    kernels.emplace_back(t.name(), plan, p, uploaded.get(), CodeImage{});
    most = std::max(most, kernels.back().workspace());
  }
  const ScratchMemory workspace(most);
  for (size_t i = 0; i < plans.size(); ++i) {
    const auto launch = [&](void* stream) { kernels[i].run({in.data(), out.data(), workspace.data(), stream}); };
    const double us = time_launches(launch, best_us);
    if (us >= 0 && us < best_us) best = plans[i], best_us = us;
  }
  return best;
}

constexpr std::array<std::string_view, 3> kFormNames = {"whole", "reordered", "split"};

std::string choice_text(const Plan& plan) {
  return fmt::format("{}\n{}", kFormNames[static_cast<size_t>(plan.form)], plan_text(plan.plan));
}

/// The plan of a stored choice; null where the library does not take it back.
template <class MakeGraph>
std::shared_ptr<const Plan> restored(const std::string& choice, const MakeGraph& make_graph) {
  const size_t line = choice.find('\n');
  const auto form = std::find(kFormNames.begin(), kFormNames.end(), std::string_view(choice).substr(0, line));
  if (line == std::string::npos || form == kFormNames.end()) return nullptr;
  try {
    const cudnn::LentHandle handle(nullptr);
    auto plan = std::make_shared<Plan>();
    plan->form = static_cast<Form>(form - kFormNames.begin());
    plan->graph = std::make_shared<ProblemGraph>(make_graph(plan->form));
    plan->plan = cudnn::restore_plan(choice.substr(line + 1), {handle.get(), nullptr});
    plan->workspace = plan_workspace(plan->plan);
    return plan;
  } catch (const Refusal&) {
    return nullptr;
  }
}

/// The first of the recommended configurations that the library really plans; null where there is none.
std::shared_ptr<const Plan> first_plan(const std::vector<Offer>& offers, size_t workspace_limit) {
  const cudnn::LentHandle handle(nullptr);
  for (const Offer& offer : offers)
    for (size_t i = 0; i < offer.configs.size(); ++i)
      if (auto plan = plan_of(offer, i, workspace_limit, handle.get())) return plan;
  return nullptr;
}

void add_reason(std::string* reasons, const std::string& reason) {
  if (!reason.empty() && reasons->find(reason) == std::string::npos)
    *reasons += (reasons->empty() ? "" : "; ") + reason;
}

// Asks the library once; the entry is locked. The epilogue is split off where it cannot be fused, and tried both ways
// where the library has only its general engines for it.
template <class Refuse, class MakeGraph>
const Verdict& ask(Entry* e, const Problem& p, const cudnn::EngineRules& rules, const Refuse& refuse,
                   const MakeGraph& make_graph) {
  if (e->verdict) return *e->verdict;
  std::string reasons;
  try {
    enter_context();
    cudnn::reserve_handles(4);
    const cudnn::LentHandle handle(nullptr);
    const cudnn::Target target{handle.get(), nullptr};
    for (const Form form : {Form::kWhole, Form::kReordered, Form::kSplit}) {
      if (form == Form::kSplit && (!p.has_epilogue() || (!e->offers.empty() && is_common(*p.epilogue.program))))
        continue;
      std::string refusal = form == Form::kSplit ? SecondLaunch::check(p).reason : refuse(form);
      try {
        if (refusal.empty()) {
          auto g = std::make_shared<ProblemGraph>(make_graph(form));
          g->graph.finish(target.handle);
          std::vector<Descriptor> configs = recommended(g->graph, target, rules);
          e->offers.push_back({form, std::move(g), std::move(configs)});
        }
      } catch (const Refusal& r) {
        refusal = r.reason();
      }
      if (form != Form::kReordered) add_reason(&reasons, refusal);
    }
  } catch (const Refusal& r) {
    add_reason(&reasons, r.reason());
  } catch (const Unsupported& u) {
    add_reason(&reasons, u.message());
  }
  e->verdict = e->offers.empty() ? Verdict{reasons} : Verdict::yes();
  return *e->verdict;
}

}  // namespace

Argument product_argument(const Problem& p) {
  return SecondLaunch::in_place(p) ? Argument::output(0) : Argument::workspace();
}

Verdict CudnnTactic::supports(const Problem& p) const {
  if (Verdict v = check(p); !v) return v;
  std::string why_not;
  if (cudnn::find(&why_not) == nullptr) return {why_not};
  const auto e = entry(key_of(*this, p));
  const std::lock_guard lock(e->mutex);
  if (e->chosen != nullptr) return Verdict::yes();
  return ask(
      e.get(), p, rules(p), [&](Form form) { return refuse_form(p, form); }, [&](Form form) { return graph(p, form); });
}

void CudnnTactic::compile(const Problem& p) const {
  const std::string key = key_of(*this, p);
  const auto e = entry(key);
  const std::lock_guard lock(e->mutex);
  if (e->chosen != nullptr || !e->built.empty() || find_choice(key)) return;
  if (!ask(
          e.get(), p, rules(p), [&](Form form) { return refuse_form(p, form); },
          [&](Form form) { return graph(p, form); }))
    return;
  enter_context();
  cudnn::reserve_handles(cudnn::kMostHandles);
  for (const Offer& offer : e->offers) build(offer, p.workspace_limit, &e->built);
}

std::vector<Blob> CudnnTactic::prepare(const Problem& p) const {
  std::vector<Blob> blobs = fold(p);
  const std::string key = key_of(*this, p);
  if (find_choice(key)) return blobs;
  compile(p);
  const auto e = entry(key);
  const std::lock_guard lock(e->mutex);
  if (e->chosen != nullptr) return blobs;
  e->chosen = fastest(*this, p, e->built, blobs);
  e->built.clear(), e->offers.clear();
  require<Unsupported>(e->chosen != nullptr, "none of cuDNN's plans runs this node");
  keep_choice(key, choice_text(*e->chosen));
  return blobs;
}

std::unique_ptr<Kernel> CudnnTactic::make(const Problem& p, std::span<const Blob> prepared) const {
  const std::string key = key_of(*this, p);
  const auto e = entry(key);
  const std::lock_guard lock(e->mutex);
  enter_context();
  const auto make_graph = [&](Form form) { return graph(p, form); };
  const auto choice = find_choice(key);
  try {
    cudnn::reserve_handles(4);
    if (e->chosen == nullptr && choice) e->chosen = restored(*choice, make_graph);
    if (e->chosen == nullptr) {  // a shape that was not measured: what the library thinks best
      const Verdict& v = ask(
          e.get(), p, rules(p), [&](Form form) { return refuse_form(p, form); }, make_graph);
      if (!v) throw Refusal(v.reason);
      e->chosen = first_plan(e->offers, p.workspace_limit);
      if (e->chosen == nullptr) throw Refusal("none of cuDNN's plans runs this node");
    }
    CodeImage image = choice ? choice_image(key, *choice) : CodeImage{};
    return std::make_unique<CudnnKernel>(name(), e->chosen, p, prepared, std::move(image));
  } catch (const Refusal& r) {
    fail<Unsupported>("{}", r.reason());
  }
}

int CudnnTactic::engines_on(const Problem& p, const Descriptor& device, Form form) const {
  ProblemGraph g = graph(p, form);
  g.graph.finish(nullptr);
  const cudnn::Target target{nullptr, &device};
  const auto configs = recommended(g.graph, target, rules(p));
  const Descriptor plan = build_plan(configs.front(), target);
  restore_plan(plan_text(plan), target);
  return static_cast<int>(configs.size());
}

}  // namespace hone::cuda

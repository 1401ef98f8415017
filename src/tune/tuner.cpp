// Candidates by (tactic, formats), then a choice over the graph: formats are stored per value; a node may use another
// format at the price of a reformat. Coordinate descent from several starting points.
#include "tune/tuner.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "ops/constant.h"
#include "ops/host_dims.h"
#include "ops/reformat.h"
#include "tune/placement.h"
#include "tune/precompile.h"
#include "tune/views.h"

namespace hone::tune {
namespace {

struct Candidate {
  std::vector<Format> in, out;
  Choice choice;
};

struct NodeTable {
  ir::Node* node;
  std::vector<Candidate> candidates;
};

constexpr float kReferenceUs = 1e5f;  // a reference evaluation is the last resort

bool eligible(const ir::Value* v) {
  const int r = v->rank();
  return v->constant() == nullptr && r >= 3 && r <= 5 && bits(v->type()) >= 8;
}

bool any_data_dependent(const std::vector<ir::Value*>& values) {
  return std::any_of(values.begin(), values.end(),
                     [](const ir::Value* v) { return v != nullptr && data_dependent(v->shape()); });
}

class Search {
 public:
  Search(ir::Graph& g, const Options& o)
      : g_(g),
        o_(o),
        measurer_(*o.backend, o.cache, o.least_iterations, o.level),
        host_measurer_(cpu_backend(), o.cache, o.least_iterations, o.level) {}

  Result run() {
    Result r;
    const std::vector<ir::Node*> nodes = g_.nodes();
    int done = 0;
    const bool own_memory = o_.backend->device() != nullptr;
    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [&] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    double compiled = 0;
    if (own_memory) {
      place_inputs(g_, o_.role);
      precompile(nodes);
      compiled = seconds();
    }
    for (ir::Node* n : nodes) {
      ++done;
      if (o_.progress && !o_.progress(done, static_cast<int>(nodes.size()), n->name())) {
        r.cancelled = true;
        return r;
      }
      if (n->is(kConstantOp)) continue;
      with_context(
          [&] {
            tables_.push_back({n, candidates(n)});
          },
          [&] { return fmt::format("in node '{}' ({})", n->name(), n->op().name); });
    }
    const double measured = seconds();
    choose_formats();
    apply(r);
    if (o_.note)
      o_.note(
          fmt::format("{} candidates timed and {} found in the timing cache: {:.2f} s to compile them, {:.2f} s to "
                      "time them, {:.2f} s to choose",
                      measurer_.timed(), measurer_.cached(), compiled, measured - compiled, seconds() - measured));
    if (own_memory) insert_transfers(g_, o_.role, r);
    r.timed = measurer_.timed() + host_measurer_.timed();
    r.cached = measurer_.cached() + host_measurer_.cached();
    return r;
  }

 private:
  // --- candidates ---
  std::vector<Candidate> candidates(ir::Node* n) {
    const bool own_memory = o_.backend->device() != nullptr;
    if (own_memory && (n->is(kHostDimsOp) || n->force_host || belongs_to_host(*n, o_.tune_at)))
      return {on_host(n, n->force_host ? "asked for" : "small work on host values", {})};
    std::vector<Candidate> all;
    std::vector<std::string> rejected;
    for (const auto& [in, out] : format_combinations(n)) {
      set_formats(n, in, out);
      Candidate c{in, out, {}};
      if (view_everywhere(n)) {
        c.choice.kind = Choice::Kind::kView;
        c.choice.on_host = n->inputs()[0]->host;
        n->output()->host = n->inputs()[0]->host;
      } else if (!best_tactic(n, &c.choice, &rejected)) {
        continue;
      }
      all.push_back(std::move(c));
    }
    set_formats(n, std::vector<Format>(n->inputs().size(), Format::kLinear),
                std::vector<Format>(n->outputs().size(), Format::kLinear));
    if (all.empty() && own_memory && !n->op().has(kControlFlow))
      return {on_host(n, "no tactic of the device runs it", std::move(rejected))};
    if (all.empty()) {
      require<Unsupported>(n->op().eval != nullptr || n->op().has(kControlFlow), "no tactic runs this node: {}",
                           fmt::join(rejected, "; "));
      Candidate c{std::vector<Format>(n->inputs().size(), Format::kLinear),
                  std::vector<Format>(n->outputs().size(), Format::kLinear),
                  {}};
      c.choice.us = n->is(kHostDimsOp) || n->op().has(kControlFlow) ? 0 : kReferenceUs;
      all.push_back(std::move(c));
    }
    for (Candidate& c : all) c.choice.rejected = rejected;
    if (o_.note)
      for (const std::string& r : rejected) o_.note(fmt::format("{}: {}", n->name(), r));
    return all;
  }

  static std::vector<Format> linear(size_t n) { return std::vector<Format>(n, Format::kLinear); }

  // On the host: the first tactic of the CPU device that fits, else the reference evaluation.
  Candidate on_host(ir::Node* n, const char* reason, std::vector<std::string> rejected) {
    Candidate c{linear(n->inputs().size()), linear(n->outputs().size()), {}};
    c.choice.on_host = true;
    c.choice.host_reason = reason;
    set_formats(n, c.in, c.out);
    for (ir::Value* v : n->outputs()) v->host = true;
    if (view_everywhere(n) && n->inputs()[0]->host) {
      c.choice.kind = Choice::Kind::kView;
      return c;
    }
    require<Unsupported>(n->op().eval != nullptr, "neither the device nor the host runs this node: {}",
                         fmt::join(rejected, "; "));
    choose_host_tactic(n, &c.choice);
    if (o_.note)
      o_.note(fmt::format("{} ({}) runs on the host: {}{}{}", n->name(), n->op().name, reason,
                          rejected.empty() ? "" : ": ", fmt::join(rejected, "; ")));
    c.choice.rejected = std::move(rejected);
    return c;
  }

  // What the user put on the host is timed there; elsewhere the first tactic that fits will do.
  void choose_host_tactic(ir::Node* n, Choice* choice) {
    if (n->is(kHostDimsOp)) return;
    const Problem p = make_problem(*n, o_.tune_at, o_.problem);
    const bool unknown = any_data_dependent(n->inputs()) || any_data_dependent(n->outputs());
    const bool timed = n->force_host && o_.level > 0 && !unknown;
    for (const Tactic* t : cpu_backend().tactics(n->op())) {
      if ((!timed && choice->tactic != nullptr) || !t->supports(p)) continue;
      if (!std::all_of(o_.also_at.begin(), o_.also_at.end(),
                       [&](const Bindings& b) { return bool(t->supports(make_problem(*n, b, o_.problem))); }))
        continue;
      const float us = timed ? host_measurer_.time(p, *t) : 0;
      if (timed && o_.note) o_.note(fmt::format("{} on the host: {} {} us", n->name(), t->name(), us));
      if (choice->tactic != nullptr && us >= choice->us) continue;
      choice->kind = Choice::Kind::kTactic;
      choice->tactic = t;
      choice->us = us;
    }
  }

  // Compiles what the timing, or the first tactic where nothing is timed, will ask for, on all cores.
  void precompile(const std::vector<ir::Node*>& nodes) {
    CompileJobs jobs;
    int most = o_.level == 0 ? 1 : o_.level == 1 ? 2 : std::numeric_limits<int>::max();
    if (o_.max_tactics >= 0) most = std::min(most, std::max(1, o_.max_tactics));
    for (ir::Node* n : nodes) {
      if (n->is(kConstantOp) || n->op().has(kControlFlow) || n->force_host) continue;
      std::vector<const Tactic*> wanted;
      for (const Tactic* t : o_.backend->tactics(n->op()))
        if (allowed(*t, o_.sources)) wanted.push_back(t);
      for (const auto& [in, out] : format_combinations(n)) {
        set_formats(n, in, out);
        if (!view_everywhere(n)) jobs.add(make_problem(*n, o_.tune_at, o_.problem), wanted, most);
      }
      set_formats(n, linear(n->inputs().size()), linear(n->outputs().size()));
    }
    jobs.run();
  }

  std::vector<std::pair<std::vector<Format>, std::vector<Format>>> format_combinations(const ir::Node* n) const {
    const Format linear = Format::kLinear, last = Format::kChannelsLast;
    auto pick = [&](const std::vector<ir::Value*>& values, Format f) {
      std::vector<Format> r;
      r.reserve(values.size());
      for (const ir::Value* v : values) r.push_back(v != nullptr && eligible(v) ? f : linear);
      return r;
    };
    std::vector<std::pair<std::vector<Format>, std::vector<Format>>> r;
    const bool plain = n->op().has(kControlFlow);
    for (const auto& [fi, fo] :
         {std::pair(linear, linear), std::pair(last, last), std::pair(linear, last), std::pair(last, linear)}) {
      auto c = std::pair(pick(n->inputs(), fi), pick(n->outputs(), fo));
      // Operands of the epilogue follow the output's format.
      if (n->epilogue)
        for (size_t i = static_cast<size_t>(n->epilogue->base_inputs); i < c.first.size(); ++i)
          c.first[i] = eligible(n->inputs()[i]) && n->inputs()[i]->rank() == n->output()->rank() ? c.second[0] : linear;
      if (one_format_each(n, c.first) && std::find(r.begin(), r.end(), c) == r.end()) r.push_back(std::move(c));
      if (plain) break;
    }
    return r;
  }

  // A value that a node reads twice (as data and in its epilogue) has one format at a time.
  static bool one_format_each(const ir::Node* n, const std::vector<Format>& formats) {
    for (size_t i = 0; i < formats.size(); ++i)
      for (size_t k = i + 1; k < formats.size(); ++k)
        if (n->inputs()[i] != nullptr && n->inputs()[i] == n->inputs()[k] && formats[i] != formats[k]) return false;
    return true;
  }

  void set_formats(ir::Node* n, const std::vector<Format>& in, const std::vector<Format>& out) {
    for (size_t i = 0; i < in.size(); ++i)
      if (n->inputs()[i] != nullptr) n->inputs()[i]->format = in[i];
    for (size_t i = 0; i < out.size(); ++i) n->outputs()[i]->format = out[i];
  }

  bool view_everywhere(const ir::Node* n) const {
    if (n->inputs().empty() || n->inputs()[0] == nullptr || n->outputs().size() != 1) return false;
    const ir::Value *in = n->inputs()[0], *out = n->output();
    if (in->constant() != nullptr || data_dependent(in->shape()) || data_dependent(out->shape())) return false;
    auto at = [&](const Bindings& b) {
      return is_memory_view(*n, concrete(in->shape(), b), in->format, concrete(out->shape(), b), out->format);
    };
    return at(o_.tune_at) && std::all_of(o_.also_at.begin(), o_.also_at.end(), at);
  }

  bool best_tactic(ir::Node* n, Choice* best, std::vector<std::string>* rejected) {
    best->us = std::numeric_limits<float>::infinity();
    Slices slices;
    const Problem p = make_problem(*n, o_.tune_at, o_.problem, &slices);
    const float times = static_cast<float>(slices.count) / static_cast<float>(slices.parallel ? o_.problem.threads : 1);
    // Extents that only the run tells are assumed one by one and need not fit each other: nothing is run on them.
    const bool unknown = any_data_dependent(n->inputs()) || any_data_dependent(n->outputs());
    int tried = 0;
    const int timed_before = measurer_.timed();
    std::vector<std::pair<const Tactic*, float>> timed, untimed;
    for (const Tactic* t : o_.backend->tactics(n->op())) {
      Verdict v = allowed(*t, o_.sources);
      if (v) v = t->supports(p);
      for (size_t k = 0; v && k < o_.also_at.size(); ++k) v = t->supports(make_problem(*n, o_.also_at[k], o_.problem));
      if (v) v = t->promises(p);
      if (!v) {
        note_rejection(rejected, fmt::format("{}: {}", t->name(), v.reason));
        continue;
      }
      if (o_.level == 0 || (o_.level == 1 && tried >= 2) || unknown) {
        if (best->tactic == nullptr) *best = {Choice::Kind::kTactic, t, static_cast<float>(t->estimate(p)), {}, {}};
        untimed.emplace_back(t, best->us);
        continue;
      }
      if (o_.max_tactics >= 0 && tried >= std::max(1, o_.max_tactics)) {
        note_rejection(rejected, fmt::format("{}: not tried, the limit is {} tactics", t->name(), o_.max_tactics));
        continue;
      }
      ++tried;
      float us = 0;
      try {
        us = times * measurer_.time(p, *t, best->us / times);
      } catch (const InternalError& e) {
        if (o_.backend->device() == nullptr) throw;
        note_rejection(rejected, fmt::format("{}: {}", t->name(), e.message()));  // does not compile or launch
        continue;
      }
      if (o_.note) o_.note(fmt::format("{}: {} {} us", n->name(), t->name(), us));
      timed.emplace_back(t, us);
      if (us < best->us) *best = {Choice::Kind::kTactic, t, us, {}, {}};
    }
    if (measurer_.timed() > timed_before) settle(p, times, timed, best);
    best->timed = std::move(timed);
    best->timed.insert(best->timed.end(), untimed.begin(), untimed.end());
    return best->tactic != nullptr;
  }

  // Tactics whose times are within the noise of the best one's are timed again.
  void settle(const Problem& p, float times, std::vector<std::pair<const Tactic*, float>>& timed, Choice* best) {
    constexpr float kNoise = 1.8f;  // what a neighbour on the same core costs
    std::vector<std::pair<const Tactic*, float>> close;
    for (const auto& [t, us] : timed)
      if (us < kNoise * best->us) close.emplace_back(t, us / times);
    if (close.size() < 2) return;
    measurer_.settle(p, close);
    for (const auto& [t, us] : close)
      for (auto& known : timed)
        if (known.first == t) known.second = us * times;
    const auto least =
        std::min_element(timed.begin(), timed.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    *best = {Choice::Kind::kTactic, least->first, least->second, {}, {}};
  }

  static void note_rejection(std::vector<std::string>* list, std::string s) {
    if (std::find(list->begin(), list->end(), s) == list->end()) list->push_back(std::move(s));
  }

  // --- the choice over the graph ---
  float reformat_us(const ir::Value* v) {
    auto [it, fresh] = reformat_.emplace(v, 0.f);
    if (!fresh) return it->second;
    Problem p;
    static const ReformatAttrs attrs;
    p.op = &kReformatOp;
    p.attrs = &attrs;
    p.threads = o_.problem.threads;
    const Dims d = concrete(v->shape(), o_.tune_at);
    int64_t pixels = 1;
    for (size_t a = 2; a < d.size(); ++a) pixels *= d[a];
    if (pixels == 1 || d[1] == 1) return it->second = 0;
    p.inputs = {{v->type(), Format::kLinear, d, 0}};
    p.outputs = {{v->type(), Format::kChannelsLast, d, 0}};
    p.present = {true};
    p.constants = {nullptr};
    const Tactic* t = o_.backend->tactics(kReformatOp).front();
    return it->second = o_.level == 0 ? static_cast<float>(volume(d)) * 1e-3f : measurer_.time(p, *t);
  }

  float cost(const NodeTable& t, const Candidate& c) {
    float us = c.choice.us;
    for (size_t i = 0; i < c.in.size(); ++i) {
      const ir::Value* v = t.node->inputs()[i];
      if (v != nullptr && eligible(v) && stored(v) != c.in[i]) us += reformat_us(v);
    }
    for (size_t i = 0; i < c.out.size(); ++i) {
      const ir::Value* v = t.node->outputs()[i];
      if (eligible(v) && stored(v) != c.out[i]) us += reformat_us(v);
    }
    return us;
  }
  size_t best(const NodeTable& t) {
    size_t b = 0;
    for (size_t k = 1; k < t.candidates.size(); ++k)
      if (cost(t, t.candidates[k]) < cost(t, t.candidates[b])) b = k;
    return b;
  }
  float best_cost(const NodeTable& t) { return cost(t, t.candidates[best(t)]); }
  Format stored(const ir::Value* v) const {
    const auto it = format_.find(v);
    return it == format_.end() ? Format::kLinear : it->second;
  }

  void choose_formats() {
    std::vector<const ir::Value*> free;  // values whose format may be chosen
    for (const NodeTable& t : tables_)
      for (const ir::Value* v : t.node->outputs())
        if (eligible(v) && !g_.is_output(v) && !v->host) free.push_back(v);
    std::map<const ir::Value*, std::vector<const NodeTable*>> around;
    for (const NodeTable& t : tables_) {
      for (const ir::Value* v : t.node->outputs()) around[v].push_back(&t);
      for (const ir::Value* v : t.node->inputs())
        if (v != nullptr && (around[v].empty() || around[v].back() != &t)) around[v].push_back(&t);
    }
    float best_total = std::numeric_limits<float>::infinity();
    std::map<const ir::Value*, Format> best_format;
    for (const Format start : {Format::kChannelsLast, Format::kLinear}) {
      format_.clear();
      for (const ir::Value* v : free) format_[v] = start;
      for (int sweep = 0; sweep < 20; ++sweep) {
        bool changed = false;
        for (const ir::Value* v : free) {
          float total[2] = {0, 0};
          const Format before = format_[v];
          for (int f = 0; f < 2; ++f) {
            format_[v] = static_cast<Format>(f);
            for (const NodeTable* t : around[v]) total[f] += best_cost(*t);
          }
          const Format now = total[0] == total[1]  ? before
                             : total[0] < total[1] ? Format::kLinear
                                                   : Format::kChannelsLast;
          format_[v] = now;
          changed = changed || now != before;
        }
        if (!changed) break;
      }
      float total = 0;
      for (const NodeTable& t : tables_) total += best_cost(t);
      if (total < best_total) {
        best_total = total;
        best_format = format_;
      }
    }
    format_ = std::move(best_format);
  }

  // --- writing the choice into the graph ---
  ir::Value* reformatted(ir::Node* before, ir::Value* v, Format f, Result& r) {
    auto& slot = copies_[{v, f}];
    if (slot != nullptr) return slot;
    ir::Node* n = g_.insert(before, kReformatOp,
                            fmt::format("{}_to_{}", v->name(), f == Format::kLinear ? "linear" : "channels_last"), {v});
    n->output()->format = f;
    choose_reformat(n, r);
    return slot = n->output();
  }
  void choose_reformat(ir::Node* n, Result& r) {
    Choice c;
    if (view_everywhere(n)) {
      c.kind = Choice::Kind::kView;
    } else {
      c.kind = Choice::Kind::kTactic;
      c.tactic = o_.backend->tactics(kReformatOp).front();
      c.us = reformat_us(n->inputs()[0]);
    }
    r.choices[n] = std::move(c);
  }

  void apply(Result& r) {
    std::vector<size_t> pick;
    for (const NodeTable& t : tables_) pick.push_back(best(t));
    for (const ir::Value* v : g_.inputs()) const_cast<ir::Value*>(v)->format = Format::kLinear;
    for (const NodeTable& t : tables_)
      for (ir::Value* v : t.node->outputs()) v->format = stored(v);
    for (size_t k = 0; k < tables_.size(); ++k) {
      ir::Node* n = tables_[k].node;
      const Candidate& c = tables_[k].candidates[pick[k]];
      Choice& chosen = r.choices[n] = c.choice;
      // A view is where it looks at; of the candidates, only the chosen one counts.
      if (chosen.kind == Choice::Kind::kView) chosen.on_host = n->inputs()[0]->host;
      for (ir::Value* v : n->outputs()) v->host = chosen.on_host;
      for (size_t i = 0; i < c.in.size(); ++i) {
        ir::Value* v = n->inputs()[i];
        if (v != nullptr && eligible(v) && v->format != c.in[i])
          g_.set_input(n, static_cast<int>(i), reformatted(n, v, c.in[i], r));
      }
      for (size_t i = 0; i < c.out.size(); ++i) {
        ir::Value* v = n->outputs()[i];
        if (eligible(v) && v->format != c.out[i]) convert_output(n, v, c.out[i], r);
      }
    }
  }

  // The node writes `wanted`, its users (and the graph) see the stored format through a reformat.
  void convert_output(ir::Node* n, ir::Value* v, Format wanted, Result& r) {
    const Format kept = v->format;
    const std::vector<ir::Node*> nodes = g_.nodes();
    const auto at = std::find(nodes.begin(), nodes.end(), n);
    ir::Node* next = at + 1 != nodes.end() ? *(at + 1) : nullptr;
    v->format = wanted;
    ir::Node* copy = g_.insert(next, kReformatOp, v->name() + "_reformatted", {v});
    copy->output()->format = kept;
    const auto users = g_.uses(v);
    for (auto [user, i] : users)
      if (user != copy) g_.set_input(user, i, copy->output());
    if (g_.is_output(v)) {
      g_.replace_uses(v, copy->output());
      g_.set_input(copy, 0, v);
    }
    choose_reformat(copy, r);
  }

  ir::Graph& g_;
  const Options& o_;
  Measurer measurer_, host_measurer_;
  std::vector<NodeTable> tables_;
  std::map<const ir::Value*, Format> format_;
  std::map<const ir::Value*, float> reformat_;
  std::map<std::pair<ir::Value*, Format>, ir::Value*> copies_;
};

}  // namespace

Result tune(ir::Graph& g, const Options& options) { return Search(g, options).run(); }

}  // namespace hone::tune

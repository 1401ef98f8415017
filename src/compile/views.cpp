// Views: nodes that the tuner marked, concatenations whose inputs are written in place, slices read in place.
#include "compile/views.h"

#include <algorithm>

#include "ops/concat.h"
#include "ops/slice.h"

namespace hone::compile {
namespace {

using Kind = tune::Choice::Kind;

class Planner {
 public:
  Planner(ir::Graph& g, std::map<const ir::Node*, tune::Choice>& choices, const tune::Options& o)
      : g_(g), choices_(choices), o_(o) {}

  Aliases run() {
    for (ir::Node* n : g_.nodes())
      if (kind(n) == Kind::kView) aliases_[n->output()] = {n->inputs()[0], 0, 0};
    for (ir::Node* n : g_.nodes()) {
      if (n->is(kSliceOp)) slice(n);
      if (n->is(kConcatOp)) concat(n);
    }
    return std::move(aliases_);
  }

 private:
  Kind kind(const ir::Node* n) const {
    const auto it = choices_.find(n);
    return it == choices_.end() ? Kind::kReference : it->second.kind;
  }

  static bool fixed(const ir::Value* v) { return !tune::data_dependent(v->shape()); }

  // Axes in storage order.
  static std::vector<size_t> order(const ir::Value* v) {
    std::vector<size_t> r;
    for (size_t a = 0; a < v->shape().size(); ++a)
      if (!(v->format == Format::kChannelsLast && a == 1)) r.push_back(a);
    if (v->format == Format::kChannelsLast) r.push_back(1);
    return r;
  }

  // How a part of `whole` along `axis` lies in it: element offset of a start index, and whether the part has a pitch.
  struct Layout {
    bool possible = false, pitched = false;
    Dim step = 1;  // elements per index of the axis
    Dim pitch = 0;
  };
  static Layout layout(const ir::Value* whole, size_t axis) {
    Layout l;
    const std::vector<size_t> o = order(whole);
    const size_t at = static_cast<size_t>(std::find(o.begin(), o.end(), axis) - o.begin());
    bool outermost = true;  // all axes outside of it have extent 1
    for (size_t k = 0; k < at; ++k) outermost = outermost && whole->shape()[o[k]].is(1);
    for (size_t k = at + 1; k < o.size(); ++k) l.step *= whole->shape()[o[k]];
    if (outermost) {
      l.possible = true;
    } else if (at + 1 == o.size()) {
      l.possible = l.pitched = true;
      l.pitch = whole->shape()[axis];
    }
    return l;
  }

  // Tactics that nodes change to so that a value can have a pitch, and what that costs.
  struct Switch {
    std::map<const ir::Node*, std::pair<const Tactic*, float>> to;
    float extra_us = 0;
  };

  // Does the tactic work if value v has this pitch (at all shapes of interest)?
  bool works(const ir::Node* n, const Tactic& t, const ir::Value* v, const Dim& pitch) {
    std::vector<tune::Bindings> points = o_.also_at;
    points.push_back(o_.tune_at);
    return std::all_of(points.begin(), points.end(), [&](const tune::Bindings& b) {
      Problem p = tune::make_problem(*n, b, o_.problem);
      auto set = [&](const std::vector<ir::Value*>& values, std::vector<TensorDesc>& descs) {
        for (size_t i = 0; i < values.size(); ++i) {
          if (values[i] == nullptr) continue;
          const auto it = aliases_.find(values[i]);
          if (values[i] == v)
            descs[i].pitch = tune::concrete({pitch}, b)[0];
          else if (it != aliases_.end())
            descs[i].pitch = tune::concrete({it->second.pitch}, b)[0];
        }
      };
      set(n->inputs(), p.inputs);
      set(n->outputs(), p.outputs);
      return static_cast<bool>(t.supports(p));
    });
  }
  // The fastest timed tactic of the node that takes the pitch.
  bool accepts(const ir::Node* n, const ir::Value* v, const Dim& pitch, Switch& s) {
    const tune::Choice& c = choices_.at(n);
    if (c.kind != Kind::kTactic) return false;
    if (works(n, *c.tactic, v, pitch)) return true;
    const std::pair<const Tactic*, float>* best = nullptr;
    for (const auto& t : c.timed)
      if ((best == nullptr || t.second < best->second) && works(n, *t.first, v, pitch)) best = &t;
    if (best == nullptr) return false;
    s.to[n] = *best;
    s.extra_us += best->second - c.us;
    return true;
  }
  bool all_accept(const ir::Value* v, const Dim& pitch, const ir::Node* except, Switch& s) {
    if (v->producer() != nullptr && v->producer() != except && !accepts(v->producer(), v, pitch, s)) return false;
    const auto& users = g_.uses(v);
    return std::all_of(users.begin(), users.end(),
                       [&](const auto& u) { return u.first == except || accepts(u.first, v, pitch, s); });
  }
  // Takes the switches if they cost less than the copy that they save.
  bool worth(const Switch& s, const ir::Node* copy) {
    if (s.extra_us >= choices_[copy].us && !s.to.empty()) return false;
    for (const auto& [n, t] : s.to) {
      choices_[n].tactic = t.first;
      choices_[n].us = t.second;
    }
    return true;
  }
  bool has_views_on(const ir::Value* v) const {
    return std::any_of(aliases_.begin(), aliases_.end(), [&](const auto& a) { return a.second.of == v; });
  }
  Dim pitch_of(const ir::Value* v) const {
    const auto it = aliases_.find(v);
    return it == aliases_.end() ? Dim(0) : it->second.pitch;
  }

  // Kernels of a device with its own memory read and write 16 bytes at a time from a tensor's start and its rows'
  // starts.
  bool aligned(const Dim& elements, const ir::Value* v) const {
    if (o_.backend->device() == nullptr) return true;
    return elements.is_const() && elements.value() * bits(v->type()) / 8 % 16 == 0;
  }

  void slice(ir::Node* n) {
    const auto& a = n->attr<SliceAttrs>();
    ir::Value *in = n->inputs()[0], *out = n->output();
    if (!fixed(in) || !fixed(out) || in->constant() != nullptr || in->format != out->format || g_.is_output(out) ||
        bits(in->type()) < 8)
      return;
    if (a.mode != SampleMode::kStrict || !pitch_of(in).is(0) || n->inputs().size() > 1)
      return;  // constants were folded into the attributes
    if (std::any_of(a.stride.begin(), a.stride.end(), [](int64_t s) { return s != 1; })) return;
    size_t axis = SIZE_MAX;
    for (size_t k = 0; k < in->shape().size(); ++k) {
      if (in->shape()[k] == out->shape()[k]) continue;
      if (axis != SIZE_MAX) return;
      axis = k;
    }
    if (axis == SIZE_MAX) return;
    const std::optional<Dim> start = slice_start(a, axis, in->rank(), in->shape()[axis]);
    const Layout l = layout(in, axis);
    if (!start || !l.possible || !aligned(*start * l.step, in) || (l.pitched && !aligned(l.pitch, in))) return;
    if (l.pitched && has_views_on(out)) return;
    Switch change;
    if (l.pitched && (!all_accept(out, l.pitch, n, change) || !worth(change, n))) return;
    aliases_[out] = {in, *start * l.step, l.pitched ? l.pitch : Dim(0)};
    choices_[n].kind = Kind::kView;
    choices_[n].us = 0;
  }

  static std::optional<Dim> slice_start(const SliceAttrs& a, size_t axis, int64_t rank, const Dim& extent) {
    for (size_t k = 0; k < a.start.size(); ++k) {
      const int64_t ax = normalize_axis(a.axes.empty() ? static_cast<int64_t>(k) : a.axes[k], rank);
      if (ax != static_cast<int64_t>(axis)) continue;
      if (!a.ends) return a.start[k] < 0 ? std::nullopt : std::optional(Dim(a.start[k]));
      return a.start[k] < 0 ? max(extent + Dim(a.start[k]), Dim(0)) : min(Dim(a.start[k]), extent);
    }
    return Dim(0);
  }

  void concat(ir::Node* n) {
    ir::Value* out = n->output();
    const auto axis = static_cast<size_t>(normalize_axis(n->attr<ConcatAttrs>().axis, out->rank()));
    if (!fixed(out) || bits(out->type()) < 8 || kind(n) == Kind::kView || aliases_.count(out) != 0) return;
    const Layout l = layout(out, axis);
    if (!l.possible || (l.pitched && !aligned(l.pitch, out))) return;
    std::set<const ir::Value*> seen;
    Switch change;
    Dim place(0);
    for (const ir::Value* v : n->inputs()) {
      const bool own = v->producer() != nullptr && v->constant() == nullptr && aliases_.count(v) == 0 &&
                       !g_.is_output(v) && !v->producer()->op().has(kControlFlow);
      if (!own || !fixed(v) || v->format != out->format || !seen.insert(v).second || has_views_on(v)) return;
      if (!aligned(place * l.step, out)) return;
      place += v->shape()[axis];
      if (!l.pitched && kind(v->producer()) == Kind::kReference) continue;
      if (l.pitched && !all_accept(v, l.pitch, n, change)) return;
    }
    if (!worth(change, n)) return;
    Dim at(0);
    for (const ir::Value* v : n->inputs()) {
      aliases_[v] = {out, at * l.step, l.pitched ? l.pitch : Dim(0)};
      at += v->shape()[axis];
    }
    choices_[n].kind = Kind::kView;
    choices_[n].us = 0;
  }

  ir::Graph& g_;
  std::map<const ir::Node*, tune::Choice>& choices_;
  const tune::Options& o_;
  Aliases aliases_;
};

}  // namespace

Aliases plan_views(ir::Graph& g, std::map<const ir::Node*, tune::Choice>& choices, const tune::Options& options) {
  return Planner(g, choices, options).run();
}

}  // namespace hone::compile

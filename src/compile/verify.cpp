// The run is observed step by step; what a step reads is what earlier steps were seen to write.
#include "compile/verify.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "ops/bit_cast.h"
#include "ops/cast.h"
#include "ops/constant.h"
#include "ops/host_dims.h"
#include "ops/pointwise.h"
#include "runtime/runner.h"

namespace hone::compile {
namespace {

bool narrow(DType t) { return t == DType::kF16 || t == DType::kBF16; }
DType wide(DType t) { return narrow(t) ? DType::kF32 : t; }

PwProgram widened(PwProgram p) {
  for (PwInstr& i : p.code) i.type = wide(i.type);
  return p;
}

bool computes_in(const PwProgram& p, DType type) {
  return std::any_of(p.code.begin(), p.code.end(), [type](const PwInstr& i) { return i.type == type; });
}

// Attributes that compute in single precision where the layer's compute in less.
std::unique_ptr<Attributes> widened(const Op& op, const Attributes& a) {
  std::unique_ptr<Attributes> w = a.clone();
  if (&op == &kCastOp) {
    auto& c = static_cast<CastAttrs&>(*w);
    c.to = wide(c.to);
  } else if (&op == &kPointwiseOp) {
    auto& c = static_cast<PointwiseAttrs&>(*w);
    c.program = widened(std::move(c.program));
  }
  return w;
}

// The same values for the same name; small whole numbers where they may be indices or conditions.
Tensor drawn(const std::string& name, DType type, const Dims& dims) {
  std::mt19937 random(static_cast<uint32_t>(std::hash<std::string>()(name)));
  std::normal_distribution<float> normal;
  Tensor t(DType::kF32, dims);
  for (float& x : t.span<float>()) x = is_float(type) ? normal(random) : static_cast<float>(random() % 2);
  return t.to(type);
}

// Differences of one result. An element that is lost (not finite although the reference is) makes the error infinite.
struct Difference {
  double square = 0, reference = 0, max_abs = 0;
  int64_t elements = 0, nans = 0, infinities = 0;

  void add(const Tensor& result, const Tensor& reference_result) {
    const std::vector<double> got = result.as_doubles(), want = reference_result.as_doubles();
    // Half of the distance of neighbours near zero, which is no error of the layer.
    const double rounding = result.type() == DType::kF16 ? 0x1p-25 : 0;
    elements += static_cast<int64_t>(got.size());
    for (size_t i = 0; i < got.size(); ++i) {
      if (!std::isfinite(want[i])) continue;  // the inputs or the function itself are to blame
      if (std::isnan(got[i])) {
        ++nans;
      } else if (std::isinf(got[i])) {
        ++infinities;
      } else {
        double d = got[i] - want[i];
        if (std::abs(d) <= rounding) d = 0;
        square += d * d;
        max_abs = std::max(max_abs, std::abs(d));
      }
      reference += want[i] * want[i];
    }
  }
  double error() const {
    if (nans + infinities > 0) return HUGE_VAL;
    if (square == 0) return 0;
    return reference == 0 ? HUGE_VAL : std::sqrt(square / reference);
  }
};

class Verification {
 public:
  Verification(const plan::Plan& p, const ir::Graph& graph, const Backend& backend, const VerifyOptions& o)
      : plan_(p),
        graph_(p.graph),
        backend_(backend),
        o_(o),
        blobs_(p, backend.device()),
        program_(p, p.graph, backend, blobs_) {
    for (const ir::Node* n : graph.nodes())
      if (!n->is(kConstantOp)) nodes_.push_back(n);
    require<InternalError>(nodes_.size() == graph_.steps.size(), "{} layers of {} nodes", graph_.steps.size(),
                           nodes_.size());
    last_read_.assign(graph_.tensors.size(), 0);
    for (size_t i = 0; i < graph_.steps.size(); ++i)
      for (int t : graph_.steps[i].inputs)
        if (t >= 0) last_read_[static_cast<size_t>(t)] = i;
  }

  std::vector<LayerCheck> run() {
    runtime::RunOptions options;
    options.threads = std::max(1, plan_.threads);
    options.allow_bf16 = (plan_.flags & 1) != 0;
    options.allow_f16 = (plan_.flags & 2) != 0;
    options.allow_tf32 = (plan_.flags & 4) != 0;
    runtime::Runner runner(program_, options);
    std::vector<Dims> dims;
    std::vector<std::shared_ptr<void>> memory;
    std::vector<const void*> addresses;
    for (size_t k = 0; k < graph_.inputs.size(); ++k) {
      dims.push_back(plan_.profiles.at(0).at(k).opt);
      const int t = graph_.inputs[k];
      const plan::PlanTensor& pt = graph_.tensors[static_cast<size_t>(t)];
      Tensor value = o_.input ? o_.input(pt.name, pt.type, dims.back()) : Tensor();
      if (!value.defined()) value = drawn(pt.name, pt.type, dims.back());
      seen_[t] = value;
      memory.push_back(resident(value));
      addresses.push_back(memory.back().get());
    }
    runner.prepare(dims);
    runner.set_observer(
        [this](const plan::PlanStep& s, int output, const Tensor& value) { observe(s, output, value); });
    std::vector<void*> outputs(graph_.outputs.size(), nullptr);
    runner.run(addresses, outputs);
    while (next_ < graph_.steps.size()) finish(next_++);
    return std::move(checks_);
  }

 private:
  std::shared_ptr<void> resident(const Tensor& value) {
    const Device* d = backend_.device();
    if (d == nullptr) return {const_cast<void*>(value.raw()), [keep = value](void*) { (void)keep; }};
    std::shared_ptr<void> p(d->allocate(value.bytes() + 64), [d](void* q) { d->release(q); });
    d->upload(p.get(), value.raw(), value.bytes(), nullptr);
    return p;
  }

  void observe(const plan::PlanStep& s, int output, const Tensor& value) {
    const auto step = static_cast<size_t>(&s - graph_.steps.data());
    while (next_ < step) finish(next_++);
    seen_[s.outputs[static_cast<size_t>(output)]] = value;
  }

  // All that the step wrote has been seen.
  void finish(size_t i) {
    checks_.push_back(check(i));
    const plan::PlanStep& s = graph_.steps[i];
    auto forget = [&](int t) {
      if (t >= 0 && last_read_[static_cast<size_t>(t)] <= i) seen_.erase(t);
    };
    for (int t : s.inputs) forget(t);
    for (int t : s.outputs) forget(t);
  }

  bool on_host(size_t i) const {
    return backend_.device() != nullptr &&
           (program_.steps()[i].on_host || (program_.steps()[i].mode == runtime::ProgramStep::Mode::kView &&
                                            program_.on_host(graph_.steps[i].outputs[0])));
  }

  std::string precision(size_t i) const {
    const plan::PlanStep& s = graph_.steps[i];
    auto any = [&](DType type) {
      auto is = [&](int t) { return t >= 0 && graph_.tensors[static_cast<size_t>(t)].type == type; };
      return std::any_of(s.inputs.begin(), s.inputs.end(), is) || std::any_of(s.outputs.begin(), s.outputs.end(), is) ||
             computes_in(s.epilogue, type) ||
             (s.op == &kPointwiseOp && computes_in(static_cast<const PointwiseAttrs&>(*s.attrs).program, type));
    };
    const bool products = s.op->has(kHeavy), host = backend_.device() == nullptr || on_host(i);
    if (any(DType::kBF16) || (host && products && (plan_.flags & 1) != 0)) return "BF16";
    if (any(DType::kF16) || (host && products && (plan_.flags & 2) != 0)) return "FP16";
    return products && !host && (plan_.flags & 4) != 0 ? "TF32" : "FP32";
  }

  std::vector<std::string> origins(size_t i) const {
    if (!graph_.steps[i].origins.empty()) return graph_.steps[i].origins;
    std::vector<std::string> r;
    for (const plan::PlanStep& reader : graph_.steps)
      for (int t : graph_.steps[i].outputs)
        if (std::find(reader.inputs.begin(), reader.inputs.end(), t) != reader.inputs.end())
          r.insert(r.end(), reader.origins.begin(), reader.origins.end());
    return r;
  }

  LayerCheck check(size_t i) {
    const plan::PlanStep& s = graph_.steps[i];
    LayerCheck c;
    c.step = i;
    c.name = s.origins.empty() ? s.name : fmt::format("{}", fmt::join(s.origins, " + "));
    c.op = s.op->name;
    c.tactic = s.tactic.empty() ? "reference" : s.tactic;
    c.device = on_host(i) ? "cpu" : plan_.device;
    c.precision = precision(i);
    c.origins = origins(i);
    c.tolerance = o_.tolerance > 0 ? o_.tolerance : default_tolerance(c.precision);
    try {
      compare(i, &c);
    } catch (const Error& e) {
      c.note = fmt::format("the reference cannot be evaluated: {}", e.message());
    }
    return c;
  }

  void compare(size_t i, LayerCheck* c) {
    const plan::PlanStep& s = graph_.steps[i];
    if (s.op->has(kControlFlow)) c->note = "a loop or conditional: its body is not looked into";
    if (s.op == &kHostDimsOp) c->note = "dims, computed from shapes";
    if (s.op->has(kSideEffect)) c->note = "it has no result that repeats";
    if (!c->note.empty()) return;
    std::vector<Tensor> in;
    for (size_t k = 0; k < s.inputs.size(); ++k) {
      const ir::Value* v = nodes_[i]->input(k);
      if (v == nullptr) {
        in.emplace_back();
        continue;
      }
      const auto hit = seen_.find(s.inputs[k]);
      if (v->constant() == nullptr && hit == seen_.end()) {
        c->note = fmt::format("its input '{}' was not seen", v->name());
        return;
      }
      in.push_back(v->constant() != nullptr ? *v->constant() : hit->second);
    }
    const std::vector<Tensor> want = reference(s, std::move(in));
    Difference d;
    for (size_t k = 0; k < s.outputs.size(); ++k) {
      const auto hit = seen_.find(s.outputs[k]);
      if (hit == seen_.end() || is_packed(want.at(k).type())) {
        c->note = "its result was not seen";
        return;
      }
      if (hit->second.dims() != want[k].dims()) {
        c->note = fmt::format("it made {}, the reference {}", str(hit->second.dims()), str(want[k].dims()));
        return;
      }
      d.add(hit->second, want[k]);
    }
    c->error = d.error();
    c->max_abs = d.max_abs;
    c->elements = d.elements;
    c->nans = d.nans;
    c->infinities = d.infinities;
  }

  std::vector<Tensor> reference(const plan::PlanStep& s, std::vector<Tensor> in) const {
    const bool bits_matter = s.op == &kBitCastOp;
    if (!bits_matter)
      for (Tensor& t : in)
        if (t.defined() && narrow(t.type())) t = t.to(DType::kF32);
    std::vector<const Tensor*> p;
    p.reserve(in.size());
    for (const Tensor& t : in) p.push_back(t.defined() ? &t : nullptr);
    const size_t base = s.epilogue.empty() ? p.size() : static_cast<size_t>(s.base_inputs);
    const std::unique_ptr<Attributes> attrs = widened(*s.op, *s.attrs);
    std::vector<Tensor> out = evaluate(*s.op, *attrs, std::span(p).subspan(0, base), s.outputs.size());
    if (!s.epilogue.empty()) {
      std::vector<const Tensor*> operands = {&out[0]};
      operands.insert(operands.end(), p.begin() + static_cast<long>(base), p.end());
      out[0] = evaluate(widened(s.epilogue), operands)[0];
    }
    return out;
  }

  const plan::Plan& plan_;
  const plan::PlanGraph& graph_;
  const Backend& backend_;
  const VerifyOptions& o_;
  runtime::DeviceBlobs blobs_;
  runtime::Program program_;
  std::vector<const ir::Node*> nodes_;
  std::vector<size_t> last_read_;
  std::map<int, Tensor> seen_;
  std::vector<LayerCheck> checks_;
  size_t next_ = 0;
};

}  // namespace

double default_tolerance(const std::string& precision) {
  return precision == "BF16" ? 2e-2 : precision == "FP16" ? 5e-3 : precision == "TF32" ? 1e-3 : 1e-5;
}

std::vector<LayerCheck> verify(const plan::Plan& p, const ir::Graph& graph, const Backend& backend,
                               const VerifyOptions& o) {
  return with_context([&] { return Verification(p, graph, backend, o).run(); },
                      [] { return std::string("in the verification of the engine"); });
}

Remedy remedy_for(const std::vector<LayerCheck>& checks, const plan::Plan& p) {
  Remedy r;
  for (const LayerCheck& c : checks) {
    if (!c.failed()) continue;
    if (c.precision == "TF32") r.tf32 = true;
    if (p.device == "cpu" && c.precision == "FP16") r.half = true;
    if (p.device == "cpu" && c.precision == "BF16") r.brain = true;
    const bool narrowed = p.device != "cpu" && (p.flags & 8) == 0 && (c.precision == "FP16" || c.precision == "BF16");
    if (!narrowed) continue;
    r.keep_wide.insert(c.origins.begin(), c.origins.end());
    if (c.infinities == 0) continue;
    // Whoever reads what has left the range must take it as it is.
    for (const plan::PlanStep& reader : p.graph.steps)
      for (int t : p.graph.steps[c.step].outputs)
        if (std::find(reader.inputs.begin(), reader.inputs.end(), t) != reader.inputs.end())
          r.keep_wide.insert(reader.origins.begin(), reader.origins.end());
  }
  return r;
}

std::vector<std::string> summary(const std::vector<LayerCheck>& checks, size_t most) {
  std::vector<const LayerCheck*> order;
  for (const LayerCheck& c : checks)
    if (c.compared()) order.push_back(&c);
  const auto failed = std::count_if(checks.begin(), checks.end(), [](const LayerCheck& c) { return c.failed(); });
  std::vector<std::string> lines = {
      fmt::format("Verification: {} layers compared with the reference, {} left out, {} "
                  "over their tolerance",
                  order.size(), checks.size() - order.size(), failed)};
  std::stable_sort(order.begin(), order.end(), [](const LayerCheck* a, const LayerCheck* b) {
    return a->error / a->tolerance > b->error / b->tolerance;
  });
  if (order.empty()) return lines;
  lines.push_back(fmt::format("  {:>9} {:>9} {:>9} {:>6} {:>6}  {:<4}  layer", "rel. L2", "allowed", "max abs", "NaN",
                              "Inf", "type"));
  for (size_t i = 0; i < order.size() && i < most; ++i) {
    const LayerCheck& c = *order[i];
    lines.push_back(fmt::format("  {:>9.2e} {:>9.0e} {:>9.2e} {:>6} {:>6}  {:<4}  {}{} [{}, {}]", c.error, c.tolerance,
                                c.max_abs, c.nans, c.infinities, c.precision, c.failed() ? "! " : "", c.name, c.op,
                                c.tactic));
  }
  return lines;
}

}  // namespace hone::compile

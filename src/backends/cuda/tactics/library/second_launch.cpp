// The program becomes an element-wise node, and the backend's own tactic for those runs it.
#include "backends/cuda/tactics/library/second_launch.h"

#include <array>

#include "backends/cuda/backend.h"
#include "ops/pointwise.h"

namespace hone::cuda {
namespace {

// The element-wise node; `attrs` must outlive it.
Problem pointwise_problem(const Problem& p, const PointwiseAttrs& attrs) {
  Problem q;
  q.op = &kPointwiseOp;
  q.attrs = &attrs;
  q.inputs = {SecondLaunch::product(p)};
  q.inputs.insert(q.inputs.end(), p.inputs.begin() + static_cast<ptrdiff_t>(p.base_inputs()), p.inputs.end());
  q.outputs = p.outputs;
  q.present.assign(q.inputs.size(), true);
  q.constants.assign(q.inputs.size(), nullptr);
  q.threads = p.threads;
  return q;
}

PointwiseAttrs attributes(const Problem& p) {
  PointwiseAttrs a;
  a.program = *p.epilogue.program;
  return a;
}

const Tactic* find_tactic(const Problem& q, std::string* why_not) {
  for (const Tactic* t : backend().tactics(kPointwiseOp)) {
    const Verdict v = t->folds(q) == 0 ? t->supports(q) : Verdict::no("folds constants");
    if (v) return t;
    *why_not += fmt::format("{}{}: {}", why_not->empty() ? "" : "; ", t->name(), v.reason);
  }
  return nullptr;
}

}  // namespace

TensorDesc SecondLaunch::product(const Problem& p) {
  TensorDesc d = p.outputs[0];
  if (d.type == p.inputs[0].type) return d;
  d.type = p.inputs[0].type;
  d.pitch = 0;
  return d;
}

Verdict SecondLaunch::check(const Problem& p) {
  if (p.outputs.size() != 1) return Verdict::no("the epilogue has several outputs");
  if (p.inputs.size() - p.base_inputs() > kMostExtras) return Verdict::no("the epilogue has too many inputs");
  const PointwiseAttrs attrs = attributes(p);
  std::string why_not;
  if (find_tactic(pointwise_problem(p, attrs), &why_not) == nullptr)
    return Verdict::no("no element-wise kernel runs the epilogue ({})", why_not);
  return Verdict::yes();
}

SecondLaunch::SecondLaunch(const Problem& p)
    : base_inputs_(p.base_inputs()), extras_(p.inputs.size() - p.base_inputs()) {
  const PointwiseAttrs attrs = attributes(p);
  const Problem q = pointwise_problem(p, attrs);
  std::string why_not;
  const Tactic* t = find_tactic(q, &why_not);
  require<InternalError>(t != nullptr && extras_ <= kMostExtras, "an epilogue without an element-wise kernel: {}",
                         why_not);
  kernel_ = t->make(q, {});
}

void SecondLaunch::run(const Launch& l, const void* product, void* workspace) const noexcept {
  std::array<const void*, kMostExtras + 1> inputs{product};
  for (size_t i = 0; i < extras_; ++i) inputs[i + 1] = l.inputs[base_inputs_ + i];
  kernel_->run({inputs.data(), l.outputs, workspace, l.stream});
}

}  // namespace hone::cuda

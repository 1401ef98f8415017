// Both from the operator's shape rule.
#include "backends/extents.h"

namespace hone {
namespace {

struct Inferred {
  std::vector<TensorInfo> inputs;
  std::unique_ptr<Attributes> attrs;
  InferContext context;
};

Inferred infer_outputs(const Problem& p) {
  Inferred r;
  r.attrs = p.attrs->clone();
  r.context.attrs = r.attrs.get();
  for (size_t i = 0; i < p.inputs.size(); ++i)
    r.inputs.push_back({p.inputs[i].type, to_shape(p.inputs[i].dims), std::nullopt, p.constant(i)});
  for (size_t i = 0; i < p.inputs.size(); ++i) r.context.inputs.push_back(p.has(i) ? &r.inputs[i] : nullptr);
  r.context.outputs.resize(p.outputs.size());
  infer(*p.op, r.context);
  return r;
}

}  // namespace

int64_t largest_extent(const Problem& p) { return p.op->bound(infer_outputs(p).context).value(); }

std::vector<Dims> dims_for_extent(const Problem& p, int64_t extent) {
  std::vector<Dims> r;
  for (const TensorInfo& out : infer_outputs(p).context.outputs) {
    Dims d;
    for (const Dim& x : out.shape) d.push_back(x.eval([&](const std::string&) { return extent; }));
    r.push_back(std::move(d));
  }
  return r;
}

}  // namespace hone

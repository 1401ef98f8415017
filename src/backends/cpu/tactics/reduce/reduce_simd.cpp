// Reductions of FP32 tensors over any axes; global average pooling is one of them.
#include "backends/cpu/simd/reduce.h"
#include "backends/layout.h"

namespace hone::cpu {
namespace {

std::vector<bool> reduced_axes(const Problem& p) {
  const auto& a = p.attr<ReduceAttrs>();
  const auto rank = static_cast<int64_t>(p.inputs[0].dims.size());
  std::vector<int64_t> axes = a.axes;
  if (p.has(1)) axes = p.constant(1)->as_ints();
  std::vector<bool> r(static_cast<size_t>(rank), axes.empty() && !a.noop_if_empty);
  for (int64_t axis : axes) r[static_cast<size_t>(normalize_axis(axis, rank))] = true;
  return r;
}

// The kept axes of the input that are longer than 1, in the order of the output's memory.
std::vector<size_t> kept_order(const TensorDesc& out, const std::vector<bool>& reduced, const Dims& in,
                               bool keep_dims) {
  std::vector<size_t> source;  // input axis of each output axis
  for (size_t a = 0; a < in.size(); ++a)
    if (!reduced[a] || keep_dims) source.push_back(a);
  std::vector<size_t> order;
  for (size_t o : memory_order(out.format, out.dims.size()))
    if (!reduced[source[o]] && in[source[o]] != 1) order.push_back(source[o]);
  return order;
}

std::vector<Reduction::Axis> axes_of(const Problem& p) {
  const TensorDesc& x = p.inputs[0];
  const std::vector<bool> reduced = reduced_axes(p);
  const std::vector<int64_t> strides = element_strides(x);
  std::vector<Reduction::Axis> axes;
  for (size_t a : memory_order(x.format, x.dims.size())) axes.push_back({x.dims[a], strides[a], reduced[a]});
  return axes;
}

class ReduceKernel : public Kernel {
 public:
  explicit ReduceKernel(const Problem& p) : reduction_(p.attr<ReduceAttrs>().kind, axes_of(p)) {}
  void run(const Launch& l) const noexcept override {
    reduction_.run(static_cast<const float*>(l.inputs[0]), static_cast<float*>(l.outputs[0]));
  }

 private:
  Reduction reduction_;
};

class ReduceSimd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.reduce_simd"; }
  Verdict supports(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (x.type != DType::kF32 || y.type != DType::kF32) return Verdict::no("not FP32");
    if (p.has(1) && !p.constant(1)) return Verdict::no("axes not constant");
    if (!is_dense(y)) return Verdict::no("pitched output");
    const std::vector<bool> reduced = reduced_axes(p);
    int64_t count = 1;
    std::vector<size_t> order;
    for (size_t a : memory_order(x.format, x.dims.size())) {
      if (!reduced[a] && x.dims[a] != 1) order.push_back(a);
      if (reduced[a]) count *= x.dims[a];
    }
    if (count == 0) return Verdict::no("nothing to reduce");
    if (order != kept_order(y, reduced, x.dims, p.attr<ReduceAttrs>().keep_dims))
      return Verdict::no("the output's axes lie in another order");
    return Verdict::yes();
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return std::make_unique<ReduceKernel>(p);
  }
};

}  // namespace

const Tactic& reduce_simd() {
  static const ReduceSimd tactic;
  return tactic;
}

}  // namespace hone::cpu

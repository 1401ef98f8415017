// Gather along an axis: whole runs of elements behind the axis are copied, for indices known only at run time.
#include <cstring>

#include "backends/layout.h"
#include "base/parallel.h"
#include "ops/gather.h"

namespace hone::cpu {
namespace {

class GatherKernel : public Kernel {
 public:
  explicit GatherKernel(const Problem& p) : wide_(p.inputs[1].type == DType::kI64) {
    const auto& a = p.attr<GatherAttrs>();
    const Dims &x = p.inputs[0].dims, &idx = p.inputs[1].dims;
    const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.size())));
    const auto batch = static_cast<size_t>(a.batch_dims);
    for (size_t i = batch; i < axis; ++i) outer_ *= x[i];
    for (size_t i = 0; i < batch; ++i) batches_ *= x[i];
    for (size_t i = batch; i < idx.size(); ++i) count_ *= idx[i];
    extent_ = x[axis];
    run_ = bits(p.inputs[0].type) / 8;
    for (size_t i = axis + 1; i < x.size(); ++i) run_ *= x[i];
  }
  void run(const Launch& l) const noexcept override {
    const auto* x = static_cast<const std::byte*>(l.inputs[0]);
    auto* y = static_cast<std::byte*>(l.outputs[0]);
    if (extent_ == 0) return;
    parallel_for(batches_ * outer_ * count_, 16384 / (run_ + 16) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t row = i / count_, batch = row / outer_;
        std::memcpy(y + i * run_, x + (row * extent_ + index(l.inputs[1], batch * count_ + i % count_)) * run_,
                    static_cast<size_t>(run_));
      }
    });
  }

 private:
  // Negative from the end. What lies outside is moved to the edge: the kernel must not read beyond the tensor.
  int64_t index(const void* indices, int64_t at) const {
    int64_t i = wide_ ? static_cast<const int64_t*>(indices)[at] : static_cast<const int32_t*>(indices)[at];
    if (i < 0) i += extent_;
    return std::clamp<int64_t>(i, 0, extent_ - 1);
  }
  bool wide_;
  int64_t batches_ = 1, outer_ = 1, count_ = 1, extent_ = 1, run_ = 1;
};

class GatherRows : public Tactic {
 public:
  std::string_view name() const override { return "cpu.gather_rows"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (p.attr<GatherAttrs>().mode != GatherMode::kAxis) return Verdict::no("gathers elements or tuples");
    const TensorDesc &x = p.inputs[0], &idx = p.inputs[1], &y = p.outputs[0];
    if (is_packed(x.type) || x.type != y.type) return Verdict::no("element type");
    if (idx.type != DType::kI64 && idx.type != DType::kI32) return Verdict::no("index type {}", hone::name(idx.type));
    for (const TensorDesc* d : {&x, &idx, &y})
      if (!is_linear(*d) || !is_dense(*d)) return Verdict::no("not linear");
    return Verdict::yes();
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return std::make_unique<GatherKernel>(p);
  }
};

}  // namespace

const Tactic& gather_rows() {
  static const GatherRows tactic;
  return tactic;
}

}  // namespace hone::cpu

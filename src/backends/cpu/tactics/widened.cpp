// Layers with tensors stored in bf16, computed in FP32 by another tactic: what is read is widened before, what is
// written is rounded after. The way out for kernels that have no bf16 form of their own.
#include <algorithm>
#include <array>
#include <cstring>

#include "backends/cpu/brain_support.h"
#include "backends/cpu/simd/brain.h"
#include "backends/layout.h"
#include "base/parallel.h"

namespace hone::cpu {

const Tactic& widened();

namespace {

constexpr size_t kMostTensors = 32;

bool is_brain(const TensorDesc& d) { return d.type == DType::kBF16; }

/// The same layer on FP32 tensors; those that are converted lie without gaps.
Problem in_f32(const Problem& p) {
  Problem q = p;
  q.allow_bf16 = false;
  for (auto* list : {&q.inputs, &q.outputs})
    for (TensorDesc& d : *list)
      if (is_brain(d)) d.type = DType::kF32, d.pitch = 0;
  return q;
}

const Tactic* inner_tactic(const Problem& q) {
  for (const Tactic* t : cpu_backend().tactics(*q.op))
    if (t != &widened() && t->supports(q)) return t;
  return nullptr;
}

/// A tensor in bf16 as rows, and where its FP32 copy lies in the workspace.
struct Copy {
  size_t tensor = 0, offset = 0;
  int64_t rows = 0, cols = 0, pitch = 0;
};

size_t round_up(size_t n) { return (n + 63) / 64 * 64; }

class WidenedKernel : public Kernel {
 public:
  WidenedKernel(const Problem& p, std::unique_ptr<Kernel> inner) : inner_(std::move(inner)) {
    workspace_ = round_up(inner_->workspace());
    add(p.inputs, inputs_);
    add(p.outputs, outputs_);
    input_count_ = p.inputs.size(), output_count_ = p.outputs.size();
  }
  size_t workspace() const override { return workspace_; }
  void run(const Launch& l) const noexcept override {
    std::array<const void*, kMostTensors> inputs;
    std::array<void*, kMostTensors> outputs;
    std::copy_n(l.inputs, input_count_, inputs.begin());
    std::copy_n(l.outputs, output_count_, outputs.begin());
    auto* memory = static_cast<std::byte*>(l.workspace);
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const Copy& c = inputs_[i];
      if (inputs[c.tensor] == nullptr) continue;  // folded
      if (const Copy* same = converted_before(l, i); same != nullptr) {
        inputs[c.tensor] = memory + same->offset;
        continue;
      }
      auto* to = reinterpret_cast<float*>(memory + c.offset);
      each_row(c, [&](int64_t at, int64_t packed, int64_t n) {
        widen_floats(static_cast<const bfloat16*>(l.inputs[c.tensor]) + at, to + packed, n);
      });
      inputs[c.tensor] = to;
    }
    for (const Copy& c : outputs_) outputs[c.tensor] = memory + c.offset;
    inner_->run({inputs.data(), outputs.data(), l.workspace, l.stream});
    for (const Copy& c : outputs_)
      each_row(c, [&](int64_t at, int64_t packed, int64_t n) {
        narrow_floats(reinterpret_cast<const float*>(memory + c.offset) + packed,
                      static_cast<bfloat16*>(l.outputs[c.tensor]) + at, n);
      });
  }

 private:
  void add(const std::vector<TensorDesc>& tensors, std::vector<Copy>& copies) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      const TensorDesc& d = tensors[i];
      if (!is_brain(d)) continue;
      Copy c{i, workspace_, 1, d.count(), d.count()};
      if (d.pitch > 0 && d.count() > 0) {
        c.cols = d.format == Format::kChannelsLast ? d.channels() : d.dims.back();
        c.rows = d.count() / c.cols, c.pitch = d.pitch;
      }
      copies.push_back(c);
      workspace_ += round_up(static_cast<size_t>(d.count()) * sizeof(float));
    }
  }
  // One tensor may be several inputs: queries, keys and values out of one product.
  const Copy* converted_before(const Launch& l, size_t i) const noexcept {
    const Copy& c = inputs_[i];
    for (size_t k = 0; k < i; ++k) {
      const Copy& o = inputs_[k];
      if (l.inputs[o.tensor] == l.inputs[c.tensor] && o.rows == c.rows && o.cols == c.cols && o.pitch == c.pitch)
        return &o;
    }
    return nullptr;
  }
  template <class F>
  static void each_row(const Copy& c, F f) noexcept {
    constexpr int64_t kGrain = 16384;
    if (c.rows == 1)
      parallel_for(c.cols, kGrain, [&](int64_t b, int64_t e) { f(b, b, e - b); });
    else
      parallel_for(c.rows, (kGrain + c.cols) / c.cols, [&](int64_t b, int64_t e) {
        for (int64_t r = b; r < e; ++r) f(r * c.pitch, r * c.cols, c.cols);
      });
  }

  std::unique_ptr<Kernel> inner_;
  std::vector<Copy> inputs_, outputs_;
  size_t workspace_ = 0, input_count_ = 0, output_count_ = 0;
};

Blob name_blob(std::string_view name) {
  std::byte* bytes = nullptr;
  Blob b = Blob::allocate(name.size(), &bytes);
  std::memcpy(bytes, name.data(), name.size());
  return b;
}

class Widened : public Tactic {
 public:
  std::string_view name() const override { return "cpu.widened"; }

  Verdict supports(const Problem& p) const override {
    if (p.inputs.size() > kMostTensors || p.outputs.size() > kMostTensors) return Verdict::no("has too many tensors");
    bool any = false;
    for (size_t i = 0; i < p.inputs.size(); ++i) {
      if (!p.has(i) || !is_brain(p.inputs[i])) continue;
      if (p.constant(i) != nullptr) return Verdict::no("does not convert constants");
      any = true;
    }
    for (const TensorDesc& d : p.outputs) any = any || is_brain(d);
    if (!any) return Verdict::no("no tensor is stored in bf16");
    return inner_tactic(in_f32(p)) != nullptr ? Verdict::yes() : Verdict::no("nothing runs the layer in f32");
  }
  /// Where there are BF16 units, a product that does not use them had better stay between FP32 tensors; other layers
  /// read and write so little that their neighbours' gain is larger.
  Verdict promises(const Problem& p) const override {
    static const Op* const kProducts[] = {&kConvolutionOp, &kDeconvolutionOp, &kDepthwiseBlockOp, &kScaledConvolutionOp,
                                          &kMatMulOp};
    const bool product = std::find(std::begin(kProducts), std::end(kProducts), p.op) != std::end(kProducts);
    if (!product || brain_support() == BrainSupport::kEmulated) return Verdict::yes();
    return Verdict::no("products of tensors in bf16 are for bf16 units");
  }
  uint64_t folds(const Problem& p) const override {
    const Problem q = in_f32(p);
    const Tactic* t = inner_tactic(q);
    return t != nullptr ? t->folds(q) : 0;
  }
  /// The other tactic's constants, and its name behind them: another machine may prefer another one.
  std::vector<Blob> prepare(const Problem& p) const override {
    const Problem q = in_f32(p);
    const Tactic* t = inner_tactic(q);
    require<InternalError>(t != nullptr, "nothing runs the layer in f32");
    std::vector<Blob> blobs = t->prepare(q);
    if (!blobs.empty()) blobs.push_back(name_blob(t->name()));
    return blobs;
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> prepared) const override {
    const Problem q = in_f32(p);
    const Tactic* t = inner_tactic(q);
    if (!prepared.empty()) {
      const Blob& last = prepared.back();
      const std::string_view wanted(reinterpret_cast<const char*>(last.data), last.size);
      t = cpu_backend().find_tactic(wanted);
      require<ModelError>(t != nullptr && t != this, "prepared weights are of an unknown tactic");
      if (const Verdict v = t->supports(q); !v) fail<ModelError>("prepared weights are of {}: {}", wanted, v.reason);
      prepared = prepared.first(prepared.size() - 1);
    }
    require<InternalError>(t != nullptr, "nothing runs the layer in f32");
    return std::make_unique<WidenedKernel>(p, t->make(q, prepared));
  }
  double estimate(const Problem&) const override { return 4; }
};

}  // namespace

const Tactic& widened() {
  static const Widened tactic;
  return tactic;
}

}  // namespace hone::cpu

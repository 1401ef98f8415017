// Helper of the tactic tests: runs a tactic on concrete tensors and compares with the operator's reference.
#pragma once

#include <gtest/gtest.h>

#include "backends/backend.h"
#include "backends/cpu/simd/simd_testing.h"
#include "backends/layout.h"
#include "base/parallel.h"

namespace hone::cpu::testing {

inline Tensor random_tensor(DType type, const Dims& dims, unsigned seed, float lo = -1, float hi = 1) {
  Tensor t(DType::kF32, dims);
  const auto v = random_floats(static_cast<size_t>(t.count()), seed, lo, hi);
  std::copy(v.begin(), v.end(), t.data<float>());
  return t.to(type);
}

/// Elements that a buffer of this layout spans.
inline int64_t span_of(const TensorDesc& d) {
  if (d.count() == 0) return 0;
  const auto s = element_strides(d);
  int64_t last = 0;
  for (size_t a = 0; a < s.size(); ++a) last += (d.dims[a] - 1) * s[a];
  return last + 1;
}

/// Copies between a linear tensor and a buffer in the desc's layout.
inline void move(const TensorDesc& d, std::byte* linear, std::byte* laid_out, bool to_layout) {
  const auto s = element_strides(d);
  const auto width = static_cast<size_t>(bits(d.type)) / 8;
  std::vector<int64_t> at(d.dims.size(), 0);
  for (int64_t i = 0; i < d.count(); ++i) {
    int64_t offset = 0;
    for (size_t a = 0; a < at.size(); ++a) offset += at[a] * s[a];
    std::byte* x = linear + static_cast<size_t>(i) * width;
    std::byte* y = laid_out + static_cast<size_t>(offset) * width;
    std::copy_n(to_layout ? x : y, width, to_layout ? y : x);
    for (size_t a = at.size(); a-- > 0;) {
      if (++at[a] < d.dims[a]) break;
      at[a] = 0;
    }
  }
}

struct TacticRun {
  const Tactic* tactic = nullptr;
  const Op* op = nullptr;
  const Attributes* attrs = nullptr;
  PwProgram epilogue;  // empty: none
  int base_inputs = 0;
  std::vector<Tensor> inputs;       // undefined: left out
  std::vector<bool> constant;       // inputs known at build time; default none
  std::vector<TensorDesc> layouts;  // formats and pitches of the inputs; default linear
  std::vector<TensorDesc> outputs;  // type, dims and layout
  int threads = 1;
};

/// The tactic's outputs as linear tensors. Fails the test where it does not support the problem.
inline std::vector<Tensor> run(const TacticRun& r) {
  Problem p;
  p.op = r.op, p.attrs = r.attrs, p.threads = r.threads;
  if (!r.epilogue.empty()) p.epilogue = {&r.epilogue, r.base_inputs};
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    const Tensor& t = r.inputs[i];
    TensorDesc d = i < r.layouts.size() ? r.layouts[i] : TensorDesc();
    d.type = t.type(), d.dims = t.dims();
    p.inputs.push_back(d);
    p.present.push_back(t.defined());
    p.constants.push_back(i < r.constant.size() && r.constant[i] ? &t : nullptr);
  }
  p.outputs = r.outputs;
  const Verdict v = r.tactic->supports(p);
  EXPECT_TRUE(static_cast<bool>(v)) << r.tactic->name() << " refuses: " << v.reason;
  if (!v) return {};
  const uint64_t folded = r.tactic->folds(p);
  const std::vector<Blob> blobs = r.tactic->prepare(p);
  const std::unique_ptr<Kernel> kernel = r.tactic->make(p, blobs);
  std::vector<Tensor> in_buffers, out_buffers;
  std::vector<const void*> in;
  std::vector<void*> out;
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    if (!p.present[i] || (folded >> i & 1)) {
      in_buffers.emplace_back();
      in.push_back(nullptr);
      continue;
    }
    in_buffers.push_back(Tensor::zeros(p.inputs[i].type, {span_of(p.inputs[i])}));
    move(p.inputs[i], static_cast<std::byte*>(const_cast<void*>(r.inputs[i].raw())),
         static_cast<std::byte*>(in_buffers.back().raw()), true);
    in.push_back(in_buffers.back().raw());
  }
  for (const TensorDesc& d : r.outputs) {
    out_buffers.push_back(Tensor::zeros(d.type, {span_of(d)}));
    out.push_back(out_buffers.back().raw());
  }
  Tensor workspace(DType::kU8, {static_cast<int64_t>(kernel->workspace())});
  ThreadScope threads(r.threads);
  kernel->run({in.data(), out.data(), workspace.raw(), nullptr});
  std::vector<Tensor> results;
  for (size_t i = 0; i < r.outputs.size(); ++i) {
    results.push_back(Tensor::zeros(r.outputs[i].type, r.outputs[i].dims));
    move(r.outputs[i], static_cast<std::byte*>(results.back().raw()), static_cast<std::byte*>(out_buffers[i].raw()),
         false);
  }
  return results;
}

inline TensorDesc linear(DType t, const Dims& dims) { return {t, Format::kLinear, dims, 0}; }
inline TensorDesc channels_last(DType t, const Dims& dims, int64_t pitch = 0) {
  return {t, Format::kChannelsLast, dims, pitch};
}

/// Runs the tactic on each instruction set with one and two threads and compares its first output with the reference's.
inline void expect_as_reference(TacticRun r, double absolute, double relative) {
  std::vector<const Tensor*> in;
  for (const Tensor& t : r.inputs) in.push_back(t.defined() ? &t : nullptr);
  const std::vector<Tensor> want = evaluate(*r.op, *r.attrs, in, r.outputs.size());
  for_each_target([&] {
    for (int threads : {1, 2}) {
      SCOPED_TRACE(threads);
      r.threads = threads;
      const std::vector<Tensor> got = run(r);
      ASSERT_EQ(got.size(), want.size());
      for (size_t i = 0; i < got.size(); ++i)
        expect_near_all(got[i].as_doubles(), want[i].as_doubles(), absolute, relative);
    }
  });
}

}  // namespace hone::cpu::testing

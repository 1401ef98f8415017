// Implementation of problem_testing.h (in a test source, so that the library stays free of it).
#include "backends/cpu/tactics/problem_testing.h"

#include <cmath>

namespace hone::cpu::testing {
namespace {

constexpr float kUntouched = 1234.5f;

int64_t pixels_of(const Dims& d) {
  int64_t n = 1;
  for (size_t i = 2; i < d.size(); ++i) n *= d[i];
  return n;
}

/// Floats that a laid-out tensor spans.
size_t span_of(const TensorDesc& d) {
  if (d.format == Format::kChannelsLast) return static_cast<size_t>(d.dims[0] * pixels_of(d.dims) * d.pixel_pitch());
  const int64_t columns = d.dims.empty() ? 1 : d.dims.back();
  return static_cast<size_t>(columns == 0 ? 0 : d.count() / columns * (d.pitch > 0 ? d.pitch : columns));
}

/// Memory position of element i (logical order).
size_t position(const TensorDesc& d, int64_t i) {
  if (d.format == Format::kChannelsLast) {
    const int64_t pixels = pixels_of(d.dims), c = d.channels();
    return static_cast<size_t>((i / (c * pixels) * pixels + i % pixels) * d.pixel_pitch() + i / pixels % c);
  }
  const int64_t columns = d.dims.empty() ? 1 : d.dims.back();
  return static_cast<size_t>(i / columns * (d.pitch > 0 ? d.pitch : columns) + i % columns);
}

/// Index into a tensor of dims `from` of output element i, with NumPy broadcasting.
int64_t broadcast_index(const Dims& out, const Dims& from, int64_t i) {
  int64_t index = 0, step = 1;
  for (size_t axis = 0; axis < from.size(); ++axis) {
    const int64_t extent = from[from.size() - 1 - axis], whole = out[out.size() - 1 - axis];
    index += (extent == 1 ? 0 : i % whole) * step;
    step *= extent;
    i /= whole;
  }
  return index;
}

}  // namespace

void TestProblem::input(Dims dims, Format format, int64_t pitch, bool constant) {
  Tensor t(DType::kF32, dims);
  std::uniform_real_distribution<float> u(-1, 1);
  for (float& v : t.span<float>()) v = u(random_);
  descs_.push_back({DType::kF32, format, dims, pitch});
  present_.push_back(true), constant_.push_back(constant);
  values_.push_back(std::move(t));
}

void TestProblem::missing_input() {
  descs_.push_back({});
  present_.push_back(false), constant_.push_back(false);
  values_.emplace_back();
}

Tensor TestProblem::reference() {
  const size_t base = base_inputs_ >= 0 ? static_cast<size_t>(base_inputs_) : values_.size();
  std::vector<const Tensor*> inputs;
  for (size_t i = 0; i < base; ++i) inputs.push_back(present_[i] ? &values_[i] : nullptr);
  Tensor y = evaluate(op_, attrs_, inputs, 1).at(0);
  if (base_inputs_ < 0) return y;
  for (int64_t i = 0; i < y.count(); ++i) {
    std::vector<double> r{y.data<float>()[i]};
    for (size_t in = base; in < values_.size(); ++in)
      r.push_back(values_[in].data<float>()[broadcast_index(y.dims(), values_[in].dims(), i)]);
    for (const PwInstr& c : program_.code) {
      const auto value = [&](int o) { return c.operand[o] < 0 ? 0.0 : r[static_cast<size_t>(c.operand[o])]; };
      r.push_back(hone::evaluate(c.fn, c.alpha, c.beta, value(0), value(1), value(2)));
    }
    y.data<float>()[i] = static_cast<float>(r[static_cast<size_t>(program_.outputs[0])]);
  }
  return y;
}

const Problem& TestProblem::problem() {
  const Tensor y = reference();
  TensorDesc out{DType::kF32, out_format_, y.dims(), 0};
  const int64_t row = out_format_ == Format::kChannelsLast ? out.channels() : y.dims().empty() ? 1 : y.dims().back();
  if (extra_pitch_ > 0) out.pitch = row + extra_pitch_;
  problem_ = {};
  problem_.op = &op_, problem_.attrs = &attrs_;
  if (base_inputs_ >= 0) problem_.epilogue = {&program_, base_inputs_};
  problem_.inputs = descs_, problem_.outputs = {out}, problem_.present = present_;
  for (size_t i = 0; i < values_.size(); ++i) problem_.constants.push_back(constant_[i] ? &values_[i] : nullptr);
  problem_.threads = threads_, problem_.allow_bf16 = allow_bf16_;
  return problem_;
}

void TestProblem::check(const Tactic& t, double tolerance) {
  const Problem& p = problem();
  const Verdict v = t.supports(p);
  ASSERT_TRUE(static_cast<bool>(v)) << t.name() << ": " << v.reason;
  const std::vector<Blob> blobs = t.prepare(p);
  const auto kernel = t.make(p, blobs);
  std::vector<std::vector<float>> memory;
  std::vector<const void*> inputs;
  const uint64_t folded = t.folds(p);
  for (size_t i = 0; i < values_.size(); ++i) {
    memory.emplace_back();
    if (!present_[i] || (folded >> i & 1) != 0) {
      inputs.push_back(nullptr);
      continue;
    }
    memory.back().assign(span_of(descs_[i]), std::nanf(""));
    for (int64_t e = 0; e < values_[i].count(); ++e)
      memory.back()[position(descs_[i], e)] = values_[i].data<float>()[e];
    inputs.push_back(memory.back().data());
  }
  const TensorDesc& out = p.outputs[0];
  std::vector<float> y(span_of(out), kUntouched);
  void* outputs[] = {y.data()};
  std::vector<std::max_align_t> workspace(kernel->workspace() / sizeof(std::max_align_t) + 8);
  auto* aligned = reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(workspace.data()) + 63) & ~uintptr_t{63});
  const ThreadScope scope(threads_);
  kernel->run({inputs.data(), outputs, aligned, nullptr});

  const Tensor expected = reference();
  double error = 0, norm = 0;
  std::vector<bool> written(y.size());
  for (int64_t i = 0; i < expected.count(); ++i) {
    const double e = expected.data<float>()[i], d = e - y[position(out, i)];
    error += d * d, norm += e * e;
    written[position(out, i)] = true;
  }
  EXPECT_LE(std::sqrt(error), tolerance * std::sqrt(norm) + 1e-30) << t.name();
  for (size_t i = 0; i < y.size(); ++i) {
    const float before = written[i] ? y[i] : kUntouched;
    EXPECT_EQ(y[i], before) << t.name() << " wrote between pixels at " << i;
  }
}

}  // namespace hone::cpu::testing

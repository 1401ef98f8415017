// Layer, RMS, group and instance normalisation of FP32 tensors in both formats.
#include <cmath>

#include "backends/cpu/simd/rows.h"
#include "backends/layout.h"
#include "base/parallel.h"
#include "ops/normalization.h"

namespace hone::cpu {
namespace {

enum class Kind {
  kRows,    // statistics of contiguous rows, scale and bias along them
  kPlanes,  // linear images: of the channels of a group
  kPixels,  // channels-last images: the same
  kRefused
};

struct Plan {
  Kind kind = Kind::kRefused;
  const char* reason = "";
  int64_t rows = 1, cols = 1, x_pitch = 0, y_pitch = 0;             // kRows
  int64_t batch = 1, channels = 1, pixels = 1, group_channels = 1;  // images
};

std::vector<bool> normalized(const NormalizationAttrs& a, size_t rank) {
  std::vector<bool> r(rank, false);
  for (int64_t axis : a.axes) r[static_cast<size_t>(normalize_axis(axis, static_cast<int64_t>(rank)))] = true;
  return r;
}

// The operand holds one value for each element of `axes` and nothing else.
bool spans(const Problem& p, size_t input, const std::vector<bool>& axes) {
  if (!p.has(input)) return true;
  const TensorDesc &d = p.inputs[input], &x = p.inputs[0];
  if (!is_linear(d) || !is_dense(d) || d.type != DType::kF32) return false;
  for (size_t a = 0; a < x.dims.size(); ++a) {
    const size_t lead = x.dims.size() - d.dims.size();
    const int64_t size = a < lead ? 1 : d.dims[a - lead];
    if (size != (axes[a] ? x.dims[a] : 1)) return false;
  }
  return true;
}

Plan plan_rows(const Problem& p, const std::vector<bool>& axes) {
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  Plan plan;
  bool inside = false;
  for (size_t a : memory_order(x.format, x.dims.size())) {
    if (inside && !axes[a]) return plan;
    inside = inside || axes[a];
    (inside ? plan.cols : plan.rows) *= x.dims[a];
  }
  const bool one_axis = std::count(axes.begin(), axes.end(), true) == 1;
  if ((!is_dense(x) || !is_dense(y)) && !one_axis) return plan;
  plan.x_pitch = x.pitch > 0 ? x.pitch : plan.cols;
  plan.y_pitch = y.pitch > 0 ? y.pitch : plan.cols;
  plan.kind = Kind::kRows;
  return plan;
}

Plan plan_of(const Problem& p) {
  const auto& a = p.attr<NormalizationAttrs>();
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  const size_t rank = x.dims.size();
  const std::vector<bool> axes = normalized(a, rank);
  Plan plan;
  if (a.groups == 1 && spans(p, 1, axes) && spans(p, 2, axes)) {
    plan = plan_rows(p, axes);
    if (plan.kind != Kind::kRefused) return plan;
  }
  plan.reason = "neither rows nor channels of images";
  if (rank < 3) return plan;
  for (size_t s = 2; s < rank; ++s)
    if (!axes[s]) return plan;
  if (axes[0] || (a.groups > 1 && x.dims[1] % a.groups != 0)) return plan;
  std::vector<bool> channel(rank, false);
  channel[1] = true;
  if (!spans(p, 1, channel) || !spans(p, 2, channel)) return plan;
  if (!is_dense(x) || !is_dense(y)) {
    if (x.format == Format::kLinear) return plan;
  }
  plan.batch = x.dims[0], plan.channels = x.dims[1];
  for (size_t s = 2; s < rank; ++s) plan.pixels *= x.dims[s];
  plan.group_channels = a.groups > 1 ? x.dims[1] / a.groups : axes[1] ? x.dims[1] : 1;
  plan.kind = x.format == Format::kLinear ? Kind::kPlanes : Kind::kPixels;
  plan.x_pitch = x.pixel_pitch(), plan.y_pitch = y.pixel_pitch();
  return plan;
}

class NormalizationKernel : public Kernel {
 public:
  explicit NormalizationKernel(const Problem& p)
      : plan_(plan_of(p)),
        epsilon_(static_cast<float>(p.attr<NormalizationAttrs>().epsilon)),
        rms_(p.attr<NormalizationAttrs>().rms),
        has_scale_(p.has(1)),
        has_bias_(p.has(2)) {}

  size_t workspace() const override {
    return plan_.kind == Kind::kPixels ? static_cast<size_t>(plan_.channels) * (2 * sizeof(double) + 2 * sizeof(float))
                                       : 0;
  }

  void run(const Launch& l) const noexcept override {
    const auto* x = static_cast<const float*>(l.inputs[0]);
    auto* y = static_cast<float*>(l.outputs[0]);
    const auto* scale = has_scale_ ? static_cast<const float*>(l.inputs[1]) : nullptr;
    const auto* bias = has_bias_ ? static_cast<const float*>(l.inputs[2]) : nullptr;
    if (plan_.kind == Kind::kRows)
      rows(x, y, scale, bias);
    else if (plan_.kind == Kind::kPlanes)
      planes(x, y, scale, bias);
    else
      for (int64_t n = 0; n < plan_.batch; ++n)
        pixels(x + n * plan_.pixels * plan_.x_pitch, y + n * plan_.pixels * plan_.y_pitch, scale, bias, l.workspace);
  }

 private:
  void rows(const float* x, float* y, const float* scale, const float* bias) const {
    const LayerNorm p{plan_.cols, scale, bias, epsilon_, rms_};
    parallel_for(plan_.rows, (8192 + plan_.cols) / std::max<int64_t>(1, plan_.cols), [&](int64_t b, int64_t e) {
      layer_norm_rows(p, x + b * plan_.x_pitch, plan_.x_pitch, nullptr, nullptr, y + b * plan_.y_pitch, plan_.y_pitch,
                      e - b);
    });
  }
  void planes(const float* x, float* y, const float* scale, const float* bias) const {
    const int64_t groups = plan_.channels / plan_.group_channels, run = plan_.group_channels * plan_.pixels;
    parallel_for(plan_.batch * groups, (8192 + run) / std::max<int64_t>(1, run), [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; ++i) {
        float mean, inverse;
        normal_statistics(x + i * run, run, epsilon_, rms_, &mean, &inverse);
        for (int64_t c = 0; c < plan_.group_channels; ++c) {
          const int64_t channel = i % groups * plan_.group_channels + c, at = i * run + c * plan_.pixels;
          const float a = inverse * (scale ? scale[channel] : 1.0f);
          scale_shift(x + at, a, (bias ? bias[channel] : 0.0f) - mean * a, y + at, plan_.pixels);
        }
      }
    });
  }
  void pixels(const float* x, float* y, const float* scale, const float* bias, void* workspace) const {
    const int64_t channels = plan_.channels, size = plan_.group_channels;
    auto* sums = static_cast<double*>(workspace);
    double* squares = sums + channels;
    auto* a = reinterpret_cast<float*>(squares + channels);
    float* b = a + channels;
    std::fill(sums, squares + channels, 0.0);
    // Mean and variance from moments in double precision: what cancels is below the last place of a float.
    parallel_for((channels + 15) / 16, 1, [&](int64_t begin, int64_t end) {
      const int64_t c = begin * 16, n = std::min(channels, end * 16) - c;
      column_moments(x + c, plan_.x_pitch, plan_.pixels, n, sums + c, squares + c);
    });
    const double count = static_cast<double>(size * plan_.pixels);
    for (int64_t g = 0; g < channels; g += size) {
      double sum = 0, square = 0;
      for (int64_t c = g; c < g + size; ++c) sum += sums[c], square += squares[c];
      const double mean = rms_ ? 0 : sum / count, variance = std::max(0.0, square / count - mean * mean);
      const double inverse = 1 / std::sqrt(variance + static_cast<double>(epsilon_));
      for (int64_t c = g; c < g + size; ++c) {
        const double factor = inverse * (scale ? static_cast<double>(scale[c]) : 1.0);
        a[c] = static_cast<float>(factor);
        b[c] = static_cast<float>((bias ? static_cast<double>(bias[c]) : 0.0) - mean * factor);
      }
    }
    parallel_for(plan_.pixels, (8192 + channels) / channels, [&](int64_t begin, int64_t end) {
      scale_shift_rows(x + begin * plan_.x_pitch, plan_.x_pitch, a, b, y + begin * plan_.y_pitch, plan_.y_pitch,
                       end - begin, channels);
    });
  }

  Plan plan_;
  float epsilon_;
  bool rms_, has_scale_, has_bias_;
};

class NormalizationSimd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.normalization_simd"; }
  Verdict supports(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (x.type != DType::kF32 || y.type != DType::kF32) return Verdict::no("not FP32");
    if (x.format != y.format) return Verdict::no("formats differ");
    const Plan plan = plan_of(p);
    return plan.kind == Kind::kRefused ? Verdict::no("{}", plan.reason) : Verdict::yes();
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return std::make_unique<NormalizationKernel>(p);
  }
};

}  // namespace

const Tactic& normalization_simd() {
  static const NormalizationSimd tactic;
  return tactic;
}

}  // namespace hone::cpu

// Reformat between linear and channels-last (pitched or not) for elements of 1 to 8 bytes: blocked transposes of [C,
// pixels].
#include <cstring>

#include "backends/backend.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

struct Geometry {
  int64_t batch = 1, channels = 1, pixels = 1;
};

Geometry geometry(const TensorDesc& d) {
  Geometry g;
  g.batch = d.dims.empty() ? 1 : d.dims[0];
  g.channels = d.channels();
  for (size_t a = 2; a < d.dims.size(); ++a) g.pixels *= d.dims[a];
  return g;
}

// dst[j * dst_pitch + i] = src[i * src_pitch + j] for a block of rows x columns.
template <class T>
void transpose_block(const T* src, int64_t src_pitch, T* dst, int64_t dst_pitch, int64_t rows, int64_t columns) {
  constexpr int64_t kTile = 16;
  for (int64_t i = 0; i < rows; i += kTile)
    for (int64_t j = 0; j < columns; j += kTile) {
      const int64_t ie = std::min(rows, i + kTile), je = std::min(columns, j + kTile);
      for (int64_t a = i; a < ie; ++a)
        for (int64_t b = j; b < je; ++b) dst[b * dst_pitch + a] = src[a * src_pitch + b];
    }
}

template <class T>
class ReformatKernel : public Kernel {
 public:
  explicit ReformatKernel(const Problem& p) : in_(p.inputs[0]), out_(p.outputs[0]), g_(geometry(p.inputs[0])) {}

  void run(const Launch& l) const noexcept override {
    const T* src = static_cast<const T*>(l.inputs[0]);
    T* dst = static_cast<T*>(l.outputs[0]);
    const bool from_last = in_.format == Format::kChannelsLast, to_last = out_.format == Format::kChannelsLast;
    const int64_t ip = in_.pixel_pitch(), op = out_.pixel_pitch();
    constexpr int64_t kPixels = 64;
    const int64_t blocks = (g_.pixels + kPixels - 1) / kPixels;
    parallel_for(g_.batch * blocks, 4, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) {
        const int64_t n = k / blocks, p0 = k % blocks * kPixels, np = std::min(kPixels, g_.pixels - p0);
        if (!from_last && to_last) {
          transpose_block(src + n * g_.channels * g_.pixels + p0, g_.pixels, dst + (n * g_.pixels + p0) * op, op,
                          g_.channels, np);
        } else if (from_last && !to_last) {
          transpose_block(src + (n * g_.pixels + p0) * ip, ip, dst + n * g_.channels * g_.pixels + p0, g_.pixels, np,
                          g_.channels);
        } else if (from_last) {
          for (int64_t p = p0; p < p0 + np; ++p)
            std::memcpy(dst + (n * g_.pixels + p) * op, src + (n * g_.pixels + p) * ip,
                        static_cast<size_t>(g_.channels) * sizeof(T));
        } else {
          for (int64_t c = 0; c < g_.channels; ++c)
            std::memcpy(dst + (n * g_.channels + c) * g_.pixels + p0, src + (n * g_.channels + c) * g_.pixels + p0,
                        static_cast<size_t>(np) * sizeof(T));
        }
      }
    });
  }

 private:
  TensorDesc in_, out_;
  Geometry g_;
};

class ReformatCopy : public Tactic {
 public:
  std::string_view name() const override { return "cpu.reformat_copy"; }
  Verdict supports(const Problem& p) const override {
    if (p.inputs[0].type != p.outputs[0].type) return Verdict::no("changes the element type");
    if (is_packed(p.inputs[0].type)) return Verdict::no("packed element type");
    auto pitched_linear = [](const TensorDesc& d) { return d.format == Format::kLinear && d.pitch > 0; };
    if (pitched_linear(p.inputs[0]) || pitched_linear(p.outputs[0])) return Verdict::no("pitched linear tensor");
    return Verdict::yes();
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return with_width(p.inputs[0].type,
                      [&]<class T>() -> std::unique_ptr<Kernel> { return std::make_unique<ReformatKernel<T>>(p); });
  }
};

}  // namespace

const Tactic& reformat_copy() {
  static const ReformatCopy tactic;
  return tactic;
}

}  // namespace hone::cpu

// The transforms of F(2x2, 3x3) over vectors of channels, once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/winograd_transforms.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/simd/winograd.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kWinogradChannels>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = hn::MaxLanes(D());

/// B^T of four values.
HWY_INLINE void input_line(V a, V b, V c, V d, V* HWY_RESTRICT out) {
  out[0] = hn::Sub(a, c);
  out[1] = hn::Add(b, c);
  out[2] = hn::Sub(c, b);
  out[3] = hn::Sub(b, d);
}

void input(const float* const* d, int64_t channels, float* v, int64_t step) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    // By column first: of each column of pixels its four combinations.
    V t[4][4], o[4];
    for (int x = 0; x < 4; ++x) {
      input_line(hn::LoadU(D(), d[x] + c), hn::LoadU(D(), d[4 + x] + c), hn::LoadU(D(), d[8 + x] + c),
                 hn::LoadU(D(), d[12 + x] + c), o);
      for (int y = 0; y < 4; ++y) t[y][x] = o[y];
    }
    float* HWY_RESTRICT to = v + c;
    for (int y = 0; y < 4; ++y) {
      input_line(t[y][0], t[y][1], t[y][2], t[y][3], o);
      for (int x = 0; x < 4; ++x, to += step) hn::StoreU(o[x], D(), to);
    }
  }
}

void output(const detail::WinogradOutput& w, int64_t columns) {
  const V lo = hn::Set(D(), w.lo), hi = hn::Set(D(), w.hi);
  for (int64_t j = 0; j < columns; j += kLanes) {
    V top[4], bottom[4];
    for (int x = 0; x < 4; ++x) {
      const float* HWY_RESTRICT m = w.m + x * w.m_step + j;
      const V a = hn::LoadU(D(), m), b = hn::LoadU(D(), m + 4 * w.m_step), c = hn::LoadU(D(), m + 8 * w.m_step),
              d = hn::LoadU(D(), m + 12 * w.m_step);
      top[x] = hn::Add(a, hn::Add(b, c));
      bottom[x] = hn::Sub(hn::Sub(b, c), d);
    }
    const V bias = w.bias != nullptr ? hn::LoadU(D(), w.bias + j) : hn::Zero(D());
    V y[4];
    y[0] = hn::Add(top[0], hn::Add(top[1], top[2]));
    y[1] = hn::Sub(hn::Sub(top[1], top[2]), top[3]);
    y[2] = hn::Add(bottom[0], hn::Add(bottom[1], bottom[2]));
    y[3] = hn::Sub(hn::Sub(bottom[1], bottom[2]), bottom[3]);
    for (int i = 0; i < 4; ++i) {
      if (w.y[i] == nullptr) continue;
      V r = hn::Add(y[i], bias);
      if (w.residual[i] != nullptr) r = hn::Add(r, hn::LoadU(D(), w.residual[i] + j));
      if (w.clamp) r = hn::Max(lo, hn::Min(hi, r));
      hn::StoreU(r, D(), w.y[i] + j);
    }
  }
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
void winograd_weights(const float* g, int64_t step, double* out) noexcept {
  double t[4][3];
  for (int x = 0; x < 3; ++x) {
    const double a = g[x * step], b = g[(3 + x) * step], c = g[(6 + x) * step];
    t[0][x] = a, t[1][x] = (a + b + c) / 2, t[2][x] = (a - b + c) / 2, t[3][x] = c;
  }
  for (int y = 0; y < 4; ++y, out += 4) {
    const double a = t[y][0], b = t[y][1], c = t[y][2];
    out[0] = a, out[1] = (a + b + c) / 2, out[2] = (a - b + c) / 2, out[3] = c;
  }
}
namespace detail {
void winograd_input(const float* const* d, int64_t channels, float* v, int64_t v_step) noexcept {
  HONE_CPU_DISPATCH(input)(d, channels, v, v_step);
}
void winograd_output(const WinogradOutput& o, int64_t columns) noexcept { HONE_CPU_DISPATCH(output)(o, columns); }
}  // namespace detail
}  // namespace hone::cpu
#endif

// Depthwise convolution against a plain double-precision loop, over odd sizes, strides, dilations and pitches.
#include "backends/cpu/simd/depthwise.h"

#include "backends/cpu/simd/simd_testing.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

using testing::expect_near_all;
using testing::random_floats;

double reference_activation(const Activation& a, double x) {
  switch (a.kind) {
    case ActKind::kRelu:
      return std::max(0.0, x);
    case ActKind::kClip:
      return std::min<double>(a.beta, std::max<double>(a.alpha, x));
    case ActKind::kSilu:
      return x / (1 + std::exp(-x));
    case ActKind::kHardSwish:
      return x * std::min(1.0, std::max(0.0, x / 6 + 0.5));
    case ActKind::kLeakyRelu:
      return x < 0 ? a.alpha * x : x;
    case ActKind::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case ActKind::kHardSigmoid:
      return std::min(1.0, std::max(0.0, a.alpha * x + a.beta));
    case ActKind::kTanh:
      return std::tanh(x);
    case ActKind::kGelu:
      return x * 0.5 * (1 + std::erf(x * std::sqrt(0.5)));
    case ActKind::kGeluTanh:
      return x * 0.5 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    default:
      return x;
  }
}

struct Case {
  DepthwiseShape s;
  Activation act;
  int64_t extra_pitch = 0;
  int threads = 1;
};

DepthwiseShape shape(int64_t n, int64_t h, int64_t w, int64_t c, int k, int stride, int dilation, int pad) {
  DepthwiseShape s{n, h, w, c, 0, 0, k, k, stride, stride, dilation, dilation, pad, pad};
  s.oh = (h + 2 * pad - (dilation * (k - 1) + 1)) / stride + 1;
  s.ow = (w + 2 * pad - (dilation * (k - 1) + 1)) / stride + 1;
  return s;
}

void check(const Case& t) {
  const DepthwiseShape& s = t.s;
  SCOPED_TRACE(::testing::Message() << s.n << "x" << s.h << "x" << s.w << "x" << s.c << " k" << s.kh << "x" << s.kw
                                    << " s" << s.sh << s.sw << " d" << s.dh << " p" << s.pad_top << s.pad_left
                                    << " act " << static_cast<int>(t.act.kind) << " threads " << t.threads);
  const int64_t xp = s.c + t.extra_pitch, yp = s.c + 2 * t.extra_pitch, taps = s.kh * s.kw;
  const auto x = random_floats(static_cast<size_t>(s.n * s.h * s.w * xp), 1);
  const auto w = random_floats(static_cast<size_t>(s.c * taps), 2), bias = random_floats(static_cast<size_t>(s.c), 3);
  std::vector<float> packed(static_cast<size_t>(depthwise_packed_size(s.c, s.kh, s.kw)));
  pack_depthwise(w.data(), bias.data(), s.c, s.kh, s.kw, packed.data());
  std::vector<float> y(static_cast<size_t>(s.n * s.oh * s.ow * yp), -77.0f), sums(static_cast<size_t>(s.n * s.c));
  std::vector<float> scratch(static_cast<size_t>(depthwise_scratch_size(s.c, t.threads)));
  std::vector<double> want(y.size(), -77.0), want_sums(sums.size(), 0.0);
  for (int64_t n = 0; n < s.n; ++n)
    for (int64_t oy = 0; oy < s.oh; ++oy)
      for (int64_t ox = 0; ox < s.ow; ++ox)
        for (int64_t c = 0; c < s.c; ++c) {
          double a = bias[c];
          for (int ky = 0; ky < s.kh; ++ky)
            for (int kx = 0; kx < s.kw; ++kx) {
              const int64_t iy = oy * s.sh - s.pad_top + ky * s.dh, ix = ox * s.sw - s.pad_left + kx * s.dw;
              if (iy < 0 || ix < 0 || iy >= s.h || ix >= s.w) continue;
              a += double{x[((n * s.h + iy) * s.w + ix) * xp + c]} * w[c * taps + ky * s.kw + kx];
            }
          a = reference_activation(t.act, a);
          want[((n * s.oh + oy) * s.ow + ox) * yp + c] = a;
          want_sums[n * s.c + c] += a;
        }
  ThreadScope scope(t.threads);
  depthwise(s, x.data(), xp, packed.data(), t.act, y.data(), yp, sums.data(), scratch.data());
  expect_near_all(y, want, 1e-5, 1e-5);
  expect_near_all(sums, want_sums, 1e-3, 1e-5);
  std::fill(y.begin(), y.end(), -77.0f);
  depthwise(s, x.data(), xp, packed.data(), t.act, y.data(), yp);
  expect_near_all(y, want, 1e-5, 1e-5);
}

TEST(Depthwise, MatchesDoubleLoop) {
  testing::for_each_target([] {
    for (const Case& t : {
             Case{shape(1, 14, 14, 48, 3, 1, 1, 1), {ActKind::kRelu}},
             Case{shape(2, 15, 13, 40, 3, 2, 1, 1), {ActKind::kClip, 0, 6}, 8},
             Case{shape(1, 7, 7, 96, 5, 1, 1, 2), {ActKind::kSilu}, 0, 2},
             Case{shape(2, 28, 28, 17, 5, 2, 1, 2), {ActKind::kHardSwish}, 3, 2},
             Case{shape(1, 9, 10, 31, 7, 1, 1, 3), {}, 1, 2},
             Case{shape(1, 21, 17, 32, 7, 2, 1, 3), {}},
             Case{shape(1, 12, 11, 16, 3, 1, 2, 2), {ActKind::kSilu}},
             Case{shape(1, 12, 11, 24, 3, 3, 1, 0), {}},
             Case{shape(1, 6, 5, 1, 3, 1, 1, 1), {}},
             Case{shape(3, 5, 6, 7, 4, 1, 1, 2), {}, 2, 2},
             Case{shape(1, 2, 1, 13, 3, 1, 1, 1), {}},
             Case{shape(1, 1, 3, 64, 5, 2, 1, 4), {ActKind::kRelu}, 0, 2},
             Case{shape(1, 40, 3, 8, 3, 1, 1, 1), {}, 0, 2},
             Case{shape(1, 13, 300, 17, 5, 1, 1, 2), {ActKind::kSilu}, 0, 2},
             Case{shape(1, 50, 41, 9, 3, 1, 18, 18), {}, 0, 2},
             Case{shape(1, 40, 33, 20, 31, 1, 1, 15), {}},
             Case{shape(1, 64, 64, 32, 3, 1, 1, 1), {ActKind::kSilu}, 0, 2},
         })
      check(t);
  });
}

TEST(Depthwise, EveryRowWidthIsCovered) {
  testing::for_each_target([] {
    for (int64_t w = 1; w <= 33; ++w) check({shape(1, 3, w, 19, 3, 1, 1, 1), {}});
    for (int64_t w = 3; w <= 33; ++w) check({shape(1, 5, w, 16, 5, 2, 1, 1), {}});
  });
}

TEST(Depthwise, EveryActivation) {
  testing::for_each_target([] {
    for (int kind = 0; kind <= static_cast<int>(ActKind::kGeluTanh); ++kind)
      check({shape(1, 6, 12, 20, 3, 1, 1, 1), {static_cast<ActKind>(kind), 0.2f, 0.5f}});
  });
}

TEST(Depthwise, AsymmetricPaddingAndKernel) {
  testing::for_each_target([] {
    DepthwiseShape s{1, 11, 12, 20, 12, 13, 4, 3, 1, 1, 1, 1, 0, 3};
    check({s, {}});
    s = {1, 11, 12, 20, 3, 6, 2, 7, 4, 2, 2, 1, 5, 6};
    check({s, {}});
  });
}

// A producer that keeps only the last rows hands them over in a ring.
TEST(Depthwise, RingOfRows) {
  testing::for_each_target([] {
    for (int64_t width : {9, 11}) {
      const DepthwiseShape s = shape(1, 10, width, 16, 3, 1, 1, 1);
      const int64_t row = s.w * s.c, ring = 4;
      const auto x = random_floats(static_cast<size_t>(s.h * row), 1), w = random_floats(16 * 9, 2);
      std::vector<float> packed(static_cast<size_t>(depthwise_packed_size(16, 3, 3))), y(x.size()), want(x.size());
      pack_depthwise(w.data(), nullptr, 16, 3, 3, packed.data());
      depthwise(s, x.data(), s.c, packed.data(), {}, want.data(), s.c);
      std::vector<float> rows(static_cast<size_t>(ring * row));
      int64_t have = 0;
      for (int64_t oy = 0; oy < s.oh; oy += 2) {
        for (; have < std::min(s.h, oy + 3); ++have)
          std::copy_n(x.data() + have * row, row, rows.data() + have % ring * row);
        DepthwiseBand band;
        band.x = rows.data(), band.x_row = row, band.x_pitch = s.c, band.ring = ring;
        band.y = y.data() + oy * row, band.y_row = row, band.y_pitch = s.c;
        band.oy_begin = oy, band.oy_end = oy + 2, band.block_end = 1;
        depthwise_band(s, packed.data(), {}, band);
      }
      expect_near_all(y, want, 0);
    }
  });
}

}  // namespace
}  // namespace hone::cpu

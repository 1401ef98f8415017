// Matrix products and convolutions by rows against plain double precision loops over random shapes, pitches, epilogues
// and thread counts, on every instruction set of the machine.
#include "backends/cpu/simd/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "backends/cpu/simd/conv_staged.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

using Floats = std::vector<float>;
constexpr float kGuard = -7.25f;  // must survive between rows and after the end

class GemmTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (detected_isa() < GetParam()) GTEST_SKIP() << "needs " << isa_name(GetParam());
  }
  int64_t pick(int64_t lo, int64_t hi) { return std::uniform_int_distribution<int64_t>(lo, hi)(random_); }
  Floats floats(int64_t n) {
    std::uniform_real_distribution<float> u(-1, 1);
    Floats v(static_cast<size_t>(n));
    for (float& x : v) x = u(random_);
    return v;
  }
  Floats pack(const Floats& b, int64_t k, int64_t n, int64_t ldb, bool transposed) {
    Floats packed(static_cast<size_t>(packed_b_size(GetParam(), k, n)));
    pack_b(GetParam(), k, n, b.data(), ldb, transposed, packed.data());
    return packed;
  }
  std::mt19937 random_{20240607};
};

float at(const Floats& v, int64_t i) { return v[static_cast<size_t>(i)]; }

// Error bound: proportional to the sum of absolute products.
void expect_close(double value, double expected, double magnitude, const char* what) {
  EXPECT_NEAR(value, expected, 2e-6 * (magnitude + 1)) << what;
}

TEST_P(GemmTest, RandomShapesWithBiasResidualAndClip) {
  for (int round = 0; round < 60; ++round) {
    const int64_t m = pick(1, round % 4 == 0 ? 200 : 30), n = pick(1, 150),
                  k = pick(round % 7 == 0 ? 0 : 1, round % 5 == 0 ? 900 : 80);
    const int64_t lda = round % 9 == 0 ? 1024 : k + pick(0, 5), ldc = n + pick(0, 7), ldr = n + pick(0, 3);
    const bool transposed = pick(0, 1) == 1;
    const int64_t ldb = (transposed ? k : n) + pick(0, 3);
    SCOPED_TRACE(testing::Message() << "m " << m << " n " << n << " k " << k << " transposed " << transposed);
    const Floats a = floats(m * lda), b = floats((transposed ? n : k) * ldb), bias = floats(n),
                 residual = floats(m * ldr);
    Floats c(static_cast<size_t>(m * ldc), kGuard);
    Epilogue e;
    if (pick(0, 1)) e.bias = bias.data();
    if (pick(0, 1)) e.residual = residual.data(), e.residual_pitch = ldr;
    if (pick(0, 1)) e.clip = true, e.lo = 0, e.hi = 1;
    const Floats packed = pack(b, k, n, ldb, transposed);
    Gemm g{m, n, k, a.data(), lda, nullptr, packed.data(), c.data(), ldc, &e};
    const ThreadScope threads(static_cast<int>(pick(1, 5)));
    gemm(GetParam(), g);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = e.bias ? at(bias, j) : 0, magnitude = 0;
        for (int64_t p = 0; p < k; ++p) {
          const double product = double{at(a, i * lda + p)} * at(b, transposed ? j * ldb + p : p * ldb + j);
          sum += product, magnitude += std::abs(product);
        }
        if (e.residual) sum += at(residual, i * ldr + j);
        if (e.clip) sum = std::min(1.0, std::max(0.0, sum));
        expect_close(at(c, i * ldc + j), sum, magnitude, "element");
      }
      for (int64_t j = n; j < ldc; ++j) EXPECT_EQ(at(c, i * ldc + j), kGuard);
    }
    if (HasFailure()) return;
  }
}

// Columns that end in half a panel, which share a tile with the panel before: any number of rows, one and several
// pieces of k, with and without steps after the product.
TEST_P(GemmTest, HalfPanelsAtTheEnd) {
  int round = 0;
  for (const int64_t n : {8, 24, 40, 72})
    for (const int64_t k : {0, 1, 9, 130, 333})
      for (const int64_t m : {1, 2, 3, 4, 7, 13, 50, 97}) {
        SCOPED_TRACE(testing::Message() << m << " x " << k << " x " << n);
        const int64_t ldc = n + 3;
        const Floats a = floats(m * k), b = floats(k * n), bias = floats(n), residual = floats(m * n);
        const Floats packed = pack(b, k, n, n, false);
        Epilogue e;
        e.bias = bias.data(), e.residual = residual.data(), e.residual_pitch = n;
        e.clip = true, e.lo = -1, e.hi = 2;
        const bool steps = ++round % 2 == 0;
        if (steps) e.push({StepKind::kNeg, 1, 0, {}});
        Floats c(static_cast<size_t>(m * ldc), kGuard);
        const ThreadScope threads(1 + round % 3);
        gemm(GetParam(), {m, n, k, a.data(), k, nullptr, packed.data(), c.data(), ldc, &e});
        for (int64_t i = 0; i < m; ++i) {
          for (int64_t j = 0; j < n; ++j) {
            double sum = double{at(bias, j)} + at(residual, i * n + j), magnitude = 0;
            for (int64_t p = 0; p < k; ++p) {
              const double product = double{at(a, i * k + p)} * at(b, p * n + j);
              sum += product, magnitude += std::abs(product);
            }
            sum = std::min(2.0, std::max(-1.0, sum));
            expect_close(at(c, i * ldc + j), steps ? -sum : sum, magnitude, "element");
          }
          for (int64_t j = n; j < ldc; ++j) EXPECT_EQ(at(c, i * ldc + j), kGuard);
        }
        if (HasFailure()) return;
      }
}

// Strips of A, sweeps of panels over one block of rows and over several, by pieces of k and with all of k at once; rows
// in place, copied and with factors; last panels that are not whole.
TEST_P(GemmTest, LargeEnoughForEveryLoopOfTheBlocking) {
  struct Shape {
    int64_t m, n, k;
    bool factors, tail;
  };
  for (const Shape& s :
       {Shape{50, 1100, 1024, false, false}, Shape{140, 777, 300, false, true}, Shape{61, 500, 515, true, true},
        Shape{75, 2568, 520, false, true}, Shape{130, 2565, 261, true, false}, Shape{25, 340, 1030, false, true},
        Shape{230, 437, 770, false, true}, Shape{99, 300, 1300, false, false}}) {
    SCOPED_TRACE(testing::Message() << s.m << " x " << s.k << " x " << s.n);
    const Floats a = floats(s.m * s.k), b = floats(s.k * s.n), f = floats(s.k), bias = floats(s.n),
                 residual = floats(s.m * s.n);
    const Floats packed = pack(b, s.k, s.n, s.n, false);
    Epilogue e;
    if (s.tail) {
      e.bias = bias.data(), e.residual = residual.data(), e.residual_pitch = s.n;
      e.push({StepKind::kNeg, 1, 0, {}});
    }
    Gemm g{s.m, s.n, s.k, a.data(), s.k, nullptr, packed.data(), nullptr, s.n, &e};
    if (s.factors) g.a_factors = f.data();
    for (int threads : {1, 2, 3}) {
      Floats c(static_cast<size_t>(s.m * s.n), kGuard);
      g.c = c.data();
      const ThreadScope scope(threads);
      gemm(GetParam(), g);
      for (int trial = 0; trial < 400; ++trial) {
        const int64_t i = pick(0, s.m - 1), j = trial % 4 == 0 ? s.n - 1 - trial % 16 : pick(0, s.n - 1);
        double sum = s.tail ? at(bias, j) + double{at(residual, i * s.n + j)} : 0, magnitude = 0;
        for (int64_t p = 0; p < s.k; ++p) {
          const double x = double{at(a, i * s.k + p)} * at(b, p * s.n + j) * (s.factors ? at(f, p) : 1);
          sum += x, magnitude += std::abs(x);
        }
        expect_close(at(c, i * s.n + j), s.tail ? -sum : sum, magnitude, "element");
      }
    }
  }
}

TEST_P(GemmTest, StepsRunInOrderOnTheRightElements) {
  const int64_t m = 37, n = 45, k = 5;
  const Floats a = floats(m * k), b = floats(k * n), full = floats(m * (n + 2)), column = floats(n), row = floats(m),
               image = floats(4 * n);
  const Floats packed = pack(b, k, n, n, false);
  Epilogue e;
  e.push({StepKind::kSilu, 1, 0, {}});
  e.push({StepKind::kMul, 1, 0, {column.data(), 0, 1, 1}});
  e.push({StepKind::kAdd, 1, 0, {row.data(), 1, 0, 1}});
  e.push({StepKind::kGeluErf, 1, 0, {}});
  e.push({StepKind::kReverseSub, 1, 0, {full.data(), n + 2, 1, 1}});
  e.push({StepKind::kMul, 1, 0, {image.data(), n, 1, 10}});
  e.push({StepKind::kAffine, 2, 0.5f, {}});
  Floats c(static_cast<size_t>(m * n));
  const ThreadScope scope(2);
  gemm(GetParam(), {m, n, k, a.data(), k, nullptr, packed.data(), c.data(), n, &e});
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double x = 0;
      for (int64_t p = 0; p < k; ++p) x += double{at(a, i * k + p)} * at(b, p * n + j);
      x = x / (1 + std::exp(-x)) * at(column, j) + at(row, i);
      x = 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
      x = (at(full, i * (n + 2) + j) - x) * at(image, i / 10 * n + j);
      EXPECT_NEAR(at(c, i * n + j), 2 * x + 0.5, 3e-6);
    }
}

TEST_P(GemmTest, EveryActivation) {
  const int64_t m = 3, n = 61;
  const Floats packed = pack(Floats(static_cast<size_t>(n)), 1, n, n, false);  // zero weights: C = bias
  Floats bias(static_cast<size_t>(n));
  for (int64_t j = 0; j < n; ++j) bias[static_cast<size_t>(j)] = static_cast<float>(j - 30) / 5 + 0.01f;
  struct Case {
    StepKind kind;
    float alpha, beta;
    double (*f)(double);
  };
  const Case cases[] = {
      {StepKind::kAffine, 3, -1, [](double x) { return 3 * x - 1; }},
      {StepKind::kClip, -2, 1.5f, [](double x) { return std::max(-2.0, std::min(1.5, x)); }},
      {StepKind::kSilu, 2, 0, [](double x) { return x / (1 + std::exp(-2 * x)); }},
      {StepKind::kSigmoid, 0, 0, [](double x) { return 1 / (1 + std::exp(-x)); }},
      {StepKind::kGeluErf, 0, 0, [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }},
      {StepKind::kGeluTanh, 0, 0,
       [](double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }},
      {StepKind::kHardSwish, 0, 0, [](double x) { return x * std::max(0.0, std::min(1.0, x / 6 + 0.5)); }},
      {StepKind::kHardSigmoid, 0.2f, 0.5f, [](double x) { return std::max(0.0, std::min(1.0, 0.2f * x + 0.5)); }},
      {StepKind::kTanh, 0, 0, [](double x) { return std::tanh(x); }},
      {StepKind::kScaledTanh, 2, 0.5f, [](double x) { return 2 * std::tanh(0.5 * x); }},
      {StepKind::kLeakyRelu, 0.1f, 0, [](double x) { return x < 0 ? 0.1f * x : x; }},
      {StepKind::kElu, 1.5f, 0, [](double x) { return x < 0 ? 1.5 * (std::exp(x) - 1) : x; }},
      {StepKind::kErf, 0, 0, [](double x) { return std::erf(x); }},
      {StepKind::kExp, 0, 0, [](double x) { return std::exp(x); }},
      {StepKind::kRecip, 0, 0, [](double x) { return 1 / x; }},
      {StepKind::kAbs, 0, 0, [](double x) { return std::abs(x); }},
      {StepKind::kNeg, 0, 0, [](double x) { return -x; }},
      {StepKind::kSquare, 0, 0, [](double x) { return x * x; }},
      {StepKind::kSoftplus, 0, 0, [](double x) { return std::log1p(std::exp(x)); }},
  };
  const Floats a(static_cast<size_t>(m));
  for (const Case& t : cases) {
    SCOPED_TRACE(testing::Message() << "step " << static_cast<int>(t.kind));
    Floats c(static_cast<size_t>(m * n));
    Epilogue e;
    e.bias = bias.data();
    e.push({t.kind, t.alpha, t.beta, {}});
    gemm(GetParam(), {m, n, 1, a.data(), 1, nullptr, packed.data(), c.data(), n, &e});
    for (int64_t i = 0; i < m * n; ++i) {
      const double expected = t.f(at(bias, i % n));
      EXPECT_NEAR(at(c, i), expected, 1e-6 * (1 + std::abs(expected)));
    }
  }
}

TEST_P(GemmTest, ConvolutionGatheredAndStaged) {
  for (int round = 0; round < 120; ++round) {
    const int64_t batch = pick(1, 3), h = pick(1, 14), w = pick(1, 14),
                  channels = round % 3 == 0 ? pick(1, 4) : pick(5, 70), n = pick(1, 70);
    ConvRows r;
    r.height = h, r.width = w, r.channels = channels;
    r.pixel_pitch = channels + (pick(0, 1) ? pick(1, 9) : 0);
    r.kernel_h = pick(1, 5), r.kernel_w = pick(1, 5), r.stride_h = pick(1, 3), r.stride_w = pick(1, 3);
    r.dilation_h = pick(1, 2), r.dilation_w = round % 2 == 1 ? 1 : pick(1, 2), r.pad_top = pick(0, 3),
    r.pad_left = pick(0, 3);
    const int64_t span_h = (r.kernel_h - 1) * r.dilation_h + 1, span_w = (r.kernel_w - 1) * r.dilation_w + 1;
    r.out_height = std::max<int64_t>(0, h + r.pad_top + pick(0, 3) - span_h) / r.stride_h + 1;
    r.out_width = std::max<int64_t>(0, w + r.pad_left + pick(0, 3) - span_w) / r.stride_w + 1;
    SCOPED_TRACE(testing::Message() << "round " << round);
    const Floats interleaved = floats(batch * h * w * r.pixel_pitch), weights = floats(r.k() * n);
    const Floats packed = pack(weights, r.k(), n, n, false);
    const int64_t m = batch * r.out_height * r.out_width;
    Floats c(static_cast<size_t>(m * n));
    const ThreadScope threads(static_cast<int>(pick(1, 3)));
    const bool staged = round % 2 == 1, planar = round % 4 == 3;
    Floats input = interleaved;
    if (planar) {
      input.assign(static_cast<size_t>(batch * h * w * channels), 0);
      for (int64_t p = 0; p < batch * h * w; ++p)
        for (int64_t ch = 0; ch < channels; ++ch)
          input[static_cast<size_t>((p / (h * w) * channels + ch) * h * w + p % (h * w))] =
              at(interleaved, p * r.pixel_pitch + ch);
    }
    r.input = input.data();
    if (staged) {
      ASSERT_TRUE(staged_conv_supports(r));
      std::vector<std::byte> workspace(static_cast<size_t>(staged_conv_workspace(r, planar, num_threads())));
      staged_conv(GetParam(), {r, planar, batch, n, packed.data(), c.data(), n, nullptr}, workspace.data());
    } else {
      gemm(GetParam(), {m, n, r.k(), nullptr, 0, &r, packed.data(), c.data(), n});
    }
    for (int trial = 0; trial < 300; ++trial) {
      const int64_t b = pick(0, batch - 1), oy = pick(0, r.out_height - 1), ox = pick(0, r.out_width - 1),
                    j = pick(0, n - 1);
      double sum = 0, magnitude = 0;
      for (int64_t ky = 0; ky < r.kernel_h; ++ky)
        for (int64_t kx = 0; kx < r.kernel_w; ++kx) {
          const int64_t y = oy * r.stride_h - r.pad_top + ky * r.dilation_h,
                        x = ox * r.stride_w - r.pad_left + kx * r.dilation_w;
          if (y < 0 || y >= h || x < 0 || x >= w) continue;
          for (int64_t ch = 0; ch < channels; ++ch) {
            const double p = double{at(interleaved, ((b * h + y) * w + x) * r.pixel_pitch + ch)} *
                             at(weights, ((ky * r.kernel_w + kx) * channels + ch) * n + j);
            sum += p, magnitude += std::abs(p);
          }
        }
      expect_close(at(c, ((b * r.out_height + oy) * r.out_width + ox) * n + j), sum, magnitude, "element");
    }
    if (HasFailure()) return;
  }
}

TEST_P(GemmTest, BatchedWithVariableB) {
  for (int round = 0; round < 24; ++round) {
    const int64_t outer = pick(1, 2), inner = pick(1, 3), m = pick(1, 60), n = pick(1, 60), k = pick(1, 70);
    const bool transposed = pick(0, 1) == 1;
    BatchedGemm g;
    g.batch = outer * inner, g.inner = inner, g.m = m, g.n = n, g.k = k, g.transposed_b = transposed;
    // A as [outer, m, inner, k] (heads interleaved), B dense, C as [outer, m, inner, n].
    g.lda = inner * k, g.a_inner = k, g.a_outer = m * inner * k;
    g.ldb = transposed ? k : n, g.b_inner = k * n, g.b_outer = inner * k * n;
    g.ldc = inner * n, g.c_inner = n, g.c_outer = m * inner * n;
    const Floats a = floats(outer * g.a_outer), b = floats(outer * g.b_outer), add = floats(g.batch * m * n);
    Floats c(static_cast<size_t>(outer * g.c_outer));
    Epilogue e;
    e.push({StepKind::kAffine, 0.25f, 0, {}});
    e.push({StepKind::kAdd, 1, 0, {add.data(), n, 1, 1}});
    g.a = a.data(), g.b = b.data(), g.c = c.data(), g.epilogue = &e;
    const ThreadScope threads(static_cast<int>(pick(1, 4)));
    std::vector<std::byte> workspace(static_cast<size_t>(batched_gemm_workspace(GetParam(), g, num_threads())));
    batched_gemm(GetParam(), g, workspace.data());
    for (int64_t item = 0; item < g.batch; ++item)
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
          double sum = 0;
          for (int64_t p = 0; p < k; ++p)
            sum += double{at(a, item / inner * g.a_outer + item % inner * g.a_inner + i * g.lda + p)} *
                   at(b, item * k * n + (transposed ? j * k + p : p * n + j));
          const double expected = 0.25 * sum + at(add, (item * m + i) * n + j);
          EXPECT_NEAR(at(c, item / inner * g.c_outer + item % inner * g.c_inner + i * g.ldc + j), expected, 2e-5);
        }
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, GemmTest, testing::Values(Isa::kAvx2, Isa::kAvx512),
                         [](const auto& i) { return i.param == Isa::kAvx2 ? "avx2" : "avx512"; });

}  // namespace
}  // namespace hone::cpu

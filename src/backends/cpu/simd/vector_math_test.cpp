// The vector functions against the C library in double precision, over whole ranges and at the special values.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/vector_math_test.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

#define HONE_UNARY(name)                                                                                \
  void map_##name(const float* x, float* y, size_t n) {                                                 \
    const hn::ScalableTag<float> d;                                                                     \
    for (size_t i = 0; i < n; i += hn::Lanes(d)) hn::StoreU(v##name(d, hn::LoadU(d, x + i)), d, y + i); \
  }
HONE_UNARY(exp)
HONE_UNARY(expm1)
HONE_UNARY(log)
HONE_UNARY(softplus)
HONE_UNARY(tanh)
HONE_UNARY(erf)
HONE_UNARY(sigmoid)
HONE_UNARY(silu)
HONE_UNARY(gelu_erf)
HONE_UNARY(gelu_tanh)
HONE_UNARY(sin)
HONE_UNARY(cos)
#undef HONE_UNARY

void map_pow(const float* x, const float* y, float* z, size_t n) {
  const hn::ScalableTag<float> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) hn::StoreU(vpow(d, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, z + i);
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "backends/cpu/simd/isa.h"

namespace hone::cpu {
namespace {

using Map = void (*)(const float*, float*, size_t);
constexpr float kInf = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> sweep(float lo, float hi, size_t n) {
  std::vector<float> x(n);
  for (size_t i = 0; i < n; ++i) x[i] = lo + (hi - lo) * static_cast<float>(i) / static_cast<float>(n - 1);
  return x;
}

// Largest error of f over [lo, hi], relative to max(|reference|, floor).
template <class Reference>
double worst(Map f, Reference reference, float lo, float hi, double floor) {
  const auto x = sweep(lo, hi, 1 << 16);
  std::vector<float> y(x.size());
  f(x.data(), y.data(), x.size());
  double w = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double r = reference(static_cast<double>(x[i]));
    const double e = std::abs(y[i] - r) / std::max(std::abs(r), floor);
    w = e <= w ? w : e;  // NaN wins
  }
  return w;
}

struct Functions {
  const char* name;
  Map exp, expm1, log, softplus, tanh, erf, sigmoid, silu, gelu_erf, gelu_tanh, sin, cos;
  void (*pow)(const float*, const float*, float*, size_t);
};

#define HONE_TABLE(ns)                                                                                          \
  Functions {                                                                                                   \
#ns, ns::map_exp, ns::map_expm1, ns::map_log, ns::map_softplus, ns::map_tanh, ns::map_erf, ns::map_sigmoid, \
        ns::map_silu, ns::map_gelu_erf, ns::map_gelu_tanh, ns::map_sin, ns::map_cos, ns::map_pow                \
  }

std::vector<Functions> tables() {
  std::vector<Functions> t{HONE_TABLE(N_AVX2)};
  if (detected_isa() >= Isa::kAvx512) t.push_back(HONE_TABLE(N_AVX3));
  return t;
}

class VectorMath : public testing::Test {
 protected:
  void SetUp() override {
    if (detected_isa() == Isa::kNone) GTEST_SKIP() << "needs AVX2";
  }
};

std::vector<float> call(Map f, std::vector<float> x) {
  const size_t n = x.size();
  x.resize((n + 15) / 16 * 16);
  std::vector<float> y(x.size());
  f(x.data(), y.data(), x.size());
  y.resize(n);
  return y;
}

TEST_F(VectorMath, Accuracy) {
  for (const auto& t : tables()) {
    SCOPED_TRACE(t.name);
    const double tiny = 1.2e-38;
    EXPECT_LT(worst(
                  t.exp, [](double x) { return std::exp(x); }, -87.3f, 88.72f, tiny),
              2e-7);
    for (float range : {1e-6f, 0.01f, 0.7f, 20.0f})
      EXPECT_LT(worst(
                    t.expm1, [](double x) { return std::expm1(x); }, -range, range, 1e-30),
                4e-7)
          << range;
    EXPECT_LT(worst(
                  t.log, [](double x) { return std::log(x); }, 1e-6f, 4.0f, 1e-9),
              3e-7);
    EXPECT_LT(worst(
                  t.log, [](double x) { return std::log(x); }, 0.999f, 1.001f, 1e-9),
              3e-7);
    EXPECT_LT(worst(
                  t.log, [](double x) { return std::log(x); }, 1.0f, 3e33f, 1e-9),
              3e-7);
    EXPECT_LT(worst(
                  t.softplus, [](double x) { return std::log1p(std::exp(x)); }, -86.0f, 100.0f, tiny),
              6e-7);
    EXPECT_LT(worst(
                  t.tanh, [](double x) { return std::tanh(x); }, -12.0f, 12.0f, 1e-6),
              6e-7);
    EXPECT_LT(worst(
                  t.erf, [](double x) { return std::erf(x); }, -6.0f, 6.0f, 1e-6),
              7e-7);
    EXPECT_LT(worst(
                  t.sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -86.0f, 100.0f, tiny),
              6e-7);
    EXPECT_LT(worst(
                  t.silu, [](double x) { return x / (1 + std::exp(-x)); }, -80.0f, 100.0f, tiny),
              6e-7);
    EXPECT_LT(worst(
                  t.gelu_erf, [](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); }, -10.f, 10.f, 1),
              1e-6);
    EXPECT_LT(worst(
                  t.gelu_tanh,
                  [](double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); },
                  -10.f, 10.f, 1),
              1e-6);
    for (float range : {1.0f, 100.0f, 99999.0f, 1e7f}) {
      EXPECT_LT(worst(
                    t.sin, [](double x) { return std::sin(x); }, -range, range, 1),
                1.5e-7)
          << range;
      EXPECT_LT(worst(
                    t.cos, [](double x) { return std::cos(x); }, -range, range, 1),
                1.5e-7)
          << range;
    }
  }
}

void expect_odd_saturation(Map f) {
  const auto y = call(f, {kInf, -kInf, 0.0f, 1e30f});
  EXPECT_NEAR(y[0], 1, 2e-7);
  EXPECT_NEAR(y[1], -1, 2e-7);
  EXPECT_EQ(y[2], 0);
  EXPECT_NEAR(y[3], 1, 2e-7);
}

TEST_F(VectorMath, SpecialValues) {
  for (const auto& t : tables()) {
    SCOPED_TRACE(t.name);
    EXPECT_EQ(call(t.exp, {kInf, -kInf, 89.0f, -90.0f, 0.0f, 1e30f, -1e30f}),
              (std::vector<float>{kInf, 0, kInf, 0, 1, kInf, 0}));
    const auto l = call(t.log, {0.0f, -0.0f, -1.0f, kInf, 1.0f, 1e-40f});
    EXPECT_EQ(l[0], -kInf);
    EXPECT_EQ(l[1], -kInf);
    EXPECT_TRUE(std::isnan(l[2]));
    EXPECT_EQ(l[3], kInf);
    EXPECT_EQ(l[4], 0.0f);
    EXPECT_NEAR(l[5], std::log(static_cast<double>(1e-40f)), 1e-5);
    expect_odd_saturation(t.tanh);
    expect_odd_saturation(t.erf);
    const auto s = call(t.sigmoid, {kInf, -kInf, 0.0f});
    EXPECT_NEAR(s[0], 1.0f, 3e-7);
    EXPECT_NEAR(s[1], 0.0f, 1e-37);
    EXPECT_NEAR(s[2], 0.5f, 2e-7);
    for (Map f :
         {t.exp, t.expm1, t.log, t.softplus, t.tanh, t.erf, t.sigmoid, t.silu, t.gelu_erf, t.gelu_tanh, t.sin, t.cos})
      EXPECT_TRUE(std::isnan(call(f, {kNan})[0]));
  }
}

TEST_F(VectorMath, PowAgreesWithTheLibrary) {
  const std::vector<float> base{0.0f,  -0.0f,  1.0f,  -1.0f, 2.0f,  -2.0f, 0.3f,
                                -0.3f, 1e-30f, 3e20f, kInf,  -kInf, kNan,  1e-40f};
  const std::vector<float> power{0.0f,  1.0f, -1.0f, 2.0f, 3.0f,  -3.0f, 0.5f,
                                 -0.5f, 2.5f, 30.0f, kInf, -kInf, kNan,  1e9f};
  std::vector<float> x, y;
  for (float b : base)
    for (float p : power) x.push_back(b), y.push_back(p);
  for (float b : sweep(0.01f, 50.0f, 300))
    for (float p : sweep(-20.0f, 20.0f, 101)) x.push_back(b), y.push_back(p);
  while (x.size() % 16 != 0) x.push_back(1), y.push_back(1);
  for (const auto& t : tables()) {
    std::vector<float> z(x.size());
    t.pow(x.data(), y.data(), z.data(), x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const float r = static_cast<float>(std::pow(static_cast<double>(x[i]), static_cast<double>(y[i])));
      SCOPED_TRACE(testing::Message() << t.name << " pow(" << x[i] << ", " << y[i] << ")");
      if (std::isnan(r))
        EXPECT_TRUE(std::isnan(z[i])) << z[i];
      else if (std::isinf(r) || r == 0)
        EXPECT_EQ(z[i], r);
      else
        EXPECT_NEAR(z[i], r, std::abs(r) * 2e-7 + 2e-45);
    }
  }
}

}  // namespace
}  // namespace hone::cpu
#endif  // HWY_ONCE

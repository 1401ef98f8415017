// Softmax and normalisation of rows against plain double-precision formulas.
#include "backends/cpu/simd/rows.h"

#include "backends/cpu/simd/simd_testing.h"

namespace hone::cpu {
namespace {

using testing::expect_near_all;
using testing::random_floats;

std::vector<double> softmax(const std::vector<float>& x, int64_t outer, int64_t axis, int64_t inner, double scale,
                            bool log) {
  std::vector<double> y(x.size());
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      const auto at = [&](int64_t a) { return static_cast<size_t>((o * axis + a) * inner + i); };
      double top = -1e300, sum = 0;
      for (int64_t a = 0; a < axis; ++a) top = std::max(top, scale * static_cast<double>(x[at(a)]));
      for (int64_t a = 0; a < axis; ++a) sum += std::exp(scale * static_cast<double>(x[at(a)]) - top);
      for (int64_t a = 0; a < axis; ++a) {
        const double e = scale * static_cast<double>(x[at(a)]) - top;
        y[at(a)] = log ? e - std::log(sum) : std::exp(e) / sum;
      }
    }
  return y;
}

TEST(Rows, SoftmaxOfEveryLength) {
  testing::for_each_target([] {
    for (int64_t n : {1, 2, 7, 8, 15, 16, 17, 31, 33, 49, 64, 197, 1000, 4099})
      for (float scale : {1.0f, 0.125f, -2.0f})
        for (bool log : {false, true}) {
          const auto x = random_floats(static_cast<size_t>(3 * n), 1, -20, 20);
          std::vector<float> y(x.size());
          softmax_rows(x.data(), n, y.data(), n, 3, n, scale, log);
          expect_near_all(y, softmax(x, 3, n, 1, static_cast<double>(scale), log), log ? 2e-6 : 1e-7, 4e-6);
        }
  });
}

TEST(Rows, SoftmaxWithMaskedElements) {
  testing::for_each_target([] {
    std::vector<float> x = random_floats(40, 1), y(40);
    for (size_t i = 0; i < x.size(); i += 3) x[i] = -std::numeric_limits<float>::infinity();
    softmax_rows(x.data(), 40, y.data(), 40, 1, 40, 1, false);
    EXPECT_EQ(y[0], 0.0f);
    EXPECT_EQ(y[39], 0.0f);
    expect_near_all(y, softmax(x, 1, 40, 1, 1, false), 1e-7, 2e-6);
  });
}

TEST(Rows, SoftmaxAlongColumns) {
  testing::for_each_target([] {
    for (int64_t inner : {2, 15, 16, 17, 100})
      for (bool log : {false, true}) {
        const int64_t outer = 3, axis = 21;
        const auto x = random_floats(static_cast<size_t>(outer * axis * inner), 1, -9, 9);
        std::vector<float> y(x.size());
        softmax_columns(x.data(), y.data(), axis, inner, 0, outer * softmax_column_blocks(inner), log);
        expect_near_all(y, softmax(x, outer, axis, inner, 1, log), 1e-6, 3e-6);
      }
  });
}

TEST(Rows, LayerNorm) {
  testing::for_each_target([] {
    for (int64_t n : {1, 5, 16, 33, 96, 197, 768, 5000})
      for (bool rms : {false, true})
        for (bool with_residual : {false, true}) {
          const int64_t rows = 3, pitch = n + 2;
          const auto size = static_cast<size_t>(rows * pitch);
          const auto x = random_floats(size, 1, 5, 9), residual = random_floats(size, 2, -1, 1);
          const auto scale = random_floats(static_cast<size_t>(n), 3), bias = random_floats(static_cast<size_t>(n), 4);
          std::vector<float> y(size, 7.0f), sum(size, 7.0f);
          LayerNorm p{n, scale.data(), bias.data(), 1e-3f, rms};
          layer_norm_rows(p, x.data(), pitch, with_residual ? residual.data() : nullptr, sum.data(), y.data(), pitch,
                          rows);
          std::vector<double> want(size, 7.0), want_sum(size, 7.0);
          for (int64_t r = 0; r < rows; ++r) {
            double mean = 0, square = 0;
            const auto at = [&](int64_t i) { return static_cast<size_t>(r * pitch + i); };
            const auto value = [&](int64_t i) {
              return static_cast<double>(x[at(i)]) + (with_residual ? static_cast<double>(residual[at(i)]) : 0.0);
            };
            for (int64_t i = 0; i < n; ++i) mean += value(i) / static_cast<double>(n);
            if (rms) mean = 0;
            for (int64_t i = 0; i < n; ++i) square += (value(i) - mean) * (value(i) - mean) / static_cast<double>(n);
            for (int64_t i = 0; i < n; ++i) {
              const auto c = static_cast<size_t>(i);
              want[at(i)] = (value(i) - mean) / std::sqrt(square + 1e-3) * static_cast<double>(scale[c]) +
                            static_cast<double>(bias[c]);
              if (with_residual) want_sum[at(i)] = value(i);
            }
          }
          expect_near_all(y, want, n == 1 ? 1e-4 : 3e-5, 3e-5);
          expect_near_all(sum, want_sum, 1e-5);
        }
  });
}

TEST(Rows, MomentsAndAffine) {
  testing::for_each_target([] {
    const int64_t pixels = 150, cols = 35, pitch = 40;
    const auto x = random_floats(static_cast<size_t>(pixels * pitch), 1);
    std::vector<double> sums(35), squares(35), want_sums(35), want_squares(35);
    column_moments(x.data(), pitch, pixels, cols, sums.data(), squares.data());
    for (int64_t p = 0; p < pixels; ++p)
      for (int64_t c = 0; c < cols; ++c) {
        const double v = static_cast<double>(x[static_cast<size_t>(p * pitch + c)]);
        want_sums[static_cast<size_t>(c)] += v;
        want_squares[static_cast<size_t>(c)] += v * v;
      }
    expect_near_all(sums, want_sums, 1e-4);
    expect_near_all(squares, want_squares, 1e-4);
    const auto a = random_floats(35, 2), b = random_floats(35, 3);
    std::vector<float> y(x.size()), z(x.size());
    std::vector<double> want(x.size()), want_z(x.size());
    scale_shift_rows(x.data(), pitch, a.data(), b.data(), y.data(), pitch, pixels, cols);
    scale_shift(x.data(), 2.5f, -1, z.data(), 99);
    for (int64_t p = 0; p < pixels; ++p)
      for (int64_t c = 0; c < cols; ++c) {
        const auto i = static_cast<size_t>(p * pitch + c);
        want[i] = static_cast<double>(x[i]) * static_cast<double>(a[static_cast<size_t>(c)]) +
                  static_cast<double>(b[static_cast<size_t>(c)]);
      }
    for (size_t i = 0; i < 99; ++i) want_z[i] = static_cast<double>(x[i]) * 2.5 - 1;
    expect_near_all(y, want, 1e-6);
    expect_near_all(z, want_z, 1e-6);
  });
}

}  // namespace
}  // namespace hone::cpu

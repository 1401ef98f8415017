// Fourier transforms, determinants and triangles against hand-computed values and the plain definition.
#include "ops/dft.h"

#include "ops/eye_like.h"
#include "ops/fft.h"
#include "ops/stft.h"
#include "ops/testing.h"
#include "ops/trilu.h"

namespace hone {
namespace {
using namespace testing;

TEST(Fft, EqualsTheDefinitionAtAnyLength) {
  for (int n : {1, 2, 5, 6, 8, 12, 35, 77}) {
    std::vector<std::complex<double>> x(static_cast<size_t>(n));
    for (int i = 0; i < n; ++i) x[static_cast<size_t>(i)] = {std::sin(1.0 + i), std::cos(2.5 * i)};
    const auto y = dft(x, false), back = dft(y, true);
    for (int k = 0; k < n; ++k) {
      std::complex<double> sum = 0;
      for (int i = 0; i < n; ++i) sum += x[static_cast<size_t>(i)] * std::polar(1.0, -2 * M_PI * i * k / n);
      EXPECT_NEAR(std::abs(sum - y[static_cast<size_t>(k)]), 0, 1e-9) << n << " " << k;
      EXPECT_NEAR(std::abs(back[static_cast<size_t>(k)] - x[static_cast<size_t>(k)] * static_cast<double>(n)), 0, 1e-9);
    }
  }
}

TEST(Dft, TransformsRealAndComplexSignals) {
  DftAttrs a;
  const Tensor x = tensor({1, 4, 1}, {1, 2, 3, 4});
  expect_tensor(run(kDftOp, a, {x})[0], {1, 4, 2}, {10, 0, -2, 2, -2, 0, -2, -2});
  a.onesided = true;
  const Tensor half = run(kDftOp, a, {x})[0];
  expect_tensor(half, {1, 3, 2}, {10, 0, -2, 2, -2, 0});
  a.inverse = true;
  expect_tensor(run(kDftOp, a, {half})[0], {1, 4, 1}, {1, 2, 3, 4});
  a.onesided = false;
  expect_tensor(run(kDftOp, a, {tensor({1, 2, 2}, {1, 1, 3, -1})})[0], {1, 2, 2}, {2, 0, -1, 1});
}

TEST(Dft, PadsCutsAndTakesAnyAxis) {
  DftAttrs a;
  const Tensor x = tensor({2, 2, 1}, {1, 2, 3, 4});
  expect_tensor(run(kDftOp, a, {x, tensor({}, {1}, DType::kI64)})[0], {2, 1, 2}, {1, 0, 3, 0});
  expect_tensor(run(kDftOp, a, {x, Tensor(), tensor({}, {0}, DType::kI64)})[0], {2, 2, 2}, {4, 0, 6, 0, -2, 0, -2, 0});
  expect_tensor(run(kDftOp, a, {tensor({1, 1, 1}, {3}), tensor({}, {2}, DType::kI64)})[0], {1, 2, 2}, {3, 0, 3, 0});
  EXPECT_EQ(infer_shape_text(kDftOp, a, {info({"b", "n", "1"})}), "[b,n,2]");
  a.axis = -1;
  EXPECT_THROW(infer_infos(kDftOp, a, {info({"b", "n", "1"})}), ModelError);
}

TEST(Stft, TransformsWindowedFrames) {
  StftAttrs a;
  const Tensor x = tensor({1, 5, 1}, {1, 2, 3, 4, 5}), step = tensor({}, {2}, DType::kI64),
               window = tensor({3}, {1, 2, 1});
  // frames [1,4,3] and [3,8,5]
  const double s = std::sqrt(3.0) / 2;
  const std::vector<double> expected = {8, 0, 1 - 3.5, (3 - 4) * s, 16, 0, 3 - 6.5, (5 - 8) * s};
  expect_tensor(run(kStftOp, a, {x, step, window})[0], {1, 2, 2, 2}, expected, 1e-5);
  expect_tensor(run(kStftOp, a, {tensor({1, 3, 1}, {1, 4, 3}), step, Tensor(), tensor({}, {3}, DType::kI64)})[0],
                {1, 1, 2, 2}, {8, 0, 1 - 3.5, (3 - 4) * s}, 1e-5);
  const Tensor frame = tensor({}, {6}, DType::kI64);
  EXPECT_THROW(run(kStftOp, a, {x, step, Tensor(), frame}), ModelError);
  EXPECT_EQ(infer_shape_text(kStftOp, a, {info({"b", "n", "1"}), constant_info(step), info({"400"})}),
            "[b,div(n,2)+-199,201,2]");
  EXPECT_EQ(infer_shape_text(kStftOp, a,
                             {info({"b", "n", "1"}), info(std::vector<std::string>(), DType::kI64), info({"400"})}),
            "[b,%node.2,201,2]");
}

TEST(Det, EliminatesWithPivots) {
  expect_tensor(run(kDetOp, NoAttrs(), {tensor({2, 2, 2}, {0, 1, 1, 0, 1, 2, 3, 4})})[0], {2}, {-1, -2});
  expect_tensor(run(kDetOp, NoAttrs(), {tensor({3, 3}, {2, 0, 1, 1, 3, 2, 1, 1, 1})})[0], {}, {0});
  EXPECT_THROW(infer_infos(kDetOp, NoAttrs(), {info({"2", "3"})}), ModelError);
}

TEST(Trilu, KeepsOneTriangle) {
  TriluAttrs a;
  const Tensor x = tensor({2, 3}, {1, 2, 3, 4, 5, 6}, DType::kI64);
  expect_tensor(run(kTriluOp, a, {x})[0], {2, 3}, {1, 2, 3, 0, 5, 6});
  expect_tensor(run(kTriluOp, a, {x, tensor({}, {1}, DType::kI64)})[0], {2, 3}, {0, 2, 3, 0, 0, 6});
  a.upper = false, a.k = -1;
  expect_tensor(run(kTriluOp, a, {x})[0], {2, 3}, {0, 0, 0, 4, 0, 0});
  a.k = INT64_MAX;
  expect_tensor(run(kTriluOp, a, {x})[0], {2, 3}, {1, 2, 3, 4, 5, 6});
}

TEST(EyeLike, PutsOnesOnADiagonal) {
  EyeLikeAttrs a;
  a.type = DType::kI32, a.k = -1;
  expect_tensor(run(kEyeLikeOp, a, {ramp({3, 2})})[0], {3, 2}, {0, 0, 1, 0, 0, 1});
  EXPECT_THROW(infer_infos(kEyeLikeOp, a, {info({"3"})}), ModelError);
}

}  // namespace
}  // namespace hone

// Layer, group and RMS normalisation and local response normalisation against hand-computed values.
#include "ops/normalization.h"

#include "ops/lrn.h"
#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

TEST(Normalization, NormalisesLayers) {
  NormalizationAttrs a;
  a.axes = {-1}, a.epsilon = 0.25;  // variances 2 and 0
  const double f = 1 / std::sqrt(2.25);
  expect_tensor(run(kNormalizationOp, a,
                    {tensor({2, 2}, {1 - M_SQRT2, 1 + M_SQRT2, 3, 3}), tensor({2}, {1, 10}), tensor({2}, {0, 1})})[0],
                {2, 2}, {-M_SQRT2 * f, 10 * M_SQRT2 * f + 1, 0, 1}, 1e-5);
}

TEST(Normalization, NormalisesByRootMeanSquare) {
  NormalizationAttrs a;
  a.axes = {1}, a.epsilon = 0, a.rms = true;
  expect_tensor(run(kNormalizationOp, a, {tensor({1, 2}, {3, 4}), tensor({2}, {1, 2})})[0], {1, 2},
                {3 / std::sqrt(12.5), 8 / std::sqrt(12.5)});
}

TEST(Normalization, SplitsChannelsIntoGroups) {
  NormalizationAttrs a;
  a.axes = {2}, a.epsilon = 0, a.groups = 2;
  // groups {0,2,4,6} and {10,10,14,14}: means 3 and 12, variances 5 and 4
  const double s = std::sqrt(5.0);
  expect_tensor(
      run(kNormalizationOp, a, {tensor({1, 4, 2}, {0, 2, 4, 6, 10, 10, 14, 14}), tensor({1, 4, 1}, {1, 1, 1, 2})})[0],
      {1, 4, 2}, {-3 / s, -1 / s, 1 / s, 3 / s, -1, -1, 2, 2});
}

TEST(Normalization, RefusesWhatDoesNotFit) {
  NormalizationAttrs a;
  EXPECT_THROW(infer_infos(kNormalizationOp, a, {info({"n", "4"})}), ModelError);
  a.axes = {2};
  EXPECT_THROW(infer_infos(kNormalizationOp, a, {info({"n", "4"})}), ModelError);
  a.axes = {1};
  EXPECT_THROW(infer_infos(kNormalizationOp, a, {info({"n", "4"}), info({"3"})}), ModelError);
  a.groups = 3;
  EXPECT_THROW(infer_infos(kNormalizationOp, a, {info({"n", "4", "8"})}), ModelError);
}

TEST(Lrn, DividesByNeighbouringChannels) {
  LrnAttrs a;
  a.window = 2, a.alpha = 2, a.beta = 1, a.k = 1;  // a window of 2 sees the channel and the next
  expect_tensor(run(kLrnOp, a, {tensor({1, 3, 1}, {1, 2, 3})})[0], {1, 3, 1}, {1.0 / 6, 2.0 / 14, 3.0 / 10});
  a.window = 3, a.alpha = 3;
  expect_tensor(run(kLrnOp, a, {tensor({1, 3, 1}, {1, 2, 3})})[0], {1, 3, 1}, {1.0 / 6, 2.0 / 15, 3.0 / 14});
}

}  // namespace
}  // namespace hone

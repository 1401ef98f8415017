// Range, fill, assertion and bit cast.
#include "ops/fill.h"

#include "ops/assertion.h"
#include "ops/bit_cast.h"
#include "ops/op_testing.h"

namespace hone {
namespace {
using namespace testing;  // NOLINT

TEST(Range, CountsUpAndDown) {
  EXPECT_EQ(values<int64_t>(run(kRangeOp, NoAttrs{}, {ints({}, {1}), ints({}, {8}), ints({}, {3})})),
            (std::vector<int64_t>{1, 4, 7}));
  EXPECT_EQ(values<int64_t>(run(kRangeOp, NoAttrs{}, {ints({}, {3}), ints({}, {-2}), ints({}, {-2})})),
            (std::vector<int64_t>{3, 1, -1}));
  expect_near(run(kRangeOp, NoAttrs{}, {floats({}, {0}), floats({}, {1}), floats({}, {0.4f})}), {3}, {0, 0.4, 0.8});
  EXPECT_THROW(run(kRangeOp, NoAttrs{}, {ints({}, {0}), ints({}, {1}), ints({}, {0})}), ModelError);
}
TEST(Range, SymbolicLimits) {
  const Tensor zero = ints({}, {0}), one = ints({}, {1}), three = ints({}, {3});
  TensorInfo limit{DType::kI64, {}, std::vector<Dim>{Dim::parse("S")}, nullptr};
  EXPECT_EQ(shape_of(kRangeOp, NoAttrs{}, {constant(zero), limit, constant(one)}), "[S]");
  TensorInfo end{DType::kI64, {}, std::vector<Dim>{Dim::parse("P+3")}, nullptr};
  TensorInfo start{DType::kI64, {}, std::vector<Dim>{Dim::parse("P")}, nullptr};
  EXPECT_EQ(content_of(kRangeOp, NoAttrs{}, {start, end, constant(one)}), "[P,P+1,P+2]");
  EXPECT_EQ(shape_of(kRangeOp, NoAttrs{}, {constant(zero), info(DType::kI64, {}), constant(three)}), "[%node.0]");
}

TEST(Fill, Linspace) {
  FillAttrs a;
  a.shape = {4}, a.alpha = 1, a.beta = 0.5;
  expect_near(run(kFillOp, a, {}), {4}, {1, 1.5, 2, 2.5});
  a.shape = {2, 3}, a.type = DType::kI32;
  expect_near(run(kFillOp, a, {Tensor(), tensor<int32_t>({}, {5}), tensor<int32_t>({2}, {10, 1})}), {2, 3},
              {5, 6, 7, 15, 16, 17});
  EXPECT_THROW(run(kFillOp, a, {}), ModelError);  // one step for two axes
}
TEST(Fill, RandomNumbersHaveTheirMoments) {
  FillAttrs a;
  a.kind = FillKind::kRandomUniform, a.shape = {20000}, a.alpha = 2, a.beta = 4, a.seed = 3;
  const auto moments = [](const std::vector<double>& v) {
    double m = 0, s = 0;
    for (double x : v) m += x;
    m /= static_cast<double>(v.size());
    for (double x : v) s += (x - m) * (x - m);
    return std::pair(m, s / static_cast<double>(v.size()));
  };
  const Tensor u = run(kFillOp, a, {});
  const auto [um, uv] = moments(u.as_doubles());
  EXPECT_NEAR(um, 3, 0.02);
  EXPECT_NEAR(uv, 4. / 12, 0.02);
  EXPECT_TRUE(u.identical(run(kFillOp, a, {})));
  a.seed = 4;
  EXPECT_FALSE(u.identical(run(kFillOp, a, {})));
  a.kind = FillKind::kRandomNormal, a.alpha = -1, a.beta = 2;
  const auto [nm, nv] = moments(run(kFillOp, a, {}).as_doubles());
  EXPECT_NEAR(nm, -1, 0.06);
  EXPECT_NEAR(nv, 4, 0.2);
}

TEST(Assertion, FailsWithItsMessage) {
  AssertionAttrs a;
  a.message = "batch is even";
  EXPECT_NO_THROW(run_all(kAssertionOp, a, {tensor<bool>({1}, {true})}, 0));
  try {
    run_all(kAssertionOp, a, {tensor<bool>({2}, {true, false})}, 0);
    FAIL() << "no error";
  } catch (const ModelError& e) {
    EXPECT_NE(std::string(e.what()).find("batch is even"), std::string::npos);
  }
}

TEST(BitCast, KeepsBits) {
  BitCastAttrs a;
  a.to = DType::kI32;
  EXPECT_EQ(values<int32_t>(run(kBitCastOp, a, {floats({2}, {1, -2})})),
            (std::vector<int32_t>{0x3f800000, static_cast<int32_t>(0xc0000000)}));
  a.to = DType::kI64;
  EXPECT_THROW(run(kBitCastOp, a, {floats({1}, {1})}), ModelError);
}

}  // namespace
}  // namespace hone

// Runs of brain floats: every bit pattern to float, and the rounding back at ties, ends of range and NaN.
#include "backends/cpu/simd/brain.h"

#include <bit>

#include "backends/cpu/simd/simd_testing.h"

namespace hone::cpu {
namespace {

TEST(Brain, EveryPatternBecomesTheFloatOfItsUpperHalf) {
  testing::for_each_target([] {
    std::vector<bfloat16> x(0x10000);
    for (size_t i = 0; i < x.size(); ++i) x[i].bits = static_cast<uint16_t>(i);
    std::vector<float> y(x.size());
    widen_floats(x.data(), y.data(), static_cast<int64_t>(x.size()));
    for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(std::bit_cast<uint32_t>(y[i]), static_cast<uint32_t>(i) << 16) << i;
  });
}

TEST(Brain, RoundsToNearestTiesToEven) {
  struct Case {
    uint32_t from, to;
  };
  // Around 1: below, at and above the middle of two neighbours, of which the lower is even, then odd.
  const Case cases[] = {{0x3f800000, 0x3f80}, {0x3f807fff, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f808001, 0x3f81},
                        {0x3f817fff, 0x3f81}, {0x3f818000, 0x3f82}, {0xbf818000, 0xbf82}, {0x00000000, 0x0000},
                        {0x80000000, 0x8000}, {0x00008000, 0x0000}, {0x00008001, 0x0001}, {0x7f7fffff, 0x7f80},
                        {0x7f800000, 0x7f80}, {0xff800000, 0xff80}, {0x7f7f7fff, 0x7f7f}};
  testing::for_each_target([&] {
    for (size_t n = 1; n <= std::size(cases); ++n) {
      std::vector<float> x;
      for (size_t i = 0; i < n; ++i) x.push_back(std::bit_cast<float>(cases[i].from));
      std::vector<bfloat16> y(n + 1);
      y[n].bits = 0x1234;
      narrow_floats(x.data(), y.data(), static_cast<int64_t>(n));
      for (size_t i = 0; i < n; ++i) EXPECT_EQ(y[i].bits, cases[i].to) << std::hex << cases[i].from;
      EXPECT_EQ(y[n].bits, 0x1234) << "wrote behind the end";
    }
  });
}

TEST(Brain, NanStaysNan) {
  testing::for_each_target([] {
    for (const uint32_t bits : {0x7f800001u, 0x7fffffffu, 0xffc00000u, 0xff80ffffu}) {
      std::vector<float> x(9, std::bit_cast<float>(bits)), back(9);
      std::vector<bfloat16> y(9);
      narrow_floats(x.data(), y.data(), 9);
      widen_floats(y.data(), back.data(), 9);
      for (const float v : back) EXPECT_TRUE(std::isnan(v)) << std::hex << bits;
    }
  });
}

}  // namespace
}  // namespace hone::cpu

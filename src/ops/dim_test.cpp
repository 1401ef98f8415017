// Dims: what is proven about ordered expressions, and that simplified expressions keep their value.
#include "ops/dim.h"

#include <gtest/gtest.h>

#include <random>

namespace hone {
namespace {

TEST(Dim, MinAndMaxOfOrderedExpressionsVanish) {
  const Dim h = Dim::symbol("h"), padded = h + floor_mod(-h, 7);
  EXPECT_EQ(min(padded, h), h);
  EXPECT_EQ(max(padded, h), padded);
  EXPECT_EQ(max(h, 0), h);
  EXPECT_EQ(min(h + 1, 0), Dim(0));
  EXPECT_EQ(max(floor_div(h, 2) * 3, -1), floor_div(h, 2) * 3);
  EXPECT_EQ(min(floor_mod(h, 7), 6), floor_mod(h, 7));
  EXPECT_FALSE(min(h, 16).is_const());
  EXPECT_EQ(min(h, 16).str(), "min(16,h)");
  EXPECT_EQ(max(h - 1, 0).str(), "max(0,h+-1)");  // h may be 0
}

/// A random expression over two symbols, beside its value.
std::pair<Dim, int64_t> draw(std::mt19937& rng, int depth, int64_t x, int64_t y) {
  const auto pick = rng() % (depth > 0 ? 8 : 3);
  if (pick == 0) return {Dim::symbol("x"), x};
  if (pick == 1) return {Dim::symbol("y"), y};
  if (pick == 2) {
    const int64_t v = static_cast<int64_t>(rng() % 21) - 10;
    return {v, v};
  }
  const auto [a, va] = draw(rng, depth - 1, x, y);
  const auto [b, vb] = draw(rng, depth - 1, x, y);
  const int64_t d = 1 + static_cast<int64_t>(rng() % 6);
  const auto quotient = [&] { return va / d - (va % d < 0 ? 1 : 0); };
  switch (pick) {
    case 3:
      return {a + b, va + vb};
    case 4:
      return {min(a, b), std::min(va, vb)};
    case 5:
      return {max(a, b), std::max(va, vb)};
    case 6:
      return {floor_div(a, d), quotient()};
    default:
      return {floor_mod(a, d) * b, (va - d * quotient()) * vb};
  }
}

TEST(Dim, SimplificationKeepsTheValue) {
  std::mt19937 rng(1);
  for (int i = 0; i < 2000; ++i) {
    const int64_t x = static_cast<int64_t>(rng() % 12), y = static_cast<int64_t>(rng() % 12);
    const auto [d, value] = draw(rng, 5, x, y);
    EXPECT_EQ(d.eval([&](const std::string& s) { return s == "x" ? x : y; }), value) << d.str();
  }
}

}  // namespace
}  // namespace hone

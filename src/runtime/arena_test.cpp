#include "runtime/arena.h"

#include <gtest/gtest.h>

#include <random>

namespace hone::runtime {
namespace {

TEST(Arena, ReusesMemoryOfDeadTensors) {
  std::vector<Interval> v = {{0, 1, 1000, 0}, {1, 2, 500, 0}, {2, 3, 900, 0}};
  EXPECT_EQ(place(v), 1024u + 512u);
  EXPECT_EQ(v[0].offset, v[2].offset);
}

TEST(Arena, OverlappingLifetimesNeverShare) {
  std::mt19937 rng(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<Interval> v(40);
    for (Interval& x : v) {
      x.first = static_cast<int>(rng() % 30);
      x.last = x.first + static_cast<int>(rng() % 10);
      x.size = 1 + rng() % 5000;
    }
    const size_t total = place(v);
    for (size_t a = 0; a < v.size(); ++a) {
      EXPECT_LE(v[a].offset + v[a].size, total);
      EXPECT_EQ(v[a].offset % 64, 0u);
      for (size_t b = 0; b < a; ++b) {
        if (v[a].last < v[b].first || v[b].last < v[a].first) continue;
        EXPECT_TRUE(v[a].offset + v[a].size <= v[b].offset || v[b].offset + v[b].size <= v[a].offset);
      }
    }
  }
}

}  // namespace
}  // namespace hone::runtime

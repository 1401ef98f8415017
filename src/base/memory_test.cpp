#include "base/memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace hone {
namespace {

TEST(Memory, TheLimitIsNotAboveWhatTheKernelSaysTheMachineHas) {
  std::ifstream f("/proc/meminfo");
  std::string name;
  size_t kib = 0;
  ASSERT_TRUE(f >> name >> kib);
  ASSERT_EQ(name, "MemTotal:");
  EXPECT_LE(memory_limit(), kib * 1024);
  EXPECT_GT(memory_limit(), size_t{1} << 20);
}

TEST(Memory, AllocatesAlignedBytesUpToTheLimit) {
  for (const size_t n : {0, 1, 63, 64, 65, 100'000}) {
    void* p = allocate_aligned(n);
    ASSERT_NE(p, nullptr) << n;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % 64, 0U) << n;
    std::memset(p, 1, n);
    std::free(p);
  }
  for (const size_t n : {memory_limit() + 1, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX})
    EXPECT_EQ(allocate_aligned(n), nullptr) << n;
}

}  // namespace
}  // namespace hone

// The device's memory, streams and events.
#include "backends/cuda/device.h"

#include <gtest/gtest.h>

#include <thread>

#include "backends/cuda/driver/api.h"
#include "backends/cuda/tactics/testing.h"

namespace hone::cuda {
namespace {

class DeviceTest : public testing::CudaDeviceTest {};

TEST_F(DeviceTest, MovesBytes) {
  const Device& d = cuda_device();
  void* a = d.allocate(1000);
  void* b = d.allocate(1000);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a) % 256, 0u);
  std::vector<unsigned char> from(1000, 1), to(1000);
  d.fill(a, 7, 1000, nullptr);
  d.upload(a, from.data(), 10, nullptr);
  d.copy(b, a, 1000, nullptr);
  d.download(to.data(), b, 1000, nullptr);
  for (size_t i = 0; i < to.size(); ++i) ASSERT_EQ(to[i], i < 10 ? 1 : 7);
  d.release(a), d.release(b), d.release(nullptr);
}

TEST_F(DeviceTest, AnyThreadMayCome) {
  void* p = nullptr;
  std::thread([&] { p = cuda_device().allocate(16); }).join();
  std::thread([&] { cuda_device().release(p); }).join();
  EXPECT_NE(p, nullptr);
}

TEST_F(DeviceTest, TooMuchMemoryIsAnError) {
  EXPECT_THROW(cuda_device().allocate(size_t{1} << 60), ModelError);
  EXPECT_GT(cuda_device().free_memory(), 0u);
}

TEST_F(DeviceTest, CacheIsSetAsideForData) {
  const Device& d = cuda_device();
  const size_t most = d.persistent_cache();
  if (most == 0) GTEST_SKIP() << "this GPU keeps nothing in its cache";
  void* stream = d.create_stream();
  void* data = d.allocate(8 << 20);
  d.keep_in_cache(data, 8 << 20, most / 2, stream);
  size_t aside = 0;
  ASSERT_EQ(driver().context_get_limit(&aside, kLimitPersistingCache), kSuccess);
  EXPECT_GT(aside, 0u);
  d.keep_in_cache(data, 8 << 20, 0, stream);
  d.release(data), d.destroy_stream(stream);
}

TEST_F(DeviceTest, EventsMeasure) {
  const Device& d = cuda_device();
  void* stream = d.create_stream();
  void* other = d.create_stream();
  void* begin = d.create_event();
  void* end = d.create_event();
  d.record(begin, stream);
  d.wait(other, begin);
  d.record(end, stream);
  EXPECT_GE(d.elapsed_us(begin, end), 0);
  d.synchronize(other);
  d.destroy_event(begin), d.destroy_event(end), d.destroy_stream(stream), d.destroy_stream(other);
}

}  // namespace
}  // namespace hone::cuda

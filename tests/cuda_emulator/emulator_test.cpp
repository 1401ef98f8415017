// The emulator itself: what threads of a block see of one another, and that faults are reported instead of passing or
// hanging. Expected values are what CUDA's programming guide says. Kernels get an array of ints: results, all 0 before.
#include <gtest/gtest.h>

#include <cstdlib>

#include "backends/cuda/device.h"
#include "backends/cuda/gpu.h"
#include "backends/cuda/modules.h"

namespace hone::cuda {
namespace {

class EmulatorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("HONE_CUDA_DRIVER", HONE_EMULATOR, 1);
    setenv("HONE_NVRTC", HONE_EMULATOR, 1);
    unsetenv("HONE_CUDA_ARCH");
  }

  /// Runs `body` in every thread; `r` are the results.
  std::vector<int> run(const std::string& body, unsigned blocks, std::array<unsigned, 3> block, size_t results,
                       unsigned shared = 0) {
    const LoadedFunction f =
        load_function("extern \"C\" __global__ void kernel(int* r) {\n" + body + "\n}\n", "kernel", shared);
    const Device& d = cuda_device();
    std::vector<int> values(results);
    void* memory = d.allocate(results * sizeof(int));
    d.fill(memory, 0, results * sizeof(int), nullptr);
    void* parameters[] = {&memory, nullptr};
    result_ =
        driver().launch(f.function, blocks, 1, 1, block[0], block[1], block[2], shared, nullptr, parameters, nullptr);
    d.download(values.data(), memory, results * sizeof(int), nullptr);
    d.release(memory);
    return values;
  }
  Result result_ = kSuccess;
};

TEST_F(EmulatorTest, NumbersThreads) {
  const std::vector<int> r =
      run("int t = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);"
          "r[blockIdx.x * 24 + t] = t + 100 * blockIdx.x + 1000 * gridDim.x;",
          2, {4, 3, 2}, 48);
  for (int i = 0; i < 48; ++i) EXPECT_EQ(r[static_cast<size_t>(i)], i % 24 + i / 24 * 100 + 2000);
}

TEST_F(EmulatorTest, BarriersOrderSharedMemory) {
  const std::vector<int> r =
      run("__shared__ int s[64]; s[threadIdx.x] = threadIdx.x; __syncthreads();"
          "int v = s[63 - threadIdx.x]; __syncthreads(); s[threadIdx.x] = v * 2; __syncthreads();"
          "r[blockIdx.x * 64 + threadIdx.x] = s[threadIdx.x ^ 1];",
          2, {64, 1, 1}, 128);
  for (int i = 0; i < 128; ++i) EXPECT_EQ(r[static_cast<size_t>(i)], 2 * (63 - (i % 64 ^ 1)));
}

TEST_F(EmulatorTest, DynamicSharedMemory) {
  const std::vector<int> r =
      run("extern __shared__ __align__(16) int s[]; s[20000 + threadIdx.x] = threadIdx.x + 1; __syncthreads();"
          "r[threadIdx.x] = s[20000 + (threadIdx.x + 1) % 32];",
          1, {32, 1, 1}, 32, 96 << 10);
  for (int i = 0; i < 32; ++i) EXPECT_EQ(r[static_cast<size_t>(i)], (i + 1) % 32 + 1);
}

TEST_F(EmulatorTest, ThreadsThatLeftDoNotBlockABarrier) {
  const std::vector<int> r =
      run("if (threadIdx.x >= 40) return; __syncthreads(); r[threadIdx.x] = 1;", 1, {64, 1, 1}, 64);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(r[static_cast<size_t>(i)], i < 40 ? 1 : 0);
}

TEST_F(EmulatorTest, Shuffles) {
  const std::vector<int> r =
      run("int i = threadIdx.x; int* o = r + i * 6; const unsigned all = 0xffffffffu;"
          "o[0] = __shfl_sync(all, i, 5); o[1] = __shfl_sync(all, i, 5, 8); o[2] = __shfl_up_sync(all, i, 3, 16);"
          "o[3] = __shfl_down_sync(all, i, 3, 16); o[4] = __shfl_xor_sync(all, i, 9);"
          "o[5] = (int)__shfl_xor_sync(all, (long long)i << 40, 1, 8) + (int)(__shfl_xor_sync(all, (long long)i << 40, "
          "1, 8) >> 40);",
          1, {32, 1, 1}, 192);
  for (int i = 0; i < 32; ++i) {
    const int* o = &r[static_cast<size_t>(i) * 6];
    EXPECT_EQ(o[0], 5);
    EXPECT_EQ(o[1], i / 8 * 8 + 5);
    EXPECT_EQ(o[2], i % 16 < 3 ? i : i - 3);
    EXPECT_EQ(o[3], i % 16 > 12 ? i : i + 3);
    EXPECT_EQ(o[4], i ^ 9);
    EXPECT_EQ(o[5], i ^ 1);
  }
}

TEST_F(EmulatorTest, VotesAndMasks) {
  const std::vector<int> r = run(
      "int* o = r + threadIdx.x * 7; int i = threadIdx.x % 32; unsigned half = i < 16 ? 0xffffu : 0xffff0000u;"
      "o[0] = (int)__ballot_sync(half, i % 3 == 0); o[1] = __any_sync(half, i == 20); o[2] = __all_sync(half, i < 16);"
      "int n = i < 16 ? 3 : 1; for (int k = 0; k < n; ++k) o[3] += __shfl_xor_sync(half, 1, 1);"
      "o[4] = __syncthreads_count(i % 2); o[5] = __syncthreads_or(threadIdx.x == 40) + 2 * __syncthreads_and(i < 32);"
      "o[6] = (int)__match_any_sync(0xffffffffu, i % 4);",
      1, {64, 1, 1}, 448);
  for (int thread = 0; thread < 64; ++thread) {
    const int* o = &r[static_cast<size_t>(thread) * 7];
    const int i = thread % 32;
    unsigned ballot = 0;
    for (int k = i < 16 ? 0 : 16; k < (i < 16 ? 16 : 32); ++k) ballot |= (k % 3 == 0 ? 1u : 0u) << k;
    ASSERT_EQ(static_cast<unsigned>(o[0]), ballot);
    ASSERT_EQ(o[1], i < 16 ? 0 : 1);
    ASSERT_EQ(o[2], i < 16 ? 1 : 0);
    ASSERT_EQ(o[3], i < 16 ? 3 : 1);
    ASSERT_EQ(o[4], 32);
    ASSERT_EQ(o[5], 3);
    ASSERT_EQ(static_cast<unsigned>(o[6]), 0x11111111u << (i % 4));
  }
}

TEST_F(EmulatorTest, Atomics) {
  const std::vector<int> r =
      run("__shared__ int s; if (threadIdx.x == 0) s = 0; __syncthreads(); atomicAdd(&s, (int)threadIdx.x); "
          "__syncthreads();"
          "if (threadIdx.x == 0) atomicAdd(r, s); atomicMax(r + 1, (int)threadIdx.x); atomicCAS(r + 2, 0, 7);"
          "atomicAdd(reinterpret_cast<float*>(r + 3), 0.5f);",
          3, {32, 1, 1}, 4);
  EXPECT_EQ(r[0], 3 * 496);
  EXPECT_EQ(r[1], 31);
  EXPECT_EQ(r[2], 7);
  float f = 0;
  std::memcpy(&f, &r[3], sizeof(f));
  EXPECT_EQ(f, 48.0f);
}

TEST_F(EmulatorTest, IntegerFunctions) {
  const std::vector<int> r = run(
      "r[0] = __popc(0xf0f0u); r[1] = __clz(1); r[2] = __ffs(8); r[3] = (int)__brev(1u); r[4] = "
      "(int)__byte_perm(0x03020100u, 0x07060504u, 0x7160u);"
      "r[5] = __mulhi(1 << 20, 1 << 20); r[6] = __float2int_rn(2.5f); r[7] = __float2int_rz(3e10f); r[8] = "
      "__float2int_rn(NAN);"
      "r[9] = __dp4a(0x01ff02feu, 0x01010101, 10); r[10] = (int)__umulhi(0x80000000u, 6u); r[11] = min(3, max(1, 2));"
      "r[12] = (int)__funnelshift_r(0x80000001u, 3u, 1);",
      1, {1, 1, 1}, 13);
  EXPECT_EQ(r, (std::vector<int>{8, 31, 4, INT32_MIN, 0x07010600, 1 << 8, 2, INT32_MAX, 0, 10, 3, 2,
                                 static_cast<int>(0xc0000000u)}));
}

TEST_F(EmulatorTest, FaultsAreErrors) {
  run("if (threadIdx.x < 32) __syncthreads(); else __syncwarp(0xffffu << (threadIdx.x < 48 ? 0 : 16));"
      "if (threadIdx.x == 0) __syncwarp();",
      1, {64, 1, 1}, 1);
  EXPECT_EQ(result_, kErrorLaunchFailed) << "threads wait for ever";
  // So far away that nothing of the process lies there by chance.
  run("r[-(1ll << 40)] = 1;", 1, {1, 1, 1}, 1);
  EXPECT_EQ(result_, kErrorLaunchFailed) << "writes outside";
  run("r[0] = r[-(1ll << 40)];", 1, {32, 1, 1}, 1);
  EXPECT_EQ(result_, kErrorLaunchFailed) << "reads outside";
  run("r[0] = __shfl_sync(0x1u, 1, 3);", 1, {32, 1, 1}, 1);
  EXPECT_EQ(result_, kErrorLaunchFailed) << "not in its mask";
  run("if (threadIdx.x == 3) return; __syncwarp();", 1, {32, 1, 1}, 1);
  EXPECT_EQ(result_, kErrorLaunchFailed) << "names a thread that left";
  run("__trap();", 1, {32, 1, 1}, 1);
  EXPECT_EQ(result_, kErrorLaunchFailed);
  run("r[threadIdx.x] = 1;", 1, {32, 1, 1}, 32);
  EXPECT_EQ(result_, kSuccess) << "works after faults";
}

TEST_F(EmulatorTest, WritesBesideABufferEndTheProgram) {
  EXPECT_DEATH(run("r[1] = 1;", 1, {1, 1, 1}, 1), "beside a buffer");
}

TEST_F(EmulatorTest, RefusesImpossibleLaunches) {
  run("r[0] = 1;", 1, {2048, 1, 1}, 1);
  EXPECT_EQ(result_, kErrorInvalidValue);
  run("r[0] = 1;", 0, {1, 1, 1}, 1);
  EXPECT_EQ(result_, kErrorInvalidValue);
}

}  // namespace
}  // namespace hone::cuda

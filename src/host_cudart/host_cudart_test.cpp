// The host stand-in keeps CUDA's manners: order, error numbers, refusal of what is no block, stream or event.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace {

struct HostCudart : testing::Test {
  void SetUp() override { cudaGetLastError(); }
};

TEST_F(HostCudart, HasOneDevice) {
  int count = 0, device = -1, version = 0;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
  EXPECT_EQ(device, 0);
  EXPECT_EQ(cudaRuntimeGetVersion(&version), cudaSuccess);
  EXPECT_EQ(version, CUDART_VERSION);
  cudaDeviceProp prop;
  EXPECT_EQ(cudaGetDeviceProperties(&prop, 1), cudaErrorInvalidDevice);
  ASSERT_EQ(cudaGetDeviceProperties(&prop, 0), cudaSuccess);
  EXPECT_STREQ(prop.name, "Hone host device");
  EXPECT_GE(prop.multiProcessorCount, 1);
  size_t free = 0, total = 0;
  EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(total, prop.totalGlobalMem);
  EXPECT_GT(free, 0U);
  EXPECT_LE(free, total);
  int threads = 0;
  EXPECT_EQ(cudaDeviceGetAttribute(&threads, cudaDevAttrMultiProcessorCount, 0), cudaSuccess);
  EXPECT_EQ(threads, prop.multiProcessorCount);
  EXPECT_EQ(cudaDeviceGetAttribute(&threads, static_cast<cudaDeviceAttr>(9999), 0), cudaErrorInvalidValue);
}

TEST_F(HostCudart, KeepsDeviceFlags) {
  unsigned int flags = 99;
  EXPECT_EQ(cudaSetDeviceFlags(cudaDeviceScheduleSpin), cudaSuccess);
  EXPECT_EQ(cudaGetDeviceFlags(&flags), cudaSuccess);
  EXPECT_EQ(flags, static_cast<unsigned int>(cudaDeviceScheduleSpin));
  EXPECT_EQ(cudaSetDeviceFlags(0x1000), cudaErrorInvalidValue);
  EXPECT_EQ(cudaSetDeviceFlags(cudaDeviceScheduleAuto), cudaSuccess);
}

TEST_F(HostCudart, KeepsTheLastErrorUntilItIsAskedFor) {
  EXPECT_EQ(cudaSetDevice(7), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidDevice);
  std::thread([] { EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess); }).join();
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_STREQ(cudaGetErrorName(cudaErrorInvalidDevice), "cudaErrorInvalidDevice");
  EXPECT_EQ(std::string(cudaGetErrorString(static_cast<cudaError_t>(12345))), "unrecognized error code");
}

TEST_F(HostCudart, AllocatesAlignedAndRefusesWhatIsNoBlock) {
  float* device = nullptr;
  ASSERT_EQ(cudaMalloc(&device, 1000 * sizeof(float)), cudaSuccess);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(device) % 256, 0U);
  EXPECT_EQ(cudaFree(device + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(device), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
  EXPECT_EQ(cudaFree(device), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
  void* nothing = &nothing;
  EXPECT_EQ(cudaMalloc(&nothing, 0), cudaSuccess);
  EXPECT_EQ(nothing, nullptr);
  EXPECT_EQ(cudaMalloc(&nothing, std::numeric_limits<size_t>::max()), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(static_cast<void**>(nullptr), 16), cudaErrorInvalidValue);
}

TEST_F(HostCudart, TellsWhatAnAddressIs) {
  char *device = nullptr, *host = nullptr, *managed = nullptr;
  ASSERT_EQ(cudaMalloc(&device, 100), cudaSuccess);
  ASSERT_EQ(cudaHostAlloc(&host, 100, cudaHostAllocPortable), cudaSuccess);
  ASSERT_EQ(cudaMallocManaged(&managed, 100), cudaSuccess);
  char local[8] = {};
  cudaPointerAttributes a{};
  auto type_of = [&](const void* p) { return cudaPointerGetAttributes(&a, p), a.type; };
  EXPECT_EQ(type_of(device + 99), cudaMemoryTypeDevice);
  EXPECT_EQ(a.hostPointer, nullptr);
  EXPECT_EQ(type_of(device + 100), cudaMemoryTypeUnregistered);
  EXPECT_EQ(type_of(host), cudaMemoryTypeHost);
  EXPECT_EQ(type_of(managed), cudaMemoryTypeManaged);
  EXPECT_EQ(type_of(local), cudaMemoryTypeUnregistered);
  EXPECT_EQ(cudaHostRegister(local, sizeof(local), cudaHostRegisterDefault), cudaSuccess);
  EXPECT_EQ(cudaHostRegister(local, sizeof(local), cudaHostRegisterDefault), cudaErrorHostMemoryAlreadyRegistered);
  EXPECT_EQ(type_of(local), cudaMemoryTypeHost);
  EXPECT_EQ(cudaFreeHost(local), cudaErrorInvalidValue);
  EXPECT_EQ(cudaHostUnregister(local), cudaSuccess);
  EXPECT_EQ(cudaHostUnregister(local), cudaErrorHostMemoryNotRegistered);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(host), cudaSuccess);
  EXPECT_EQ(cudaFree(managed), cudaSuccess);
}

TEST_F(HostCudart, CopiesAndSets) {
  std::vector<int> in{1, 2, 3, 4, 5, 6}, out(6, -1);
  int* device = nullptr;
  ASSERT_EQ(cudaMalloc(&device, 24), cudaSuccess);
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(device, in.data(), 24, cudaMemcpyHostToDevice, stream), cudaSuccess);
  EXPECT_EQ(cudaMemsetAsync(device + 2, 0, 4, stream), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(out.data(), device, 24, cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(out, (std::vector<int>{1, 2, 0, 4, 5, 6}));
  EXPECT_EQ(cudaMemcpy(out.data(), device, 24, static_cast<cudaMemcpyKind>(9)), cudaErrorInvalidMemcpyDirection);
  EXPECT_EQ(cudaMemcpy(nullptr, device, 24, cudaMemcpyDefault), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(nullptr, nullptr, 0, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
}

TEST_F(HostCudart, CopiesRowsBetweenPitches) {
  char* device = nullptr;
  size_t pitch = 0;
  ASSERT_EQ(cudaMallocPitch(&device, &pitch, 3, 2), cudaSuccess);
  EXPECT_EQ(pitch, 256U);
  char const in[] = "abcXdefX";
  char out[] = "--------";
  EXPECT_EQ(cudaMemcpy2D(device, pitch, in, 4, 3, 2, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemcpy2D(out, 3, device, pitch, 3, 2, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_STREQ(out, "abcdef--");
  EXPECT_EQ(cudaMemset2D(out, 4, '.', 2, 2), cudaSuccess);
  EXPECT_STREQ(out, "..cd..--");
  EXPECT_EQ(cudaMemcpy2D(out, 2, device, pitch, 3, 2, cudaMemcpyDeviceToHost), cudaErrorInvalidPitchValue);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
}

TEST_F(HostCudart, RefusesWhatIsNoStream) {
  int local = 0;
  auto forged = reinterpret_cast<cudaStream_t>(&local);
  EXPECT_EQ(cudaStreamSynchronize(forged), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaStreamDestroy(forged), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaStreamSynchronize(nullptr), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(cudaStreamPerThread), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(cudaStreamLegacy), cudaSuccess);
  cudaStream_t stream = nullptr;
  EXPECT_EQ(cudaStreamCreateWithFlags(&stream, 0x80), cudaErrorInvalidValue);
  ASSERT_EQ(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, -5), cudaSuccess);
  unsigned int flags = 0;
  int priority = -1;
  EXPECT_EQ(cudaStreamGetFlags(stream, &flags), cudaSuccess);
  EXPECT_EQ(flags, static_cast<unsigned int>(cudaStreamNonBlocking));
  EXPECT_EQ(cudaStreamGetPriority(stream, &priority), cudaSuccess);
  EXPECT_EQ(priority, 0);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaErrorInvalidResourceHandle);
}

TEST_F(HostCudart, CallsHostFunctionsInOrder) {
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  std::string order;
  EXPECT_EQ(cudaLaunchHostFunc(
                stream, [](void* s) { *static_cast<std::string*>(s) += 'a'; }, &order),
            cudaSuccess);
  auto callback = [](cudaStream_t, cudaError_t status, void* s) {
    *static_cast<std::string*>(s) += status == cudaSuccess ? 'b' : '!';
  };
  EXPECT_EQ(cudaStreamAddCallback(stream, callback, &order, 0), cudaSuccess);
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(cudaLaunchHostFunc(stream, nullptr, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
}

TEST_F(HostCudart, IsNotReadyWhileAnotherThreadWorksInTheStream) {
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  auto ask_from_another_thread = [](void* s) {
    cudaError_t seen = cudaSuccess;
    std::thread([&] { seen = cudaStreamQuery(static_cast<cudaStream_t>(s)); }).join();
    EXPECT_EQ(seen, cudaErrorNotReady);
  };
  EXPECT_EQ(cudaLaunchHostFunc(stream, ask_from_another_thread, stream), cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
}

TEST_F(HostCudart, WaitsForWorkThatMakesStreams) {
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  std::thread waiter;
  auto wait_from_another_thread = [](void* thread) {
    *static_cast<std::thread*>(thread) = std::thread([] { EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the waiter now waits for this stream
    cudaStream_t other = nullptr;
    EXPECT_EQ(cudaStreamCreate(&other), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
  };
  EXPECT_EQ(cudaLaunchHostFunc(stream, wait_from_another_thread, &waiter), cudaSuccess);
  waiter.join();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
}

TEST_F(HostCudart, MeasuresBetweenEvents) {
  cudaEvent_t start = nullptr, end = nullptr, timeless = nullptr;
  ASSERT_EQ(cudaEventCreate(&start), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&end), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&timeless, cudaEventDisableTiming), cudaSuccess);
  float ms = -1;
  EXPECT_EQ(cudaEventElapsedTime(&ms, start, end), cudaErrorInvalidResourceHandle);  // not recorded
  EXPECT_EQ(cudaEventRecord(start), cudaSuccess);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(cudaEventRecord(end), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(timeless), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(end), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(end), cudaSuccess);
  EXPECT_EQ(cudaStreamWaitEvent(nullptr, end), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&ms, start, end), cudaSuccess);
  EXPECT_GE(ms, 5.0F);
  EXPECT_EQ(cudaEventElapsedTime(&ms, start, timeless), cudaErrorInvalidResourceHandle);
  for (cudaEvent_t event : {start, end, timeless}) EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(end), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventRecord(end), cudaErrorInvalidResourceHandle);
}

TEST_F(HostCudart, SaysThatItHasNoGraphs) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusActive;
  EXPECT_EQ(cudaStreamIsCapturing(nullptr, &status), cudaSuccess);
  EXPECT_EQ(status, cudaStreamCaptureStatusNone);
  EXPECT_EQ(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeRelaxed), cudaErrorNotSupported);
}

}  // namespace

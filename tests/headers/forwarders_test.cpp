// Callbacks that replace each other between the releases reach the one a program overrides, whichever side is called,
// and a class that overrides neither fails instead of recursing for ever.
#include <gtest/gtest.h>

#include "NvInfer.h"

using namespace nvinfer1;

// The headers' inline forwarders log through this; the library's own is not linked here.
static ILogger* the_logger = nullptr;
extern "C" ILogger* getLogger() noexcept { return the_logger; }

namespace {

struct Allocator : IGpuAllocator {
  void* allocate(uint64_t const, uint64_t const, AllocatorFlags const) noexcept override { return this; }
  void* freed = nullptr;
};
struct Allocator8 : Allocator {
  void free(void* const memory) noexcept override { freed = memory; }
};
struct Allocator10 : Allocator {
  bool deallocate(void* const memory) noexcept override {
    freed = memory;
    return true;
  }
};
struct AsyncAllocator : IGpuAsyncAllocator {
  void* allocateAsync(uint64_t const, uint64_t const, AllocatorFlags const, cudaStream_t) noexcept override {
    return this;
  }
  bool deallocateAsync(void* const memory, cudaStream_t) noexcept override {
    freed = memory;
    return true;
  }
  void* freed = nullptr;
};

TEST(Forwarders, FreeAndDeallocateReachTheOverride) {
  int block = 0;
  Allocator8 old;
  EXPECT_TRUE(old.deallocate(&block));
  EXPECT_EQ(old.freed, &block);
  EXPECT_TRUE(old.deallocateAsync(nullptr, nullptr));
  EXPECT_EQ(old.freed, nullptr);
  Allocator10 young;
  young.free(&block);
  EXPECT_EQ(young.freed, &block);
  AsyncAllocator async;
  IGpuAllocator& base = async;
  EXPECT_EQ(base.allocate(1, 1, 0), &async);
  EXPECT_TRUE(base.deallocate(&block));
  EXPECT_EQ(async.freed, &block);
  async.freed = nullptr;
  base.free(&block);
  EXPECT_EQ(async.freed, &block);
}

TEST(Forwarders, AnAllocatorThatFreesNothingSaysSo) {
  Allocator neither;
  EXPECT_FALSE(neither.deallocate(&neither));
  EXPECT_FALSE(neither.deallocate(&neither));  // the guard is taken down again
  neither.free(&neither);                      // returns
}

TEST(Forwarders, AWrapperMayCallAnotherAllocator) {
  struct Wrapper : Allocator {
    bool deallocate(void* const memory) noexcept override { return inner.deallocate(memory); }
    Allocator8 inner;
  } wrapper;
  int block = 0;
  wrapper.free(&block);
  EXPECT_EQ(wrapper.inner.freed, &block);
}

struct Output : IOutputAllocator {
  void notifyShape(char const*, Dims const&) noexcept override {}
};
struct Output8 : Output {
  void* reallocateOutput(char const*, void*, uint64_t, uint64_t) noexcept override { return this; }
};
struct Output10 : Output {
  void* reallocateOutputAsync(char const*, void*, uint64_t, uint64_t, cudaStream_t) override { return this; }
};

TEST(Forwarders, OutputsAreReallocatedByTheOverride) {
  Output8 old;
  EXPECT_EQ(old.reallocateOutputAsync("y", nullptr, 8, 1, nullptr), &old);
  Output10 young;
  EXPECT_EQ(young.reallocateOutput("y", nullptr, 8, 1), &young);
  Output neither;
  EXPECT_EQ(neither.reallocateOutput("y", nullptr, 8, 1), nullptr);
  EXPECT_EQ(neither.reallocateOutputAsync("y", nullptr, 8, 1, nullptr), nullptr);
}

TEST(Forwarders, DimsHaveTheRankOfTheirName) {
  DimsHW hw(3, 5);
  hw.h() = 7;
  EXPECT_EQ(hw.nbDims, 2);
  EXPECT_EQ(hw.d[0], 7);
  EXPECT_EQ(hw.w(), 5);
  Dims const four = Dims4(1, 2, 3, 4);
  EXPECT_EQ(four.nbDims, 4);
  EXPECT_EQ(four.d[3], 4);
  EXPECT_EQ(Dims3(1, 2, 3).nbDims, 3);
  EXPECT_EQ(Dims2().nbDims, 2);
  Dims const list{2, {8, 9}};
  EXPECT_EQ(list.d[1], 9);
  EXPECT_EQ(list.d[2], 0);
}

TEST(Forwarders, WhatEndedLogsAnError) {
  struct Logger : ILogger {
    void log(Severity severity, char const* message) noexcept override {
      last = severity;
      text = message;
    }
    Severity last = Severity::kVERBOSE;
    std::string text;
  } logger;
  the_logger = &logger;
  hone::detail::legacyError("gone");
  EXPECT_EQ(logger.last, ILogger::Severity::kERROR);
  EXPECT_EQ(logger.text, "gone");
  the_logger = nullptr;
  hone::detail::legacyError("nobody listens");  // must not crash
}

}  // namespace

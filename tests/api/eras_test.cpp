// Interfaces that programs implement, in the spelling of releases 8.6, 10.16 and 11.1, used in real builds and runs.
#include <cstdlib>
#include <stdexcept>

#include "support.h"

using namespace support;

namespace {

class Monitor : public IProgressMonitor {
 public:
  explicit Monitor(int cancel_after = -1) : cancel_after_(cancel_after) {}
  void phaseStart(char const*, char const*, int32_t) noexcept override { ++started; }
  bool stepComplete(char const*, int32_t) noexcept override { return cancel_after_ < 0 || ++steps <= cancel_after_; }
  void phaseFinish(char const*) noexcept override { ++finished; }
  int started = 0, finished = 0, steps = 0;

 private:
  int cancel_after_;
};

// Release 8.6: free() and allocate().
class OldAllocator : public IGpuAllocator {
 public:
  void* allocate(uint64_t const size, uint64_t const alignment, AllocatorFlags const) noexcept override {
    ++live, ++calls;
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  }
  void free(void* const memory) noexcept override {
    --live;
    std::free(memory);
  }
  int live = 0, calls = 0;
};

// Release 10.16 and 11: asynchronous.
class NewAllocator : public IGpuAsyncAllocator {
 public:
  void* allocateAsync(uint64_t const size, uint64_t const, AllocatorFlags const, cudaStream_t) noexcept override {
    ++live;
    return std::aligned_alloc(256, (size + 255) / 256 * 256);
  }
  bool deallocateAsync(void* const memory, cudaStream_t) noexcept override {
    --live;
    std::free(memory);
    return true;
  }
  int live = 0;
};

class Writer : public IStreamWriter {
 public:
  int64_t write(void const* data, int64_t nbBytes) override {
    const int64_t n = std::min<int64_t>(nbBytes, 1000);  // in small pieces
    const char* p = static_cast<const char*>(data);
    bytes.insert(bytes.end(), p, p + n);
    return n;
  }
  std::vector<char> bytes;
};

class Reader : public IStreamReader {
 public:
  explicit Reader(std::vector<char> b) : bytes(std::move(b)) {}
  int64_t read(void* destination, int64_t nbBytes) override {
    const auto n = std::min<int64_t>({nbBytes, 777, static_cast<int64_t>(bytes.size() - at)});
    std::memcpy(destination, bytes.data() + at, static_cast<size_t>(n));
    at += static_cast<size_t>(n);
    return n;
  }
  std::vector<char> bytes;
  size_t at = 0;
};

class ReaderV2 : public IStreamReaderV2 {
 public:
  explicit ReaderV2(std::vector<char> b) : inner(std::move(b)) {}
  int64_t read(void* destination, int64_t nbBytes, cudaStream_t) noexcept override {
    return inner.read(destination, nbBytes);
  }
  bool seek(int64_t, SeekPosition) noexcept override { return false; }
  Reader inner;
};

class Profiler : public IProfiler {
 public:
  void reportLayerTime(char const* layerName, float ms) noexcept override {
    layers.emplace_back(layerName);
    EXPECT_GE(ms, 0.0F);
  }
  std::vector<std::string> layers;
};

void add_network(Session& s) {
  ITensor* x = s.input("x", {1, 8, 16, 16});
  const std::vector<float> kernel(8 * 8 * 9, 0.125F);
  IConvolutionLayer* conv = s.network->addConvolutionNd(*x, 8, Dims2(3, 3), weights(kernel), none());
  conv->setName("conv");
  ITensor* y = s.network->addReduce(*conv->getOutput(0), ReduceOperation::kSUM, 14, true)->getOutput(0);
  s.output(s.network->addUnary(*y, UnaryOperation::kNEG)->getOutput(0), "y");
}

// Every output element of the convolution of ones is 8*9/8 = 9; there are 8*14*14 of them.
constexpr float kResult = -9.0F * 8 * 14 * 14;
std::vector<float> ones() { return std::vector<float>(8 * 16 * 16, 1); }

}  // namespace

TEST(Eras, ProgressIsReportedAndCancels) {
  Session s;
  add_network(s);
  Monitor monitor;
  s.config->setProgressMonitor(&monitor);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_GT(monitor.started, 0);
  EXPECT_EQ(monitor.started, monitor.finished);
  Monitor cancel(2);
  s.config->setProgressMonitor(&cancel);
  EXPECT_FALSE(s.build());
  EXPECT_EQ(cancel.started, cancel.finished);
  EXPECT_NE(s.logger.errors.find("cancel"), std::string::npos) << s.logger.errors;
}

TEST(Eras, StreamsCarryPlans) {
  Session s;
  add_network(s);
  Writer writer;
  ASSERT_TRUE(s.builder->buildSerializedNetworkToStream(*s.network, *s.config, writer)) << s.logger.errors;
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
  Reader reader(writer.bytes);
  s.engine.reset(runtime->deserializeCudaEngine(reader));
  ASSERT_NE(s.engine, nullptr) << s.logger.errors;
  s.context.reset(s.engine->createExecutionContext());
  expect_near(s.run({{"x", ones()}}, "y"), {kResult}, 1e-1F);
  ReaderV2 second(writer.bytes);
  const std::unique_ptr<ICudaEngine> again(runtime->deserializeCudaEngine(second));
  EXPECT_NE(again, nullptr);
  writer.bytes.resize(writer.bytes.size() - 1);
  Reader torn(writer.bytes);
  EXPECT_EQ(runtime->deserializeCudaEngine(torn), nullptr);
  s.context.reset();
  s.engine.reset();
}

TEST(Eras, AllocatorsOfBothSpellingsServeContexts) {
  Session s;
  add_network(s);
  const std::unique_ptr<IHostMemory> plan(s.builder->buildSerializedNetwork(*s.network, *s.config));
  ASSERT_NE(plan, nullptr) << s.logger.errors;
  OldAllocator before;
  NewAllocator after;
  for (IGpuAllocator* a : {static_cast<IGpuAllocator*>(&before), static_cast<IGpuAllocator*>(&after)}) {
    const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
    runtime->setGpuAllocator(a);
    s.engine.reset(runtime->deserializeCudaEngine(plan->data(), plan->size()));
    ASSERT_NE(s.engine, nullptr);
    s.context.reset(s.engine->createExecutionContext());
    expect_near(s.run({{"x", ones()}}, "y"), {kResult}, 1e-1F);
    s.context.reset();
    s.engine.reset();
  }
  EXPECT_EQ(before.live, 0);
  EXPECT_EQ(after.live, 0);
  EXPECT_GT(before.calls, 0);
}

TEST(Eras, AllocatorsMayRefuse) {
  struct Limited : OldAllocator {
    void* allocate(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags) noexcept override {
      return refuses ? nullptr : OldAllocator::allocate(size, alignment, flags);
    }
    bool refuses = true;
  } memory;
  Session s;
  add_network(s);
  const std::unique_ptr<IHostMemory> plan(s.builder->buildSerializedNetwork(*s.network, *s.config));
  ASSERT_NE(plan, nullptr) << s.logger.errors;
  s.runtime.reset(createInferRuntime(s.logger));
  s.runtime->setGpuAllocator(&memory);
  s.engine.reset(s.runtime->deserializeCudaEngine(plan->data(), plan->size()));
  ASSERT_NE(s.engine, nullptr);
  s.context.reset(s.engine->createExecutionContext());
  const std::vector<float> x = ones();
  float y = -1;
  ASSERT_TRUE(s.context->setTensorAddress("x", const_cast<float*>(x.data())));
  ASSERT_TRUE(s.context->setTensorAddress("y", &y));
  EXPECT_FALSE(s.context->enqueueV3(nullptr));
  EXPECT_NE(s.logger.errors.find(std::to_string(s.engine->getDeviceMemorySizeV2()) + " bytes"), std::string::npos)
      << s.logger.errors;
  EXPECT_EQ(y, -1);
  memory.refuses = false;
  EXPECT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.errors;
  EXPECT_NEAR(y, kResult, 1e-1F);
  s.context.reset();
  s.engine.reset();
  EXPECT_EQ(memory.live, 0);
}

TEST(Eras, UserManagedMemory) {
  Session s;
  add_network(s);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  s.context.reset(s.engine->createExecutionContext(ExecutionContextAllocationStrategy::kUSER_MANAGED));
  ASSERT_NE(s.context, nullptr);
  const auto size = static_cast<size_t>(s.engine->getDeviceMemorySizeV2());
  ASSERT_GT(size, 0U);
  std::unique_ptr<void, void (*)(void*)> memory(std::aligned_alloc(256, (size + 255) / 256 * 256), std::free);
  s.context->setDeviceMemoryV2(memory.get(), 1);
  const std::vector<float> in = ones();
  float out = 0;
  ASSERT_TRUE(s.context->setInputTensorAddress("x", in.data()));
  ASSERT_TRUE(s.context->setTensorAddress("y", &out));
  EXPECT_FALSE(s.context->enqueueV3(nullptr));
  s.context->setDeviceMemoryV2(memory.get(), static_cast<int64_t>(size));
  ASSERT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.errors;
  EXPECT_NEAR(out, kResult, 1e-1F);
}

TEST(Eras, ProfilerHearsEveryLayer) {
  Session s;
  add_network(s);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  Profiler profiler;
  s.context->setProfiler(&profiler);
  s.run({{"x", ones()}}, "y");
  EXPECT_EQ(profiler.layers.size(), static_cast<size_t>(s.engine->getNbLayers()));
  profiler.layers.clear();
  s.context->setEnqueueEmitsProfile(false);
  s.run({{"x", ones()}}, "y");
  EXPECT_TRUE(profiler.layers.empty());
  EXPECT_TRUE(s.context->reportToProfiler());
  EXPECT_EQ(profiler.layers.size(), static_cast<size_t>(s.engine->getNbLayers()));
}

TEST(Eras, TimingCacheMakesBuildsRepeatable) {
  Session s;
  add_network(s);
  s.config->setBuilderOptimizationLevel(3);
  const std::unique_ptr<ITimingCache> cache(s.config->createTimingCache(nullptr, 0));
  ASSERT_TRUE(s.config->setTimingCache(*cache, false));
  const std::unique_ptr<IHostMemory> first(s.builder->buildSerializedNetwork(*s.network, *s.config));
  ASSERT_NE(first, nullptr) << s.logger.errors;
  const std::unique_ptr<IHostMemory> saved(cache->serialize());
  const std::unique_ptr<ITimingCache> loaded(s.config->createTimingCache(saved->data(), saved->size()));
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(loaded->queryKeys(nullptr, 0), cache->queryKeys(nullptr, 0));
  ASSERT_TRUE(s.config->setTimingCache(*loaded, false));
  s.config->setFlag(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
  const std::unique_ptr<IHostMemory> second(s.builder->buildSerializedNetwork(*s.network, *s.config));
  ASSERT_NE(second, nullptr) << s.logger.errors;
  ASSERT_EQ(first->size(), second->size());
  EXPECT_EQ(std::memcmp(first->data(), second->data(), first->size()), 0);
  EXPECT_EQ(s.config->createTimingCache("nonsense", 8), nullptr);
}

TEST(Eras, InspectorDescribesLayers) {
  Session s;
  add_network(s);
  s.config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  const std::unique_ptr<IEngineInspector> inspector(s.engine->createEngineInspector());
  const std::string json = inspector->getEngineInformation(LayerInformationFormat::kJSON);
  EXPECT_NE(json.find("conv"), std::string::npos) << json;
  EXPECT_NE(json.find("Bindings"), std::string::npos);
  EXPECT_NE(inspector->getLayerInformation(0, LayerInformationFormat::kONELINE), nullptr);
  EXPECT_EQ(inspector->getLayerInformation(999, LayerInformationFormat::kONELINE), nullptr);
}

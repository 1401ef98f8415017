// Building engines.
#include "api/builder.h"

#include <cstring>

#include "api/engine.h"
#include "api/host_memory.h"
#include "base/parallel.h"
#include "hone/stream_reader.h"

namespace hone::api {
namespace {
Network& network_of(nv::INetworkDefinition& n) {
  auto* own = dynamic_cast<Network*>(&n);
  require<ModelError>(own != nullptr, "the network is not of this library");
  return *own;
}
BuilderConfig& config_of(nv::IBuilderConfig& c) {
  auto* own = dynamic_cast<BuilderConfig*>(&c);
  require<ModelError>(own != nullptr, "the configuration is not of this library");
  return *own;
}
}  // namespace

nv::IBuilderConfig* Builder::createBuilderConfig() noexcept {
  return guarded(reporter_, "IBuilder::createBuilderConfig", static_cast<nv::IBuilderConfig*>(nullptr),
                 [&]() -> nv::IBuilderConfig* { return new BuilderConfig(reporter_); });
}

nv::INetworkDefinition* Builder::createNetworkV2(nv::NetworkDefinitionCreationFlags flags) noexcept {
  return guarded(reporter_, "IBuilder::createNetworkV2", static_cast<nv::INetworkDefinition*>(nullptr),
                 [&]() -> nv::INetworkDefinition* { return new Network(*this, flags, reporter_); });
}

nv::IOptimizationProfile* Builder::createOptimizationProfile() noexcept {
  return guarded(reporter_, "IBuilder::createOptimizationProfile", static_cast<nv::IOptimizationProfile*>(nullptr),
                 [&]() -> nv::IOptimizationProfile* {
                   profiles_.push_back(std::make_unique<OptimizationProfile>(reporter_));
                   return profiles_.back().get();
                 });
}

void Builder::reset() noexcept {
  profiles_.clear();
  allocator_ = nullptr;
  max_threads_ = 0;
}

std::unique_ptr<plan::Plan> Builder::build(nv::INetworkDefinition& network, nv::IBuilderConfig& config) {
  return build_plan(network_of(network), config_of(config), reporter_, max_threads_);
}

nv::IHostMemory* Builder::buildSerializedNetwork(nv::INetworkDefinition& network, nv::IBuilderConfig& config) noexcept {
  return guarded(reporter_, "IBuilder::buildSerializedNetwork", static_cast<nv::IHostMemory*>(nullptr),
                 [&]() -> nv::IHostMemory* { return new HostMemory(plan::write(*build(network, config))); });
}

nv::IHostMemory* Builder::buildSerializedNetwork(nv::INetworkDefinition& network, nv::IBuilderConfig& config,
                                                 nv::IHostMemory*& kernelText) noexcept {
  kernelText = nullptr;  // the CPU device has no generated kernels
  return buildSerializedNetwork(network, config);
}

bool Builder::buildSerializedNetworkToStream(nv::INetworkDefinition& network, nv::IBuilderConfig& config,
                                             nv::IStreamWriter& writer) noexcept {
  return guarded(reporter_, "IBuilder::buildSerializedNetworkToStream", false, [&] {
    const std::vector<std::byte> bytes = plan::write(*build(network, config));
    size_t done = 0;
    while (done < bytes.size()) {
      const int64_t n = writer.write(bytes.data() + done, static_cast<int64_t>(bytes.size() - done));
      require<ModelError>(n > 0, "the stream took {} of {} bytes", done, bytes.size());
      done += static_cast<size_t>(n);
    }
    return true;
  });
}

nv::IHostMemory* Builder::retuneSerializedNetwork(void const* plan, std::size_t size,
                                                  nv::IBuilderConfig& config) noexcept {
  return guarded(reporter_, "IBuilder::retuneSerializedNetwork", static_cast<nv::IHostMemory*>(nullptr),
                 [&]() -> nv::IHostMemory* {
                   require<ModelError>(plan != nullptr && size != 0, "the plan is empty");
                   std::byte* memory = nullptr;
                   const Blob image = Blob::allocate(size, &memory);
                   std::memcpy(memory, plan, size);
                   const auto old = plan::read({memory, size}, image.owner);
                   return new HostMemory(plan::write(*retune_plan(*old, config_of(config), reporter_, max_threads_)));
                 });
}

nv::ICudaEngine* Builder::buildEngineWithConfig(nv::INetworkDefinition& network, nv::IBuilderConfig& config) noexcept {
  return guarded(reporter_, "IBuilder::buildEngineWithConfig", static_cast<nv::ICudaEngine*>(nullptr),
                 [&]() -> nv::ICudaEngine* {
                   auto plan = build(network, config);
                   const Backend& backend = backend_of(plan->device);
                   auto engine = runtime::Engine::create(std::move(plan), backend, 0);
                   return new Engine(std::move(engine), reporter_, allocator_);
                 });
}

bool Builder::isNetworkSupported(nv::INetworkDefinition const& network,
                                 nv::IBuilderConfig const& config) const noexcept {
  return guarded(reporter_, "IBuilder::isNetworkSupported", false, [&] {
    const auto* c = dynamic_cast<const BuilderConfig*>(&config);
    require<ModelError>(c != nullptr, "the configuration is not of this library");
    check_build(network_of(const_cast<nv::INetworkDefinition&>(network)), *c, reporter_);
    return true;
  });
}

bool Builder::setMaxThreads(int32_t maxThreads) noexcept {
  if (maxThreads < 1) return false;
  max_threads_ = maxThreads;
  return true;
}

}  // namespace hone::api

extern "C" void* createInferBuilder_INTERNAL(void* logger, int32_t /*version*/) noexcept {
  using hone::api::Reporter;
  auto* log = static_cast<nvinfer1::ILogger*>(logger);
  const Reporter reporter(log);
  return hone::api::guarded(reporter, "createInferBuilder", static_cast<void*>(nullptr), [&]() -> void* {
    hone::cpu_backend();  // says what is missing on processors below AVX2
    return static_cast<nvinfer1::IBuilder*>(new hone::api::Builder(log));
  });
}

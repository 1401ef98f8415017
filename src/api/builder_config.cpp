// Settings of a build, with the checks that TensorRT makes when they are set.
#include "api/builder_config.h"

#include "base/parallel.h"

namespace hone::api {
namespace {
template <class E>
uint32_t bit(E e) noexcept {
  return static_cast<uint32_t>(e) < 32 ? 1U << static_cast<uint32_t>(e) : 0;
}
template <class E>
bool known(E e) noexcept {
  return static_cast<int32_t>(e) >= 0 && static_cast<int32_t>(e) < nv::EnumMax<E>();
}
}  // namespace

bool BuilderConfig::refuse(const char* call, const std::string& why) const noexcept {
  return guarded(reporter_, call, false, [&]() -> bool { fail<Unsupported>("{}", why); });
}

tune::TimingCache* BuilderConfig::cache_for_build() {
  if (getFlag(nv::BuilderFlag::kDISABLE_TIMING_CACHE)) return nullptr;
  if (s_.cache != nullptr) return &s_.cache->cache();
  if (!own_cache_) own_cache_ = std::make_unique<TimingCache>(std::make_unique<tune::TimingCache>(), reporter_);
  return &own_cache_->cache();
}

void BuilderConfig::setAvgTimingIterations(int32_t n) noexcept { s_.avg_timing = std::max(1, n); }
int32_t BuilderConfig::getAvgTimingIterations() const noexcept { return s_.avg_timing; }

void BuilderConfig::setEngineCapability(nv::EngineCapability capability) noexcept {
  if (capability == nv::EngineCapability::kDLA_STANDALONE)
    refuse("IBuilderConfig::setEngineCapability",
           "this machine has no DLA, so that nothing can be built for one alone");
  else if (capability != nv::EngineCapability::kSTANDARD)
    refuse("IBuilderConfig::setEngineCapability", "only EngineCapability::kSTANDARD can be built");
}
nv::EngineCapability BuilderConfig::getEngineCapability() const noexcept { return nv::EngineCapability::kSTANDARD; }

void BuilderConfig::setFlags(nv::BuilderFlags flags) noexcept { s_.flags = flags; }
nv::BuilderFlags BuilderConfig::getFlags() const noexcept { return s_.flags; }
void BuilderConfig::clearFlag(nv::BuilderFlag flag) noexcept { s_.flags &= ~bit(flag); }
void BuilderConfig::setFlag(nv::BuilderFlag flag) noexcept {
  if (known(flag))
    s_.flags |= bit(flag);
  else
    refuse("IBuilderConfig::setFlag", fmt::format("{} is no BuilderFlag", static_cast<int>(flag)));
}
bool BuilderConfig::getFlag(nv::BuilderFlag flag) const noexcept { return (s_.flags & bit(flag)) != 0; }

void BuilderConfig::setDeviceType(nv::ILayer const* layer, nv::DeviceType type) noexcept {
  if (layer == nullptr || !known(type)) {
    refuse("IBuilderConfig::setDeviceType", "the layer is null or the device is none of kGPU, kDLA and kCPU");
    return;
  }
  guarded(reporter_, "IBuilderConfig::setDeviceType", [&] { s_.devices[layer] = type; });
}
nv::DeviceType BuilderConfig::getDeviceType(nv::ILayer const* layer) const noexcept {
  const auto it = s_.devices.find(layer);
  return it == s_.devices.end() ? s_.default_device : it->second;
}
bool BuilderConfig::isDeviceTypeSet(nv::ILayer const* layer) const noexcept { return s_.devices.count(layer) != 0; }
void BuilderConfig::resetDeviceType(nv::ILayer const* layer) noexcept { s_.devices.erase(layer); }
bool BuilderConfig::canRunOnDLA(nv::ILayer const*) const noexcept { return false; }
void BuilderConfig::setDefaultDeviceType(nv::DeviceType type) noexcept {
  if (!known(type))
    refuse("IBuilderConfig::setDefaultDeviceType", fmt::format("{} is no DeviceType", static_cast<int>(type)));
  else
    s_.default_device = type;
}
nv::DeviceType BuilderConfig::getDefaultDeviceType() const noexcept { return s_.default_device; }

void BuilderConfig::reset() noexcept {
  s_ = Settings();
  own_cache_.reset();
}

int32_t BuilderConfig::addOptimizationProfile(nv::IOptimizationProfile const* profile) noexcept {
  return guarded(reporter_, "IBuilderConfig::addOptimizationProfile", -1, [&] {
    const auto* p = dynamic_cast<const OptimizationProfile*>(profile);
    require<ModelError>(p != nullptr, "the profile is null or not of this library");
    require<ModelError>(p->isValid(), "the profile lacks min, opt or max of an input");
    s_.profiles.push_back(p);
    return static_cast<int32_t>(s_.profiles.size()) - 1;
  });
}
int32_t BuilderConfig::getNbOptimizationProfiles() const noexcept { return static_cast<int32_t>(s_.profiles.size()); }
bool BuilderConfig::setCalibrationProfile(nv::IOptimizationProfile const* profile) noexcept {
  if (profile == nullptr || !profile->isValid()) return false;
  s_.calibration_profile = profile;
  return true;
}
nv::IOptimizationProfile const* BuilderConfig::getCalibrationProfile() noexcept { return s_.calibration_profile; }

void BuilderConfig::clearQuantizationFlag(nv::QuantizationFlag flag) noexcept { s_.quantization &= ~bit(flag); }
void BuilderConfig::setQuantizationFlag(nv::QuantizationFlag flag) noexcept { s_.quantization |= bit(flag); }
bool BuilderConfig::getQuantizationFlag(nv::QuantizationFlag flag) const noexcept {
  return (s_.quantization & bit(flag)) != 0;
}

bool BuilderConfig::setTacticSources(nv::TacticSources sources) noexcept {
  if (sources >> nv::EnumMax<nv::TacticSource>() != 0)
    return refuse("IBuilderConfig::setTacticSources", fmt::format("{:#x} has bits that are no TacticSource", sources));
  s_.sources = sources;
  return true;
}
nv::TacticSources BuilderConfig::getTacticSources() const noexcept { return s_.sources; }

nv::ITimingCache* BuilderConfig::createTimingCache(void const* blob, std::size_t size) const noexcept {
  return guarded(reporter_, "IBuilderConfig::createTimingCache", static_cast<nv::ITimingCache*>(nullptr),
                 [&]() -> nv::ITimingCache* {
                   require<ModelError>(blob != nullptr || size == 0, "the bytes are null");
                   auto cache = std::make_unique<tune::TimingCache>(
                       std::span<const std::byte>(static_cast<const std::byte*>(blob), size));
                   return new TimingCache(std::move(cache), reporter_);
                 });
}
bool BuilderConfig::setTimingCache(nv::ITimingCache const& cache, bool) noexcept {
  return guarded(reporter_, "IBuilderConfig::setTimingCache", false, [&] {
    const auto* c = dynamic_cast<const TimingCache*>(&cache);
    require<ModelError>(c != nullptr, "the cache is not of this library");
    s_.cache = c;
    return true;
  });
}
nv::ITimingCache const* BuilderConfig::getTimingCache() const noexcept {
  return s_.cache != nullptr ? s_.cache : own_cache_.get();
}

void BuilderConfig::setMemoryPoolLimit(nv::MemoryPoolType pool, std::size_t size) noexcept {
  guarded(reporter_, "IBuilderConfig::setMemoryPoolLimit", [&] {
    require<ModelError>(known(pool), "{} is no MemoryPoolType", static_cast<int>(pool));
    s_.pools[pool] = size;
  });
}
std::size_t BuilderConfig::getMemoryPoolLimit(nv::MemoryPoolType pool) const noexcept {
  const auto it = s_.pools.find(pool);
  if (it != s_.pools.end()) return it->second;
  return pool == nv::MemoryPoolType::kWORKSPACE || pool == nv::MemoryPoolType::kTACTIC_DRAM ? SIZE_MAX : 0;
}

void BuilderConfig::setPreviewFeature(nv::PreviewFeature feature, bool enable) noexcept {
  guarded(reporter_, "IBuilderConfig::setPreviewFeature", [&] {
    require<ModelError>(known(feature), "{} is no PreviewFeature", static_cast<int>(feature));
    if (enable)
      s_.preview.insert(feature);
    else
      s_.preview.erase(feature);
  });
}
bool BuilderConfig::getPreviewFeature(nv::PreviewFeature feature) const noexcept {
  return s_.preview.count(feature) != 0;
}

void BuilderConfig::setBuilderOptimizationLevel(int32_t level) noexcept {
  guarded(reporter_, "IBuilderConfig::setBuilderOptimizationLevel", [&] {
    require<ModelError>(level >= 0, "the level {} is negative; allowed are 0 to 5", level);
    s_.level = std::min(level, 5);
  });
}
int32_t BuilderConfig::getBuilderOptimizationLevel() noexcept { return s_.level; }

void BuilderConfig::setPluginsToSerialize(char const* const* paths, int32_t nbPaths) noexcept {
  guarded(reporter_, "IBuilderConfig::setPluginsToSerialize", [&] {
    require<ModelError>(nbPaths >= 0 && (paths != nullptr || nbPaths == 0), "the paths are null");
    std::vector<std::string> copy;
    for (int32_t i = 0; i < nbPaths; ++i) copy.emplace_back(paths[i] != nullptr ? paths[i] : "");
    s_.plugins = std::move(copy);
  });
}
char const* BuilderConfig::getPluginToSerialize(int32_t index) const noexcept {
  return index >= 0 && index < getNbPluginsToSerialize() ? s_.plugins[static_cast<size_t>(index)].c_str() : nullptr;
}
int32_t BuilderConfig::getNbPluginsToSerialize() const noexcept { return static_cast<int32_t>(s_.plugins.size()); }

bool BuilderConfig::setMaxAuxStreams(int32_t n) noexcept {
  if (n < 0) return refuse("IBuilderConfig::setMaxAuxStreams", "the number of streams is negative");
  s_.aux_streams = n;
  return true;
}
int32_t BuilderConfig::getMaxAuxStreams() const noexcept { return s_.aux_streams; }

void BuilderConfig::setMaxNbTactics(int32_t n) noexcept { s_.max_tactics = n < 0 ? -1 : n; }
int32_t BuilderConfig::getMaxNbTactics() const noexcept { return s_.max_tactics; }
bool BuilderConfig::setTilingOptimizationLevel(nv::TilingOptimizationLevel level) noexcept {
  if (!known(level)) return refuse("IBuilderConfig::setTilingOptimizationLevel", "the level is out of range");
  s_.tiling = level;
  return true;
}
nv::TilingOptimizationLevel BuilderConfig::getTilingOptimizationLevel() const noexcept { return s_.tiling; }
bool BuilderConfig::setL2LimitForTiling(int64_t size) noexcept {
  if (size < -1) return refuse("IBuilderConfig::setL2LimitForTiling", "the size is negative");
  s_.l2_limit = size;
  return true;
}
int64_t BuilderConfig::getL2LimitForTiling() const noexcept { return s_.l2_limit; }

bool BuilderConfig::setRemoteAutoTuningConfig(char const* config) noexcept {
  if (config == nullptr || *config == '\0') return true;
  return refuse("IBuilderConfig::setRemoteAutoTuningConfig", "tuning on another machine is not supported");
}
char const* BuilderConfig::getRemoteAutoTuningConfig() const noexcept { return ""; }
bool BuilderConfig::setBuildRoute(char const* route) noexcept {
  if (route == nullptr || *route == '\0') return true;
  return refuse("IBuilderConfig::setBuildRoute", "there are no named build routes");
}
char const* BuilderConfig::getBuildRoute() const noexcept { return ""; }
char const* BuilderConfig::getAllBuildRoutes() const noexcept { return ""; }

void BuilderConfig::setCpuThreads(int32_t n) noexcept {
  guarded(reporter_, "IBuilderConfig::setCpuThreads", [&] {
    require<ModelError>(n >= 0 && n <= 1024, "the number of threads is {}; allowed are 0 (all cores) to 1024", n);
    s_.threads = n;
  });
}
int32_t BuilderConfig::getCpuThreads() const noexcept { return s_.threads; }

bool BuilderConfig::setVerification(nv::VerifyAction action, double tolerance) noexcept {
  if (!known(action) || !(tolerance >= 0))
    return refuse("IBuilderConfig::setVerification",
                  fmt::format("action {} with tolerance {}", static_cast<int>(action), tolerance));
  s_.verify = action;
  s_.verify_tolerance = tolerance;
  return true;
}

}  // namespace hone::api

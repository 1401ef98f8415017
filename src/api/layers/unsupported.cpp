// Layers of the interface that this version cannot build: adding one fails with a message that names it.
#include "api/layers/layers.h"

namespace hone::api {
namespace {
template <class L>
L* refuse(const Network& n, const char* call, const char* what) noexcept {
  return guarded(n.reporter(), call, static_cast<L*>(nullptr),
                 [&]() -> L* { fail<Unsupported>("{} are not supported by this version of Hone", what); });
}
}  // namespace

nv::IPluginV2Layer* Network::addPluginV2(nv::ITensor* const*, int32_t, nv::IPluginV2&) noexcept {
  return refuse<nv::IPluginV2Layer>(*this, "INetworkDefinition::addPluginV2", "plugin layers (IPluginV2)");
}
nv::IPluginV3Layer* Network::addPluginV3(nv::ITensor* const*, int32_t, nv::ITensor* const*, int32_t,
                                         nv::IPluginV3&) noexcept {
  return refuse<nv::IPluginV3Layer>(*this, "INetworkDefinition::addPluginV3", "plugin layers (IPluginV3)");
}
nv::IKVCacheUpdateLayer* Network::addKVCacheUpdate(nv::ITensor&, nv::ITensor&, nv::ITensor&, nv::KVCacheMode) noexcept {
  return refuse<nv::IKVCacheUpdateLayer>(*this, "INetworkDefinition::addKVCacheUpdate",
                                         "key/value cache layers (IKVCacheUpdateLayer)");
}
nv::IMoELayer* Network::addMoE(nv::ITensor&, nv::ITensor&, nv::ITensor&) noexcept {
  return refuse<nv::IMoELayer>(*this, "INetworkDefinition::addMoE", "mixture-of-experts layers (IMoELayer)");
}
nv::IDistCollectiveLayer* Network::addDistCollective(nv::ITensor&, nv::CollectiveOperation, nv::ReduceOperation,
                                                     int64_t, int64_t*, int64_t) noexcept {
  return refuse<nv::IDistCollectiveLayer>(*this, "INetworkDefinition::addDistCollective",
                                          "collective layers (IDistCollectiveLayer)");
}

}  // namespace hone::api

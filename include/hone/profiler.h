// IProfiler: receives the time of each layer of a run.
#pragma once

#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// Receives layer times. Implemented by the program; called once per layer after each profiled run, in layer order.
class IProfiler : public IVersionedInterface {
 public:
  /// `ms` milliseconds were spent in layer `layerName`; the name is valid during the call only.
  virtual void reportLayerTime(char const* layerName, float ms) = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IProfiler", 1, 0}; }
  ~IProfiler() noexcept override = default;
};

namespace v_1_0 {
using IProfiler = nvinfer1::IProfiler;
}

}  // namespace nvinfer1

// IEngineInspector: what an engine is made of.
#pragma once

#include "hone/error_recorder.h"
#include "hone/no_copy.h"
#include "hone/types.h"

namespace nvinfer1 {

class IExecutionContext;

/// Describes the layers of an engine. Made by ICudaEngine::createEngineInspector(); delete it before the engine.
/// How much is told depends on the engine's ProfilingVerbosity.
class IEngineInspector : public INoCopy {
 public:
  /// Sets a context whose current shapes are shown; null for none. True on success.
  virtual bool setExecutionContext(IExecutionContext const* context) noexcept = 0;
  /// The context, or null.
  virtual IExecutionContext const* getExecutionContext() const noexcept = 0;
  /// Text about one layer; valid until the next call or the end of the inspector. Null when out of range.
  virtual char const* getLayerInformation(int32_t layerIndex, LayerInformationFormat format) const noexcept = 0;
  /// Text about all layers; valid until the next call or the end of the inspector.
  virtual char const* getEngineInformation(LayerInformationFormat format) const noexcept = 0;
  /// Sets where errors go besides the log; null for nowhere.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  /// The recorder, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
};

}  // namespace nvinfer1

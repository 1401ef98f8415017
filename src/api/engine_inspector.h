// IEngineInspector: text about an engine's layers.
#pragma once

#include <string>

#include "api/engine.h"
#include "hone/engine_inspector.h"

namespace hone::api {

class EngineInspector final : public nv::IEngineInspector {
 public:
  explicit EngineInspector(const Engine& engine) : engine_(engine.inner()), reporter_(engine.reporter()) {}
  bool setExecutionContext(nv::IExecutionContext const* context) noexcept override;
  nv::IExecutionContext const* getExecutionContext() const noexcept override { return context_; }
  char const* getLayerInformation(int32_t layerIndex, nv::LayerInformationFormat format) const noexcept override;
  char const* getEngineInformation(nv::LayerInformationFormat format) const noexcept override;
  void setErrorRecorder(nv::IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  nv::IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }

 private:
  std::string layer(size_t i, nv::LayerInformationFormat format) const;
  std::string shapes() const;
  std::shared_ptr<const runtime::Engine> engine_;
  Reporter reporter_;
  const nv::IExecutionContext* context_ = nullptr;
  mutable std::string text_;
};

}  // namespace hone::api

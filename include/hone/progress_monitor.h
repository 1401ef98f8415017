// IProgressMonitor: follows a build and may cancel it.
#pragma once

#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// Follows a build. Implemented by the program; calls come from the building threads. Phases nest: a phase with a
/// parent begins and ends inside it. Names are valid during the call only.
class IProgressMonitor : public IVersionedInterface {
 public:
  /// A phase of `nbSteps` steps begins; `parentPhase` is null at the top level.
  virtual void phaseStart(char const* phaseName, char const* parentPhase, int32_t nbSteps) noexcept = 0;
  /// Step `step` (0 is the first) of a phase is done. Return false to cancel the build.
  virtual bool stepComplete(char const* phaseName, int32_t step) noexcept = 0;
  /// A phase has ended, possibly before its last step.
  virtual void phaseFinish(char const* phaseName) noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IProgressMonitor", 1, 0}; }
  IProgressMonitor() = default;
  ~IProgressMonitor() noexcept override = default;
};

namespace v_1_0 {
using IProgressMonitor = nvinfer1::IProgressMonitor;
}

}  // namespace nvinfer1

// IAssertionLayer: a condition that must hold.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Input 0 is a boolean tensor computed from shapes. If it is false while building, the build fails; if it is false
/// at run time, the run fails. It has no output.
class IAssertionLayer : public ILayer {
 public:
  /// Sets the text of the error. Copied.
  virtual void setMessage(char const* message) noexcept = 0;
  /// Returns the text of the error.
  virtual char const* getMessage() const noexcept = 0;
};

}  // namespace nvinfer1

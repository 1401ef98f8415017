// IIdentityLayer: a copy, or a change of type in older programs.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Copies its input. With an output type set, converts (releases up to 8; use ICastLayer since).
class IIdentityLayer : public ILayer {
 public:
};

}  // namespace nvinfer1

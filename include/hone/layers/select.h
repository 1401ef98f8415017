// ISelectLayer: a choice between two tensors, element by element.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Where input 0 (boolean) is true the element of input 1, else that of input 2; dimensions of 1 are repeated to
/// fit.
class ISelectLayer : public ILayer {
 public:
};

}  // namespace nvinfer1

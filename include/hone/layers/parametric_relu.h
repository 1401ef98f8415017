// IParametricReLULayer: leaky ReLU with slopes from a tensor.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// y = x for x >= 0, else slope * x; input 1 holds the slopes and is repeated to fit.
class IParametricReLULayer : public ILayer {
 public:
};

}  // namespace nvinfer1

// IShapeLayer: the shape of a tensor as a tensor.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Its output is a vector of kINT64 with the dimensions of the input.
class IShapeLayer : public ILayer {
 public:
};

}  // namespace nvinfer1

// ISqueezeLayer and IUnsqueezeLayer: dimensions of extent 1 removed or added.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Removes dimensions of extent 1; input 1 is an integer vector with their numbers, known while building.
class ISqueezeLayer : public ILayer {
 public:
};

/// Adds dimensions of extent 1; input 1 is an integer vector with their places in the output, known while building.
class IUnsqueezeLayer : public ILayer {
 public:
};

}  // namespace nvinfer1

// IRaggedSoftMaxLayer: softmax over rows of different lengths.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Softmax of [Z, S] (or [N, Z, S]) over the first `bound` elements of each row, the rest becomes 0; input 1 holds
/// the bounds, [Z, 1].
class IRaggedSoftMaxLayer : public ILayer {
 public:
};

}  // namespace nvinfer1

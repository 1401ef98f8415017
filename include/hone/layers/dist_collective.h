// IDistCollectiveLayer: a collective operation between processes.
#pragma once

#include "hone/layer.h"
#include "hone/layers/reduce.h"

namespace nvinfer1 {

/// What the processes do together.
enum class CollectiveOperation : int32_t {
  kALL_REDUCE = 0,      ///< Each gets the reduction of all tensors.
  kALL_GATHER = 1,      ///< Each gets all tensors, joined.
  kBROADCAST = 2,       ///< Each gets the tensor of the root.
  kREDUCE = 3,          ///< The root gets the reduction.
  kREDUCE_SCATTER = 4,  ///< Each gets a part of the reduction.
  kALL_TO_ALL = 5,      ///< Each gets a part of each tensor.
  kGATHER = 6,          ///< The root gets all tensors, joined.
  kSCATTER = 7,         ///< Each gets a part of the root's tensor.
};

/// One more than the largest value of CollectiveOperation.
template <>
constexpr int32_t EnumMax<CollectiveOperation>() noexcept {
  return 8;
}

/// Exchanges its input with other processes.
class IDistCollectiveLayer : public ILayer {
 public:
};

}  // namespace nvinfer1

// Our declarations of cuDNN's graph interface against NVIDIA's headers: numbers and shapes of functions.
#include <cudnn_graph.h>

#include "backends/cuda/libraries/cudnn.h"
#include "signature.h"

namespace dnn = hone::cuda::cudnn;

#define HONE_CUDNN_CONSTANT(name, theirs, value) static_assert(static_cast<int>(theirs) == value);
#include "backends/cuda/libraries/cudnn_constants.def"

#define HONE_CUDNN_FUNCTION(name, symbol, ...) \
  static_assert(Signature<decltype(dnn::Api::name)>::sizes == Signature<decltype(&symbol)>::sizes);
#include "backends/cuda/libraries/cudnn.def"

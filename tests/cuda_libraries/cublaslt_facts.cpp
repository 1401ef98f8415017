// Our declarations of cuBLASLt against NVIDIA's header: numbers, sizes of structures, and shapes of functions.
#include <cublasLt.h>

#include <cstddef>

#include "backends/cuda/libraries/cublaslt.h"
#include "signature.h"

namespace lt = hone::cuda::cublaslt;

#define HONE_CUBLASLT_CONSTANT(name, theirs, value) static_assert(static_cast<int>(theirs) == value);
#include "backends/cuda/libraries/cublaslt_constants.def"

static_assert(sizeof(lt::Algorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(lt::Heuristic) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(lt::Heuristic, workspace) == offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
static_assert(offsetof(lt::Heuristic, state) == offsetof(cublasLtMatmulHeuristicResult_t, state));

#define HONE_CUBLASLT_FUNCTION(name, symbol, ...) \
  static_assert(Signature<decltype(lt::Api::name)>::sizes == Signature<decltype(&symbol)>::sizes);
#include "backends/cuda/libraries/cublaslt.def"

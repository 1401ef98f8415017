// The table of functions through which Hone calls cuBLASLt, NVIDIA's library of matrix products, and owners of its
// descriptors. Nothing of NVIDIA is needed to build; a test compares types and numbers with the toolkit's headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace hone::cuda::cublaslt {

using Status = int;  // cublasStatus_t
using Handle = struct LtHandleTag*;
using Operation = struct OperationTag*;    // cublasLtMatmulDesc_t
using Layout = struct LayoutTag*;          // cublasLtMatrixLayout_t
using Preference = struct PreferenceTag*;  // cublasLtMatmulPreference_t

/// Mirrors cublasLtMatmulAlgo_t, which may be stored and used again with the same version of the library.
struct Algorithm {
  uint64_t data[8];
};

/// Mirrors cublasLtMatmulHeuristicResult_t.
struct Heuristic {
  Algorithm algorithm;
  size_t workspace;
  Status state;
  float waves;
  int reserved[4];
};

#define HONE_CUBLASLT_CONSTANT(name, theirs, value) inline constexpr int name = value;
#include "backends/cuda/libraries/cublaslt_constants.def"
#undef HONE_CUBLASLT_CONSTANT

struct Api {
#define HONE_CUBLASLT_FUNCTION(name, symbol, ...) Status (*name)(__VA_ARGS__) = nullptr;
#include "backends/cuda/libraries/cublaslt.def"
#undef HONE_CUBLASLT_FUNCTION
  size_t (*version)() = nullptr;
  const char* (*status_string)(Status) = nullptr;
};

/// Loads from the library that the environment names now; false with the reason. For find() and tests.
bool load(Api* api, std::string* why_not);
/// The process's cuBLASLt; null with the reason.
const Api* find(std::string* why_not);
/// The same, where its absence was ruled out before; throws Unsupported.
const Api& api();
/// The handle of the GPU in use, which any number of threads may use at once; made at the first call, while the GPU's
/// context is current. Throws InternalError.
Handle handle();
/// "CUBLAS_STATUS_NOT_SUPPORTED ..." in the library's words.
std::string error_text(Status s);
/// Throws InternalError that says what was tried.
void check(Status s, const char* what);

/// What a descriptor of the library describes, destroyed with its owner.
template <class T, Status (*Api::*kDestroy)(T)>
class Owned {
 public:
  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (raw_ != nullptr) (api().*kDestroy)(raw_);
  }
  T* slot() { return &raw_; }
  T get() const { return raw_; }

 private:
  T raw_ = nullptr;
};
using OwnedOperation = Owned<Operation, &Api::operation_destroy>;
using OwnedLayout = Owned<Layout, &Api::layout_destroy>;
using OwnedPreference = Owned<Preference, &Api::preference_destroy>;

}  // namespace hone::cuda::cublaslt

// Verification of an engine while it is built (Hone extension): every layer is run on given or drawn inputs and
// compared with a plain evaluation in wide arithmetic of what it stands for.
#pragma once

#include "hone/dims.h"
#include "hone/enum_max.h"
#include "hone/types.h"

namespace nvinfer1 {

/// What happens to a build with a layer that is farther from the reference than its tolerance.
enum class VerifyAction : int32_t {
  kOFF = 0,     ///< Nothing is verified.
  kREPORT = 1,  ///< The layer is reported.
  kREFUSE = 2,  ///< The build fails.
  kRAISE = 3,   ///< The layer gets wider arithmetic and the engine is built again, a few times at most.
};

/// One more than the largest value of VerifyAction.
template <>
constexpr int32_t EnumMax<VerifyAction>() noexcept {
  return 4;
}

/// How one layer compares. Texts live until the call that shows them returns.
struct LayerVerification {
  char const* layer;      ///< The layer's name: the nodes of the network that became it, joined by " + ".
  char const* operation;  ///< What it does: "Convolution", "MatMul".
  char const* tactic;     ///< What runs it: a tactic's name, "view" or "reference".
  char const* device;     ///< Where: "cpu" or "cuda".
  char const* precision;  ///< Its arithmetic: "FP32", "TF32", "FP16", "BF16".
  char const* note;       ///< Why it could not be compared, or empty.
  double relativeError;   ///< L2 norm of the difference over that of the reference; infinite where an element is lost.
  double maxAbsError;     ///< Largest difference of two finite elements.
  double tolerance;       ///< What relativeError is held against.
  int64_t elements;       ///< Elements of its results.
  int64_t nans;           ///< Elements that are not a number although the reference is finite.
  int64_t infinities;     ///< Elements that are infinite although the reference is finite.
  bool passed;            ///< Compared, and within the tolerance.
  int32_t build;          ///< Which build this was, counting from 0; kRAISE makes more than one.
};

/// Gives inputs to a verification and receives its results. Implemented by the program.
class IVerifier {
 public:
  /// Fills `data`, `size` bytes in host memory, with the values of an input, row-major; false: values are drawn.
  virtual bool provideInput(char const* name, DataType type, Dims const& dims, void* data, uint64_t size) noexcept = 0;
  /// Called for every layer, in the engine's order, after each build.
  virtual void reportLayer(LayerVerification const& layer) noexcept = 0;
  virtual ~IVerifier() noexcept = default;
};

}  // namespace nvinfer1

// Compiles only where Hone's own declarations of the driver's and NVRTC's interface agree with the toolkit's headers:
// numbers, names of functions, and parameters in size and kind.
#include <cuda.h>
#include <nvrtc.h>

#include <type_traits>

#include "backends/cuda/driver/types.h"

namespace {

template <class T>
concept Complete = requires {
  sizeof(T);
};

template <class A, class B>
constexpr bool alike() {
  if constexpr (std::is_pointer_v<A> && std::is_pointer_v<B>) {
    using Pa = std::remove_pointer_t<A>;
    using Pb = std::remove_pointer_t<B>;
    if constexpr (std::is_const_v<Pa> != std::is_const_v<Pb>)
      return false;
    else if constexpr (Complete<Pa> && Complete<Pb> && !std::is_void_v<Pa> && !std::is_void_v<Pb>)
      return sizeof(Pa) == sizeof(Pb) && std::is_pointer_v<Pa> == std::is_pointer_v<Pb>;
    else
      return true;
  } else if constexpr (std::is_pointer_v<A> || std::is_pointer_v<B>) {
    return false;
  } else if constexpr (std::is_enum_v<A> || std::is_enum_v<B>) {
    return sizeof(A) == sizeof(B);
  } else {
    return sizeof(A) == sizeof(B) && std::is_signed_v<A> == std::is_signed_v<B>;
  }
}

template <class F, class G>
struct Same : std::false_type {};
template <class R, class... A, class S, class... B>
requires(sizeof...(A) == sizeof...(B)) struct Same<R(A...), S(B...)>
    : std::bool_constant<alike<R, S>() && (alike<A, B>() && ...)> {
};

using namespace hone::cuda;  // the types of our declarations

#define HONE_CUDA_CONSTANT(name, theirs, value) static_assert(static_cast<int>(::theirs) == value, #theirs);
#include "backends/cuda/driver/constants.def"
#undef HONE_CUDA_CONSTANT

// The headers declare the newest form under the plain name; ours is named by its symbol.
#define HONE_NAMED_BY_SYMBOL(name, symbol, ...) \
  static_assert(Same<decltype(::symbol), Result(__VA_ARGS__)>::value, #symbol);
#define HONE_CUDA_FUNCTION HONE_NAMED_BY_SYMBOL
#define HONE_CUDA_OPTIONAL HONE_NAMED_BY_SYMBOL
#define HONE_NVRTC_FUNCTION HONE_NAMED_BY_SYMBOL
#include "backends/cuda/driver/driver.def"
#include "backends/cuda/driver/nvrtc.def"

static_assert(sizeof(LaunchAttribute) == sizeof(CUlaunchAttribute) && sizeof(LaunchConfig) == sizeof(CUlaunchConfig));
static_assert(sizeof(AttributeValue) == sizeof(CUlaunchAttributeValue) &&
              sizeof(AccessWindow) == sizeof(CUaccessPolicyWindow) &&
              offsetof(AccessWindow, miss) == offsetof(CUaccessPolicyWindow, missProp));

}  // namespace

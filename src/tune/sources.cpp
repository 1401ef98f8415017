// By name: what a tactic is called is fixed for good.
#include "tune/sources.h"

#include <optional>

namespace hone::tune {
namespace {

struct Prefix {
  std::string_view text;
  Source source;
  const char* name;
};
// The first that fits decides.
constexpr Prefix kPrefixes[] = {
    {"cuda.conv_cudnn", Source::kCudnn, "CUDNN"},
    {"cuda.deconv_cudnn", Source::kCudnn, "CUDNN"},
    {"cuda.matmul_cublaslt", Source::kCublasLt, "CUBLAS_LT"},
    {"cuda.conv_direct", Source::kEdgeMaskConvolutions, "EDGE_MASK_CONVOLUTIONS"},
    {"cuda.deconv_direct", Source::kEdgeMaskConvolutions, "EDGE_MASK_CONVOLUTIONS"},
    {"cuda.conv", Source::kJitConvolutions, "JIT_CONVOLUTIONS"},
    {"cuda.deconv", Source::kJitConvolutions, "JIT_CONVOLUTIONS"},
    {"cuda.depthwise", Source::kJitConvolutions, "JIT_CONVOLUTIONS"},
};

}  // namespace

Verdict allowed(const Tactic& t, uint32_t sources) {
  const std::string_view name = t.name();
  for (const Prefix& p : kPrefixes) {
    if (!name.starts_with(p.text)) continue;
    if ((sources >> static_cast<uint32_t>(p.source) & 1) != 0) return Verdict::yes();
    return Verdict::no("the tactic source {} is off", p.name);
  }
  return Verdict::yes();
}

}  // namespace hone::tune

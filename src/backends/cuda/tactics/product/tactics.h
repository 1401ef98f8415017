// Makes one tactic for every tile, plain and split along K, out of a class with a geometry.
#pragma once

#include "backends/cuda/tactics/product/product.h"

// Defines `const Tactic& <function>_<m>x<n>()` and `const Tactic& <function>_<m>x<n>_split()`.
#define HONE_PRODUCT_TACTIC(Class, function, kind, m, n, chunks, stages, cores_m, cores_n)                    \
  static constexpr Tile k_##function##_##m##x##n = {#m "x" #n, kind, m, n, chunks, stages, cores_m, cores_n}; \
  const Tactic& function##_##m##x##n() {                                                                      \
    static const Class tactic(#function, k_##function##_##m##x##n, false);                                    \
    return tactic;                                                                                            \
  }                                                                                                           \
  const Tactic& function##_##m##x##n##_split() {                                                              \
    static const Class tactic(#function, k_##function##_##m##x##n, true);                                     \
    return tactic;                                                                                            \
  }

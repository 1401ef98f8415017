// Makes the tactics of every tile, one for each way to share K, out of a class with a geometry.
#pragma once

#include "backends/cuda/tactics/product/product.h"

// Defines `const Tactic& <function>_<m>x<n>()` and the same with _split and _cluster.
#define HONE_PRODUCT_TACTIC(Class, function, kind, m, n, chunks, stages, cores_m, cores_n) \
  HONE_WHOLE_PRODUCT_TACTIC(Class, function, kind, m, n, chunks, stages, cores_m, cores_n) \
  HONE_SHARING_TACTIC(Class, function, m, n, _split, kParts)                               \
  HONE_SHARING_TACTIC(Class, function, m, n, _cluster, kCluster)
// The first of them only: blocks do not share K.
#define HONE_WHOLE_PRODUCT_TACTIC(Class, function, kind, m, n, chunks, stages, cores_m, cores_n)              \
  static constexpr Tile k_##function##_##m##x##n = {#m "x" #n, kind, m, n, chunks, stages, cores_m, cores_n}; \
  HONE_SHARING_TACTIC(Class, function, m, n, , kNone)
// Defines `const Tactic& <function>_<m>x<n>()` and the same with _pairs.
#define HONE_TURNS_TACTIC(Class, function, kind, m, n, chunks, stages, cores_m, cores_n)   \
  HONE_WHOLE_PRODUCT_TACTIC(Class, function, kind, m, n, chunks, stages, cores_m, cores_n) \
  HONE_SHARING_TACTIC(Class, function, m, n, _pairs, kPairs)
#define HONE_SHARING_TACTIC(Class, function, m, n, suffix, sharing)                   \
  const Tactic& function##_##m##x##n##suffix() {                                      \
    static const Class tactic(#function, k_##function##_##m##x##n, Sharing::sharing); \
    return tactic;                                                                    \
  }

// Which instruction sets the SIMD sources are compiled for: AVX2 (the floor) and AVX-512. Include it before any
// Highway header, so that foreach_target.h compiles these two and nothing else.
#pragma once

#ifdef HWY_DISABLED_TARGETS
#error "include targets.h before hwy headers, and only through it choose targets"
#endif
#define HWY_DISABLED_TARGETS (~(HWY_AVX2 | HWY_AVX3))

// Calls a kernel compiled for several instruction sets in the variant that isa() names.
#pragma once

#include "backends/cpu/simd/isa.h"

/// `function` must be defined in hone::cpu::HWY_NAMESPACE by the same source, which comes through foreach_target.h.
#define HONE_CPU_DISPATCH(function) \
  (::hone::cpu::isa() == ::hone::cpu::Isa::kAvx512 ? &N_AVX3::function : &N_AVX2::function)

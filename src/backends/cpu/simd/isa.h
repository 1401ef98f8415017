// The instruction set that the CPU kernels run with, chosen once per process from what the machine offers.
#pragma once

namespace hone::cpu {

enum class Isa { kNone = 0, kAvx2 = 1, kAvx512 = 2 };

/// Best set this machine has among those we compile for; kNone below AVX2 (nothing in simd/ may run then).
Isa detected_isa() noexcept;

/// The set in use: detected_isa(), lowered by the environment variable HONE_CPU_ISA ("avx2") or limit_isa().
Isa isa() noexcept;

/// Lowers isa() for tests and benchmarks; kNone lifts the limit. Weights packed under another set must not be reused.
void limit_isa(Isa most) noexcept;

const char* isa_name(Isa isa) noexcept;

}  // namespace hone::cpu

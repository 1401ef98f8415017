// The machine's multiply-add peak on one thread, measured.
#pragma once

#include "backends/cpu/simd/isa.h"

namespace hone::bench {

/// Best of several short runs, in GFLOP/s, with the vectors of this instruction set.
double peak_gflops(cpu::Isa isa);

}  // namespace hone::bench

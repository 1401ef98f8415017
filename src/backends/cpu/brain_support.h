// Whether tensors in BF16 are of use on this processor.
#pragma once

#include <cstdint>

namespace hone::cpu {

/// kEmulated: there are no BF16 units, but the environment asks for tensors in BF16 all the same (HONE_CPU_BF16=emulate):
/// tests follow the way of such tensors through a network with it. Products are then computed in FP32.
enum class BrainSupport : uint8_t { kNone, kEmulated, kUnits };

/// kUnits: AMX-BF16 or AVX512-BF16, unless the instruction set is limited below AVX-512.
BrainSupport brain_support() noexcept;

}  // namespace hone::cpu

// Whether tensors in BF16 are of use on this processor.
#pragma once

#include <cstdint>

namespace hone::cpu {

/// kEmulated: there are no BF16 units, but brain_forced(): products are then computed in FP32.
enum class BrainSupport : uint8_t { kNone, kEmulated, kUnits };

/// kUnits: AMX-BF16 or AVX512-BF16, unless the instruction set is limited below AVX-512.
BrainSupport brain_support() noexcept;
/// The environment asks for tensors in BF16 wherever the builder allows BF16, faster or not (HONE_CPU_BF16=always): for
/// tests, which follow the way of such tensors through a network on any processor, and for comparisons.
bool brain_forced() noexcept;

}  // namespace hone::cpu

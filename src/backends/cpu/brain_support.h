// Whether tensors in BF16 are of use on this processor.
#pragma once

#include <cstdint>

namespace hone::cpu {

/// kEmulated: there are no BF16 units, but BrainWish::kAlways: products are then computed in FP32.
enum class BrainSupport : uint8_t { kNone, kEmulated, kUnits };

/// kUnits: AMX-BF16 or AVX512-BF16, unless the instruction set is limited below AVX-512.
BrainSupport brain_support() noexcept;
/// Whether HONE_CPU_BF16 asks for tensors in BF16 where the builder allows BF16: `always`, on any processor, faster or
/// not; `measure`, where the processor has BF16 units and the layers are faster so.
enum class BrainWish : uint8_t { kNone, kMeasure, kAlways };
BrainWish brain_wish() noexcept;

}  // namespace hone::cpu

// Sizes of this machine's caches, for blocking.
#pragma once

#include <cstdint>

namespace hone::cpu {

/// Bytes of the second-level cache of one core; 512 KiB where the system does not tell.
int64_t second_level_cache() noexcept;

}  // namespace hone::cpu

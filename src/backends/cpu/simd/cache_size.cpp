// Cache sizes through sysconf, kept within what blocking can use.
#include "backends/cpu/simd/cache_size.h"

#include <unistd.h>

#include <algorithm>

namespace hone::cpu {

int64_t second_level_cache() noexcept {
  static const int64_t size = [] {
    const int64_t told = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return told <= 0 ? int64_t{512} << 10 : std::clamp<int64_t>(told, int64_t{256} << 10, int64_t{4} << 20);
  }();
  return size;
}

}  // namespace hone::cpu

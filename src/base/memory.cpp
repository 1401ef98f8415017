#include "base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace hone {
namespace {

constexpr size_t kAlignment = 64;

// The number in a file of the system; SIZE_MAX where there is none ("max" is none).
size_t number_in(const char* path) noexcept {
  std::FILE* f = std::fopen(path, "r");
  if (f == nullptr) return SIZE_MAX;
  unsigned long long n = 0;
  const bool read = std::fscanf(f, "%llu", &n) == 1;
  std::fclose(f);
  return read ? static_cast<size_t>(n) : SIZE_MAX;
}

}  // namespace

size_t memory_limit() noexcept {
  static const size_t limit = [] {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const size_t machine =
        pages > 0 && page > 0 ? static_cast<size_t>(pages) * static_cast<size_t>(page) : SIZE_MAX / 2;
    // Control groups of both versions, as a container sees its own.
    return std::min(
        {machine, number_in("/sys/fs/cgroup/memory.max"), number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
  }();
  return limit;
}

void* allocate_aligned(size_t bytes) noexcept {
  if (bytes > memory_limit()) return nullptr;
  return std::aligned_alloc(kAlignment, std::max(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment));
}

}  // namespace hone

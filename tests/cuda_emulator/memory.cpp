// Device memory between stretches that fault, so that an access far outside is caught at once and one close by when it
// is freed.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "state.h"

namespace hone::emulator {
namespace {

constexpr size_t kPage = 4096, kAlign = 256, kFence = 1 << 20;
constexpr unsigned char kSlack = 0xA7, kFresh = 0xFF;

struct Buffer {
  size_t bytes = 0, mapped = 0;
  char* base = nullptr;
};
std::map<DevicePointer, Buffer>& buffers() {
  static auto* m = new std::map<DevicePointer, Buffer>;
  return *m;
}
size_t total = 0;

size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kGuarded = false;  // AddressSanitizer's own heap is the better guard
#else
constexpr bool kGuarded = true;
#endif

}  // namespace

std::recursive_mutex& lock() {
  static auto* m = new std::recursive_mutex;
  return *m;
}

int setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != 0 ? std::atoi(text) : otherwise;
}

Result report(Result r, const std::string& text) {
  std::fprintf(stderr, "CUDA emulator: %s\n", text.c_str());
  return r;
}

Result allocate(DevicePointer* p, size_t bytes) {
  if (bytes == 0) return kErrorInvalidValue;
  const size_t limit = static_cast<size_t>(setting("HONE_EMULATED_MEMORY_MB", 8192)) << 20;
  if (bytes > limit || total > limit - bytes) return kErrorOutOfMemory;
  Buffer b;
  b.bytes = bytes;
  if (kGuarded) {
    const size_t inside = round_up(round_up(bytes, kAlign), kPage);
    b.mapped = inside + 2 * kFence;
    void* base = mmap(nullptr, b.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return kErrorOutOfMemory;
    b.base = static_cast<char*>(base);
    mprotect(b.base, kFence, PROT_NONE);
    mprotect(b.base + kFence + inside, kFence, PROT_NONE);
    *p = reinterpret_cast<DevicePointer>(b.base + kFence + inside - round_up(bytes, kAlign));
    std::memset(b.base + kFence, kSlack, inside - round_up(bytes, kAlign));
    std::memset(reinterpret_cast<char*>(*p) + bytes, kSlack, round_up(bytes, kAlign) - bytes);
  } else {
    b.base = static_cast<char*>(std::aligned_alloc(kAlign, round_up(bytes, kAlign)));
    if (b.base == nullptr) return kErrorOutOfMemory;
    *p = reinterpret_cast<DevicePointer>(b.base);
  }
  std::memset(reinterpret_cast<void*>(*p), kFresh, bytes);  // not a number, so that reading it shows
  total += bytes;
  buffers()[*p] = b;
  return kSuccess;
}

Result free_memory(DevicePointer p) {
  if (p == 0) return kSuccess;
  const auto it = buffers().find(p);
  if (it == buffers().end()) return report(kErrorInvalidValue, "memory is freed that was not allocated");
  const Buffer b = it->second;
  buffers().erase(it);
  total -= b.bytes;
  if (!kGuarded) {
    std::free(b.base);
    return kSuccess;
  }
  bool touched = false;
  const auto* from = reinterpret_cast<const unsigned char*>(b.base) + kFence;
  const auto* begin = reinterpret_cast<const unsigned char*>(p);
  for (const unsigned char* q = from; q < begin; ++q) touched |= *q != kSlack;
  for (const unsigned char* q = begin + b.bytes; q < from + b.mapped - 2 * kFence; ++q) touched |= *q != kSlack;
  munmap(b.base, b.mapped);
  if (!touched) return kSuccess;
  report(kErrorIllegalAddress, "a kernel wrote beside a buffer of " + std::to_string(b.bytes) + " bytes");
  std::abort();  // a test that only looks at its outputs would pass
}

bool is_device_memory(DevicePointer p, size_t bytes) {
  auto it = buffers().upper_bound(p);
  if (it == buffers().begin()) return false;
  --it;
  return p - it->first <= it->second.bytes && bytes <= it->second.bytes - (p - it->first);
}

size_t allocated_bytes() { return total; }

}  // namespace hone::emulator

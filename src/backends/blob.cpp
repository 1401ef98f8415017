// Allocation of prepared operands, shared by all devices.
#include <cstdlib>

#include "backends/backend.h"
#include "base/memory.h"

namespace hone {

Blob Blob::allocate(size_t size, std::byte** writable) {
  void* p = allocate_aligned(size + 64);
  require<ModelError>(p != nullptr, "out of memory: {} bytes for prepared weights", size);
  *writable = static_cast<std::byte*>(p);
  return {std::shared_ptr<const void>(p, std::free), *writable, size};
}

}  // namespace hone

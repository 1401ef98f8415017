// Blocks of the host stand-in: ordinary memory, aligned to 256 bytes, kept in a list so that an address that is no
// block is refused instead of corrupting the heap.
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <new>

#include "host_cudart/state.h"

namespace {

using hone::host_cudart::in_stream;
using hone::host_cudart::note;

constexpr size_t kAlignment = 256;

struct Block {
  size_t size;
  cudaMemoryType type;
  bool owned;  // false for registered memory of the program
};

class Blocks {
 public:
  cudaError_t allocate(void** result, size_t size, cudaMemoryType type) noexcept {
    if (result == nullptr) return note(cudaErrorInvalidValue);
    *result = nullptr;
    if (size == 0) return cudaSuccess;
    if (size > static_cast<size_t>(std::numeric_limits<ptrdiff_t>::max()) - kAlignment) {
      return note(cudaErrorMemoryAllocation);
    }
    void* memory = std::aligned_alloc(kAlignment, (size + kAlignment - 1) / kAlignment * kAlignment);
    if (memory == nullptr || !add(memory, Block{size, type, true})) {
      std::free(memory);
      return note(cudaErrorMemoryAllocation);
    }
    *result = memory;
    return cudaSuccess;
  }

  /// Frees a block of one of two types.
  cudaError_t release(void* memory, cudaMemoryType type, cudaMemoryType other) noexcept {
    if (memory == nullptr) return cudaSuccess;
    {
      std::lock_guard lock(mutex_);
      auto const found = blocks_.find(static_cast<char*>(memory));
      if (found == blocks_.end() || !found->second.owned) return note(cudaErrorInvalidValue);
      if (found->second.type != type && found->second.type != other) return note(cudaErrorInvalidValue);
      blocks_.erase(found);
    }
    std::free(memory);
    return cudaSuccess;
  }

  cudaError_t enroll(void* memory, size_t size) noexcept {
    if (memory == nullptr || size == 0) return note(cudaErrorInvalidValue);
    if (Block block; find(memory, nullptr, &block)) return note(cudaErrorHostMemoryAlreadyRegistered);
    return add(memory, Block{size, cudaMemoryTypeHost, false}) ? cudaSuccess : note(cudaErrorMemoryAllocation);
  }

  cudaError_t strike(void* memory) noexcept {
    std::lock_guard lock(mutex_);
    auto const found = blocks_.find(static_cast<char*>(memory));
    if (found == blocks_.end() || found->second.owned) return note(cudaErrorHostMemoryNotRegistered);
    blocks_.erase(found);
    return cudaSuccess;
  }

  /// The block that holds an address; false when there is none.
  bool find(const void* address, char** begin, Block* block) noexcept {
    std::lock_guard lock(mutex_);
    char* const place = static_cast<char*>(const_cast<void*>(address));
    auto after = blocks_.upper_bound(place);
    if (after == blocks_.begin()) return false;
    --after;
    if (static_cast<size_t>(place - after->first) >= after->second.size) return false;
    if (begin != nullptr) *begin = after->first;
    *block = after->second;
    return true;
  }

 private:
  bool add(void* memory, Block block) noexcept {
    try {
      std::lock_guard lock(mutex_);
      return blocks_.emplace(static_cast<char*>(memory), block).second;
    } catch (std::bad_alloc const&) {
      return false;
    }
  }

  std::mutex mutex_;
  std::map<char*, Block> blocks_;
};

/// Lives to the end of the process, so that destructors of static objects may still free memory.
Blocks& blocks() noexcept {
  static Blocks* const all = new Blocks;
  return *all;
}

bool is_direction(cudaMemcpyKind kind) noexcept { return kind >= cudaMemcpyHostToHost && kind <= cudaMemcpyDefault; }

cudaError_t copy_rows(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,
                      cudaMemcpyKind kind) noexcept {
  if (!is_direction(kind)) return cudaErrorInvalidMemcpyDirection;
  if (width == 0 || height == 0) return cudaSuccess;
  if (dst == nullptr || src == nullptr) return cudaErrorInvalidValue;
  if (width > dpitch || width > spitch) return cudaErrorInvalidPitchValue;
  for (size_t row = 0; row < height; ++row) {
    std::memmove(static_cast<char*>(dst) + row * dpitch, static_cast<const char*>(src) + row * spitch, width);
  }
  return cudaSuccess;
}

cudaError_t set_rows(void* memory, size_t pitch, int value, size_t width, size_t height) noexcept {
  if (width == 0 || height == 0) return cudaSuccess;
  if (memory == nullptr) return cudaErrorInvalidValue;
  if (width > pitch) return cudaErrorInvalidPitchValue;
  for (size_t row = 0; row < height; ++row) std::memset(static_cast<char*>(memory) + row * pitch, value, width);
  return cudaSuccess;
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** devPtr, size_t size) { return blocks().allocate(devPtr, size, cudaMemoryTypeDevice); }

cudaError_t cudaFree(void* devPtr) { return blocks().release(devPtr, cudaMemoryTypeDevice, cudaMemoryTypeManaged); }

cudaError_t cudaMallocHost(void** ptr, size_t size) { return blocks().allocate(ptr, size, cudaMemoryTypeHost); }

cudaError_t cudaHostAlloc(void** pHost, size_t size, unsigned int flags) {
  unsigned int const known = cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined;
  if ((flags & ~known) != 0) return note(cudaErrorInvalidValue);
  return blocks().allocate(pHost, size, cudaMemoryTypeHost);
}

cudaError_t cudaFreeHost(void* ptr) { return blocks().release(ptr, cudaMemoryTypeHost, cudaMemoryTypeHost); }

cudaError_t cudaHostGetDevicePointer(void** pDevice, void* pHost, unsigned int flags) {
  Block block;
  if (pDevice == nullptr || flags != 0 || !blocks().find(pHost, nullptr, &block)) return note(cudaErrorInvalidValue);
  *pDevice = pHost;
  return cudaSuccess;
}

cudaError_t cudaHostRegister(void* ptr, size_t size, unsigned int flags) {
  unsigned int const known = cudaHostRegisterPortable | cudaHostRegisterMapped | cudaHostRegisterReadOnly;
  if ((flags & ~known) != 0) return note(cudaErrorInvalidValue);
  return blocks().enroll(ptr, size);
}

cudaError_t cudaHostUnregister(void* ptr) { return blocks().strike(ptr); }

cudaError_t cudaMallocManaged(void** devPtr, size_t size, unsigned int flags) {
  if (size == 0 || (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost)) return note(cudaErrorInvalidValue);
  return blocks().allocate(devPtr, size, cudaMemoryTypeManaged);
}

cudaError_t cudaMallocAsync(void** devPtr, size_t size, cudaStream_t hStream) {
  return in_stream(hStream, [&] { return cudaMalloc(devPtr, size); });
}

cudaError_t cudaFreeAsync(void* devPtr, cudaStream_t hStream) {
  return in_stream(hStream, [&] { return cudaFree(devPtr); });
}

cudaError_t cudaMallocPitch(void** devPtr, size_t* pitch, size_t width, size_t height) {
  if (devPtr == nullptr || pitch == nullptr) return note(cudaErrorInvalidValue);
  if (width > std::numeric_limits<size_t>::max() - kAlignment) return note(cudaErrorMemoryAllocation);
  size_t const row = (width + kAlignment - 1) / kAlignment * kAlignment;
  if (row != 0 && height > std::numeric_limits<size_t>::max() / row) return note(cudaErrorMemoryAllocation);
  *pitch = row;
  return cudaMalloc(devPtr, row * height);
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes* attributes, const void* ptr) {
  if (attributes == nullptr) return note(cudaErrorInvalidValue);
  *attributes = cudaPointerAttributes{cudaMemoryTypeUnregistered, 0, nullptr, const_cast<void*>(ptr)};
  Block block;
  if (!blocks().find(ptr, nullptr, &block)) return cudaSuccess;
  attributes->type = block.type;
  attributes->devicePointer = const_cast<void*>(ptr);
  if (block.type == cudaMemoryTypeDevice) attributes->hostPointer = nullptr;
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* dst, const void* src, size_t count, enum cudaMemcpyKind kind) {
  return cudaMemcpyAsync(dst, src, count, kind, nullptr);
}

cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, enum cudaMemcpyKind kind, cudaStream_t stream) {
  return in_stream(stream, [&] { return copy_rows(dst, count, src, count, count, 1, kind); });
}

cudaError_t cudaMemcpy2D(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,
                         enum cudaMemcpyKind kind) {
  return cudaMemcpy2DAsync(dst, dpitch, src, spitch, width, height, kind, nullptr);
}

cudaError_t cudaMemcpy2DAsync(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,
                              enum cudaMemcpyKind kind, cudaStream_t stream) {
  return in_stream(stream, [&] { return copy_rows(dst, dpitch, src, spitch, width, height, kind); });
}

cudaError_t cudaMemset(void* devPtr, int value, size_t count) { return cudaMemsetAsync(devPtr, value, count, nullptr); }

cudaError_t cudaMemsetAsync(void* devPtr, int value, size_t count, cudaStream_t stream) {
  return in_stream(stream, [&] { return set_rows(devPtr, count, value, count, 1); });
}

cudaError_t cudaMemset2D(void* devPtr, size_t pitch, int value, size_t width, size_t height) {
  return cudaMemset2DAsync(devPtr, pitch, value, width, height, nullptr);
}

cudaError_t cudaMemset2DAsync(void* devPtr, size_t pitch, int value, size_t width, size_t height, cudaStream_t stream) {
  return in_stream(stream, [&] { return set_rows(devPtr, pitch, value, width, height); });
}

}  // extern "C"

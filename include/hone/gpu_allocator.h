// IGpuAllocator and IGpuAsyncAllocator: device memory from the program instead of from the library.
#pragma once

#include "hone/cuda_types.h"
#include "hone/enum_max.h"
#include "hone/forward_guard.h"
#include "hone/macros.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// Properties that the library asks of a block of memory.
enum class AllocatorFlag : int32_t {
  kRESIZABLE = 0,  ///< reallocate() may be called on the block.
};

/// One more than the largest value of AllocatorFlag.
template <>
constexpr int32_t EnumMax<AllocatorFlag>() noexcept {
  return 1;
}

/// A set of AllocatorFlag: bit i stands for the flag with value i.
using AllocatorFlags = uint32_t;

/// Supplies device memory (ordinary memory on the CPU device). Implemented by the program, safe to call from several
/// threads. A class must override allocate() and one of deallocate() and free(); these two call each other by default.
class IGpuAllocator : public IVersionedInterface {
 public:
  /// Returns `size` bytes whose address is a multiple of `alignment` (a power of two, or 0 for any), or null.
  virtual void* allocate(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags) = 0;
  /// Grows a kRESIZABLE block to `newSize` bytes, keeping its contents; null means that it cannot, the block stays.
  virtual void* reallocate(void* const /*baseAddr*/, uint64_t /*alignment*/, uint64_t /*newSize*/) noexcept {
    return nullptr;
  }
  /// Gives a block back; true on success. Null is allowed.
  virtual bool deallocate(void* const memory) noexcept {
    hone::detail::ForwardGuard guard(this);
    if (!guard.looping()) free(memory);
    return !guard.looping();
  }
  /// Gives a block back, in the spelling of the releases 5 to 8.
  virtual void free(void* const memory) {
    hone::detail::ForwardGuard guard(this);
    if (!guard.looping()) deallocate(memory);
  }
  /// Like allocate(), for use on `stream` in stream order.
  virtual void* allocateAsync(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags,
                              cudaStream_t /*stream*/) noexcept {
    return allocate(size, alignment, flags);
  }
  /// Like deallocate(), once the work that is on `stream` now has finished.
  virtual bool deallocateAsync(void* const memory, cudaStream_t /*stream*/) noexcept { return deallocate(memory); }
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IGpuAllocator", 1, 0}; }
  IGpuAllocator() = default;
  ~IGpuAllocator() noexcept override = default;

 protected:
  IGpuAllocator(IGpuAllocator const&) = default;
  IGpuAllocator(IGpuAllocator&&) = default;
  IGpuAllocator& operator=(IGpuAllocator const&) & = default;
  IGpuAllocator& operator=(IGpuAllocator&&) & = default;
};

/// An allocator that works in stream order; the calls without a stream use the default stream.
class IGpuAsyncAllocator : public IGpuAllocator {
 public:
  void* allocateAsync(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags,
                      cudaStream_t stream) noexcept override = 0;
  bool deallocateAsync(void* const memory, cudaStream_t stream) noexcept override = 0;
  void* allocate(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags) override {
    return allocateAsync(size, alignment, flags, nullptr);
  }
  bool deallocate(void* const memory) noexcept override { return deallocateAsync(memory, nullptr); }
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IGpuAllocator", 2, 0}; }
  IGpuAsyncAllocator() = default;
  ~IGpuAsyncAllocator() noexcept override = default;
};

namespace v_1_0 {
using IGpuAllocator = nvinfer1::IGpuAllocator;
using IGpuAsyncAllocator = nvinfer1::IGpuAsyncAllocator;
}  // namespace v_1_0

}  // namespace nvinfer1

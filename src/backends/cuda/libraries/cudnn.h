// The table of functions through which Hone calls cuDNN's graph interface, and owners of its descriptors. Nothing of
// NVIDIA is needed to build; a test compares types and numbers with cuDNN's headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace hone::cuda::cudnn {

using Status = int;  // cudnnStatus_t
using Handle = struct DnnHandleTag*;
using Raw = void*;  // cudnnBackendDescriptor_t

#define HONE_CUDNN_CONSTANT(name, theirs, value) inline constexpr int name = value;
#include "backends/cuda/libraries/cudnn_constants.def"
#undef HONE_CUDNN_CONSTANT

struct Api {
#define HONE_CUDNN_FUNCTION(name, symbol, ...) Status (*name)(__VA_ARGS__) = nullptr;
#include "backends/cuda/libraries/cudnn.def"
#undef HONE_CUDNN_FUNCTION
  size_t (*version)() = nullptr;
  const char* (*status_string)(Status) = nullptr;
  void (*last_error)(char* text, size_t size) = nullptr;
};

/// Loads from the library that the environment names now; false with the reason. For find() and tests.
bool load(Api* api, std::string* why_not);
/// The process's cuDNN; null with the reason.
const Api* find(std::string* why_not);
/// The same, where its absence was ruled out before; throws Unsupported.
const Api& api();
/// What cuDNN says about this status, with its explanation of the thread's last error.
std::string error_text(Status s);

/// cuDNN does not do this (a refusal, which names the reason), as opposed to a failure of the program.
class Refusal {
 public:
  explicit Refusal(std::string reason) : reason_(std::move(reason)) {}
  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};
/// Throws Refusal with the library's words unless the call succeeded.
void check(Status s, const char* what);

/// A descriptor of cuDNN's graph interface, destroyed with its owner. Setters throw Refusal.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int kind);
  Descriptor(Descriptor&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Descriptor();

  Raw raw() const { return raw_; }
  explicit operator bool() const { return raw_ != nullptr; }
  void set(int attribute, int type, int64_t count, const void* values);
  void set(int attribute, std::span<const int64_t> values) {
    set(attribute, kTypeInt64, static_cast<int64_t>(values.size()), values.data());
  }
  void set(int attribute, const Descriptor& value) { set(attribute, kTypeDescriptor, 1, &value.raw_); }
  /// An attribute with one enumerator of the given type.
  void set_number(int attribute, int type, int value) { set(attribute, type, 1, &value); }
  void set_flag(int attribute, bool value) { set(attribute, kTypeBoolean, 1, &value); }
  void set_handle(int attribute, Handle handle) { set(attribute, kTypeHandle, 1, &handle); }
  void finalize();
  /// Fills up to `capacity` values; how many there are.
  int64_t get(int attribute, int type, int64_t capacity, void* values) const;
  std::string text(int attribute) const;

 private:
  Raw raw_ = nullptr;
};

/// A handle of the GPU in use bound to a stream, lent to one thread at a time. Taking one neither allocates nor fails
/// once reserve_handles() was called, but may wait for another thread's call to end.
class LentHandle {
 public:
  explicit LentHandle(void* stream) noexcept;
  ~LentHandle();
  LentHandle(const LentHandle&) = delete;
  LentHandle& operator=(const LentHandle&) = delete;
  /// Null where there is none or the stream could not be set.
  Handle get() const { return handle_; }

 private:
  struct Slot* slot_;
  Handle handle_ = nullptr;
};
inline constexpr int kMostHandles = 16;
/// Makes handles until there are so many to lend (at most kMostHandles). Call it outside of stream capture while the
/// GPU's context is current. Throws Refusal.
void reserve_handles(int count);

}  // namespace hone::cuda::cudnn

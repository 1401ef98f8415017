// What the files of the runner share: its per-tensor and per-step state and small helpers. Private to this room.
#pragma once

#include <cstring>

#include "backends/slices.h"
#include "runtime/runner.h"

namespace hone::runtime {

/// Memory on a device, or on the host (null), 64-byte aligned at least. Throws ModelError when there is none.
std::shared_ptr<void> allocate(const Device* device, size_t bytes, const char* what);

/// Value of a dim expression; nullopt where a symbol is not bound yet.
std::optional<int64_t> eval(const Dim& d, const Bindings& b);
bool is_plain_symbol(const Dim& d);

/// A value outside of the arena: result of control flow or of a layer whose dims only the run tells.
struct Runner::Held {
  Dims dims;
  std::shared_ptr<void> memory;
};

struct Runner::Slot {
  bool resolved = false;  // dims are known
  bool in_arena = false;
  bool dynamic = false;  // storage belongs to `own`, allocated when it is produced
  Dims dims;
  Dims before;  // dims as they are known before a run: -1 where they are not
  int64_t pitch = 0;
  int64_t alias_offset = 0;  // elements from the root's start
  size_t offset = 0;         // in the arena; inside a segment: in the part of a worker
  int segment = -1;          // the segment that alone uses this storage, which then holds one image
  void* pointer = nullptr;
  std::shared_ptr<void> own;
};

/// Memory that grows where it is too small.
struct Runner::Room {
  size_t size = 0;
  std::shared_ptr<void> memory;
};

struct Runner::Step {
  std::unique_ptr<Kernel> kernel;
  bool dynamic = false;  // dims of an input or output are only known while running
  std::vector<const void*> in;
  std::vector<void*> out;
  std::vector<std::unique_ptr<Runner>> bodies;
  /// What a kernel that counts writes: its outputs, then the extent. Kept from run to run.
  std::vector<Room> rooms;
  Slices slices;               // more than one: the kernel is for one image
  std::vector<bool> by_image;  // inputs with a part for each image
};

/// Steps [begin, end) that run with one image after the other, or on several workers side by side.
struct Runner::Segment {
  size_t begin = 0, end = 0;
  int64_t images = 1;
  int workers = 1;
  size_t offset = 0, worker_bytes = 0;  // what lies between the steps, for each worker
  size_t workspace = 0;                 // of each worker
  /// Where a step's operand begins: base + image * by_image + worker * by_worker bytes.
  struct Operand {
    std::byte* base = nullptr;
    size_t by_image = 0, by_worker = 0;
    void* at(int64_t image, int worker) const {
      if (base == nullptr) return nullptr;
      return base + static_cast<size_t>(image) * by_image + static_cast<size_t>(worker) * by_worker;
    }
  };
  struct Call {
    size_t step = 0;
    std::vector<Operand> in, out;
    std::vector<const void*> inputs;  // of each worker in turn
    std::vector<void*> outputs;
    std::vector<double> us;  // by worker
  };
  std::vector<Call> calls;
};

/// The device keeps activations in its cache while this lives.
class Runner::CachedArena {
 public:
  explicit CachedArena(const Runner& r) : r_(r) { keep(r.cache_limit_); }
  ~CachedArena() {
    try {
      keep(0);
    } catch (const std::exception&) {  // the run's own error is the one to tell
    }
  }
  CachedArena(const CachedArena&) = delete;
  CachedArena& operator=(const CachedArena&) = delete;

 private:
  void keep(size_t limit) const {
    if (r_.device_ != nullptr && r_.cache_limit_ > 0)
      r_.device_->keep_in_cache(r_.arena_, r_.arena_size_, limit, r_.stream_);
  }
  const Runner& r_;
};

/// Events around each step of a run on a device.
class Runner::StepEvents {
 public:
  StepEvents(const Device& device, size_t steps) : device_(device) {
    for (size_t i = 0; i < 2 * steps; ++i) events_.push_back(device.create_event());
    used_.assign(steps, false);
  }
  ~StepEvents() {
    for (void* e : events_) device_.destroy_event(e);
  }
  StepEvents(const StepEvents&) = delete;
  StepEvents& operator=(const StepEvents&) = delete;
  void start(void* stream) {
    stream_ = stream;
    used_.assign(used_.size(), false);
  }
  void before(size_t i) { device_.record(events_[2 * i], stream_); }
  void after(size_t i) {
    device_.record(events_[2 * i + 1], stream_);
    used_[i] = true;
  }
  /// Waits for the run and tells the times of the steps that ran.
  void report(const StepTimer& timer) const {
    for (size_t i = 0; i < used_.size(); ++i)
      if (used_[i]) timer(i, device_.elapsed_us(events_[2 * i], events_[2 * i + 1]));
  }

 private:
  const Device& device_;
  std::vector<void*> events_;
  std::vector<bool> used_;
  void* stream_ = nullptr;
};

}  // namespace hone::runtime

// Executes a program for one set of shapes after another: evaluates dims, makes kernels, places activations in an
// arena, launches. One runner belongs to one execution context; it is not thread-safe, its program is shared.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/arena.h"
#include "runtime/program.h"
#include "runtime/ranges.h"

namespace hone::runtime {

using Bindings = std::map<std::string, int64_t>;

struct RunOptions {
  int threads = 1;
  size_t workspace_limit = SIZE_MAX;
  bool allow_bf16 = false, allow_f16 = false, allow_tf32 = false;
};

/// Called after each step: step number, wall time in microseconds.
using StepTimer = std::function<void(size_t, double)>;
/// Called after each step with one of its outputs (linear copies), for debugging and verification.
using TensorObserver = std::function<void(const plan::PlanStep&, int output, const Tensor&)>;

class Runner {
 public:
  Runner(const Program& program, RunOptions options);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Fits the program to these input dims. `outer` binds symbols of an enclosing graph. Keeps kernels when nothing
  /// changed. Throws ModelError/Unsupported where dims do not fit.
  void prepare(std::span<const Dims> input_dims, const Bindings& outer = {});
  /// Runs on prepared shapes; on a device with streams it enqueues, and has waited only where the host needed a value.
  /// `outputs[i]` null: the runner keeps output i in its own memory (see output()). Throws Error on failure of a
  /// reference evaluation, an assertion or the device; nothing else throws.
  void run(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream = nullptr);
  /// True where run() does nothing but launch kernels and copies on the stream, so that they can be captured in a
  /// graph.
  bool replayable() const;

  /// Dims of a tensor as far as they are known (before run: nullopt for data-dependent ones).
  std::optional<Dims> dims(int tensor) const;
  /// Output i after run(): where it lies.
  const void* output(size_t i) const;
  Dims output_dims(size_t i) const;

  /// Bytes of the arena (activations and workspace) for the prepared shapes.
  size_t arena_bytes() const { return arena_size_; }
  size_t workspace_bytes() const { return workspace_size_; }
  /// Memory to use instead of an own arena; at least arena_bytes() when run() is called, 64-byte aligned. Null: own.
  void set_arena(void* memory, size_t size);
  const void* arena() const { return arena_; }
  void set_step_timer(StepTimer t) { timer_ = std::move(t); }
  void set_observer(TensorObserver o) { observer_ = std::move(o); }
  /// Bytes of the device's cache that activations may be kept in while a run goes on; 0 at first.
  void set_cache_limit(size_t bytes) { cache_limit_ = bytes; }
  /// Ranges for profilers around the steps; none at first.
  void set_ranges(RangeDetail detail) { ranges_ = Ranges(program_, detail); }
  /// Machine code of the kernels made for the prepared shapes, those of bodies left out.
  void collect_code(std::vector<CodeImage>* images) const;
  /// Tactic that step i uses for the prepared shapes ("reference", "view", a tactic's name).
  std::string tactic_in_use(size_t step) const;

 private:
  struct Slot;
  struct Step;
  struct Held;
  struct Room;
  struct Segment;
  class StepEvents;
  class CachedArena;
  void resolve_shapes();
  void find_segments();
  bool joins(const Segment& s, size_t i) const;
  bool steps_evenly(int t, int64_t images) const;
  bool is_inside(int root, const Segment& s) const;
  void place_segments(std::vector<Interval>& intervals);
  void bind_segments();
  void run_segment(Segment& s);
  void run_image(Segment& s, int64_t image, int worker, bool timed);
  void observe_segment(Segment& s);
  void make_step(size_t i);
  void make_counting(size_t i);
  bool make_slice(size_t i, const Problem& p);
  std::pair<int, int> needed(int root) const;
  size_t place_of(const Slot& s) const;
  void place_arena();
  size_t place_side(bool host, size_t workspace, size_t* workspace_offset);
  void place_shape_results();
  void own_arenas();
  void bind_pointers(std::span<const void* const> inputs, std::span<void* const> outputs);
  void check_aliases(int root, size_t bytes) const;
  void bind_aliases(int root);
  void* storage(int t);
  void run_step(size_t i);
  void run_kernel(size_t i);
  void run_transfer(size_t i);
  bool resolve_outputs(size_t i);
  const void* operand(size_t i, size_t k);
  void require_storage(const plan::PlanStep& s, int t, bool folded) const;
  void launch(size_t i, const Kernel& kernel, void* workspace);
  void time_steps();
  void run_reference(size_t i);
  bool infer_outputs(size_t i);
  Tensor on_host(int t);
  void run_dynamic(size_t i);
  void run_counting(size_t i);
  void run_if(size_t i);
  void run_loop(size_t i);
  void run_host_dims(size_t i);
  Tensor as_tensor(int t);
  int64_t host_scalar(int t);
  void give(size_t step, size_t output, Tensor value);
  void give_held(size_t step, size_t output, Held value);
  Held allocate_held(int t, Dims dims) const;
  Held copy_of(int t, const void* data, const Dims& dims) const;
  void copy_bytes(void* to, const void* from, size_t bytes, bool on_host) const;
  Held stack_scans(int t, const std::vector<Held>& pieces);
  void bind_data_dependent(int t);
  void observe(size_t i);
  Tensor linear_value(int t, const Dims& dims, const void* at) const;
  TensorDesc desc(int t) const;
  std::optional<Problem> problem(size_t i) const;
  std::optional<Problem> problem_of_inputs(size_t i) const;
  std::optional<Problem> largest_problem(size_t i) const;

  const Program& program_;
  RunOptions options_;
  std::vector<Slot> slots_;
  std::vector<Step> steps_;
  std::vector<Segment> segments_;
  std::vector<int> segment_at_;  // by step: the segment that begins there, or -1
  std::vector<Dims> prepared_for_;
  Bindings outer_, bindings_, prepared_bindings_;
  bool prepared_ = false;
  const Device* device_;  // null: everything is in host memory
  size_t arena_size_ = 0, workspace_size_ = 0, workspace_offset_ = 0;
  std::byte* arena_ = nullptr;
  size_t arena_capacity_ = 0;
  std::shared_ptr<std::byte> own_arena_;
  size_t own_capacity_ = 0;
  bool external_arena_ = false;
  size_t cache_limit_ = 0;
  // Host tensors of a device's program.
  size_t host_size_ = 0, host_capacity_ = 0, host_workspace_size_ = 0, host_workspace_offset_ = 0;
  std::shared_ptr<std::byte> host_arena_;
  std::map<size_t, std::shared_ptr<void>> shape_results_;  // by tensor: what the once-per-shape steps write
  bool shapes_written_ = false;
  void* stream_ = nullptr;
  std::unique_ptr<StepEvents> events_;
  StepTimer timer_;
  TensorObserver observer_;
  Ranges ranges_;
};

}  // namespace hone::runtime

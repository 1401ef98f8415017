// Engine: a plan ready to run on a device. Context: one execution state of it (shapes, addresses, activations).
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "runtime/runner.h"

namespace hone::runtime {

/// Outcome of a run-side call; empty: success.
struct Status {
  std::string error;
  explicit operator bool() const { return error.empty(); }
};

class Engine {
 public:
  /// Takes the plan. `threads` 0: as the plan was tuned for, at most all cores. Throws ModelError/Unsupported where the
  /// plan does not fit this machine (device, instruction set) with what to do.
  static std::shared_ptr<Engine> create(std::unique_ptr<plan::Plan> p, const Backend& backend, int threads);

  const plan::Plan& plan() const { return *plan_; }
  const Program& program() const { return *program_; }
  const RunOptions& options() const { return options_; }
  /// Inputs first, then outputs, in the graph's order.
  size_t io_count() const { return plan_->graph.inputs.size() + plan_->graph.outputs.size(); }
  bool is_input(size_t io) const { return io < plan_->graph.inputs.size(); }
  const plan::PlanTensor& io(size_t i) const;
  /// How the program sees it; its axes in the plan are those of the memory.
  IoLayout layout(size_t i) const { return i < plan_->layouts.size() ? plan_->layouts[i] : IoLayout(); }
  /// Index of a named input or output; -1 if there is none.
  int find_io(const std::string& name) const;
  /// Bytes of a context's activations: the largest over the profile's min, opt and max shapes; -1: the largest over all
  /// profiles.
  size_t device_memory(int profile = -1) const;
  /// Bytes of the weights: in the device's memory where it has its own, else in the plan.
  size_t weights_bytes() const;
  /// Null: 'device memory' is host memory.
  const Device* device() const { return program_->device(); }

  /// Per layer, in order: what the inspector tells. JSON object text per layer, built on demand.
  std::string layer_line(size_t step) const;
  /// The names of the network's nodes that became this layer, joined by " + "; for a layer of the compiler's own, its
  /// name. Every node of the network is in one layer's name at most.
  std::string layer_name(size_t step) const;
  std::string layer_json(size_t step) const;
  /// "cpu", or the name of the plan's device; of a copy between the two always the latter.
  std::string layer_device(size_t step) const;
  size_t layer_count() const { return plan_->graph.steps.size(); }

 private:
  Engine() = default;
  std::unique_ptr<plan::Plan> plan_;
  std::unique_ptr<DeviceBlobs> blobs_;
  std::unique_ptr<Program> program_;
  RunOptions options_;
  mutable std::mutex mutex_;
  mutable std::map<int, size_t> memory_;
};

/// Bytes that an engine of a plan needs: its weights, and for one context at the largest of its profiles' shapes all of
/// the device's memory and the part of it that is workspace.
struct MemoryUse {
  size_t weights = 0, context = 0, workspace = 0;
};

/// The machine code of the kernels that contexts of this plan make at the min, opt and max shapes of its profiles, by
/// key.
MemoryUse collect_code(const plan::Plan& p, const Backend& backend, std::map<std::string, Blob>* images);

class GraphReplay;

class Context {
 public:
  /// `own_memory` false: the caller sets memory with set_memory() before execute().
  explicit Context(std::shared_ptr<const Engine> engine, bool own_memory = true);

  ~Context();
  const Engine& engine() const { return *engine_; }
  int profile() const { return profile_; }
  Status set_profile(int p);
  /// Dims of input `io` as set (or static); symbolic ones not set are -1.
  Dims input_dims(size_t io) const { return input_dims_.at(io); }
  /// Checks against the profile; the message has tensor, axis and numbers.
  Status set_input_dims(size_t io, const Dims& dims);
  /// True when every input has concrete dims.
  bool all_dims_set() const;
  /// Resolves shapes, makes kernels and sizes memory for the current input dims (execute does it when needed).
  Status prepare();
  /// Dims of any io tensor; data-dependent extents are -1 before execute(). Prepares if needed.
  Dims dims(size_t io);
  /// Upper bound in bytes of an output where it is known (-1: not known before the run).
  int64_t max_bytes(size_t io);

  void set_address(size_t io, void* p) { addresses_.at(io) = p; }
  void* address(size_t io) const { return addresses_.at(io); }
  /// Runs; on a device with streams it enqueues on `stream` and returns without waiting, unless the network needs the
  /// host in between. Outputs without an address stay in the context (see result()); a missing input address is an
  /// error. Runs with the same shapes and addresses are replayed as one graph.
  Status execute(void* stream = nullptr);
  /// Whether runs may be replayed as graphs (the default).
  void allow_replay(bool on) { replay_allowed_ = on; }
  /// Where output `io` of the last run lies (its own address or the context's memory).
  const void* result(size_t io) const;
  void set_memory(void* p, size_t bytes);
  /// Bytes of the device's cache that activations may be kept in; Unsupported: more than it has.
  void set_cache_limit(size_t bytes);
  size_t memory_needed() const { return runner_.arena_bytes(); }
  Runner& runner() { return runner_; }

 private:
  std::shared_ptr<const Engine> engine_;
  Runner runner_;
  int profile_ = 0;
  std::vector<Dims> input_dims_;
  std::vector<void*> addresses_;
  bool prepared_ = false, has_memory_ = true, replay_allowed_ = true;
  std::unique_ptr<GraphReplay> replay_;
};

}  // namespace hone::runtime

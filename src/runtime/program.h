// A plan's graph bound to a backend: tactics looked up, liveness known. Immutable and shared by all contexts of an
// engine.
#pragma once

#include <memory>
#include <vector>

#include "plan/plan.h"

namespace hone::runtime {

/// Constants and prepared operands of an engine in the memory of its device; each is copied there once, when the first
/// program asks for it. On a device without memory of its own they stay where the plan has them.
class DeviceBlobs {
 public:
  DeviceBlobs(const plan::Plan& p, const Device* device);
  /// Throws ModelError where the device has no memory left.
  const Blob& get(int blob);
  size_t bytes() const { return bytes_; }

 private:
  const plan::Plan& plan_;
  const Device* device_;
  std::vector<Blob> resident_;
  size_t bytes_ = 0;
};

struct ProgramStep {
  enum class Mode { kView, kKernel, kReference, kHostDims, kTransfer, kIf, kLoop };
  const plan::PlanStep* step = nullptr;
  Mode mode = Mode::kReference;
  /// Runs on the host although the program's device has its own memory: it reads and writes host tensors.
  bool on_host = false;
  /// Its kernel finds an extent of its outputs (backends/extents.h).
  bool counts = false;
  /// Depends on shapes only: runs once per shape, its result stays.
  bool once = false;
  const Tactic* tactic = nullptr;
  std::vector<Blob> blobs;
  std::vector<std::unique_ptr<class Program>> bodies;
};

class Program {
 public:
  /// Throws ModelError where the plan names a tactic that the backend lacks, or lets a layer read memory of the wrong
  /// side.
  Program(const plan::Plan& p, const plan::PlanGraph& g, const Backend& backend, DeviceBlobs& blobs);

  const plan::PlanGraph& graph() const { return *graph_; }
  const std::vector<ProgramStep>& steps() const { return steps_; }
  const plan::PlanTensor& tensor(int t) const { return graph_->tensors[static_cast<size_t>(t)]; }
  /// The tensor whose storage t lives in, following aliases.
  int root(int t) const { return roots_[static_cast<size_t>(t)]; }
  /// Tensors other than t itself whose storage lies in root tensor t.
  const std::vector<int>& aliases(int t) const { return aliases_[static_cast<size_t>(t)]; }
  /// Last step that reads or writes the storage of root tensor t; steps().size() for graph outputs; -1 if none.
  int last_use(int t) const { return last_use_[static_cast<size_t>(t)]; }
  /// First step that touches the storage.
  int first_use(int t) const { return first_use_[static_cast<size_t>(t)]; }
  /// Constant behind tensor t, or an undefined tensor. A constant that every user has folded into its weights is not in
  /// the plan: it reads as zeros.
  const Tensor& constant(int t) const { return constants_[static_cast<size_t>(t)]; }
  /// The same in the device's memory (host memory on a device without its own); null where no step on the device reads
  /// it.
  const void* device_constant(int t) const { return device_constants_[static_cast<size_t>(t)]; }
  /// True where root tensor t is written once per shape (see ProgramStep::once).
  bool is_shape_result(int t) const { return shape_results_[static_cast<size_t>(t)] != 0; }
  /// The device with memory of its own, or null.
  const Device* device() const { return device_; }
  /// True where tensor t is in host memory.
  bool on_host(int t) const { return device_ == nullptr || tensor(t).host; }
  bool is_input(int t) const { return io_[static_cast<size_t>(t)] & 1; }
  bool is_output(int t) const { return io_[static_cast<size_t>(t)] & 2; }

 private:
  void bind_constants(const plan::Plan& p);
  void bind_folded();
  void place_constants(DeviceBlobs& blobs);
  void find_lifetimes();
  void find_shape_steps();
  void check_sides() const;
  void check_body(bool loop) const;

  const plan::PlanGraph* graph_;
  const Device* device_ = nullptr;
  std::vector<ProgramStep> steps_;
  std::vector<int> roots_, last_use_, first_use_;
  std::vector<std::vector<int>> aliases_;
  std::vector<Tensor> constants_;
  std::vector<const void*> device_constants_;
  std::vector<uint8_t> io_, shape_results_;
};

}  // namespace hone::runtime

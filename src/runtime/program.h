// A plan's graph bound to a backend: tactics looked up, liveness known. Immutable and shared by all contexts of an
// engine.
#pragma once

#include <memory>
#include <vector>

#include "plan/plan.h"

namespace hone::runtime {

struct ProgramStep {
  enum class Mode { kView, kKernel, kReference, kHostDims, kIf, kLoop };
  const plan::PlanStep* step = nullptr;
  Mode mode = Mode::kReference;
  const Tactic* tactic = nullptr;
  std::vector<Blob> blobs;
  std::vector<std::unique_ptr<class Program>> bodies;
};

class Program {
 public:
  /// Throws ModelError where the plan names a tactic that the backend lacks.
  Program(const plan::Plan& p, const plan::PlanGraph& g, const Backend& backend);

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
  bool is_input(int t) const { return io_[static_cast<size_t>(t)] & 1; }
  bool is_output(int t) const { return io_[static_cast<size_t>(t)] & 2; }

 private:
  const plan::PlanGraph* graph_;
  std::vector<ProgramStep> steps_;
  std::vector<int> roots_, last_use_, first_use_;
  std::vector<std::vector<int>> aliases_;
  std::vector<Tensor> constants_;
  std::vector<uint8_t> io_;
};

}  // namespace hone::runtime

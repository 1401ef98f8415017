// What the tactics that run on cuDNN graphs share: asking the library whether it can, building its plans, timing them
// at build time, remembering the best, and running it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "backends/cuda/libraries/cudnn_graph.h"
#include "backends/cuda/recipe.h"

namespace hone::cuda {

/// A graph for a problem and where the pointers of its tensors come from (inputs, outputs and blobs of the node; the
/// workspace's beginning for a product that a second launch reads).
struct ProblemGraph {
  cudnn::Graph graph;
  std::vector<cudnn::Id> ids;
  std::vector<Argument> arguments;  // per id
  void bind(cudnn::Id id, const Argument& a) { ids.push_back(id), arguments.push_back(a); }
};

/// Ways to write a node as a graph. The engines that a library offers differ with it.
enum class Form {
  kWhole,      // operator, bias, epilogue
  kReordered,  // the same with the epilogue's first operand added before the bias
  kSplit,      // without the epilogue, which a second launch runs
};

class CudnnTactic : public Tactic {
 public:
  Verdict supports(const Problem& p) const final;
  void compile(const Problem& p) const final;
  std::vector<Blob> prepare(const Problem& p) const final;
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> prepared) const final;
  double estimate(const Problem&) const override { return 2; }

  /// For tests without a GPU: how many engines a described device offers for the problem, the first of them planned;
  /// throws Refusal.
  int engines_on(const Problem& p, const cudnn::Descriptor& device, Form form) const;

 protected:
  /// Everything that can be judged without the library.
  virtual Verdict check(const Problem& p) const = 0;
  /// Why there is no graph of that form; empty: there may be. Not asked about kSplit.
  virtual std::string refuse_form(const Problem& p, Form form) const = 0;
  /// Not finished. Throws Refusal.
  virtual ProblemGraph graph(const Problem& p, Form form) const = 0;
  virtual cudnn::EngineRules rules(const Problem& p) const = 0;
  virtual std::vector<Blob> fold(const Problem& p) const = 0;
};

/// Where a split node's product goes.
Argument product_argument(const Problem& p);

}  // namespace hone::cuda

// Graph to plan graph.
#pragma once

#include "compile/views.h"
#include "plan/plan.h"

namespace hone::compile {

/// Collects the constants of a plan, each once.
class BlobTable {
 public:
  explicit BlobTable(std::vector<Blob>* blobs) : blobs_(blobs) {}
  int add(const Tensor& t);
  int add(Blob b);

 private:
  std::vector<Blob>* blobs_;
  std::map<const void*, int> by_address_;
};

/// Without tactics: the portable form (formats and choices are left out).
std::unique_ptr<plan::PlanGraph> emit_portable(const ir::Graph& g, BlobTable& blobs);

/// With choices and aliases. `compile_body` turns a body into its plan graph. Prepared operands are made for `at`.
using BodyCompiler = std::function<std::unique_ptr<plan::PlanGraph>(ir::Graph& body, const ir::Node& node)>;
std::unique_ptr<plan::PlanGraph> emit(ir::Graph& g, const std::map<const ir::Node*, tune::Choice>& choices,
                                      const Aliases& aliases, const tune::Options& options, BlobTable& blobs,
                                      const BodyCompiler& compile_body);

}  // namespace hone::compile

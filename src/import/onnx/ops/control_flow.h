// What If, Loop and Scan share: bodies as graphs of their own.
#pragma once

#include <functional>
#include <memory>

#include "import/onnx/context.h"
#include "import/onnx/session.h"

namespace hone::onnx {

/// Makes `v` an output of the body, through a copy where it is an input or an output already.
void add_body_output(Session& session, ir::Graph& body, Value* v);

struct LoopBody {
  std::unique_ptr<ir::Graph> graph;
  Values captured;             // outer values behind the trailing inputs
  std::vector<Entry> outputs;  // of the model's subgraph
};

/// Imports a loop's body. `bind` is called with a new graph's scope after its iteration and condition inputs and the
/// carried ones (shapes as given) were added, and names them. Where the body changes the shape of a carried value,
/// the import is repeated with that extent unknown. `carried_outputs` gives the carried values after one round.
LoopBody import_loop_body(
    OnnxContext& c, const NodeView& n, const proto::GraphProto& g, const Values& initial,
    const std::function<void(Scope&, Value* iteration, Value* condition, const Values& carried)>& bind,
    const std::function<Values(const std::vector<Entry>&)>& carried_outputs);

}  // namespace hone::onnx

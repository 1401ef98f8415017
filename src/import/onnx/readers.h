// Names of nodes that the import has evaluated at once, kept with the nodes that read their results.
#pragma once

#include <string>

#include "import/onnx/model_file.h"
#include "import/onnx/proto.h"
#include "ir/graph.h"

namespace hone::onnx {

/// The name that the import gives a node of the main graph, unless another one has it already.
std::string node_name(const proto::NodeProto& n);

/// Adds the name of each node of the main graph that no node of `g` has among its origins to those of the nearest node
/// that reads its result; where none does, of one whose result it reads. Constants are left out: they compute nothing.
void complete_origins(const ModelFile& file, ir::Graph& g);

}  // namespace hone::onnx

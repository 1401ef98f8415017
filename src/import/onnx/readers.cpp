#include "import/onnx/readers.h"

#include <algorithm>
#include <map>
#include <set>

#include "import/onnx/session.h"
#include "ops/constant.h"

namespace hone::onnx {
namespace {

struct Neighbours {
  std::vector<std::string> readers, sources;
};

// Nodes by name, with their neighbours, and the names in an order in which producers mostly come first.
std::map<std::string, Neighbours> neighbours(const proto::GraphProto& graph, std::vector<std::string>& names) {
  std::map<std::string, Neighbours> nodes;
  std::map<std::string, std::string> producer;  // value -> node
  for (const proto::NodeProto& n : graph.node()) {
    if (n.op_type() == "Constant") continue;
    names.push_back(node_name(n));
    for (const auto& value : n.output())
      if (!value.empty()) producer[value] = names.back();
  }
  for (const proto::NodeProto& n : graph.node()) {
    const auto read = [&](const std::string& value) {
      const auto it = producer.find(value);
      if (it == producer.end()) return;
      nodes[it->second].readers.push_back(node_name(n));
      nodes[node_name(n)].sources.push_back(it->second);
    };
    for (const auto& value : n.input()) read(value);
    for (const auto& a : n.attribute())
      if (a.has_g())
        for (const auto& value : free_names(a.g())) read(value);
  }
  return nodes;
}

// Nodes that have an effect on an output, without constants.
std::vector<ir::Node*> nodes_in_use(const ir::Graph& g) {
  std::set<const ir::Value*> needed(g.outputs().begin(), g.outputs().end());
  std::vector<ir::Node*> used;
  const std::vector<ir::Node*> nodes = g.nodes();
  for (size_t i = nodes.size(); i-- > 0;) {
    const auto& out = nodes[i]->outputs();
    const bool effect = nodes[i]->op().has(kSideEffect) ||
                        std::any_of(out.begin(), out.end(), [&](const ir::Value* v) { return needed.count(v) != 0; });
    if (!effect || nodes[i]->is(kConstantOp)) continue;
    needed.insert(nodes[i]->inputs().begin(), nodes[i]->inputs().end());
    used.push_back(nodes[i]);
  }
  return used;
}

}  // namespace

std::string node_name(const proto::NodeProto& n) {
  return n.name().empty() ? n.op_type() + "_" + (n.output_size() > 0 ? n.output(0) : std::string("none")) : n.name();
}

void complete_origins(const ModelFile& file, ir::Graph& g) {
  std::vector<std::string> names;
  const auto nodes = neighbours(file.model().graph(), names);
  std::map<std::string, ir::Node*> holders;
  const std::vector<ir::Node*> used = nodes_in_use(g);
  for (ir::Node* n : g.nodes()) {
    if (std::find(used.begin(), used.end(), n) != used.end())
      for (const std::string& o : n->origins) holders.emplace(o, n);
    else if (!n->is(kConstantOp))
      n->origins.clear();  // it has no effect and goes; its names move on
  }
  const auto give = [&](const std::string& name, bool forward) {
    const auto node = nodes.find(name);
    if (node == nodes.end() || holders.count(name) != 0) return;
    for (const std::string& other : forward ? node->second.readers : node->second.sources) {
      const auto holder = holders.find(other);
      if (holder == holders.end()) continue;
      holder->second->origins.push_back(name);
      holders.emplace(name, holder->second);
      return;
    }
  };
  for (size_t i = names.size(); i-- > 0;) give(names[i], true);
  for (const std::string& name : names) give(name, false);
}

}  // namespace hone::onnx

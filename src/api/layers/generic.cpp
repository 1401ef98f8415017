// The layer of an operator that has no class of its own in the public interface, and the table of those that have one.
#include "api/layers/layers.h"

namespace hone::api {
namespace {

class GenericLayer final : public LayerImpl<nv::ILayer, nv::LayerType::kNODE> {
 public:
  using LayerImpl::LayerImpl;
};

struct Entry {
  std::string_view op;
  LayerFactory make;
};
constexpr Entry kFactories[] = {
#define HONE_LAYER(OpName, function) {#OpName, function},
#include "api/layers/layers.def"
#undef HONE_LAYER
};

// A constant that only serves as kernel or bias is part of those layers.
bool is_weight(const ir::Graph& g, const ir::Node* node) {
  if (!node->is(kConstantOp) || g.is_output(node->output()) || g.uses(node->output()).empty()) return false;
  for (const auto& [user, i] : g.uses(node->output())) {
    const std::string_view name = user->op().name;
    if (i == 0 || (name != "Convolution" && name != "Deconvolution")) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<LayerBase> make_generic(Network& network, ir::Node* node) {
  return std::make_unique<GenericLayer>(network, node);
}

void Network::adopt() {
  for (ir::Node* node : graph_->nodes()) {
    if (order_.count(node) != 0) continue;
    changed(node);
    if (node_names_[node->name()]++ > 0) graph_->rename(node, unique_node_name(node->name()));
    if (is_weight(*graph_, node)) {
      hide(node);
      continue;
    }
    const Entry* entry = nullptr;
    for (const Entry& e : kFactories)
      if (e.op == node->op().name) entry = &e;
    keep(entry != nullptr ? entry->make(*this, node) : make_generic(*this, node));
    ++next_layer_;
  }
}

}  // namespace hone::api

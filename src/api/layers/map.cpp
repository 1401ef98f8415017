// Which layer shows a Map node: it depends on the scalar function and the number of operands.
#include "ops/map.h"

#include "api/layers/layers.h"

namespace hone::api {

std::unique_ptr<LayerBase> make_map(Network& network, ir::Node* node) {
  for (const LayerFactory f : {make_activation, make_unary, make_elementwise, make_select, make_parametric_relu})
    if (auto layer = f(network, node)) return layer;
  return make_generic(network, node);
}

}  // namespace hone::api

// What the files of this folder share: making the layer object of a node, small tables between enumerations.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/network.h"

namespace hone::api {

/// Makes the layer object for a node that an importer added, one function per entry of layers.def.
using LayerFactory = std::unique_ptr<LayerBase> (*)(Network&, ir::Node*);
#define HONE_LAYER(OpName, function) std::unique_ptr<LayerBase> function(Network& network, ir::Node* node);
#include "api/layers/layers.def"
#undef HONE_LAYER
/// For nodes whose operator has no class in the public interface.
std::unique_ptr<LayerBase> make_generic(Network& network, ir::Node* node);
// Kinds of Map.
std::unique_ptr<LayerBase> make_activation(Network& network, ir::Node* node);
std::unique_ptr<LayerBase> make_unary(Network& network, ir::Node* node);
std::unique_ptr<LayerBase> make_elementwise(Network& network, ir::Node* node);
std::unique_ptr<LayerBase> make_select(Network& network, ir::Node* node);
std::unique_ptr<LayerBase> make_parametric_relu(Network& network, ir::Node* node);

/// Pairs of an enumerator of the public interface and one of the graph's.
template <class Public, class Inner, size_t N>
struct EnumTable {
  std::array<std::pair<Public, Inner>, N> rows;
  /// Throws ModelError for a value that is none of the enumeration's.
  Inner inner(Public p, const char* what) const {
    for (const auto& [a, b] : rows)
      if (a == p) return b;
    fail<ModelError>("{} is no {}", static_cast<int>(p), what);
  }
  std::optional<Public> outer(Inner i) const {
    for (const auto& [a, b] : rows)
      if (b == i) return a;
    return std::nullopt;
  }
};
template <class Public, class Inner, size_t N>
constexpr EnumTable<Public, Inner, N> enum_table(const std::pair<Public, Inner> (&rows)[N]) {
  EnumTable<Public, Inner, N> t{};
  for (size_t i = 0; i < N; ++i) t.rows[i].first = rows[i].first, t.rows[i].second = rows[i].second;
  return t;
}

/// Runs the body of an add function: what it throws is reported and null returned.
template <class L, class F>
L* adding(Network& n, const char* call, F&& f) noexcept {
  return guarded(n.reporter(), call, static_cast<L*>(nullptr), [&]() -> L* { return f(); });
}

/// Values of an array of tensors; throws ModelError for null entries.
inline std::vector<ir::Value*> values_of(Network& n, nv::ITensor* const* tensors, int32_t count) {
  require<ModelError>(tensors != nullptr && count > 0, "no input tensors are given");
  std::vector<ir::Value*> v;
  for (int32_t i = 0; i < count; ++i) {
    require<ModelError>(tensors[i] != nullptr, "input tensor {} is null", i);
    v.push_back(n.value(*tensors[i]));
  }
  return v;
}

}  // namespace hone::api

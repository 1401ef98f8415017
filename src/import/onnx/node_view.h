// A node of the model as its handler sees it: names, opset and attributes with the types that ONNX gives them. In a
// function body, attribute references are resolved to the caller's attributes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ops/tensor.h"

namespace hone_onnx {
class AttributeProto;
class GraphProto;
class NodeProto;
}  // namespace hone_onnx

namespace hone::onnx {

class ModelFile;

/// Attributes of a function's caller by name.
using AttributeMap = std::map<std::string, const hone_onnx::AttributeProto*>;

class NodeView {
 public:
  NodeView(const hone_onnx::NodeProto& node, const ModelFile& file, int64_t opset, std::string unique_name,
           const AttributeMap* outer = nullptr);

  /// The node's name, made unique in the model (made up where the model gives none).
  const std::string& name() const { return name_; }
  const std::string& type() const;
  const std::string& domain() const;
  /// Version of the node's domain that the model imports.
  int64_t opset() const { return opset_; }

  size_t input_count() const;
  size_t output_count() const;
  const std::string& input(size_t i) const;
  const std::string& output(size_t i) const;
  /// An output that somebody can use: listed and not empty.
  bool has_output(size_t i) const;

  bool has(std::string_view attribute) const { return find(attribute) != nullptr; }
  // Values of attributes; the default where the node has none, ModelError where it has another type. The forms without
  // a default throw ModelError for a missing attribute.
  int64_t i(std::string_view a) const;
  int64_t i(std::string_view a, int64_t otherwise) const;
  double f(std::string_view a, double otherwise) const;
  std::string s(std::string_view a) const;
  std::string s(std::string_view a, std::string_view otherwise) const;
  std::vector<int64_t> ints(std::string_view a, std::vector<int64_t> otherwise = {}) const;
  std::vector<double> floats(std::string_view a) const;
  std::vector<std::string> strings(std::string_view a) const;
  Tensor tensor(std::string_view a) const;
  bool has_sparse(std::string_view a) const;
  const hone_onnx::GraphProto& graph(std::string_view a) const;
  /// True where the attribute exists and is 1; throws ModelError for other numbers than 0 and 1.
  bool flag(std::string_view a, bool otherwise = false) const;

  const hone_onnx::NodeProto& proto() const { return *node_; }
  const AttributeMap* outer() const { return outer_; }

 private:
  const hone_onnx::AttributeProto* find(std::string_view a) const;
  const hone_onnx::AttributeProto& get(std::string_view a) const;

  const hone_onnx::NodeProto* node_;
  const ModelFile* file_;
  int64_t opset_;
  std::string name_;
  const AttributeMap* outer_;
};

}  // namespace hone::onnx

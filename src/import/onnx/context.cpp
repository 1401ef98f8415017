// Inputs and outputs of the node at hand.
#include "import/onnx/context.h"

#include "base/error.h"

namespace hone::onnx {

OnnxContext::OnnxContext(Session& session, Scope& scope, const NodeView& node, std::vector<Entry> inputs)
    : Builder(*scope.graph, node.name()),
      session_(session),
      scope_(scope),
      node_(node),
      inputs_(std::move(inputs)),
      results_(node.output_count()) {}

bool OnnxContext::has(size_t i) const { return i < inputs_.size() && inputs_[i].kind != Entry::Kind::kNone; }

const Entry& OnnxContext::entry(size_t i) const {
  require<ModelError>(i < inputs_.size(), "required input {} is missing", i);
  return inputs_[i];
}

Value* OnnxContext::in(size_t i) {
  require<ModelError>(has(i), "required input {} is missing", i);
  require<ModelError>(inputs_[i].kind == Entry::Kind::kTensor, "input {} ('{}') must be a tensor", i, node_.input(i));
  return inputs_[i].value;
}

Values OnnxContext::all() {
  Values v;
  for (size_t i = 0; i < inputs_.size(); ++i) v.push_back(in(i));
  return v;
}

std::optional<Ints> OnnxContext::static_ints(size_t i, const char* what) {
  if (!has(i)) return std::nullopt;
  std::optional<Ints> v = known_ints(in(i));
  require<Unsupported>(v.has_value(), "{} (input {}, '{}') must be known at build time", what, i, node_.input(i));
  return v;
}

double OnnxContext::static_number(size_t i, const char* what, double otherwise) {
  if (!has(i)) return otherwise;
  const std::optional<Tensor> t = known(in(i));
  require<Unsupported>(t.has_value(), "{} (input {}, '{}') must be known at build time", what, i, node_.input(i));
  require<ModelError>(t->count() == 1, "{} (input {}) must be one number, has {} elements", what, i, t->count());
  return t->as_doubles()[0];
}

std::optional<Ints> OnnxContext::ints_attribute_or_input(const char* attribute, size_t i, int64_t since) {
  if (node_.opset() >= since) return static_ints(i, attribute);
  return node_.has(attribute) ? std::optional(node_.ints(attribute)) : std::nullopt;
}

void OnnxContext::set(size_t i, Value* v) { set(i, Entry::tensor(v)); }

void OnnxContext::set(size_t i, Entry e) {
  if (i < results_.size()) results_[i] = std::move(e);
}

void OnnxContext::refuse_output(size_t i, const char* what) const {
  require<Unsupported>(!node_.has_output(i), "output {} ({}) is not supported", i, what);
}

}  // namespace hone::onnx

// What a handler of one ONNX operator works with: the node's inputs as values, a builder that names new nodes after it,
// and a place for its outputs.
#pragma once

#include "import/onnx/build.h"
#include "import/onnx/node_view.h"
#include "import/onnx/scope.h"

namespace hone::onnx {

class Session;

class OnnxContext : public Builder {
 public:
  OnnxContext(Session& session, Scope& scope, const NodeView& node, std::vector<Entry> inputs);

  size_t input_count() const { return inputs_.size(); }
  /// True where input i is given (and not an empty optional).
  bool has(size_t i) const;
  /// Input tensor i; throws ModelError where it is missing or no tensor.
  Value* in(size_t i);
  /// Input tensor i or null where it is left out.
  Value* opt(size_t i) { return has(i) ? in(i) : nullptr; }
  Values all();
  const Entry& entry(size_t i) const;
  /// Input i as integers known at build time; throws Unsupported where they are not. Nullopt where it is left out.
  std::optional<Ints> static_ints(size_t i, const char* what);
  /// Input i as one floating-point number known at build time; `otherwise` where it is left out.
  double static_number(size_t i, const char* what, double otherwise);
  /// An attribute in old opsets, an input from `since` on; nullopt where neither is given.
  std::optional<Ints> ints_attribute_or_input(const char* attribute, size_t i, int64_t since);

  void set(size_t i, Value* v);
  void set(size_t i, Entry e);
  /// Throws Unsupported where somebody can use output i.
  void refuse_output(size_t i, const char* what) const;

  Session& session() { return session_; }
  Scope& scope() { return scope_; }
  const NodeView& view() const { return node_; }
  std::vector<Entry>& results() { return results_; }

 private:
  Session& session_;
  Scope& scope_;
  const NodeView& node_;
  std::vector<Entry> inputs_;
  std::vector<Entry> results_;
};

using Handler = void (*)(OnnxContext&, const NodeView&);

}  // namespace hone::onnx

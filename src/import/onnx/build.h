// Short names for appending operators to a graph: what importers' handlers are written in. Results of small operations
// on known values are computed at once, so that shape arithmetic and constant arguments need no later pass.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "ops/reduce.h"

namespace hone::onnx {

using ir::Value;
using Values = std::vector<Value*>;
using Ints = std::vector<int64_t>;

class Builder {
 public:
  /// Nodes are named `base`, `base/2`, `base/3` ...
  Builder(ir::Graph& graph, std::string base) : graph_(graph), base_(std::move(base)) {}
  ir::Graph& graph() { return graph_; }
  const std::string& base() const { return base_; }
  /// Nodes appended so far and still there.
  const std::vector<ir::Node*>& created() const { return created_; }

  /// Appends a node; attributes are the operator's own struct.
  template <class A>
  ir::Node* node(const Op& op, Values in, A attrs, int outputs = -1) {
    return append(op, std::move(in), std::make_unique<A>(std::move(attrs)), outputs);
  }
  /// Appends a node of one output; the result is a constant where all inputs are small and known.
  template <class A>
  Value* make(const Op& op, Values in, A attrs) {
    return fold(append(op, std::move(in), std::make_unique<A>(std::move(attrs)), 1));
  }
  Value* make(const Op& op, Values in);
  /// Appends a control-flow node with its bodies.
  ir::Node* control(const Op& op, Values in, std::unique_ptr<Attributes> attrs,
                    std::vector<std::unique_ptr<ir::Graph>> bodies, int outputs);

  // Constants.
  Value* constant(Tensor t);
  Value* ints(const Ints& v);             // i64 vector
  Value* int_scalar(int64_t v);           // i64 scalar
  Value* scalar(DType type, double v);    // rank 0
  Value* like(const Value* v, double x);  // scalar of v's type
  Value* doubles(DType type, const std::vector<double>& v, Dims dims);
  /// v's value where it is known at build time (a constant, or shape arithmetic that came to numbers).
  static std::optional<Tensor> known(const Value* v);
  static std::optional<Ints> known_ints(const Value* v);

  // Element-wise.
  Value* map(ScalarFn fn, Values in, double alpha = 0, double beta = 0);
  Value* add(Value* a, Value* b) { return map(ScalarFn::kAdd, {a, b}); }
  Value* sub(Value* a, Value* b) { return map(ScalarFn::kSub, {a, b}); }
  Value* mul(Value* a, Value* b) { return map(ScalarFn::kMul, {a, b}); }
  Value* div(Value* a, Value* b) { return map(ScalarFn::kDiv, {a, b}); }
  Value* select(Value* c, Value* a, Value* b) { return map(ScalarFn::kSelect, {c, a, b}); }
  Value* cast(Value* v, DType to);  // v itself where it has the type
  /// Integers of any width as i64, for arguments.
  Value* to_i64(Value* v) { return cast(v, DType::kI64); }

  // Shapes.
  Value* shape_of(Value* v);
  Value* extent(Value* v, int64_t axis);               // i64 [1]
  Value* product(Value* v, int64_t from, int64_t to);  // of the extents of axes [from, to), i64 [1]
  Value* reshape(Value* v, const Ints& shape);         // 0 copies, -1 infers
  Value* reshape(Value* v, Value* shape, bool zero_copies = true);
  Value* transpose(Value* v, const Ints& perm);  // v itself for the identity
  Value* squeeze(Value* v, const Ints& axes);
  Value* unsqueeze(Value* v, const Ints& axes);
  Value* concat(Values v, int64_t axis);
  Value* expand(Value* v, Value* shape);
  Value* slice(Value* v, int64_t axis, int64_t start, int64_t end, int64_t step = 1);  // ends as ONNX
  Value* slice(Value* v, int64_t axis, Value* start, Value* end);                      // i64 [1] each
  Value* gather(Value* v, Value* indices, int64_t axis);
  Value* pick(Value* v, int64_t index, int64_t axis);  // one index, axis removed

  // Others.
  Value* reduce(ReduceKind kind, Value* v, const Ints& axes, bool keep_dims = true);
  Value* matmul(Value* a, Value* b);
  Value* softmax(Value* v, int64_t axis, bool log = false);

 private:
  ir::Node* append(const Op& op, Values in, std::unique_ptr<Attributes> attrs, int outputs);
  Value* fold(ir::Node* n);
  Value* add_constant(std::string name, Tensor t);
  std::string next_name();

  ir::Graph& graph_;
  std::string base_;
  int count_ = 0;
  std::vector<ir::Node*> created_;
};

/// [0, 1, ..., n-1] with the entries of `first` and so on: permutations.
Ints iota(int64_t n, int64_t start = 0);

}  // namespace hone::onnx

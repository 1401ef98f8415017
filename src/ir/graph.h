// The one graph of Hone: from the first API or importer call to the plan. A graph owns nodes and values; a node is an
// operator with attributes, inputs, outputs, an optional fused epilogue and, for control flow, nested graphs.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "ops/format.h"
#include "ops/op.h"

namespace hone::ir {

class Graph;
class Node;

/// The result of a node or an input of a graph.
class Value {
 public:
  const std::string& name() const { return name_; }
  Node* producer() const { return producer_; }  // null: graph input
  int index() const { return index_; }          // output number of the producer, or input number of the graph
  Graph* graph() const { return graph_; }

  TensorInfo info;  // type, shape, content, constant: kept by Graph::infer
  Format format = Format::kLinear;
  bool host = false;  // in host memory although the device has its own (set by the tuner)

  DType type() const { return info.type; }
  const Shape& shape() const { return info.shape; }
  int rank() const { return static_cast<int>(info.shape.size()); }
  /// The constant behind the value, or null.
  const Tensor* constant() const { return info.constant; }

 private:
  friend class Graph;
  std::string name_;
  Node* producer_ = nullptr;
  int index_ = 0;
  Graph* graph_ = nullptr;
};

/// A pointwise program that a heavy node applies to its first output before storing it. Program input 0 is that output;
/// inputs 1.. are the node's inputs from `base_inputs` on (they broadcast to the output).
struct Epilogue {
  PwProgram program;
  int base_inputs = 0;
};

class Node {
 public:
  const Op& op() const { return *op_; }
  bool is(const Op& o) const { return op_ == &o; }
  const std::string& name() const { return name_; }
  Graph* graph() const { return graph_; }

  const std::vector<Value*>& inputs() const { return inputs_; }  // null: optional input left out
  const std::vector<Value*>& outputs() const { return outputs_; }
  Value* input(size_t i) const { return i < inputs_.size() ? inputs_[i] : nullptr; }
  Value* output(size_t i = 0) const { return outputs_.at(i); }

  Attributes& attrs() { return *attrs_; }
  const Attributes& attrs() const { return *attrs_; }
  template <class T>
  T& attr() {
    return static_cast<T&>(*attrs_);
  }
  template <class T>
  const T& attr() const {
    return static_cast<const T&>(*attrs_);
  }

  /// Names of the model's nodes this one stands for; each original name appears in exactly one node of a finished
  /// graph.
  std::vector<std::string> origins;
  /// Fused pointwise tail; empty program: none.
  std::unique_ptr<Epilogue> epilogue;
  int base_input_count() const { return epilogue ? epilogue->base_inputs : static_cast<int>(inputs_.size()); }
  /// Bodies of control-flow operators.
  std::vector<std::unique_ptr<Graph>> subgraphs;
  /// What the user asked of this node (network API); nullopt: free.
  std::optional<DType> precision;
  std::optional<DType> output_type;
  /// The user wants it on the host although the engine runs on another device.
  bool force_host = false;

 private:
  friend class Graph;
  const Op* op_ = nullptr;
  std::string name_;
  Graph* graph_ = nullptr;
  std::vector<Value*> inputs_, outputs_;
  std::unique_ptr<Attributes> attrs_;
  std::list<std::unique_ptr<Node>>::iterator self_;
};

class Graph : public SubgraphInfo {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph() override;
  /// Deep copy; constants share storage. `map`, if given, receives old value -> new value.
  std::unique_ptr<Graph> clone(std::map<const Value*, Value*>* map = nullptr) const;

  // Building.
  Value* add_input(std::string name, DType type, Shape shape);
  /// Appends a node, gives its outputs fresh names (name, name:1, ...) and infers its outputs' facts at once. Throws
  /// ModelError with the node's name where the operator's rule refuses. `outputs` -1: the operator's own number.
  Node* add(const Op& op, std::string name, std::vector<Value*> inputs, std::unique_ptr<Attributes> attrs = nullptr,
            int outputs = -1);
  /// The same for control flow: bodies are given along.
  Node* add_control(const Op& op, std::string name, std::vector<Value*> inputs, std::unique_ptr<Attributes> attrs,
                    std::vector<std::unique_ptr<Graph>> bodies, int outputs);
  /// As add(), without inferring anything: for a caller that completes the node first and then infers it.
  Node* add_unchecked(const Op& op, std::string name, std::vector<Value*> inputs,
                      std::unique_ptr<Attributes> attrs = nullptr, int outputs = -1);
  /// As add(), placed before `before` in the order.
  Node* insert(Node* before, const Op& op, std::string name, std::vector<Value*> inputs,
               std::unique_ptr<Attributes> attrs = nullptr, int outputs = -1);
  template <class A>
  Node* add(const Op& op, std::string name, std::vector<Value*> inputs, A attrs, int outputs = -1) {
    return add(op, std::move(name), std::move(inputs),
               std::unique_ptr<Attributes>(std::make_unique<A>(std::move(attrs))), outputs);
  }
  template <class A>
  Node* insert(Node* before, const Op& op, std::string name, std::vector<Value*> inputs, A attrs, int outputs = -1) {
    return insert(before, op, std::move(name), std::move(inputs),
                  std::unique_ptr<Attributes>(std::make_unique<A>(std::move(attrs))), outputs);
  }
  /// A Constant node's value.
  Value* constant(std::string name, Tensor t);
  void mark_output(Value* v);
  void unmark_output(Value* v);
  /// Gives a value another, unique name (a number is appended where it is taken); returns the name used.
  const std::string& rename(Value* v, std::string name);
  void rename(Node* n, std::string name);

  // Looking.
  const std::vector<Value*>& inputs() const { return inputs_; }
  const std::vector<Value*>& outputs() const { return outputs_; }
  /// Nodes in an order in which producers come first (after sort(); building appends keep it).
  std::vector<Node*> nodes() const;
  size_t node_count() const { return nodes_.size(); }
  /// Users of a value: (node, input number), with duplicates where a node uses it twice. Graph outputs are not in it.
  const std::vector<std::pair<Node*, int>>& uses(const Value* v) const;
  bool is_output(const Value* v) const;
  /// Exactly one use, by a node, and not a graph output.
  bool single_use(const Value* v) const { return uses(v).size() == 1 && !is_output(v); }
  Value* find_value(const std::string& name) const;

  // Changing.
  void set_input(Node* n, int i, Value* v);
  void set_inputs(Node* n, std::vector<Value*> inputs);
  /// Every use of `from`, graph outputs included, becomes `to`. When `from` is a graph output its name moves to `to`.
  void replace_uses(Value* from, Value* to);
  /// Removes a node whose outputs have no uses.
  void remove(Node* n);
  void remove_output_value(Node* n, int index);  // an unused trailing output
  void remove_input(Value* v);                   // an unused graph input
  /// Removes every node without effect on an output; returns how many.
  int remove_dead();
  /// Stable topological order; throws ModelError on a cycle. The way back into a flat loop's recurrence is no cycle.
  void sort();
  /// Re-infers all facts from the inputs on.
  void infer_all();
  void infer_node(Node* n);

  /// Throws InternalError where an invariant is broken (uses, order, types, shapes).
  void verify() const;
  /// Text form, one node a line; constants by type, shape and hash.
  std::string str() const;

  // SubgraphInfo.
  std::vector<TensorInfo> infer(std::span<const TensorInfo> inputs) override;
  size_t input_count() const override { return inputs_.size(); }
  size_t output_count() const override { return outputs_.size(); }

  std::string name;

 private:
  Value* new_value(std::string name, Node* producer, int index);
  std::string unique_name(std::string name);
  Node* place(std::list<std::unique_ptr<Node>>::iterator at, const Op& op, std::string name, std::vector<Value*> inputs,
              std::unique_ptr<Attributes> attrs, int outputs, std::vector<std::unique_ptr<Graph>> bodies,
              bool checked = true);
  void add_use(Value* v, Node* n, int i);
  void drop_use(Value* v, Node* n, int i);

  std::list<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Value>> values_;
  std::vector<Value*> inputs_, outputs_;
  std::map<const Value*, std::vector<std::pair<Node*, int>>> uses_;
  std::map<std::string, Value*> by_name_;
  std::map<std::string, int> name_counter_;
};

}  // namespace hone::ir

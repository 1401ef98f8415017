// One import under way: the model, its functions, the names that were given out, and what went wrong so far.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "import/onnx/importer.h"
#include "import/onnx/proto.h"
#include "import/onnx/scope.h"

namespace hone::onnx {

/// Thrown through a handler whose body holds errors that were reported already.
struct AlreadyReported {};

class Session {
 public:
  Session(std::shared_ptr<ModelFile> file, ImportResult& result);
  /// Imports the main graph into `graph`.
  void run(ir::Graph& graph);

  const ModelFile& file() const { return *file_; }

  // For handlers of control flow.
  /// What a name stands for in `scope`: its own entry or that of a parent in the same graph; null: unknown.
  const Entry* find(Scope& scope, const std::string& name);
  /// Imports nodes and initialisers of a subgraph whose inputs are already bound in `scope`; returns its outputs.
  /// Throws AlreadyReported where something in it was refused.
  std::vector<Entry> import_body(const proto::GraphProto& g, Scope& scope);
  /// Makes the outer values that `bodies` use known in `scope`, a scope of another graph than `outer`'s: constants are
  /// repeated there, other values become inputs of that graph. Returns the outer values in the order of those inputs.
  Values capture(const std::vector<const proto::GraphProto*>& bodies, Scope& outer, Scope& scope);
  std::string unique_node_name(std::string name);
  /// A scope inside `outer` for a subgraph of node `node`, in `graph`.
  Scope inner_scope(Scope& outer, ir::Graph& graph, const NodeView& node, const std::string& what);
  int next_accumulator() { return ++accumulators_; }
  /// Type and shape that the model declares for a value; throws where it declares none. Unnamed dims become symbols
  /// of their own.
  std::pair<DType, Shape> declared_type(const proto::ValueInfoProto& v);
  Dim symbol(const std::string& name);

 private:
  using Nodes = google::protobuf::RepeatedPtrField<proto::NodeProto>;

  struct Refusal {
    import::Cause cause;
    std::string reason, remedy;
  };
  /// Why no operator or function stands behind the node; nullopt: one does.
  std::optional<Refusal> unknown_operator(const proto::NodeProto& n, const Scope& scope) const;
  /// Reports unknown operators that the import has not come to, in bodies and functions too.
  void list_unknown(const Nodes& nodes, const Scope& scope, bool main);
  Opsets function_opsets(const proto::FunctionProto& f) const;
  void import_inputs(const proto::GraphProto& g, Scope& scope);
  void import_outputs(const proto::GraphProto& g, Scope& scope);
  void bind_initializers(const proto::GraphProto& g, Scope& scope);
  void import_nodes(const Nodes& nodes, Scope& scope, bool main);
  std::vector<int> order(const Nodes& nodes, Scope& scope);
  void import_node(const proto::NodeProto& n, Scope& scope);
  void run_handler(const NodeView& view, Scope& scope);
  void call_function(const proto::FunctionProto& f, const NodeView& view, Scope& scope);
  void bind_results(const NodeView& view, Scope& scope, std::vector<Entry> results,
                    const std::vector<ir::Node*>& created);
  bool mark_failed(const proto::NodeProto& n, Scope& scope);
  void report(const proto::NodeProto& n, const Scope& scope, const std::string& name, int64_t opset,
              import::Cause cause, std::string reason, std::string remedy);
  void report_model(import::Cause cause, std::string reason);
  const proto::FunctionProto* find_function(const proto::NodeProto& n) const;
  int64_t opset_of(const std::string& domain, const Scope& scope) const;

  std::shared_ptr<ModelFile> file_;
  ImportResult& result_;
  Opsets opsets_;
  std::map<std::string, const proto::FunctionProto*> functions_;
  std::set<const proto::NodeProto*> reported_;
  std::set<const proto::FunctionProto*> looked_into_;
  std::set<std::string> node_names_;
  std::map<std::string, int> name_counter_;
  std::map<std::string, std::string> symbols_;  // the model's name -> ours
  std::set<std::string> symbol_names_;
  int accumulators_ = 0;
  int64_t imported_ = 0;
  int64_t main_index_ = -1;
};

/// Names that a graph's nodes and outputs use and do not define, in order of first use.
std::vector<std::string> free_names(const proto::GraphProto& g);

}  // namespace hone::onnx

// What an operator is: its attributes, its shape and type rule, and a plain reference evaluation. Nothing here knows
// about graphs or devices; nothing about speed.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ops/attributes.h"
#include "ops/dim.h"
#include "ops/program.h"
#include "ops/tensor.h"

namespace hone {

/// What is known of a value at build time.
struct TensorInfo {
  DType type = DType::kF32;
  Shape shape;
  /// Elements (row-major) of a small integer or bool tensor as expressions over shape symbols, where known.
  std::optional<std::vector<Dim>> content;
  /// The value itself, where it is a constant; not owned.
  const Tensor* constant = nullptr;
  bool operator==(const TensorInfo& o) const { return type == o.type && shape == o.shape && content == o.content; }
};
/// Contents of more elements than this are not tracked.
inline constexpr int64_t kMaxContent = 1024;

/// Elements of an integer tensor as dims: from the constant or the tracked content; nullopt where unknown.
std::optional<std::vector<Dim>> known_content(const TensorInfo& t);

/// Body of a control-flow operator, as its infer rule sees it (implemented by ir::Graph).
class SubgraphInfo {
 public:
  virtual ~SubgraphInfo() = default;
  /// Gives the body's inputs these facts, infers through it and returns the facts of its outputs.
  virtual std::vector<TensorInfo> infer(std::span<const TensorInfo> inputs) = 0;
  virtual size_t input_count() const = 0;
  virtual size_t output_count() const = 0;
};

/// Arguments of a shape rule. Throw ModelError for what the operator does not allow, Unsupported for what Hone lacks.
class InferContext {
 public:
  Attributes* attrs = nullptr;
  std::vector<const TensorInfo*> inputs;  // null: optional input left out
  std::vector<TensorInfo> outputs;        // sized by the node; the rule fills them
  std::vector<SubgraphInfo*> subgraphs;
  std::string node_name;

  template <class T>
  const T& attr() const {
    return static_cast<const T&>(*attrs);
  }
  bool has(size_t i) const { return i < inputs.size() && inputs[i] != nullptr; }
  /// Input i; throws ModelError when it is missing.
  const TensorInfo& in(size_t i) const;
  /// A symbol for a dimension that only running the node tells, unique by node and index.
  Dim data_dependent(int index) const;
};

/// Arguments of the reference evaluation. Outputs come allocated when the shape rule could tell their dims, else the
/// evaluation allocates them.
class EvalContext {
 public:
  const Attributes* attrs = nullptr;
  std::vector<const Tensor*> inputs;
  std::vector<Tensor> outputs;

  template <class T>
  const T& attr() const {
    return static_cast<const T&>(*attrs);
  }
  bool has(size_t i) const { return i < inputs.size() && inputs[i] != nullptr; }
  const Tensor& in(size_t i) const { return *inputs.at(i); }
  /// Output i with these dims: the one allocated before if it fits, else a new one.
  Tensor& out(size_t i, DType type, const Dims& dims);
  Tensor& out(size_t i) { return outputs.at(i); }
};

enum OpFlags : uint32_t {
  kNoFlags = 0,
  kPointwise = 1,      // every output element depends on the matching (broadcast) input elements only
  kView = 2,           // moves data only: reshape, transpose, slice, concat ...
  kDataDependent = 4,  // output shape depends on input data
  kSideEffect = 8,     // must not be removed or folded (assertions, random numbers)
  kControlFlow = 16,   // has subgraphs; run by the executor itself
  kHeavy = 32,         // convolution, matrix product, attention: takes an epilogue
};

struct Op {
  const char* name;
  uint32_t flags;
  int min_inputs, max_inputs;  // max -1: any number
  int outputs;                 // -1: the node decides
  std::unique_ptr<Attributes> (*make_attrs)();
  void (*infer)(InferContext&);
  void (*eval)(EvalContext&);  // null only for control flow
  /// The largest that data_dependent(0), the only unknown extent of a kDataDependent operator, may be.
  Dim (*bound)(const InferContext&) = nullptr;

  bool has(OpFlags f) const { return (flags & f) != 0; }
};

template <class T>
std::unique_ptr<Attributes> make_attrs() {
  return std::make_unique<T>();
}

/// All operators, in the order of ops.def.
std::span<const Op* const> all_ops();
/// By name; null when there is none.
const Op* find_op(std::string_view name);

/// Shape rule of one node for known facts: calls op.infer with checked arity and adds context to errors.
void infer(const Op& op, InferContext& c);
/// Runs the reference on concrete tensors: infers the output dims, allocates, evaluates.
std::vector<Tensor> evaluate(const Op& op, const Attributes& attrs, std::span<const Tensor* const> inputs,
                             size_t outputs);

// Helpers for shape rules.
/// NumPy broadcasting; symbolic dims must be provably equal or 1, else a runtime-checked max is assumed: the dim that
/// is not 1.
Shape broadcast(const Shape& a, const Shape& b);
/// Axis in [-rank, rank) to [0, rank); throws ModelError outside.
int64_t normalize_axis(int64_t axis, int64_t rank);

// Every operator: extern const Op kXxxOp.
#define HONE_OP(Name) extern const Op k##Name##Op;
#include "ops/ops.def"
#undef HONE_OP

}  // namespace hone

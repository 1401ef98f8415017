// Names of a model and what they stand for while it is imported: a tensor, a list of tensors, nothing, or the result of
// a node that was refused.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "import/onnx/build.h"
#include "import/onnx/node_view.h"

namespace hone_onnx {
class TensorProto;
}

namespace hone::onnx {

struct Entry {
  enum class Kind {
    kTensor,
    kList,     // a sequence of known length, one value each
    kStacked,  // a sequence whose elements lie along axis 0 of `value`
    kNone,     // an optional without content
    kFailed,   // refused or behind something refused; reported already
  };
  Kind kind = Kind::kFailed;
  Value* value = nullptr;
  Values items;
  /// In a loop body: the carried sequence that `items` are appended to; 0: a list of its own.
  int accumulator = 0;
  DType element = DType::kF32;  // of an empty list

  static Entry tensor(Value* v) { return {Kind::kTensor, v, {}, 0, v->type()}; }
  static Entry list(Values v, DType element) { return {Kind::kList, nullptr, std::move(v), 0, element}; }
  static Entry stacked(Value* v) { return {Kind::kStacked, v, {}, 0, v->type()}; }
  static Entry none() { return {Kind::kNone, nullptr, {}, 0, DType::kF32}; }
};

/// Versions of operator sets by domain ("" is the standard one).
using Opsets = std::map<std::string, int64_t>;

struct Scope {
  Scope* parent = nullptr;  // names not found here are looked up there; null: none
  ir::Graph* graph = nullptr;
  std::string path;    // for messages: "function 'f' of node 'x', then_branch of node 'y'"; empty: the main graph
  std::string prefix;  // of names of inlined nodes and values
  const Opsets* opsets = nullptr;
  const AttributeMap* attributes = nullptr;  // of the function's caller
  std::map<std::string, Entry> names;
  std::map<std::string, const hone_onnx::TensorProto*> initializers;  // not used so far
  int depth = 0;
};

}  // namespace hone::onnx

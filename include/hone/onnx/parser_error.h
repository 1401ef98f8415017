// IParserError: one thing that is wrong with an ONNX model, or that Hone cannot import.
#pragma once

#include "hone/enum_max.h"

namespace nvonnxparser {

/// One more than the largest value of an enumeration of this namespace.
template <typename E>
constexpr int32_t EnumMax() noexcept;

/// Kinds of error.
enum class ErrorCode : int32_t {
  kSUCCESS = 0,                     ///< No error.
  kINTERNAL_ERROR = 1,              ///< A bug in the importer.
  kMEM_ALLOC_FAILED = 2,            ///< Memory could not be had.
  kMODEL_DESERIALIZE_FAILED = 3,    ///< The bytes are not an ONNX model.
  kINVALID_VALUE = 4,               ///< An argument or value is out of range.
  kINVALID_GRAPH = 5,               ///< The graph contradicts the rules of ONNX.
  kINVALID_NODE = 6,                ///< A node contradicts the rules of its operator.
  kUNSUPPORTED_GRAPH = 7,           ///< The graph is valid but cannot be imported.
  kUNSUPPORTED_NODE = 8,            ///< The operator or this use of it cannot be imported.
  kUNSUPPORTED_NODE_ATTR = 9,       ///< An attribute of the node has a value that cannot be imported.
  kUNSUPPORTED_NODE_INPUT = 10,     ///< An input of the node cannot be imported as it is.
  kUNSUPPORTED_NODE_DATATYPE = 11,  ///< An element type of the node cannot be imported.
  kUNSUPPORTED_NODE_DYNAMIC = 12,   ///< Something must be known while building and is not.
  kUNSUPPORTED_NODE_SHAPE = 13,     ///< A shape of the node cannot be imported.
  kREFIT_FAILED = 14,               ///< Weights could not be replaced.
};

/// One more than the largest value of ErrorCode.
template <>
constexpr int32_t EnumMax<ErrorCode>() noexcept {
  return 15;
}

/// One error. Owned by the parser, valid until its next call that parses or clears. Texts are never null.
class IParserError {
 public:
  /// The kind of error.
  virtual ErrorCode code() const noexcept = 0;
  /// What is wrong and, where it can be told, what to do.
  virtual char const* desc() const noexcept = 0;
  /// Source file of the importer that found it.
  virtual char const* file() const noexcept = 0;
  /// Line in that file.
  virtual int32_t line() const noexcept = 0;
  /// Function in that file.
  virtual char const* func() const noexcept = 0;
  /// Index of the node in the main graph, -1 when it is not about a node.
  virtual int32_t node() const noexcept = 0;
  /// Name of the node; empty when it has none.
  virtual char const* nodeName() const noexcept = 0;
  /// Operator of the node.
  virtual char const* nodeOperator() const noexcept = 0;
  /// Names of the local functions around the node, outermost first.
  virtual char const* const* localFunctionStack() const noexcept = 0;
  /// Number of these names.
  virtual int32_t localFunctionStackSize() const noexcept = 0;
  virtual ~IParserError() noexcept = default;
};

}  // namespace nvonnxparser

// The operator table with its handlers.
#pragma once

#include <string>

#include "import/onnx/context.h"
#include "import/onnx/importer.h"

namespace hone::onnx {

struct Operator : OperatorRow {
  Handler handler;
};
/// Null where the table has no such operator.
const Operator* find_operator(const std::string& domain, const std::string& type);
/// The last version of an operator's definition that `opset` sees; 0: none.
int64_t since_version(const Operator& op, int64_t opset);

// Handlers, one extern function per name in ops.def.
#define HONE_ONNX(Name, Domain, Since, Handler, Types, Notes) void Handler(OnnxContext&, const NodeView&);
#include "import/onnx/ops.def"
#undef HONE_ONNX

}  // namespace hone::onnx

// Conversions of the element type.
#include "ops/cast.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/model_file.h"
#include "ops/bit_cast.h"

namespace hone::onnx {

namespace {
DType target(const NodeView& n) {
  const int64_t to = n.i("to");
  require<ModelError>(to >= 0 && to < 1000, "{} is not an ONNX element type", to);
  return dtype_of_onnx(static_cast<int>(to));
}

void convert(OnnxContext& c, const NodeView& n, DType to) {
  Value* x = c.in(0);
  if (x->type() == to) return c.set(0, x);
  CastAttrs a;
  a.to = to;
  a.saturate = n.flag("saturate", true);
  c.set(0, c.make(kCastOp, {x}, std::move(a)));
}
}  // namespace

void import_cast(OnnxContext& c, const NodeView& n) { convert(c, n, target(n)); }
void import_cast_like(OnnxContext& c, const NodeView& n) { convert(c, n, c.in(1)->type()); }

void import_bit_cast(OnnxContext& c, const NodeView& n) {
  BitCastAttrs a;
  a.to = target(n);
  c.set(0, c.make(kBitCastOp, {c.in(0)}, std::move(a)));
}

}  // namespace hone::onnx

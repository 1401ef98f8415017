// BitCast: the same bits read as another type of the same width.
#include "ops/bit_cast.h"

#include <cstring>

namespace hone {

static void infer(InferContext& c) {
  const TensorInfo& x = c.in(0);
  const DType to = c.attr<BitCastAttrs>().to;
  require<ModelError>(bits(x.type) == bits(to), "BitCast from {} to {}: widths differ", name(x.type), name(to));
  c.outputs[0] = {to, x.shape, std::nullopt, nullptr};
}

static void eval(EvalContext& c) {
  const Tensor& x = c.in(0);
  Tensor& y = c.out(0, c.attr<BitCastAttrs>().to, x.dims());
  if (y.type() == DType::kBool) {  // a bool holds 0 or 1 and nothing else
    for (int64_t i = 0; i < x.count(); ++i) y.data<bool>()[i] = x.data<uint8_t>()[i] != 0;
  } else if (x.bytes() > 0) {
    std::memcpy(y.raw(), x.raw(), x.bytes());
  }
}

const Op kBitCastOp = {"BitCast", kNoFlags, 1, 1, 1, make_attrs<BitCastAttrs>, infer, eval};

}  // namespace hone

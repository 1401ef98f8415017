// Fourier transforms, windows of signal processing and random numbers.
#include <cmath>

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/model_file.h"
#include "ops/dft.h"
#include "ops/fill.h"
#include "ops/stft.h"

namespace hone::onnx {

void import_dft(OnnxContext& c, const NodeView& n) {
  DftAttrs a;
  a.inverse = n.flag("inverse");
  a.onesided = n.flag("onesided");
  Value *x = c.in(0), *length = c.opt(1);
  const int64_t rank = x->rank();
  int64_t axis = n.i("axis", 1);
  if (n.opset() >= 20) {
    const auto k = c.static_ints(2, "the axis");
    axis = k ? k->at(0) : -2;
  }
  a.axis = normalize_axis(axis, rank);
  c.set(0, c.make(kDftOp, {x, length != nullptr ? c.to_i64(length) : nullptr}, std::move(a)));
}

void import_stft(OnnxContext& c, const NodeView& n) {
  StftAttrs a;
  a.onesided = n.flag("onesided", true);
  Value *signal = c.in(0), *step = c.to_i64(c.in(1)), *length = c.opt(3);
  c.set(0, c.make(kStftOp, {signal, step, c.opt(2), length != nullptr ? c.to_i64(length) : nullptr}, std::move(a)));
}

void import_window_function(OnnxContext& c, const NodeView& n) {
  // Weighted cosines of the position in the window.
  double a0 = 0.5, a1 = 0.5, a2 = 0;
  if (n.type() == "HammingWindow") a0 = 25.0 / 46.0, a1 = 21.0 / 46.0;
  if (n.type() == "BlackmanWindow") a0 = 0.42, a1 = 0.5, a2 = 0.08;
  Value* size = c.to_i64(c.in(0));
  if (size->rank() == 1) size = c.squeeze(size, {0});
  Value* index = c.cast(c.make(kRangeOp, {c.int_scalar(0), size, c.int_scalar(1)}), DType::kF32);
  Value* period = c.cast(size, DType::kF32);
  if (!n.flag("periodic", true)) period = c.sub(period, c.scalar(DType::kF32, 1));
  Value* phase = c.div(c.mul(index, c.scalar(DType::kF32, 2 * M_PI)), period);
  Value* y = c.map(ScalarFn::kAffine, {c.map(ScalarFn::kCos, {phase})}, -a1, a0);
  if (a2 != 0) {
    Value* twice = c.mul(phase, c.scalar(DType::kF32, 2));
    y = c.add(y, c.mul(c.map(ScalarFn::kCos, {twice}), c.scalar(DType::kF32, a2)));
  }
  c.set(0, c.cast(y, dtype_of_onnx(static_cast<int>(n.i("output_datatype", 1)))));
}

void import_random(OnnxContext& c, const NodeView& n) {
  FillAttrs a;
  const bool normal = n.type().find("Normal") != std::string::npos;
  const bool like = n.type().find("Like") != std::string::npos;
  a.kind = normal ? FillKind::kRandomNormal : FillKind::kRandomUniform;
  a.alpha = normal ? n.f("mean", 0) : n.f("low", 0);
  a.beta = normal ? n.f("scale", 1) : n.f("high", 1);
  a.seed = static_cast<int64_t>(n.f("seed", 0));
  a.type = n.has("dtype") ? dtype_of_onnx(static_cast<int>(n.i("dtype"))) : like ? c.in(0)->type() : DType::kF32;
  Values in;
  if (like) {
    in.push_back(c.shape_of(c.in(0)));
  } else {
    a.shape = n.ints("shape");
  }
  c.set(0, c.make(kFillOp, in, std::move(a)));
}

}  // namespace hone::onnx

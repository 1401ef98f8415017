// Axes to extents and distances. Batches must be uniform: an operand has all of the output's or none.
#include "backends/cuda/tactics/library/product.h"

#include <algorithm>

#include "backends/layout.h"
#include "ops/convolution.h"
#include "ops/matmul.h"

namespace hone::cuda {
namespace {

bool is_unit(int64_t v) { return v == 1; }

Dims batch_dims(const Dims& d, size_t matrix_axes) {
  return {d.begin(), d.end() - static_cast<ptrdiff_t>(matrix_axes)};
}

/// Elements between items: 0 where there is one item for all, nullopt where some axes are broadcast and others not. The
/// tensor is linear, so that the innermost axis that has an extent tells; formats give the others any stride.
std::optional<int64_t> batch_stride(const TensorDesc& t, size_t matrix_axes, const Dims& out_batch) {
  const Dims own = batch_dims(t.dims, matrix_axes);
  const auto innermost = std::find_if_not(own.rbegin(), own.rend(), is_unit);
  if (innermost == own.rend()) return 0;
  Dims padded(out_batch.size() - own.size(), 1);
  padded.insert(padded.end(), own.begin(), own.end());
  if (padded != out_batch) return std::nullopt;
  return element_strides(t)[static_cast<size_t>(own.rend() - innermost) - 1];
}

std::optional<Product> matmul_product(const Problem& p, std::string* why_not) {
  const auto& attrs = p.attr<MatMulAttrs>();
  const TensorDesc &a = p.inputs[0], &b = p.inputs[1], &y = p.outputs[0];
  const bool row_vector = attrs.op_a == MatrixOp::kVector, column_vector = attrs.op_b == MatrixOp::kVector;
  const size_t axes_a = row_vector ? 1 : 2, axes_b = column_vector ? 1 : 2;
  const size_t axes_y = (row_vector ? 0u : 1u) + (column_vector ? 0u : 1u);
  const auto sa = element_strides(a), sb = element_strides(b), sy = element_strides(y);
  const size_t ra = a.dims.size(), rb = b.dims.size(), ry = y.dims.size();
  Product q;
  q.a.transposed = attrs.op_a == MatrixOp::kTranspose,
  q.b.transposed = column_vector || attrs.op_b == MatrixOp::kTranspose;
  q.m = row_vector ? 1 : a.dims[ra - (q.a.transposed ? 1 : 2)];
  q.k = a.dims[ra - (q.a.transposed ? 2 : 1)];
  q.n = column_vector ? 1 : b.dims[rb - (q.b.transposed ? 2 : 1)];
  q.a.distance = row_vector ? q.k : sa[ra - 2];
  q.b.distance = column_vector ? q.k : sb[rb - 2];
  q.d.distance = row_vector ? q.n : sy[ry - (column_vector ? 1 : 2)];
  const Dims out_batch = batch_dims(y.dims, axes_y);
  const auto stride_a = batch_stride(a, axes_a, out_batch), stride_b = batch_stride(b, axes_b, out_batch);
  if (!stride_a || !stride_b) {
    *why_not = "an operand is broadcast along some batch axes only";
    return std::nullopt;
  }
  q.batch = volume(out_batch), q.a.batch_stride = *stride_a, q.b.batch_stride = *stride_b;
  q.d.batch_stride = *batch_stride(y, axes_y, out_batch);
  // One second operand for all items: their rows are one tall matrix.
  const bool stacked = q.a.batch_stride == q.m * q.a.distance && q.d.batch_stride == q.m * q.d.distance;
  if (q.batch > 1 && q.b.batch_stride == 0 && !q.a.transposed && stacked) {
    q.m *= q.batch;
    q.batch = 1;
  }
  return q;
}

std::optional<Product> pixel_product(const Problem& p, std::string* why_not) {
  const auto& attrs = p.attr<ConvolutionAttrs>();
  const TensorDesc &x = p.inputs[0], &w = p.inputs[1], &y = p.outputs[0];
  const auto refuse = [&](const char* reason) {
    *why_not = reason;
    return std::nullopt;
  };
  if (attrs.groups != 1 || !std::all_of(w.dims.begin() + 2, w.dims.end(), is_unit))
    return refuse("the convolution is no matrix product");
  const Window window = complete(attrs.window, x.dims.size() - 2);
  if (!std::all_of(window.stride.begin(), window.stride.end(), is_unit) ||
      !std::equal(x.dims.begin() + 2, x.dims.end(), y.dims.begin() + 2))
    return refuse("the convolution moves in steps or has padding");
  const bool last = x.format == Format::kChannelsLast || is_linear({x.type, Format::kChannelsLast, x.dims});
  if (!last || x.format != y.format) return refuse("needs channels-last images");
  if (p.constant(1) == nullptr && !is_linear(w)) return refuse("needs linear weights");
  Product q;
  q.m = x.count() / std::max<int64_t>(x.channels(), 1), q.k = x.channels(), q.n = y.channels();
  q.a.distance = x.format == Format::kChannelsLast ? x.pixel_pitch() : x.channels();
  q.d.distance = y.format == Format::kChannelsLast ? y.pixel_pitch() : y.channels();
  q.b = {true, q.k, 0};
  if (x.format == Format::kLinear && (x.pitch > 0 || y.pitch > 0)) return refuse("needs dense images");
  return q;
}

/// A vector along the product's columns.
bool is_bias(const Problem& p, const TensorDesc& t) {
  const Dims& out = p.outputs[0].dims;
  const size_t column = p.op == &kConvolutionOp ? 1 : out.size() - 1;
  if (t.dims.size() > out.size() || t.count() != out[column] || (t.dims.size() > 1 && t.pitch > 0)) return false;
  const size_t lead = out.size() - t.dims.size();
  return column >= lead && t.dims[column - lead] == out[column];
}

/// A tensor that lies like the output, whose rows may have another distance.
bool is_residual(const Problem& p, const TensorDesc& t) {
  const TensorDesc& y = p.outputs[0];
  return t.dims == y.dims && t.format == y.format && t.type == y.type && t.pitch == y.pitch;
}

}  // namespace

std::optional<Product> product_of(const Problem& p, std::string* why_not) {
  if (p.base_inputs() < 2 || !p.has(0) || !p.has(1)) {
    *why_not = "takes two operands";
    return std::nullopt;
  }
  const TensorDesc &a = p.inputs[0], &b = p.inputs[1], &y = p.outputs[0];
  if (a.count() == 0 || b.count() == 0 || y.count() == 0) {
    *why_not = "does not handle empty tensors";
    return std::nullopt;
  }
  if (p.op == &kConvolutionOp) return pixel_product(p, why_not);
  for (const TensorDesc* t : {&a, &b, &y})
    if (!is_linear(*t)) {
      *why_not = "reads and writes linear tensors";
      return std::nullopt;
    }
  return matmul_product(p, why_not);
}

std::optional<FusedTail> tail_of(const Problem& p, const Product& product, bool split, std::string* why_not) {
  FusedTail tail;
  const auto refuse = [&](std::string reason) {
    *why_not = std::move(reason);
    return std::nullopt;
  };
  if (p.base_inputs() > 2 && p.has(2)) tail.bias = 2;
  if (split || !p.has_epilogue()) return tail;
  const PwProgram& program = *p.epilogue.program;
  if (program.outputs.size() != 1) return refuse("the epilogue has several outputs");
  if (p.op != &kConvolutionOp && product.n != p.outputs[0].dims.back()) return refuse("vectors have no epilogue");
  int current = 0;
  for (size_t i = 0; i < program.code.size(); ++i) {
    const PwInstr& instr = program.code[i];
    const bool first = instr.operand[0] == current;
    if (!first && !(arity(instr.fn) == 2 && instr.operand[1] == current)) return refuse("the epilogue is not a chain");
    current = program.inputs + static_cast<int>(i);
    if (instr.fn == ScalarFn::kIdentity) continue;
    if (tail.activation != FusedTail::Activation::kNone) return refuse("the epilogue goes on after its activation");
    if (instr.fn == ScalarFn::kRelu) {
      tail.activation = FusedTail::Activation::kRelu;
    } else if (instr.fn == ScalarFn::kGeluTanh) {
      tail.activation = FusedTail::Activation::kGeluTanh;
    } else if (instr.fn == ScalarFn::kAdd) {
      const int other = first ? instr.operand[1] : instr.operand[0];
      if (other <= 0 || other >= program.inputs) return refuse("the epilogue is not a chain");
      const int input = static_cast<int>(p.base_inputs()) + other - 1;
      const TensorDesc& t = p.inputs[static_cast<size_t>(input)];
      if (tail.bias < 0 && is_bias(p, t))
        tail.bias = input;
      else if (tail.residual < 0 && is_residual(p, t))
        tail.residual = input;
      else
        return refuse("the library does not add this operand");
    } else {
      return refuse(fmt::format("the library has no {}", name(instr.fn)));
    }
  }
  if (program.outputs[0] != current) return refuse("the epilogue does not end in its last instruction");
  if (tail.residual >= 0 && tail.activation != FusedTail::Activation::kNone)
    return refuse("the library has no activation of a sum with another tensor");
  return tail;
}

}  // namespace hone::cuda

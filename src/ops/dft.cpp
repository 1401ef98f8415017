// Discrete Fourier transform: shape rule and reference evaluation.
#include "ops/dft.h"

#include "ops/fft.h"
#include "ops/reference.h"

namespace hone {
namespace {

size_t signal_axis(int64_t axis, size_t rank) {
  const auto a = static_cast<size_t>(normalize_axis(axis, static_cast<int64_t>(rank)));
  require<ModelError>(a + 1 < rank, "the last axis holds real and imaginary parts and cannot be transformed");
  return a;
}

bool to_real(const DftAttrs& a) { return a.inverse && a.onesided; }

void infer_dft(InferContext& c) {
  const auto& a = c.attr<DftAttrs>();
  const Shape& x = c.in(0).shape;
  require_float(c.in(0), "data of a Fourier transform");
  require<ModelError>(x.size() >= 2, "a Fourier transform needs data [..., n, 1 or 2], got {}", str(x));
  const Dim parts = x.back();
  require<ModelError>(!parts.is_const() || parts.is(1) || parts.is(2),
                      "the last axis of a Fourier transform has extent {}, not 1 or 2", parts.str());
  require<ModelError>(!a.onesided || a.inverse || !parts.is(2), "a one-sided transform needs real data");
  require<ModelError>(!to_real(a) || !parts.is(1), "a one-sided inverse transform needs complex data");
  const auto given_axis = known_scalar(c, 2, "the axis of a Fourier transform");
  require<Unsupported>(!given_axis || given_axis->is_const(),
                       "the axis of a Fourier transform is computed at run time");
  const size_t axis = signal_axis(given_axis ? given_axis->value() : a.axis, x.size());
  Dim length = to_real(a) ? Dim(2) * (x[axis] - 1) : x[axis];
  if (c.has(1)) {
    const auto content = known_content(c.in(1));
    require<ModelError>(!content || content->size() == 1, "the length of a Fourier transform must be one number");
    length = content ? content->front() : c.data_dependent(0);
  }
  if (length.is_const()) require<ModelError>(length.value() >= 1, "a Fourier transform of length {}", length.value());
  Shape out = x;
  const bool any_length = length == c.data_dependent(0);  // then the extent is the symbol, whatever it stands for
  out[axis] = a.onesided && !a.inverse && !any_length ? floor_div(length, 2) + 1 : length;
  out.back() = to_real(a) ? 1 : 2;
  c.outputs[0] = {c.in(0).type, out, std::nullopt, nullptr};
}

void eval_dft(EvalContext& c) {
  const auto& a = c.attr<DftAttrs>();
  const Dims& in = c.in(0).dims();
  const size_t axis = signal_axis(scalar_or(c, 2, a.axis), in.size());
  const int64_t n = scalar_or(c, 1, to_real(a) ? 2 * (in[axis] - 1) : in[axis]);
  require<ModelError>(n >= 1 && n < (int64_t{1} << 28), "a Fourier transform of length {}", n);
  Dims out = in;
  out[axis] = a.onesided && !a.inverse ? n / 2 + 1 : n;
  out.back() = to_real(a) ? 1 : 2;
  const int64_t parts = in.back(), out_parts = out.back();
  const AxisView from(in, axis), to(out, axis);
  const std::vector<double> x = c.in(0).as_doubles();
  Tensor y(DType::kF64, out);
  const int64_t signals = from.inner / parts;
  std::vector<std::complex<double>> line(static_cast<size_t>(n));
  for (int64_t s = 0; s < from.outer * signals; ++s) {
    const int64_t begin = s / signals * from.extent * from.inner + s % signals * parts;
    auto load = [&](int64_t k) {
      const auto at = static_cast<size_t>(begin + k * from.inner);
      return std::complex<double>(x[at], parts == 2 ? x[at + 1] : 0);
    };
    for (int64_t k = 0; k < n; ++k) line[static_cast<size_t>(k)] = k < from.extent ? load(k) : 0;
    if (to_real(a)) {  // the upper half mirrors the lower; what is real by symmetry counts as real
      for (int64_t k = n / 2 + 1; k < n; ++k)
        line[static_cast<size_t>(k)] = std::conj(line[static_cast<size_t>(n - k)]);
      line[0].imag(0);
      if (n % 2 == 0) line[static_cast<size_t>(n / 2)].imag(0);
    }
    const auto result = dft(line, a.inverse);
    const double scale = a.inverse ? 1 / static_cast<double>(n) : 1;
    double* target = y.data<double>() + s / signals * to.extent * to.inner + s % signals * out_parts;
    for (int64_t k = 0; k < to.extent; ++k) {
      target[k * to.inner] = result[static_cast<size_t>(k)].real() * scale;
      if (out_parts == 2) target[k * to.inner + 1] = result[static_cast<size_t>(k)].imag() * scale;
    }
  }
  c.out(0) = y.to(c.in(0).type());
}

}  // namespace

const Op kDftOp = {"Dft", kNoFlags, 1, 3, 1, make_attrs<DftAttrs>, infer_dft, eval_dft};

}  // namespace hone

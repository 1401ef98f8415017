// Short-time Fourier transform: shape rule and reference evaluation.
#include "ops/stft.h"

#include "ops/fft.h"
#include "ops/reference.h"

namespace hone {
namespace {

// A number, or a symbol for what only the run tells.
Dim scalar(const InferContext& c, size_t i, int symbol, const char* what) {
  const auto v = known_content(c.in(i));
  require<ModelError>(!v || v->size() == 1, "{} must be one number", what);
  return v ? v->front() : c.data_dependent(symbol);
}

void infer_stft(InferContext& c) {
  const auto& a = c.attr<StftAttrs>();
  const Shape& x = c.in(0).shape;
  require_float(c.in(0), "the signal");
  require<ModelError>(x.size() == 3 && (!x[2].is_const() || x[2].is(1) || x[2].is(2)),
                      "the signal must be [B, n, 1 or 2], is {}", str(x));
  require<ModelError>(!a.onesided || !x[2].is(2), "a one-sided transform needs a real signal");
  const Dim step = scalar(c, 1, 0, "the frame step");
  require<ModelError>(!step.is_const() || step.value() >= 1, "the frame step is {}", step.str());
  Dim length = x[1];
  if (c.has(2)) {
    require<ModelError>(c.in(2).shape.size() == 1, "the window has shape {}", str(c.in(2).shape));
    require_type_of_first(c, 2, "the window");
    length = c.in(2).shape[0];
  }
  if (c.has(3)) {
    const Dim given = scalar(c, 3, 1, "the frame length");
    if (c.has(2)) require_same_dim(given, length, "frame length and window");
    if (!c.has(2)) length = given;
  }
  if (length.is_const()) require<ModelError>(length.value() >= 1, "frames of {} samples", length.value());
  const Dim room = x[1] - length;
  require<ModelError>(!room.is_const() || room.value() >= 0, "a frame of {} samples exceeds the signal of {}",
                      length.str(), x[1].str());
  // A symbol of the run is bound by an extent that it is, so unknown extents are symbols themselves.
  const bool any_length = length == c.data_dependent(1), any_step = step == c.data_dependent(0);
  const Dim frames = any_step || any_length ? c.data_dependent(2) : floor_div(room, step) + 1;
  const Dim bins = !a.onesided ? length : any_length ? c.data_dependent(3) : floor_div(length, 2) + 1;
  c.outputs[0] = {c.in(0).type, {x[0], frames, bins, 2}, std::nullopt, nullptr};
}

void eval_stft(EvalContext& c) {
  const auto& a = c.attr<StftAttrs>();
  const Dims& in = c.in(0).dims();
  const int64_t batch = in[0], samples = in[1], parts = in[2], step = scalar_or(c, 1, 0);
  const int64_t length = scalar_or(c, 3, c.has(2) ? c.in(2).count() : samples);
  require<ModelError>(step >= 1 && length >= 1 && length <= samples, "frames of {} samples every {} of {}", length,
                      step, samples);
  const int64_t frames = (samples - length) / step + 1, bins = a.onesided ? length / 2 + 1 : length;
  const std::vector<double> x = c.in(0).as_doubles();
  const std::vector<double> window =
      c.has(2) ? c.in(2).as_doubles() : std::vector<double>(static_cast<size_t>(length), 1);
  require<ModelError>(static_cast<int64_t>(window.size()) == length, "the window has {} samples, a frame {}",
                      window.size(), length);
  Tensor y(DType::kF64, {batch, frames, bins, 2});
  double* to = y.data<double>();
  parallel_for(batch * frames, 1, [&](int64_t begin, int64_t end) {
    std::vector<std::complex<double>> frame(static_cast<size_t>(length));
    for (int64_t f = begin; f < end; ++f) {
      const int64_t first = (f / frames * samples + f % frames * step) * parts;
      for (size_t k = 0; k < frame.size(); ++k) {
        const size_t at = static_cast<size_t>(first) + k * static_cast<size_t>(parts);
        frame[k] = std::complex<double>(x[at], parts == 2 ? x[at + 1] : 0) * window[k];
      }
      const auto spectrum = dft(frame, false);
      for (int64_t k = 0; k < bins; ++k) {
        to[(f * bins + k) * 2] = spectrum[static_cast<size_t>(k)].real();
        to[(f * bins + k) * 2 + 1] = spectrum[static_cast<size_t>(k)].imag();
      }
    }
  });
  c.out(0) = y.to(c.in(0).type());
}

}  // namespace

const Op kStftOp = {"Stft", kNoFlags, 2, 4, 1, make_attrs<StftAttrs>, infer_stft, eval_stft};

}  // namespace hone

// ReverseSequence: the first lengths[b] entries of each batch entry in reverse order.
#include "ops/reverse_sequence.h"

#include <cstring>

#include "ops/movement.h"

namespace hone {
namespace {

struct Axes {
  size_t batch, time;
};

Axes axes_of(const ReverseSequenceAttrs& a, size_t rank) {
  const auto r = static_cast<int64_t>(rank);
  const Axes x{static_cast<size_t>(normalize_axis(a.batch_axis, r)),
               static_cast<size_t>(normalize_axis(a.time_axis, r))};
  require<ModelError>(x.batch != x.time, "ReverseSequence: batch and time are both axis {}", x.batch);
  return x;
}

void infer(InferContext& c) {
  const TensorInfo &x = c.in(0), &lengths = c.in(1);
  const Axes a = axes_of(c.attr<ReverseSequenceAttrs>(), x.shape.size());
  check_index_type(lengths, "lengths of ReverseSequence");
  require<ModelError>(lengths.shape.size() == 1, "ReverseSequence: lengths are {}, not a vector", str(lengths.shape));
  const Dim &n = lengths.shape[0], &batch = x.shape[a.batch];
  require<ModelError>(!n.is_const() || !batch.is_const() || n == batch, "ReverseSequence: {} lengths for a batch of {}",
                      n.str(), batch.str());
  c.outputs[0] = {x.type, x.shape, std::nullopt, nullptr};
}

void eval(EvalContext& c) {
  const Tensor& x = c.in(0);
  const Axes a = axes_of(c.attr<ReverseSequenceAttrs>(), x.dims().size());
  Tensor& y = c.out(0, x.type(), x.dims());
  const std::vector<int64_t> lengths = c.in(1).as_ints();
  const int64_t time = x.dims()[a.time];
  require<ModelError>(static_cast<int64_t>(lengths.size()) == x.dims()[a.batch],
                      "ReverseSequence: {} lengths for a batch of {}", lengths.size(), x.dims()[a.batch]);
  for (int64_t n : lengths) require<ModelError>(n >= 0 && n <= time, "ReverseSequence: length {} of {} steps", n, time);
  const Dims s = contiguous_strides(x.dims());
  const size_t inner = std::max(a.batch, a.time) + 1;  // axes from here on move as one run
  const int64_t run = s[inner - 1];
  const size_t bytes = storage_bytes(x.type(), run);
  for (int64_t i = 0; run > 0 && i < x.count() / run; ++i) {
    const int64_t b = i * run / s[a.batch] % x.dims()[a.batch], t = i * run / s[a.time] % time;
    const int64_t n = lengths[static_cast<size_t>(b)];
    const int64_t from = t < n ? i * run + (n - 1 - 2 * t) * s[a.time] : i * run;
    std::memcpy(static_cast<std::byte*>(y.raw()) + static_cast<size_t>(i) * bytes,
                static_cast<const std::byte*>(x.raw()) + storage_bytes(x.type(), from), bytes);
  }
}

}  // namespace

const Op kReverseSequenceOp = {"ReverseSequence", kNoFlags, 2, 2, 1, make_attrs<ReverseSequenceAttrs>, infer, eval};

}  // namespace hone

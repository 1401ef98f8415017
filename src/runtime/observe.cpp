// Copies of intermediate values in linear order, for debug listeners and verification.
#include "backends/layout.h"
#include "runtime/runner_state.h"

namespace hone::runtime {
namespace {

// Elements that a buffer of this layout spans.
int64_t span_of(const TensorDesc& d, const std::vector<int64_t>& stride) {
  if (d.count() == 0) return 0;
  int64_t last = 0;
  for (size_t a = 0; a < stride.size(); ++a) last += (d.dims[a] - 1) * stride[a];
  return last + 1;
}

Tensor linear_copy(const TensorDesc& d, const std::vector<int64_t>& stride, const std::byte* from) {
  Tensor copy(d.type, d.dims);
  const size_t width = static_cast<size_t>(bits(d.type)) / 8;
  std::vector<int64_t> index(d.dims.size(), 0);
  auto* to = static_cast<std::byte*>(copy.raw());
  int64_t at = 0;
  for (int64_t n = 0; n < copy.count(); ++n) {
    std::memcpy(to + static_cast<size_t>(n) * width, from + at * static_cast<int64_t>(width), width);
    for (size_t a = index.size(); a-- > 0;) {
      at += stride[a];
      if (++index[a] < d.dims[a]) break;
      at -= stride[a] * d.dims[a];
      index[a] = 0;
    }
  }
  return copy;
}

}  // namespace

/// The value of tensor t, or of one image of it, with these dims at this place.
Tensor Runner::linear_value(int t, const Dims& dims, const void* at) const {
  const plan::PlanTensor& pt = program_.tensor(t);
  const TensorDesc d{pt.type, pt.format, dims, slots_[static_cast<size_t>(t)].pitch};
  const std::vector<int64_t> stride = element_strides(d);
  const auto* from = static_cast<const std::byte*>(at);
  std::vector<std::byte> on_host;
  if (!program_.on_host(t)) {
    on_host.resize(static_cast<size_t>(span_of(d, stride)) * static_cast<size_t>(bits(pt.type)) / 8);
    if (!on_host.empty()) device_->download(on_host.data(), at, on_host.size(), stream_);
    from = on_host.data();
  }
  return linear_copy(d, stride, from);
}

void Runner::observe(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  for (size_t k = 0; k < s.outputs.size(); ++k) {
    const int t = s.outputs[k];
    const Slot& x = slots_[static_cast<size_t>(t)];
    if (x.pointer == nullptr || is_packed(program_.tensor(t).type)) continue;
    observer_(s, static_cast<int>(k), linear_value(t, x.dims, x.pointer));
  }
}

}  // namespace hone::runtime

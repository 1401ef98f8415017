// Storage and element conversions of host tensors.
#include "ops/tensor.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/memory.h"

namespace hone {
namespace {

uint8_t nibble(const Tensor& t, int64_t i) {
  const uint8_t b = t.data<uint8_t>()[i / 2];
  return i % 2 == 0 ? b & 15 : b >> 4;
}

double load_packed(const Tensor& t, int64_t i) {
  const uint8_t n = nibble(t, i);
  switch (t.type()) {
    case DType::kI4:
      return n < 8 ? n : static_cast<int>(n) - 16;
    case DType::kU4:
      return n;
    default:
      return fp4_to_float(n);
  }
}

uint8_t to_nibble(DType type, double v) {
  if (type == DType::kFP4) return fp4_from_float(static_cast<float>(v));
  const double lo = type == DType::kI4 ? -8 : 0, hi = type == DType::kI4 ? 7 : 15;
  v = std::isnan(v) ? 0 : std::nearbyint(v);
  return static_cast<uint8_t>(static_cast<int>(v < lo ? lo : v > hi ? hi : v) & 15);
}

template <class To, class From>
To convert(From v) {
  if constexpr (std::is_same_v<To, From>) {
    return v;
  } else if constexpr (!std::is_arithmetic_v<From>) {
    return convert<To>(static_cast<float>(v));
  } else if constexpr (std::is_same_v<To, bool>) {
    return v != From(0);
  } else if constexpr (!std::is_arithmetic_v<To>) {
    return To(static_cast<float>(v));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    if (std::isnan(v)) return 0;
    if (v <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (v >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(v);
  } else {
    return static_cast<To>(v);  // integer to integer wraps, as in C++ and NumPy
  }
}

}  // namespace

Tensor::Tensor(DType type, Dims dims) : type_(type), dims_(std::move(dims)), count_(volume(dims_)) {
  require<ModelError>(count_ < (int64_t{1} << 46), "tensor {} is too large", str(dims_));
  void* p = allocate_aligned(bytes());
  require<ModelError>(p != nullptr, "out of memory: {} bytes for a tensor {}", bytes(), str(dims_));
  data_ = std::shared_ptr<std::byte>(static_cast<std::byte*>(p), std::free);
}

Tensor Tensor::view(DType type, Dims dims, const void* data, std::shared_ptr<const void> owner) {
  Tensor t;
  t.type_ = type;
  t.dims_ = std::move(dims);
  t.count_ = volume(t.dims_);
  static std::byte empty[64];
  auto* p = const_cast<std::byte*>(data != nullptr ? static_cast<const std::byte*>(data) : empty);
  t.data_ = std::shared_ptr<std::byte>(std::const_pointer_cast<void>(std::move(owner)), p);
  return t;
}

Tensor Tensor::zeros(DType type, Dims dims) {
  Tensor t(type, std::move(dims));
  std::memset(t.raw(), 0, t.bytes());
  return t;
}

Tensor Tensor::reshaped(Dims dims) const {
  require<InternalError>(volume(dims) == count_, "cannot view {} as {}", str(dims_), str(dims));
  Tensor t = *this;
  t.dims_ = std::move(dims);
  return t;
}

Tensor Tensor::clone() const {
  Tensor t(type_, dims_);
  if (bytes() > 0) std::memcpy(t.raw(), raw(), bytes());
  return t;
}

Tensor Tensor::to(DType type) const {
  if (type == type_) return *this;
  if (is_packed(type_)) {
    Tensor wide(DType::kF32, dims_);
    for (int64_t i = 0; i < count_; ++i) wide.data<float>()[i] = static_cast<float>(load_packed(*this, i));
    return wide.to(type);
  }
  if (is_packed(type)) {
    Tensor out = zeros(type, dims_);
    const std::vector<double> v = as_doubles();
    for (int64_t i = 0; i < count_; ++i)
      out.data<uint8_t>()[i / 2] |= static_cast<uint8_t>(to_nibble(type, v[static_cast<size_t>(i)]) << (i % 2 * 4));
    return out;
  }
  Tensor out(type, dims_);
  with_type(type_, [&]<class From>() {
    with_type(type, [&]<class To>() {
      const From* s = data<From>();
      To* d = out.data<To>();
      for (int64_t i = 0; i < count_; ++i) d[i] = convert<To>(s[i]);
    });
  });
  return out;
}

std::vector<int64_t> Tensor::as_ints() const {
  const Tensor t = to(DType::kI64);
  return {t.data<int64_t>(), t.data<int64_t>() + count_};
}

std::vector<double> Tensor::as_doubles() const {
  if (is_packed(type_)) {
    std::vector<double> v(static_cast<size_t>(count_));
    for (int64_t i = 0; i < count_; ++i) v[static_cast<size_t>(i)] = load_packed(*this, i);
    return v;
  }
  const Tensor t = to(DType::kF64);
  return {t.data<double>(), t.data<double>() + count_};
}

bool Tensor::identical(const Tensor& o) const {
  return type_ == o.type_ && dims_ == o.dims_ && (bytes() == 0 || std::memcmp(raw(), o.raw(), bytes()) == 0);
}

void Tensor::check_type(DType t) const {
  require<InternalError>(t == type_, "tensor holds {}, not {}", name(type_), name(t));
}

}  // namespace hone

// Element types of tensors: names, sizes, and dispatch from a run-time type to a C++ type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/half.h"

namespace hone {

/// Numbers equal nvinfer1::DataType (extensions from 64 on).
enum class DType : uint8_t {
  kF32 = 0,
  kF16 = 1,
  kI8 = 2,
  kI32 = 3,
  kBool = 4,
  kU8 = 5,
  kFP8 = 6,  // E4M3
  kBF16 = 7,
  kI64 = 8,
  kI4 = 9,
  kFP4 = 10,
  kE8M0 = 11,
  kF64 = 64,
  kI16 = 65,
  kU16 = 66,
  kU32 = 67,
  kU64 = 68,
  kFP8E5M2 = 69,
  kU4 = 70,
};

/// "f32", "i64", ...
std::string_view name(DType t);
/// Inverse of name(); throws ModelError.
DType dtype_from_name(std::string_view s);
/// True for a value that is one of the enumerators (for untrusted input).
bool is_valid(DType t);
/// Bits of an element: 4 for the packed types.
int bits(DType t);
/// Bytes of `count` packed elements.
inline size_t storage_bytes(DType t, int64_t count) {
  return (static_cast<size_t>(count) * static_cast<size_t>(bits(t)) + 7) / 8;
}
bool is_float(DType t);
/// Integers, bool excluded.
bool is_integer(DType t);
inline bool is_packed(DType t) { return bits(t) < 8; }

template <class T>
struct DTypeOf;
#define HONE_DTYPE_OF(T, K)                  \
  template <>                                \
  struct DTypeOf<T> {                        \
    static constexpr DType value = DType::K; \
  };
HONE_DTYPE_OF(float, kF32)
HONE_DTYPE_OF(half, kF16)
HONE_DTYPE_OF(int8_t, kI8)
HONE_DTYPE_OF(int32_t, kI32)
HONE_DTYPE_OF(bool, kBool)
HONE_DTYPE_OF(uint8_t, kU8)
HONE_DTYPE_OF(fp8e4m3, kFP8)
HONE_DTYPE_OF(bfloat16, kBF16)
HONE_DTYPE_OF(int64_t, kI64)
HONE_DTYPE_OF(e8m0, kE8M0)
HONE_DTYPE_OF(double, kF64)
HONE_DTYPE_OF(int16_t, kI16)
HONE_DTYPE_OF(uint16_t, kU16)
HONE_DTYPE_OF(uint32_t, kU32)
HONE_DTYPE_OF(uint64_t, kU64)
HONE_DTYPE_OF(fp8e5m2, kFP8E5M2)
#undef HONE_DTYPE_OF
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

/// Calls f.template operator()<T>() with the C++ type of every byte-sized or wider element type. Packed 4-bit types
/// have no C++ type: convert them first (Tensor::to).
template <class F>
decltype(auto) with_type(DType t, F&& f) {
  switch (t) {
    case DType::kF32:
      return f.template operator()<float>();
    case DType::kF16:
      return f.template operator()<half>();
    case DType::kI8:
      return f.template operator()<int8_t>();
    case DType::kI32:
      return f.template operator()<int32_t>();
    case DType::kBool:
      return f.template operator()<bool>();
    case DType::kU8:
      return f.template operator()<uint8_t>();
    case DType::kFP8:
      return f.template operator()<fp8e4m3>();
    case DType::kBF16:
      return f.template operator()<bfloat16>();
    case DType::kI64:
      return f.template operator()<int64_t>();
    case DType::kE8M0:
      return f.template operator()<e8m0>();
    case DType::kF64:
      return f.template operator()<double>();
    case DType::kI16:
      return f.template operator()<int16_t>();
    case DType::kU16:
      return f.template operator()<uint16_t>();
    case DType::kU32:
      return f.template operator()<uint32_t>();
    case DType::kU64:
      return f.template operator()<uint64_t>();
    case DType::kFP8E5M2:
      return f.template operator()<fp8e5m2>();
    case DType::kI4:
    case DType::kU4:
    case DType::kFP4:
      break;
  }
  fail<InternalError>("type '{}' has no C++ element type", name(t));
}

/// Calls f with an unsigned integer type of the element's width, for operators that only move data.
template <class F>
decltype(auto) with_width(DType t, F&& f) {
  switch (bits(t)) {
    case 8:
      return f.template operator()<uint8_t>();
    case 16:
      return f.template operator()<uint16_t>();
    case 32:
      return f.template operator()<uint32_t>();
    case 64:
      return f.template operator()<uint64_t>();
    default:
      fail<Unsupported>("data movement of packed type '{}' is not supported", name(t));
  }
}

}  // namespace hone

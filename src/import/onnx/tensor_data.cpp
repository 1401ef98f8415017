// Conversion of ONNX's tensor fields. Types without a field of their own are stored as numbers or bit patterns in
// int32_data (uint64_data for u32 and u64).
#include "import/onnx/tensor_data.h"

#include <cstring>

#include "base/error.h"
#include "import/onnx/model_file.h"
#include "import/onnx/proto.h"

namespace hone::onnx {

namespace {

struct TypeRow {
  int onnx;
  const char* name;
  DType type;
  bool supported;
};
constexpr TypeRow kTypes[] = {
    {1, "FLOAT", DType::kF32, true},
    {2, "UINT8", DType::kU8, true},
    {3, "INT8", DType::kI8, true},
    {4, "UINT16", DType::kU16, true},
    {5, "INT16", DType::kI16, true},
    {6, "INT32", DType::kI32, true},
    {7, "INT64", DType::kI64, true},
    {8, "STRING", DType::kF32, false},
    {9, "BOOL", DType::kBool, true},
    {10, "FLOAT16", DType::kF16, true},
    {11, "DOUBLE", DType::kF64, true},
    {12, "UINT32", DType::kU32, true},
    {13, "UINT64", DType::kU64, true},
    {14, "COMPLEX64", DType::kF32, false},
    {15, "COMPLEX128", DType::kF32, false},
    {16, "BFLOAT16", DType::kBF16, true},
    {17, "FLOAT8E4M3FN", DType::kFP8, true},
    {18, "FLOAT8E4M3FNUZ", DType::kF32, false},
    {19, "FLOAT8E5M2", DType::kFP8E5M2, true},
    {20, "FLOAT8E5M2FNUZ", DType::kF32, false},
    {21, "UINT4", DType::kU4, true},
    {22, "INT4", DType::kI4, true},
    {23, "FLOAT4E2M1", DType::kFP4, true},
    {24, "FLOAT8E8M0", DType::kE8M0, true},
    {25, "UINT2", DType::kF32, false},
    {26, "INT2", DType::kF32, false},
    {27, "FLOAT6E2M3", DType::kF32, false},
    {28, "FLOAT6E3M2", DType::kF32, false},
};

constexpr size_t kMaxRank = 64;

template <class Field>
void check_count(const Field& field, int64_t need) {
  require<ModelError>(field.size() == need, "{} elements are stored, the dims ask for {}", field.size(), need);
}

/// Elements of T from a repeated number field.
template <class T, class Field>
void copy_numbers(const Field& field, Tensor& out) {
  check_count(field, out.count());
  T* p = out.data<T>();
  for (int i = 0; i < field.size(); ++i) p[i] = static_cast<T>(field[i]);
}

/// Bit patterns of a narrow type, one to an int32.
template <class Bits, class Field>
void copy_bits(const Field& field, Tensor& out) {
  check_count(field, out.count());
  auto* p = static_cast<Bits*>(out.raw());
  for (int i = 0; i < field.size(); ++i) p[i] = static_cast<Bits>(field[i]);
}

/// Packed 4-bit types: two elements to an int32's low byte, as in raw data.
void copy_packed(const proto::TensorProto& t, Tensor& out) {
  check_count(t.int32_data(), static_cast<int64_t>(out.bytes()));
  auto* p = static_cast<uint8_t*>(out.raw());
  for (int i = 0; i < t.int32_data_size(); ++i) p[i] = static_cast<uint8_t>(t.int32_data(i));
}

}  // namespace

DType dtype_of_onnx(int data_type) {
  for (const auto& row : kTypes) {
    if (row.onnx != data_type) continue;
    require<Unsupported>(row.supported, "element type {} is not supported", row.name);
    return row.type;
  }
  fail<ModelError>("{} is not an ONNX element type", data_type);
}

int onnx_of_dtype(DType type) {
  for (const auto& row : kTypes)
    if (row.supported && row.type == type) return row.onnx;
  fail<InternalError>("type '{}' has no ONNX number", name(type));
}

void check_dims(const Dims& dims) {
  require<ModelError>(dims.size() <= kMaxRank, "a tensor of rank {}", dims.size());
  const int64_t n = volume(dims);
  require<ModelError>(n < INT64_MAX / 16, "a tensor of {} elements", n);
}

Tensor view_or_copy(DType type, const Dims& dims, const void* data, size_t bytes, std::shared_ptr<const void> owner) {
  const size_t need = storage_bytes(type, volume(dims));
  require<ModelError>(bytes == need, "{} bytes are stored, dims {} of type {} ask for {}", bytes, str(dims), name(type),
                      need);
  const size_t align = bits(type) > 8 ? static_cast<size_t>(bits(type)) / 8 : 1;
  if (need > 0 && owner != nullptr && reinterpret_cast<uintptr_t>(data) % align == 0 && type != DType::kBool)
    return Tensor::view(type, dims, data, std::move(owner));
  Tensor out(type, dims);
  if (need > 0) std::memcpy(out.raw(), data, need);
  if (type == DType::kBool)  // any other bit pattern than 0 and 1 is no C++ bool
    for (size_t i = 0; i < need; ++i) static_cast<uint8_t*>(out.raw())[i] = static_cast<const uint8_t*>(data)[i] != 0;
  return out;
}

Tensor typed_tensor(const proto::TensorProto& t, DType type, const Dims& dims) {
  // Checked before anything is allocated: hostile dims are cheap to write down.
  const int64_t stored = static_cast<int64_t>(t.float_data_size()) + t.int32_data_size() + t.int64_data_size() +
                         t.double_data_size() + t.uint64_data_size();
  const int64_t need = is_packed(type) ? static_cast<int64_t>(storage_bytes(type, volume(dims))) : volume(dims);
  require<ModelError>(stored == need, "{} elements are stored, dims {} ask for {}", stored, str(dims), need);
  Tensor out(type, dims);
  switch (type) {
    case DType::kF32:
      copy_numbers<float>(t.float_data(), out);
      break;
    case DType::kF64:
      copy_numbers<double>(t.double_data(), out);
      break;
    case DType::kI64:
      copy_numbers<int64_t>(t.int64_data(), out);
      break;
    case DType::kU64:
      copy_numbers<uint64_t>(t.uint64_data(), out);
      break;
    case DType::kU32:
      copy_numbers<uint32_t>(t.uint64_data(), out);
      break;
    case DType::kI32:
      copy_numbers<int32_t>(t.int32_data(), out);
      break;
    case DType::kBool:
      check_count(t.int32_data(), out.count());
      for (int i = 0; i < t.int32_data_size(); ++i) out.data<bool>()[i] = t.int32_data(i) != 0;
      break;
    case DType::kF16:
    case DType::kBF16:
    case DType::kI16:
    case DType::kU16:
      copy_bits<uint16_t>(t.int32_data(), out);
      break;
    case DType::kI8:
    case DType::kU8:
    case DType::kFP8:
    case DType::kFP8E5M2:
    case DType::kE8M0:
      copy_bits<uint8_t>(t.int32_data(), out);
      break;
    case DType::kI4:
    case DType::kU4:
    case DType::kFP4:
      copy_packed(t, out);
      break;
  }
  return out;
}

}  // namespace hone::onnx

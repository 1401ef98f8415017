// Table of element types.
#include "ops/type.h"

#include <array>

namespace hone {
namespace {
struct Row {
  DType type;
  std::string_view name;
  int bits;
  char kind;  // f float, i integer, b bool
};
constexpr std::array kRows = {
    Row{DType::kF32, "f32", 32, 'f'}, Row{DType::kF16, "f16", 16, 'f'},   Row{DType::kI8, "i8", 8, 'i'},
    Row{DType::kI32, "i32", 32, 'i'}, Row{DType::kBool, "bool", 8, 'b'},  Row{DType::kU8, "u8", 8, 'i'},
    Row{DType::kFP8, "fp8", 8, 'f'},  Row{DType::kBF16, "bf16", 16, 'f'}, Row{DType::kI64, "i64", 64, 'i'},
    Row{DType::kI4, "i4", 4, 'i'},    Row{DType::kFP4, "fp4", 4, 'f'},    Row{DType::kE8M0, "e8m0", 8, 'f'},
    Row{DType::kF64, "f64", 64, 'f'}, Row{DType::kI16, "i16", 16, 'i'},   Row{DType::kU16, "u16", 16, 'i'},
    Row{DType::kU32, "u32", 32, 'i'}, Row{DType::kU64, "u64", 64, 'i'},   Row{DType::kFP8E5M2, "fp8e5m2", 8, 'f'},
    Row{DType::kU4, "u4", 4, 'i'},
};
const Row* find(DType t) {
  for (const Row& r : kRows)
    if (r.type == t) return &r;
  return nullptr;
}
const Row& row(DType t) {
  const Row* r = find(t);
  if (r == nullptr) fail<InternalError>("invalid element type {}", static_cast<int>(t));
  return *r;
}
}  // namespace

std::string_view name(DType t) { return row(t).name; }
bool is_valid(DType t) { return find(t) != nullptr; }
int bits(DType t) { return row(t).bits; }
bool is_float(DType t) { return row(t).kind == 'f'; }
bool is_integer(DType t) { return row(t).kind == 'i'; }

DType dtype_from_name(std::string_view s) {
  for (const Row& r : kRows)
    if (r.name == s) return r.type;
  fail<ModelError>("unknown element type '{}'", s);
}

}  // namespace hone

// Compilation of pointwise programs and their loop nests over whole tensors.
#include "backends/cpu/simd/pointwise.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/parallel.h"

namespace hone::cpu {
namespace {

constexpr size_t kSlotBytes = kPwBlock * 8;
constexpr size_t kCacheBytes = 1024;  // holds kPwMaxOperands entries; keeps the slots aligned

bool is_handled(DType t) {
  switch (t) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kBool:
    case DType::kI8:
    case DType::kU8:
    case DType::kI16:
    case DType::kU16:
    case DType::kI32:
    case DType::kU32:
    case DType::kI64:
      return true;
    default:
      return false;
  }
}

// Class in which an instruction computes, as the reference does: floating-point if any operand is.
PwClass computing_class(const PwInstr& i, const std::vector<DType>& registers) {
  PwClass k = PwClass::kInt;
  for (int n = i.fn == ScalarFn::kSelect ? 1 : 0; n < arity(i.fn); ++n) {
    const PwClass o = pw_class(registers[static_cast<size_t>(i.operand[n])]);
    if (o == PwClass::kFloat) return o;
    if (o == PwClass::kLong) k = o;
  }
  return k;
}

// Type of a full-width value of a class.
DType wide_type(PwClass k) {
  return k == PwClass::kFloat ? DType::kF32 : k == PwClass::kInt ? DType::kI32 : DType::kI64;
}

bool is_predicate(ScalarFn f) { return result_type(f, DType::kF32, DType::kF32) == DType::kBool; }

}  // namespace

PwClass pw_class(DType t) {
  if (t == DType::kF32 || t == DType::kF16 || t == DType::kBF16) return PwClass::kFloat;
  return t == DType::kU32 || t == DType::kI64 ? PwClass::kLong : PwClass::kInt;
}

std::string PwEvaluator::refuse(const PwProgram& p, std::span<const DType> inputs) {
  p.check();
  if (p.inputs != static_cast<int>(inputs.size())) return "the program and the node differ in their inputs";
  if (p.inputs + p.outputs.size() > static_cast<size_t>(kPwMaxOperands))
    return fmt::format("more than {} operands", kPwMaxOperands);
  // An instruction makes at most six values: its operands and its result converted.
  if (p.code.size() * 6 + p.outputs.size() + inputs.size() > static_cast<size_t>(kPwMaxValues))
    return fmt::format("{} instructions are too many", p.code.size());
  std::vector<DType> registers(inputs.begin(), inputs.end());
  for (DType t : inputs)
    if (!is_handled(t)) return fmt::format("element type {}", name(t));
  for (const PwInstr& i : p.code) {
    if (!is_handled(i.type)) return fmt::format("element type {}", name(i.type));
    if (i.fn != ScalarFn::kIdentity && pw_loop(i.fn, computing_class(i, registers)) == nullptr)
      return fmt::format("function {} on these types", name(i.fn));
    registers.push_back(i.type);
  }
  return {};
}

int PwEvaluator::add_value(DType t) {
  types_.push_back(t);
  return static_cast<int>(types_.size()) - 1;
}

int PwEvaluator::converted(int value, DType to) {
  const DType from = types_[static_cast<size_t>(value)];
  if (from == to || (pw_class(from) == pw_class(to) && to == wide_type(pw_class(to)))) return value;
  if (pw_class(from) != PwClass::kFloat && pw_class(to) == PwClass::kFloat && to != DType::kF32)
    value = converted(value, DType::kF32);
  const PwClass source = pw_class(types_[static_cast<size_t>(value)]);
  const int out = add_value(to);
  steps_.push_back({pw_convert(source, to), out, {value, -1, -1}, 0, 0});
  return out;
}

PwEvaluator::PwEvaluator(const PwProgram& p, std::span<const DType> inputs, std::span<const DType> stored)
    : inputs_(p.inputs) {
  if (const std::string reason = refuse(p, inputs); !reason.empty()) fail<Unsupported>("pointwise program: {}", reason);
  types_.assign(inputs.begin(), inputs.end());
  std::vector<int> values(static_cast<size_t>(p.inputs));  // by register
  std::vector<DType> registers(inputs.begin(), inputs.end());
  std::iota(values.begin(), values.end(), 0);
  for (const PwInstr& instr : p.code) {
    int value = values[static_cast<size_t>(instr.operand[0])];
    if (instr.fn != ScalarFn::kIdentity) {
      const PwClass k = computing_class(instr, registers);
      Step s{pw_loop(instr.fn, k), 0, {-1, -1, -1}, instr.alpha, instr.beta};
      for (int n = 0; n < arity(instr.fn); ++n) {
        const bool condition = instr.fn == ScalarFn::kSelect && n == 0;
        s.in[n] = converted(values[static_cast<size_t>(instr.operand[n])], condition ? DType::kBool : wide_type(k));
      }
      s.out = value = add_value(is_predicate(instr.fn) ? DType::kBool : wide_type(k));
      steps_.push_back(s);
    }
    value = converted(value, instr.type);
    values.push_back(value);
    registers.push_back(instr.type);
  }
  for (int16_t r : p.outputs) {
    const DType t = registers[static_cast<size_t>(r)];
    Output o{converted(values[static_cast<size_t>(r)], t), t, -1};
    // Wider values of the same class hold exactly what the register's type holds.
    if (types_[static_cast<size_t>(o.value)] != t) {
      const int copy = add_value(t);
      steps_.push_back({pw_convert(pw_class(t), t), copy, {o.value, -1, -1}, 0, 0});
      o.value = copy;
    }
    if (const size_t k = outputs_.size(); k < stored.size() && stored[k] != t) {
      require<Unsupported>(pw_class(t) == PwClass::kFloat && pw_class(stored[k]) == PwClass::kFloat,
                           "pointwise program: a result of type {} does not go to memory of type {}", name(t),
                           name(stored[k]));
      o.type = stored[k];
    }
    outputs_.push_back(o);
  }
  // Only the last step may write an output's memory: earlier ones could overwrite an input that is still needed.
  for (Output& o : outputs_)
    if (const DType t = types_[static_cast<size_t>(o.value)];
        t == o.type && (t == DType::kF32 || t == DType::kI32 || t == DType::kI64))
      if (!steps_.empty() && steps_.back().out == o.value) o.direct = static_cast<int>(steps_.size()) - 1;
  assign_slots();
}

// Buffers are reused after the last step that reads them; a step's result never shares with its operands of another
// width. Inputs keep theirs, since expanded operands stay valid from block to block.
void PwEvaluator::assign_slots() {
  std::vector<int> last(types_.size(), -1);
  for (size_t i = 0; i < steps_.size(); ++i)
    for (int v : steps_[i].in)
      if (v >= 0) last[static_cast<size_t>(v)] = static_cast<int>(i);
  for (const Output& o : outputs_) last[static_cast<size_t>(o.value)] = static_cast<int>(steps_.size());
  slots_.assign(types_.size(), -1);
  for (int i = 0; i < inputs_; ++i) slots_[static_cast<size_t>(i)] = slot_count_++;
  std::vector<int> free;
  for (size_t i = 0; i < steps_.size(); ++i) {
    int& mine = slots_[static_cast<size_t>(steps_[i].out)];
    if (free.empty()) {
      mine = slot_count_++;
    } else {
      mine = free.back();
      free.pop_back();
    }
    for (size_t v = static_cast<size_t>(inputs_); v < types_.size(); ++v)
      if (slots_[v] >= 0 && last[v] == static_cast<int>(i)) free.push_back(slots_[v]);
  }
}

size_t PwEvaluator::scratch_bytes() const { return kCacheBytes + static_cast<size_t>(slot_count_) * kSlotBytes; }

PwEvaluator::Cached* PwEvaluator::cache(void* scratch) const { return static_cast<Cached*>(scratch); }

std::byte* PwEvaluator::slot(void* scratch, int value) const {
  return static_cast<std::byte*>(scratch) + kCacheBytes +
         static_cast<size_t>(slots_[static_cast<size_t>(value)]) * kSlotBytes;
}

void PwEvaluator::begin(void* scratch) const {
  static_assert(sizeof(Cached) * kPwMaxOperands <= kCacheBytes);
  for (int i = 0; i < inputs_; ++i) cache(scratch)[i] = {nullptr, 0, 0};
}

namespace {

bool is_wide(DType t) { return t == DType::kF32 || t == DType::kI32 || t == DType::kI64; }
size_t class_bytes(DType t) { return pw_class(t) == PwClass::kLong ? 8 : 4; }
size_t storage(DType t) { return static_cast<size_t>(bits(t)) / 8; }

template <class T>
void fill(std::byte* first, int64_t n) {
  std::fill_n(reinterpret_cast<T*>(first) + 1, n - 1, *reinterpret_cast<T*>(first));
}

// The first element of each row, repeated along the row.
void repeat(std::byte* p, int64_t n, size_t width) {
  if (n > 1) width == 8 ? fill<uint64_t>(p, n) : fill<uint32_t>(p, n);
}

}  // namespace

const std::byte* PwEvaluator::load(int input, const PwOperand& o, int64_t rows, int64_t cols, void* scratch) const {
  const DType t = types_[static_cast<size_t>(input)];
  const bool dense = (o.col == 1 || cols == 1) && (rows == 1 || o.row == cols);
  if (dense && is_wide(t)) return o.data;
  std::byte* buffer = slot(scratch, input);
  Cached& known = cache(scratch)[input];
  const bool steady = o.row == 0 || o.col == 0;
  if (steady && known.data == o.data && known.rows == rows && known.cols == cols) return buffer;
  known = {steady ? o.data : nullptr, rows, cols};
  const size_t wide = class_bytes(t);
  const PwLoop convert = pw_load(t);
  if (dense) {
    convert({buffer, {o.data}, rows * cols, 0, 0});
    return buffer;
  }
  const size_t element = storage(t), row_bytes = static_cast<size_t>(cols) * wide;
  for (int64_t r = 0; r < rows; ++r) {
    std::byte* to = buffer + static_cast<size_t>(r) * row_bytes;
    const std::byte* from = o.data + r * o.row * static_cast<int64_t>(element);
    if (r > 0 && o.row == 0) {
      std::memcpy(to, buffer, row_bytes);
    } else if (o.col == 1) {
      convert({to, {from}, cols, 0, 0});
    } else if (o.col == 0) {
      convert({to, {from}, 1, 0, 0});
      repeat(to, cols, wide);
    } else {
      for (int64_t c = 0; c < cols; ++c)
        convert({to + static_cast<size_t>(c) * wide, {from + c * o.col * static_cast<int64_t>(element)}, 1, 0, 0});
    }
  }
  return buffer;
}

void PwEvaluator::run(const PwOperand* operands, int64_t rows, int64_t cols, void* scratch) const {
  const int64_t n = rows * cols;
  const std::byte* values[kPwMaxValues];
  for (int i = 0; i < inputs_; ++i) values[i] = load(i, operands[i], rows, cols, scratch);
  std::byte* direct[kPwMaxOperands];
  for (size_t k = 0; k < outputs_.size(); ++k) {
    const PwOperand& o = operands[static_cast<size_t>(inputs_) + k];
    const bool dense = (o.col == 1 || cols == 1) && (rows == 1 || o.row == cols);
    direct[k] = dense && outputs_[k].direct >= 0 ? o.data : nullptr;
  }
  for (size_t i = 0; i < steps_.size(); ++i) {
    const Step& s = steps_[i];
    PwCall c{slot(scratch, s.out), {}, n, s.alpha, s.beta};
    for (size_t k = 0; k < outputs_.size(); ++k)
      if (direct[k] && outputs_[k].direct == static_cast<int>(i)) c.out = direct[k];
    for (int k = 0; k < 3; ++k) c.in[k] = s.in[k] >= 0 ? values[s.in[k]] : nullptr;
    s.loop(c);
    values[s.out] = static_cast<const std::byte*>(c.out);
  }
  for (size_t k = 0; k < outputs_.size(); ++k) {
    const int value = outputs_[k].value;
    const PwOperand& o = operands[static_cast<size_t>(inputs_) + k];
    if (values[value] == o.data) continue;  // written by the last step
    const DType t = outputs_[k].type;
    const PwLoop convert = pw_store(t);
    const int64_t wide = static_cast<int64_t>(class_bytes(t)), element = static_cast<int64_t>(storage(t));
    if ((o.col == 1 || cols == 1) && (rows == 1 || o.row == cols)) {
      convert({o.data, {values[value]}, n, 0, 0});
      continue;
    }
    for (int64_t r = 0; r < rows; ++r) {
      const std::byte* from = values[value] + r * cols * wide;
      std::byte* to = o.data + r * o.row * element;
      if (o.col == 1)
        convert({to, {from}, cols, 0, 0});
      else
        for (int64_t c = 0; c < cols; ++c) convert({to + c * o.col * element, {from + c * wide}, 1, 0, 0});
    }
  }
}

namespace {

// Merges axis a into its outer neighbour where every operand steps through both as through one.
bool mergeable(const PwTensors& t, size_t a) {
  return std::all_of(t.strides.begin(), t.strides.end(), [&](const auto& s) { return s[a - 1] == s[a] * t.dims[a]; });
}

void erase_axis(PwTensors& t, size_t a) {
  t.dims.erase(t.dims.begin() + static_cast<std::ptrdiff_t>(a));
  for (auto& s : t.strides) s.erase(s.begin() + static_cast<std::ptrdiff_t>(a));
}

void simplify(PwTensors& t) {
  for (size_t a = t.dims.size(); a-- > 0;)
    if (t.dims[a] == 1) erase_axis(t, a);
  for (size_t a = t.dims.size(); a-- > 1;) {
    if (!mergeable(t, a)) continue;
    t.dims[a - 1] *= t.dims[a];
    for (auto& s : t.strides) s[a - 1] = s[a];
    erase_axis(t, a);
  }
}

}  // namespace

PwNest::PwNest(const PwEvaluator& evaluator, PwTensors t) : operands_(evaluator.inputs() + evaluator.outputs()) {
  require<InternalError>(t.strides.size() == static_cast<size_t>(operands_), "pointwise nest: wrong operand count");
  simplify(t);
  scratch_ = evaluator.scratch_bytes();
  for (int i = 0; i < operands_; ++i) {
    const bool input = i < evaluator.inputs();
    const DType type = input ? evaluator.input_type(i) : evaluator.output_type(i - evaluator.inputs());
    element_[static_cast<size_t>(i)] = bits(type) / 8;
  }
  while (t.dims.size() < 2) {
    t.dims.insert(t.dims.begin(), 1);
    for (auto& s : t.strides) s.insert(s.begin(), 0);
  }
  const size_t rank = t.dims.size();
  outer_.assign(t.dims.begin(), t.dims.end() - 2);
  rows_ = t.dims[rank - 2];
  cols_ = t.dims[rank - 1];
  col_block_ = std::min(cols_, kPwBlock);
  row_block_ = std::clamp<int64_t>(kPwBlock / std::max<int64_t>(1, col_block_), 1, std::max<int64_t>(1, rows_));
  strides_.resize(rank);
  for (size_t a = 0; a < rank; ++a)
    for (size_t k = 0; k < t.strides.size(); ++k) strides_[a][k] = t.strides[k][a];
}

size_t PwNest::workspace(int threads) const { return scratch_ * static_cast<size_t>(threads); }

void PwNest::run(const PwEvaluator& evaluator, void* const* operands, void* workspace, int threads) const noexcept {
  int64_t outer = 1;
  for (int64_t d : outer_) outer *= d;
  if (outer == 0 || rows_ == 0 || cols_ == 0) return;
  const int64_t row_parts = (rows_ + row_block_ - 1) / row_block_, col_parts = (cols_ + col_block_ - 1) / col_block_;
  const int64_t total = outer * row_parts * col_parts;
  // Small tensors are not worth waking other threads.
  const int64_t grain = 16;
  parallel(
      [&](int t, int n) {
        void* scratch = static_cast<std::byte*>(workspace) + static_cast<size_t>(t) * scratch_;
        evaluator.begin(scratch);
        const size_t rank = outer_.size();
        for (int64_t b = part_begin(total, t, n), end = part_begin(total, t + 1, n); b < end; ++b) {
          int64_t rest = b;
          const int64_t c0 = rest % col_parts * col_block_;
          rest /= col_parts;
          const int64_t r0 = rest % row_parts * row_block_;
          rest /= row_parts;
          PwOperand o[kPwMaxOperands];
          for (int k = 0; k < operands_; ++k) {
            const auto i = static_cast<size_t>(k);
            o[k] = {nullptr, strides_[rank][i], strides_[rank + 1][i]};
            o[k].data = static_cast<std::byte*>(operands[k]) + (r0 * o[k].row + c0 * o[k].col) * element_[i];
          }
          for (size_t a = rank; a-- > 0; rest /= outer_[a]) {
            const int64_t at = rest % outer_[a];
            for (int k = 0; k < operands_; ++k)
              o[k].data += at * strides_[a][static_cast<size_t>(k)] * element_[static_cast<size_t>(k)];
          }
          evaluator.run(o, std::min(row_block_, rows_ - r0), std::min(col_block_, cols_ - c0), scratch);
        }
      },
      std::min<int64_t>(threads, (total + grain - 1) / grain));
}

}  // namespace hone::cpu

// Loads of the operands as vectors or pairs, then the program element by element.
#include "backends/cuda/tactics/product/tail_source.h"

#include "backends/cuda/program_code.h"
#include "backends/cuda/tactics/product/product.h"

namespace hone::cuda {
namespace {

constexpr int64_t kHeldBytes = 192;  // of a thread's registers, for operands that vary with the column alone

/// A bias as a tensor that broadcasts along axis 1 of the output.
TensorDesc bias_desc(const TensorDesc& bias, size_t rank) {
  TensorDesc d{bias.type, Format::kLinear, Dims(rank - 1, 1), 0};
  d.dims[0] = bias.dims[0];
  return d;
}

/// Types of the program's operands: the sums stand for a value of the node's type.
std::vector<DType> tail_types(const Problem& p) {
  std::vector<DType> types = {p.inputs[0].type};
  for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i) types.push_back(p.inputs[i].type);
  return types;
}

struct Operand {
  std::string name;
  DType type;
  TensorView view;
  int input;
};

/// The tensors that a tail reads, and the line that makes `result` of sum[i] and of their elements <name>_v[i].
struct TailProgram {
  std::vector<Operand> operands;
  std::string definition, line;

  TailProgram(const Problem& p, const std::vector<IndexAxis>& row_axes, const std::vector<IndexAxis>& column_axes,
              int bias) {
    const TensorDesc& y = p.outputs[0];
    const auto add = [&](std::string name, const TensorDesc& d, int input) {
      operands.push_back({std::move(name), d.type, view_of(d, y.dims, row_axes, column_axes), input});
    };
    std::string sum = "sum[i]", arguments;
    if (bias >= 0) {
      add("bias", bias_desc(p.inputs[static_cast<size_t>(bias)], y.dims.size()), bias);
      sum += " + value_of(bias_v[i])";
    }
    line = fmt::format("const {} result = {};", p.has_epilogue() ? value_type(y.type) : "float", sum);
    if (!p.has_epilogue()) return;
    const std::vector<DType> types = tail_types(p);
    definition = program_function(*p.epilogue.program, "tail_program", types);
    for (size_t i = 1; i < types.size(); ++i) {
      const size_t input = p.base_inputs() + i - 1;
      add(fmt::format("x{}", i), p.inputs[input], static_cast<int>(input));
      arguments += fmt::format(", value_of(x{}_v[i])", i);
    }
    line = fmt::format("{} result;\n      tail_program({}{}, result);", value_type(y.type), sum, arguments);
  }
};

/// Members of a Tail with their initialisers.
struct Members {
  KernelParameters& kernel;
  std::string definitions, initialisers;
  void add(const std::string& type, std::string_view name, const TensorView& v, const Argument& data) {
    definitions += fmt::format("  {} {};\n", KernelParameters::view_type(type, v), name);
    initialisers += kernel.view(type, name, v, data) + ", ";
  }
  void add(const Operand& o) {
    add("const " + std::string(device_type(o.type)), o.name, o.view, Argument::input(o.input));
  }
};

std::string load_code(const Operand& o, std::string_view count) {
  return fmt::format("    {0} {1}_v[{2}] = {{}};\n    {1}.load(row, column, n, {1}_v);\n", device_type(o.type), o.name,
                     count);
}

/// The tensor as a matrix (or several, one for each item) that the copy engine can reach: whole 16 bytes from row to
/// row.
std::optional<TensorMap> map_of(DType type, const TensorView& v, const Product& p, const Argument& data) {
  if (type != DType::kF16 && type != DType::kBF16) return {};
  const int64_t unit = chunk_elements(type);
  const auto fits = [&](int64_t stride) { return stride > 0 && stride % unit == 0; };
  if (p.items_are_columns || v.columns.size() != 1 || v.columns[0].stride != 1) return {};
  TensorMap m;
  m.data = data, m.type = type, m.box_rows = 16, m.dims = {p.n, p.m, p.items};
  int64_t row = (p.n + unit - 1) / unit * unit, item = row * p.m;
  if (v.rows.size() == 1) {
    // One axis takes all: items, rows or both.
    if (v.rows[0].extent != p.m * p.items) return {};
    row = v.rows[0].stride, item = row * p.m;
  } else if (v.rows.size() == 2 && v.rows[1].extent == p.m && v.rows[0].extent == p.items) {
    row = v.rows[1].stride, item = v.rows[0].stride;
  } else if (!v.rows.empty() || p.m * p.items != 1) {
    return {};
  }
  if (!fits(row) || !fits(item)) return {};
  m.strides = {row * 2, item * 2};
  return m;
}

}  // namespace

Verdict check_tail(const Problem& p) {
  if (p.outputs.size() != 1) return Verdict::no("has {} outputs", p.outputs.size());
  const TensorDesc& y = p.outputs[0];
  if (!has_device_type(y.type)) return Verdict::no("writes {}", name(y.type));
  if (!p.has_epilogue()) return y.type == p.inputs[0].type ? Verdict::yes() : Verdict::no("converts without a program");
  const PwProgram& program = *p.epilogue.program;
  const std::vector<DType> types = tail_types(p);
  if (std::string reason = refuse_program(program, types); !reason.empty()) return Verdict::no("{}", reason);
  if (program.outputs.size() != 1) return Verdict::no("has a tail with {} results", program.outputs.size());
  if (program_output_types(program, types)[0] != y.type) return Verdict::no("has a tail of another type");
  for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i)
    if (!p.has(i) || p.inputs[i].dims.size() > y.dims.size()) return Verdict::no("has an unusual operand in its tail");
  return Verdict::yes();
}

TailSource tail_source(const Problem& p, const std::vector<IndexAxis>& row_axes,
                       const std::vector<IndexAxis>& column_axes, int bias, KernelParameters& kernel) {
  const TensorDesc& y = p.outputs[0];
  const TailProgram program(p, row_axes, column_axes, bias);
  TailSource t;
  t.vector = bits(y.type) <= 16 ? 8 : 4;
  Members members{kernel, {}, {}};
  std::string loads;
  for (const Operand& o : program.operands) {
    members.add(o);
    loads += load_code(o, "V");
  }
  const std::string type(device_type(y.type));
  members.add(type, "y", view_of(y, y.dims, row_axes, column_axes), Argument::output(0));
  t.definition = program.definition + fmt::format(
                                          R"(
struct Tail {{
{0}  template <int V>
  __device__ __forceinline__ void run(const float (&sum)[V], int row, int column, int n) const {{
{1}    {2} y_v[V];
#pragma unroll
    for (int i = 0; i < V; ++i) {{
      {3}
      y_v[i] = element_of<{2}>(result);
    }}
    y.store(row, column, n, y_v);
  }}
}};
)",
                                          members.definitions, loads, type, program.line);
  t.initialiser = fmt::format("{{{}}}", members.initialisers);
  return t;
}

std::optional<BoxTailSource> box_tail_source(const Problem& p, const Product& product, int chunks,
                                             KernelParameters& kernel) {
  const TensorDesc& y = p.outputs[0];
  const TensorView view = view_of(y, y.dims, product.row_axes, product.column_axes);
  const std::optional<TensorMap> out = map_of(y.type, view, product, Argument::output(0));
  if (!out || product.n % 2 != 0) return {};
  const TailProgram program(p, product.row_axes, product.column_axes, product.bias);
  BoxTailSource t;
  Members members{kernel, {}, {}};
  t.out = kernel.map("y_map", *out);
  std::string held, hold, loads;
  int64_t left = kHeldBytes / chunks;  // for the operands of a pair of columns
  for (const Operand& o : program.operands) {
    const bool of_columns = o.view.rows.empty();
    if (!of_columns && o.type == y.type && t.taken.empty()) {
      if (const auto map = map_of(o.type, o.view, product, Argument::input(o.input))) {
        t.taken = kernel.map("taken_map", *map);
        loads += fmt::format("    const {} (&{}_v)[2] = taken;\n", device_type(o.type), o.name);
        continue;
      }
    }
    members.add(o);
    if (of_columns && bits(o.type) <= 32 && bits(o.type) / 4 <= left) {
      left -= bits(o.type) / 4;
      held += fmt::format("    Kept<{}, 2> {}[{}];\n", device_type(o.type), o.name, chunks);
      hold += fmt::format("    {0}.keep_pairs(column, left, held.{0});\n", o.name);
      loads += fmt::format(
          "    const Pack<{0}, 2> {1}_two = held.{1}[chunk].unpack();\n    const {0} (&{1}_v)[2] = {1}_two.at;\n",
          device_type(o.type), o.name);
    } else {
      loads += load_code(o, "2");
    }
  }
  t.definition = program.definition + fmt::format(
                                          R"(
struct Tail {{
{0}  struct Held {{
{1}  }};
  __device__ __forceinline__ Held hold(int column, int left) const {{
    Held held = {{}};
{2}    return held;
  }}
  __device__ __forceinline__ void run(float (&sum)[2], const Held& held, int chunk, const {3} (&taken)[2], int row,
                                      int column, int n) const {{
{4}#pragma unroll
    for (int i = 0; i < 2; ++i) {{
      {5}
      sum[i] = result;
    }}
  }}
}};
)",
                                          members.definitions, held, hold, device_type(y.type), loads, program.line);
  t.initialiser = fmt::format("{{{}}}", members.initialisers);
  return t;
}

}  // namespace hone::cuda

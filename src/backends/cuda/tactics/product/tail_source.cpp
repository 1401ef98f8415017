// Loads of the operands as vectors, then the program element by element.
#include "backends/cuda/tactics/product/tail_source.h"

#include "backends/cuda/program_code.h"

namespace hone::cuda {
namespace {

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

struct Writer {
  const Problem& p;
  KernelParameters& kernel;
  const std::vector<IndexAxis>&row_axes, &column_axes;
  std::string members, loads, arguments, initialisers;

  void operand(std::string_view name, const TensorDesc& d, int input) {
    const TensorView v = view_of(d, p.outputs[0].dims, row_axes, column_axes);
    const std::string type(device_type(d.type));
    members += fmt::format("  {} {};\n", KernelParameters::view_type("const " + type, v), name);
    loads += fmt::format("    {0} {1}_v[V] = {{}};\n    {1}.load(row, column, n, {1}_v);\n", type, name);
    initialisers += kernel.view("const " + type, name, v, Argument::input(input)) + ", ";
  }
};

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
  Writer w{p, kernel, row_axes, column_axes, {}, {}, {}, {}};
  TailSource t;
  t.vector = bits(y.type) <= 16 ? 8 : 4;
  std::string sum = "sum[i]";
  if (bias >= 0) {
    w.operand("bias", bias_desc(p.inputs[static_cast<size_t>(bias)], y.dims.size()), bias);
    sum += " + value_of(bias_v[i])";
  }
  std::string call = fmt::format("y_v[i] = element_of<{}>({});", device_type(y.type), sum);
  if (p.has_epilogue()) {
    const std::vector<DType> types = tail_types(p);
    t.definition = program_function(*p.epilogue.program, "tail_program", types);
    for (size_t i = 1; i < types.size(); ++i) {
      const size_t input = p.base_inputs() + i - 1;
      w.operand(fmt::format("x{}", i), p.inputs[input], static_cast<int>(input));
      w.arguments += fmt::format(", value_of(x{}_v[i])", i);
    }
    call = fmt::format("{0} r;\n      tail_program({1}{2}, r);\n      y_v[i] = element_of<{3}>(r);", value_type(y.type),
                       sum, w.arguments, device_type(y.type));
  }
  const TensorView out = view_of(y, y.dims, row_axes, column_axes);
  const std::string out_type(device_type(y.type));
  w.members += fmt::format("  {} y;\n", KernelParameters::view_type(out_type, out));
  w.initialisers += kernel.view(out_type, "y", out, Argument::output(0));
  t.definition += fmt::format(
      R"(
struct Tail {{
{0}  template <int V>
  __device__ __forceinline__ void run(const float (&sum)[V], int row, int column, int n) const {{
{1}    {2} y_v[V];
#pragma unroll
    for (int i = 0; i < V; ++i) {{
      {3}
    }}
    y.store(row, column, n, y_v);
  }}
}};
)",
      w.members, w.loads, out_type, call);
  t.initialiser = fmt::format("{{{}}}", w.initialisers);
  return t;
}

}  // namespace hone::cuda

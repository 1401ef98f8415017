// cuda.conv_direct: any convolution in any format, by its definition.
#include "backends/cuda/tactics/convolution/conv_direct.h"

#include "backends/cuda/program_code.h"
#include "backends/layout.h"

namespace hone::cuda {

Verdict check_direct(const Problem& p, const ConvProblem& c) {
  const DType t = p.inputs[0].type;
  if (t != DType::kF32 && t != DType::kF16 && t != DType::kBF16) return Verdict::no("computes no {}", name(t));
  const int64_t outputs = p.outputs[0].count();
  if (outputs == 0 || outputs > INT32_MAX) return Verdict::no("has an unusual size");
  if (p.inputs[1].count() > INT32_MAX || c.in_channels == 0) return Verdict::no("has unusual weights");
  return check_tail(p);
}

Recipe direct_recipe(const Problem& p, const ConvProblem& c, bool transposed) {
  const bool channels_last = p.outputs[0].format == Format::kChannelsLast;
  KernelParameters k;
  const std::string type(device_type(p.inputs[0].type));
  k.pointer("const " + type, "data", Argument::input(0)), k.pointer("const " + type, "weights", Argument::input(1));
  k.integer("images", c.batch), k.integer("groups", c.groups);
  k.integer("group_in", c.group_in()), k.integer("group_out", c.group_out());
  const std::string windows = windows_code(k, c.windows, transposed);
  std::vector<IndexAxis> rows = {0};
  for (size_t a = 2; a < p.outputs[0].dims.size(); ++a) rows.push_back(a);
  const TailSource t = tail_source(p, rows, {1}, c.bias, k);
  Recipe r;
  r.source = fmt::format(
      R"(#include "math.cuh"
#include "direct_convolution.cuh"
using namespace product;
{}
extern "C" __global__ void __launch_bounds__(256) kernel({}) {{
  const direct::Shape shape = {{groups, group_in, group_out, {}}};
  const Tail tail = {};
  direct::run<{}, {}, {}>(data, weights, images, shape, [&](const float (&v)[1], int row, int column, int n) {{
    tail.run(v, row, column, n);
  }});
}}
)",
      t.definition, k.parameters(), windows, t.initialiser, type, transposed, channels_last);
  r.arguments = k.arguments();
  r.overlaps = true;
  r.block = {256, 1, 1};
  r.grid = {static_cast<unsigned>((p.outputs[0].count() + 255) / 256), 1, 1};
  return r;
}

double direct_time(const Problem& p, const ConvProblem& c) {
  const auto products = static_cast<double>(p.outputs[0].count() * c.group_in() * c.windows.taps());
  return products / (gpu().multiprocessors * 8.0 * 1600) + 3;
}

namespace {

class ConvDirect : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.conv_direct"; }
  Verdict supports(const Problem& p) const override {
    ConvProblem c;
    if (p.inputs.empty() || p.outputs.size() != 1) return Verdict::no("has unusual operands");
    if (Verdict v = conv_problem(p, c); !v) return v;
    return check_direct(p, c);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ConvProblem c;
    (void)conv_problem(p, c);
    place_as_described(p.inputs[0], c);
    return {direct_recipe(p, c, false)};
  }
  double estimate(const Problem& p) const override {
    ConvProblem c;
    return conv_problem(p, c) ? direct_time(p, c) : 1e9;
  }
};

}  // namespace

const Tactic& conv_direct() {
  static const ConvDirect tactic;
  return tactic;
}

}  // namespace hone::cuda

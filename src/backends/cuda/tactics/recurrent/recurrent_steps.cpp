// RNN, LSTM and GRU layers, step after step: a block takes one sequence in one direction, a warp the gates of one
// hidden unit at a time. Simple and exact; made for correctness before speed.
#include <algorithm>
#include <sstream>

#include "backends/cuda/elements.h"
#include "ops/recurrent.h"

namespace hone::cuda {
namespace {

enum Input : size_t { kX, kW, kR, kBias, kLengths, kH0, kC0, kPeephole };
constexpr int kThreads = 512;
constexpr int64_t kMostHidden = 2048;

int gates(RecurrentKind k) { return k == RecurrentKind::kLstm ? 4 : k == RecurrentKind::kGru ? 3 : 1; }
int64_t directions(const RecurrentAttrs& a) { return a.direction == RecurrentDirection::kBidirectional ? 2 : 1; }

struct Activation {
  std::string_view name, code;
  int parameters;
  double alpha, beta;
};
constexpr Activation kActivations[] = {
    {"sigmoid", "m_sigmoid(x)", 0, 0, 0},
    {"tanh", "tanhf(x)", 0, 0, 0},
    {"relu", "fmaxf(0.0f, x)", 0, 0, 0},
    {"affine", "a * x + b", 2, 1, 0},
    {"leakyrelu", "x >= 0.0f ? x : a * x", 1, 0.01, 0},
    {"thresholdedrelu", "x >= a ? x : 0.0f", 1, 1, 0},
    {"scaledtanh", "a * tanhf(b * x)", 2, 1, 1},
    {"hardsigmoid", "fminf(fmaxf(a * x + b, 0.0f), 1.0f)", 2, 0.2, 0.5},
    {"elu", "x >= 0.0f ? x : a * expm1f(x)", 1, 1, 0},
    {"softsign", "x / (1.0f + fabsf(x))", 0, 0, 0},
    {"softplus", "m_softplus(x)", 0, 0, 0},
};

// Functions act0.., direction after direction; alphas and betas go to those that take them, in order.
std::string activation_functions(const RecurrentAttrs& a) {
  const std::string defaults = a.kind == RecurrentKind::kLstm  ? "sigmoid tanh tanh"
                               : a.kind == RecurrentKind::kGru ? "sigmoid tanh"
                                                               : "tanh";
  std::string names = a.activations, code;
  if (names.empty()) names = directions(a) == 2 ? defaults + " " + defaults : defaults;
  std::istringstream words(names);
  std::string word;
  size_t alphas = 0, betas = 0;
  for (int i = 0; words >> word; ++i) {
    const auto* row = std::find_if(std::begin(kActivations), std::end(kActivations),
                                   [&](const Activation& r) { return r.name == word; });
    if (row == std::end(kActivations)) fail<Unsupported>("recurrent activation '{}' is not supported", word);
    double alpha = row->alpha, beta = row->beta;
    if (row->parameters > 0 && alphas < a.alpha.size()) alpha = a.alpha[alphas++];
    if (row->parameters > 1 && betas < a.beta.size()) beta = a.beta[betas++];
    code += fmt::format(
        "__device__ __forceinline__ float act{}(float x) {{ const float a = {}, b = {}; (void)a; (void)b; return {}; "
        "}}\n",
        i, literal(static_cast<float>(alpha)), literal(static_cast<float>(beta)), row->code);
  }
  return code;
}

// act(which, direction): the functions of both directions behind one name.
std::string activation_choice(const RecurrentAttrs& a) {
  const int each = a.kind == RecurrentKind::kLstm ? 3 : a.kind == RecurrentKind::kGru ? 2 : 1;
  std::string code = "template <int N>\n__device__ __forceinline__ float act(float x, int d) {\n";
  for (int i = 0; i < each; ++i) {
    const std::string second = directions(a) == 2 ? fmt::format("d == 1 ? act{}(x) : ", each + i) : "";
    code += fmt::format("  if constexpr (N == {}) return {}act{}(x);\n", i, second, i);
  }
  return code + "}\n";
}

class RecurrentSteps : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.recurrent_steps"; }
  Verdict supports(const Problem& p) const override {
    const auto& a = p.attr<RecurrentAttrs>();
    if (const Verdict v = plain_node(p); !v) return v;
    if (a.hidden_size > kMostHidden) return Verdict::no("hidden size {}", a.hidden_size);
    for (size_t i = 0; i < p.inputs.size(); ++i)
      if (p.has(i) && (!is_linear(p.inputs[i]) || !is_dense(p.inputs[i])))
        return Verdict::no("input {} is not linear", i);
    for (const TensorDesc& d : p.outputs)
      if (!is_linear(d) || !is_dense(d)) return Verdict::no("an output is not linear");
    if (p.inputs[kX].type == DType::kF64) return Verdict::no("type f64");
    return Verdict::yes();
  }

  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<RecurrentAttrs>();
    const Dims& x = p.inputs[kX].dims;
    const int64_t time = x[a.batch_first ? 1 : 0], batch = x[a.batch_first ? 0 : 1], d = directions(a);
    if (batch == 0) return {};
    KernelSource k = KernelSource::for_problem(p);
    k.include("math.cuh");
    k.include("reduce.cuh");
    const std::string_view t = device_type(p.inputs[kX].type);
    k.define(fmt::format("typedef {} E;\n", t));
    k.define(activation_functions(a) + activation_choice(a));
    const char* names[] = {"x", "w", "r", "bias", "lengths", "h0", "c0", "peephole"};
    for (size_t i = 0; i < p.inputs.size(); ++i)
      if (p.has(i)) k.input(names[i], i, i == kLengths ? device_type(p.inputs[i].type) : std::string_view("E"));
    const char* results[] = {"y", "last_h", "last_c"};
    for (size_t i = 0; i < p.outputs.size(); ++i) k.output(results[i], i, "E");
    k.index("time", time), k.index("batch", batch), k.index("size", x[2]);
    k.real("limit", a.clip);
    k.define(
        fmt::format("constexpr int kHidden = {}, kDirections = {}, kGates = {};\n", a.hidden_size, d, gates(a.kind)));
    prologue(k, p);
    k.line("for (Index step = 0; step < length; ++step) {{");
    k.line("const Index at = {} ? length - 1 - step : step;",
           a.direction == RecurrentDirection::kReverse ? "true" : "d == 1");
    k.line("const E* input = x + {} * size;", a.batch_first ? "(b * time + at)" : "(at * batch + b)");
    if (a.kind == RecurrentKind::kGru) gru(k, a);
    if (a.kind == RecurrentKind::kLstm) lstm(k, p);
    if (a.kind == RecurrentKind::kRnn) rnn(k);
    k.line("__syncthreads();");
    k.line(
        "for (int u = threadIdx.x; u < kHidden; u += {}) {{ h[u] = next[u]; y[{} * kHidden + u] = "
        "element_of<E>(next[u]); }}",
        kThreads, row(a));
    k.line("__syncthreads();");
    k.line("}}");
    k.line("for (Index at = length; at < time; ++at)");
    k.line("for (int u = threadIdx.x; u < kHidden; u += {}) y[{} * kHidden + u] = element_of<E>(0.0f);", kThreads,
           row(a));
    k.line("for (int u = threadIdx.x; u < kHidden; u += {}) {{", kThreads);
    if (p.outputs.size() > 1) k.line("last_h[state + u] = element_of<E>(h[u]);");
    if (p.outputs.size() > 2) k.line("last_c[state + u] = element_of<E>(c[u]);");
    k.line("}}");
    return {k.recipe(batch * d, kThreads)};
  }

 private:
  static std::string row(const RecurrentAttrs& a) {
    return a.batch_first ? "((b * time + at) * kDirections + d)" : "((at * kDirections + d) * batch + b)";
  }
  static void prologue(KernelSource& k, const Problem& p) {
    const auto& a = p.attr<RecurrentAttrs>();
    k.line("__shared__ float h[kHidden], next[kHidden], c[kHidden], extra[kHidden];");
    k.line("const Index b = static_cast<Index>(blockIdx.x) / kDirections;");
    k.line("const int d = static_cast<int>(blockIdx.x) % kDirections;");
    k.line("const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;");
    k.line("const Index state = {} * kHidden;", a.batch_first ? "(b * kDirections + d)" : "(d * batch + b)");
    k.line("for (int u = threadIdx.x; u < kHidden; u += {}) {{", kThreads);
    k.line("h[u] = {}; c[u] = {};", p.has(kH0) ? "to_float(h0[state + u])" : "0.0f",
           p.has(kC0) ? "to_float(c0[state + u])" : "0.0f");
    k.line("}}");
    k.line("__syncthreads();");
    k.line("const Index length = {};",
           p.has(kLengths)
               ? "static_cast<Index>(max(0ll, min(static_cast<long long>(lengths[b]), static_cast<long long>(time))))"
               : "time");
    k.line("const auto clipped = [&](float v) {{ return limit > 0.0f ? fminf(fmaxf(v, -limit), limit) : v; }};");
    // Products of a row with the input and with a hidden vector, on all lanes; both halves of the bias.
    k.line(
        "const auto total = [](float v) {{ merge_group<32, {}>(v, [](float& a, float b) {{ a += b; }}); return v; }};",
        kThreads);
    k.line("const auto from_input = [&](const E* input, int row) {{");
    k.line("const E* m = w + (static_cast<Index>(d) * kGates * kHidden + row) * size;");
    k.line("float sum = 0;");
    k.line("for (Index j = lane; j < size; j += 32) sum += to_float(m[j]) * to_float(input[j]);");
    k.line("return total(sum){};",
           p.has(kBias) ? " + to_float(bias[static_cast<Index>(d) * 2 * kGates * kHidden + row])" : "");
    k.line("}};");
    k.line("const auto from_state = [&](const float* v, int row) {{");
    k.line("const E* m = r + (static_cast<Index>(d) * kGates * kHidden + row) * kHidden;");
    k.line("float sum = 0;");
    k.line("for (int j = lane; j < kHidden; j += 32) sum += to_float(m[j]) * v[j];");
    k.line("return total(sum){};",
           p.has(kBias) ? " + to_float(bias[(static_cast<Index>(d) * 2 + 1) * kGates * kHidden + row])" : "");
    k.line("}};");
  }
  static void rnn(KernelSource& k) {
    k.line("for (int u = warp; u < kHidden; u += {}) {{", kThreads / 32);
    k.line("const float v = act<0>(clipped(from_input(input, u) + from_state(h, u)), d);");
    k.line("if (lane == 0) next[u] = v;");
    k.line("}}");
  }
  static void gru(KernelSource& k, const RecurrentAttrs& a) {  // gates z, r, h
    k.line("for (int u = warp; u < kHidden; u += {}) {{", kThreads / 32);
    k.line("const float z = act<0>(clipped(from_input(input, u) + from_state(h, u)), d);");
    k.line("const float reset = act<0>(clipped(from_input(input, kHidden + u) + from_state(h, kHidden + u)), d);");
    if (a.linear_before_reset) {
      k.line(
          "const float candidate = act<1>(clipped(from_input(input, 2 * kHidden + u) + reset * from_state(h, 2 * "
          "kHidden + u)), d);");
      k.line("if (lane == 0) next[u] = (1.0f - z) * candidate + z * h[u];");
      k.line("}}");
      return;
    }
    k.line("if (lane == 0) {{ c[u] = z; extra[u] = reset * h[u]; }}");
    k.line("}}");
    k.line("__syncthreads();");
    k.line("for (int u = warp; u < kHidden; u += {}) {{", kThreads / 32);
    k.line(
        "const float candidate = act<1>(clipped(from_input(input, 2 * kHidden + u) + from_state(extra, 2 * kHidden + "
        "u)), d);");
    k.line("if (lane == 0) next[u] = (1.0f - c[u]) * candidate + c[u] * h[u];");
    k.line("}}");
  }
  static void lstm(KernelSource& k, const Problem& p) {  // gates i, o, f, c
    const auto peephole = [&](int part, const char* cell) {
      return p.has(kPeephole) ? fmt::format(" + to_float(peephole[(d * 3 + {}) * kHidden + u]) * {}", part, cell)
                              : std::string();
    };
    k.line("for (int u = warp; u < kHidden; u += {}) {{", kThreads / 32);
    k.line("const float old = c[u];");
    k.line("const float i = act<0>(clipped(from_input(input, u) + from_state(h, u){}), d);", peephole(0, "old"));
    if (p.attr<RecurrentAttrs>().input_forget)
      k.line("const float f = 1.0f - i;");
    else
      k.line(
          "const float f = act<0>(clipped(from_input(input, 2 * kHidden + u) + from_state(h, 2 * kHidden + u){}), d);",
          peephole(2, "old"));
    k.line(
        "const float candidate = act<1>(clipped(from_input(input, 3 * kHidden + u) + from_state(h, 3 * kHidden + u)), "
        "d);");
    k.line("const float cell = f * old + i * candidate;");
    k.line("const float o = act<0>(clipped(from_input(input, kHidden + u) + from_state(h, kHidden + u){}), d);",
           peephole(1, "cell"));
    k.line("const float v = o * act<2>(cell, d);");
    k.line("if (lane == 0) {{ c[u] = cell; next[u] = v; }}");
    k.line("}}");
  }
};

}  // namespace

const Tactic& recurrent_steps() {
  static const RecurrentSteps tactic;
  return tactic;
}

}  // namespace hone::cuda

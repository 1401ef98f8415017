// RNN, LSTM and GRU: shape rule and reference evaluation, one sequence and direction at a time.
#include "ops/recurrent.h"

#include <cmath>
#include <sstream>

#include "ops/reference.h"

namespace hone {
namespace {

enum Input : size_t { kX, kW, kR, kBias, kLengths, kH0, kC0, kPeephole };

int64_t gates(RecurrentKind k) { return k == RecurrentKind::kLstm ? 4 : k == RecurrentKind::kGru ? 3 : 1; }
int64_t directions(const RecurrentAttrs& a) { return a.direction == RecurrentDirection::kBidirectional ? 2 : 1; }

struct Activation {
  enum Kind {
    kSigmoid,
    kTanh,
    kRelu,
    kAffine,
    kLeakyRelu,
    kThresholdedRelu,
    kScaledTanh,
    kHardSigmoid,
    kElu,
    kSoftsign,
    kSoftplus
  } kind;
  double alpha = 0, beta = 0;
  double operator()(double x) const {
    switch (kind) {
      case kSigmoid:
        return 1 / (1 + std::exp(-x));
      case kTanh:
        return std::tanh(x);
      case kRelu:
        return std::max(0.0, x);
      case kAffine:
        return alpha * x + beta;
      case kLeakyRelu:
        return x >= 0 ? x : alpha * x;
      case kThresholdedRelu:
        return x >= alpha ? x : 0;
      case kScaledTanh:
        return alpha * std::tanh(beta * x);
      case kHardSigmoid:
        return std::clamp(alpha * x + beta, 0.0, 1.0);
      case kElu:
        return x >= 0 ? x : alpha * std::expm1(x);
      case kSoftsign:
        return x / (1 + std::fabs(x));
      case kSoftplus:
        return std::log1p(std::exp(x));
    }
    return x;
  }
};

struct ActivationName {
  std::string_view name;
  Activation::Kind kind;
  int parameters;  // how many of alpha and beta it takes
  double alpha, beta;
};
constexpr ActivationName kActivations[] = {
    {"sigmoid", Activation::kSigmoid, 0, 0, 0},
    {"tanh", Activation::kTanh, 0, 0, 0},
    {"relu", Activation::kRelu, 0, 0, 0},
    {"affine", Activation::kAffine, 2, 1, 0},
    {"leakyrelu", Activation::kLeakyRelu, 1, 0.01, 0},
    {"thresholdedrelu", Activation::kThresholdedRelu, 1, 1, 0},
    {"scaledtanh", Activation::kScaledTanh, 2, 1, 1},
    {"hardsigmoid", Activation::kHardSigmoid, 2, 0.2, 0.5},
    {"elu", Activation::kElu, 1, 1, 0},
    {"softsign", Activation::kSoftsign, 0, 0, 0},
    {"softplus", Activation::kSoftplus, 0, 0, 0},
};

// All activations, direction after direction; alphas and betas go to those that take them, in order.
std::vector<Activation> activations(const RecurrentAttrs& a) {
  const std::string defaults = a.kind == RecurrentKind::kLstm  ? "sigmoid tanh tanh"
                               : a.kind == RecurrentKind::kGru ? "sigmoid tanh"
                                                               : "tanh";
  std::string names = a.activations;
  if (names.empty()) names = directions(a) == 2 ? defaults + " " + defaults : defaults;
  std::vector<Activation> result;
  std::istringstream words(names);
  std::string word;
  size_t alphas = 0, betas = 0;
  while (words >> word) {
    const auto* row = std::find_if(std::begin(kActivations), std::end(kActivations),
                                   [&](const ActivationName& r) { return r.name == word; });
    require<Unsupported>(row != std::end(kActivations), "recurrent activation '{}' is not supported", word);
    Activation f{row->kind, row->alpha, row->beta};
    if (row->parameters > 0 && alphas < a.alpha.size()) f.alpha = a.alpha[alphas++];
    if (row->parameters > 1 && betas < a.beta.size()) f.beta = a.beta[betas++];
    result.push_back(f);
  }
  const size_t each = a.kind == RecurrentKind::kLstm ? 3 : a.kind == RecurrentKind::kGru ? 2 : 1;
  require<ModelError>(result.size() == each * static_cast<size_t>(directions(a)),
                      "a {} layer of {} directions takes {} activations, got '{}'",
                      kRecurrentKindNames[static_cast<size_t>(a.kind)], directions(a),
                      each * static_cast<size_t>(directions(a)), names);
  return result;
}

void check_shape(const InferContext& c, size_t i, const char* what, const Shape& expected) {
  if (!c.has(i)) return;
  const Shape& s = c.in(i).shape;
  require<ModelError>(s.size() == expected.size(), "{} has shape {}, expected {}", what, str(s), str(expected));
  for (size_t k = 0; k < s.size(); ++k)
    require<ModelError>(s[k] == expected[k] || !s[k].is_const() || !expected[k].is_const(),
                        "{} has shape {}, expected {}", what, str(s), str(expected));
}

void infer_recurrent(InferContext& c) {
  const auto& a = c.attr<RecurrentAttrs>();
  const bool lstm = a.kind == RecurrentKind::kLstm;
  const Shape& x = c.in(kX).shape;
  require_float(c.in(kX), "data of a recurrent layer");
  require<ModelError>(x.size() == 3, "a recurrent layer needs data of rank 3, got {}", str(x));
  require<ModelError>(a.hidden_size >= 1 && a.hidden_size < (1 << 24), "the hidden size is {}", a.hidden_size);
  require<ModelError>(a.clip >= 0, "the clip threshold is {}", a.clip);
  const Dim time = x[a.batch_first ? 1 : 0], batch = x[a.batch_first ? 0 : 1];
  const int64_t d = directions(a), h = a.hidden_size, g = gates(a.kind);
  check_shape(c, kW, "W", {d, g * h, x[2]});
  check_shape(c, kR, "R", {d, g * h, h});
  check_shape(c, kBias, "B", {d, 2 * g * h});
  check_shape(c, kLengths, "sequence_lens", {batch});
  const Shape state = a.batch_first ? Shape{batch, d, h} : Shape{d, batch, h};
  check_shape(c, kH0, "initial_h", state);
  check_shape(c, kC0, "initial_c", state);
  check_shape(c, kPeephole, "P", {d, 3 * h});
  require<ModelError>(lstm || (!c.has(kC0) && !c.has(kPeephole)), "only LSTM layers have a cell state and peepholes");
  for (size_t i : {kW, kR, kBias, kH0, kC0, kPeephole}) require_type_of_first(c, i, "an operand of a recurrent layer");
  require<ModelError>(!c.has(kLengths) || is_integer(c.in(kLengths).type), "sequence_lens must be integers");
  activations(a);
  const size_t most = lstm ? 3 : 2;
  require<ModelError>(c.outputs.size() <= most, "a recurrent layer has at most {} outputs", most);
  const Shape all = a.batch_first ? Shape{batch, time, d, h} : Shape{time, d, batch, h};
  for (size_t i = 0; i < c.outputs.size(); ++i)
    c.outputs[i] = {c.in(kX).type, i == 0 ? all : state, std::nullopt, nullptr};
}

// Weights of one direction, in double.
struct Cell {
  const RecurrentAttrs* attrs;
  int64_t in, hidden;
  std::vector<double> w, r, wb, rb, p;  // wb and rb: the two halves of the bias
  Activation f[3];

  double clipped(double x) const { return attrs->clip > 0 ? std::clamp(x, -attrs->clip, attrs->clip) : x; }
  double gate(const std::vector<double>& m, int64_t row, const double* v, int64_t n) const {
    double sum = 0;
    const double* weights = m.data() + row * n;
    for (int64_t i = 0; i < n; ++i) sum += weights[i] * v[i];
    return sum;
  }
  /// W x + R h + both biases of one gate row.
  double plain(int64_t row, const double* x, const double* h) const {
    const auto k = static_cast<size_t>(row);
    return gate(w, row, x, in) + gate(r, row, h, hidden) + wb[k] + rb[k];
  }

  void rnn(const double* x, std::vector<double>& h) const {
    std::vector<double> next(h.size());
    for (int64_t i = 0; i < hidden; ++i) next[static_cast<size_t>(i)] = f[0](clipped(plain(i, x, h.data())));
    h = next;
  }
  void gru(const double* x, std::vector<double>& h) const {  // gates z, r, h
    const auto n = static_cast<size_t>(hidden);
    std::vector<double> z(n), reset(n), next(n), masked(n);
    for (int64_t i = 0; i < hidden; ++i) {
      const auto k = static_cast<size_t>(i);
      z[k] = f[0](clipped(plain(i, x, h.data())));
      reset[k] = f[0](clipped(plain(hidden + i, x, h.data())));
      masked[k] = reset[k] * h[k];
    }
    for (int64_t i = 0; i < hidden; ++i) {
      const int64_t row = 2 * hidden + i;
      const auto k = static_cast<size_t>(i), b = static_cast<size_t>(row);
      const double recurrent = attrs->linear_before_reset ? reset[k] * (gate(r, row, h.data(), hidden) + rb[b])
                                                          : gate(r, row, masked.data(), hidden) + rb[b];
      const double candidate = f[1](clipped(gate(w, row, x, in) + wb[b] + recurrent));
      next[k] = (1 - z[k]) * candidate + z[k] * h[k];
    }
    h = next;
  }
  void lstm(const double* x, std::vector<double>& h, std::vector<double>& c) const {  // gates i, o, f, c
    const auto n = static_cast<size_t>(hidden);
    std::vector<double> next(n);
    for (int64_t i = 0; i < hidden; ++i) {
      const auto k = static_cast<size_t>(i);
      const double input = f[0](clipped(plain(i, x, h.data()) + p[k] * c[k]));
      const double forget =
          attrs->input_forget ? 1 - input : f[0](clipped(plain(2 * hidden + i, x, h.data()) + p[2 * n + k] * c[k]));
      const double candidate = f[1](clipped(plain(3 * hidden + i, x, h.data())));
      c[k] = forget * c[k] + input * candidate;
      const double output = f[0](clipped(plain(hidden + i, x, h.data()) + p[n + k] * c[k]));
      next[k] = output * f[2](c[k]);
    }
    h = next;
  }
};

std::vector<double> direction_part(const EvalContext& c, size_t i, int64_t d, int64_t count, int64_t offset = 0,
                                   int64_t stride = -1) {
  if (!c.has(i)) return std::vector<double>(static_cast<size_t>(count), 0);
  const std::vector<double> all = c.in(i).as_doubles();
  const auto begin = all.begin() + d * (stride < 0 ? count : stride) + offset;
  return {begin, begin + count};
}

Cell cell(const EvalContext& c, const RecurrentAttrs& a, int64_t d) {
  const int64_t h = a.hidden_size, rows = gates(a.kind) * h, in = c.in(kX).dims()[2];
  Cell cell{&a,
            in,
            h,
            direction_part(c, kW, d, rows * in),
            direction_part(c, kR, d, rows * h),
            direction_part(c, kBias, d, rows, 0, 2 * rows),
            direction_part(c, kBias, d, rows, rows, 2 * rows),
            direction_part(c, kPeephole, d, 3 * h),
            {}};
  const std::vector<Activation> f = activations(a);
  const size_t each = f.size() / static_cast<size_t>(directions(a));
  for (size_t i = 0; i < each; ++i) cell.f[i] = f[static_cast<size_t>(d) * each + i];
  return cell;
}

void eval_recurrent(EvalContext& c) {
  const auto& a = c.attr<RecurrentAttrs>();
  const Dims& dims = c.in(kX).dims();
  const int64_t time = dims[a.batch_first ? 1 : 0], batch = dims[a.batch_first ? 0 : 1], in = dims[2];
  const int64_t count = directions(a), h = a.hidden_size;
  const std::vector<double> x = c.in(kX).as_doubles();
  const std::vector<double> h0 = c.has(kH0) ? c.in(kH0).as_doubles() : std::vector<double>();
  const std::vector<double> c0 = c.has(kC0) ? c.in(kC0).as_doubles() : std::vector<double>();
  const std::vector<int64_t> lengths =
      c.has(kLengths) ? c.in(kLengths).as_ints() : std::vector<int64_t>(static_cast<size_t>(batch), time);
  const Dims state = a.batch_first ? Dims{batch, count, h} : Dims{count, batch, h};
  Tensor y = Tensor::zeros(DType::kF64, a.batch_first ? Dims{batch, time, count, h} : Dims{time, count, batch, h});
  Tensor last_h(DType::kF64, state), last_c(DType::kF64, state);
  for (int64_t d = 0; d < count; ++d) {
    const Cell step = cell(c, a, d);
    const bool backwards = a.direction == RecurrentDirection::kReverse || d == 1;
    for (int64_t b = 0; b < batch; ++b) {
      const int64_t at = (a.batch_first ? b * count + d : d * batch + b) * h;
      std::vector<double> hidden(static_cast<size_t>(h), 0), memory(static_cast<size_t>(h), 0);
      if (!h0.empty()) hidden.assign(h0.begin() + at, h0.begin() + at + h);
      if (!c0.empty()) memory.assign(c0.begin() + at, c0.begin() + at + h);
      const int64_t length = std::clamp<int64_t>(lengths[static_cast<size_t>(b)], 0, time);
      for (int64_t k = 0; k < length; ++k) {
        const int64_t t = backwards ? length - 1 - k : k;
        const double* input = x.data() + (a.batch_first ? b * time + t : t * batch + b) * in;
        if (a.kind == RecurrentKind::kRnn) step.rnn(input, hidden);
        if (a.kind == RecurrentKind::kGru) step.gru(input, hidden);
        if (a.kind == RecurrentKind::kLstm) step.lstm(input, hidden, memory);
        const int64_t row = a.batch_first ? (b * time + t) * count + d : (t * count + d) * batch + b;
        std::copy(hidden.begin(), hidden.end(), y.data<double>() + row * h);
      }
      std::copy(hidden.begin(), hidden.end(), last_h.data<double>() + at);
      std::copy(memory.begin(), memory.end(), last_c.data<double>() + at);
    }
  }
  const Tensor results[3] = {y, last_h, last_c};
  for (size_t i = 0; i < c.outputs.size(); ++i) c.outputs[i] = results[i].to(c.in(kX).type());
}

}  // namespace

const Op kRecurrentOp = {"Recurrent", kNoFlags, 3, 8, -1, make_attrs<RecurrentAttrs>, infer_recurrent, eval_recurrent};

}  // namespace hone

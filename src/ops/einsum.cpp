// Einstein summation: parsing, shape rule and reference evaluation (operands contracted pair by pair, in double).
#include "ops/einsum.h"

#include <cctype>
#include <map>

#include "ops/reference.h"

namespace hone {
namespace {

// Labels of one term; ellipsis axes are written as '0', '1', ... counted from the last, so that they broadcast.
using Labels = std::string;
constexpr std::string_view kDots = "...";
constexpr size_t kMaxRank = 32;

std::string without_blanks(const std::string& s) {
  std::string r;
  for (char c : s)
    if (std::isspace(static_cast<unsigned char>(c)) == 0) r += c;
  return r;
}

// Axis k of n ellipsis axes as a label that equals its counterpart in an operand with fewer of them.
char ellipsis_label(size_t k, size_t n) { return static_cast<char>(128 + (n - 1 - k)); }

Labels expand(std::string_view term, size_t ellipsis_rank, const std::string& equation) {
  Labels labels;
  bool seen = false;
  for (size_t i = 0; i < term.size(); ++i) {
    if (term.substr(i, 3) == kDots) {
      require<ModelError>(!seen, "equation '{}' has two ellipses in one term", equation);
      seen = true;
      for (size_t k = 0; k < ellipsis_rank; ++k) labels += ellipsis_label(k, ellipsis_rank);
      i += 2;
      continue;
    }
    require<ModelError>(std::isalpha(static_cast<unsigned char>(term[i])) != 0,
                        "equation '{}' has a bad character '{}'", equation, term[i]);
    labels += term[i];
  }
  return labels;
}

struct Equation {
  std::vector<Labels> operands;
  Labels output;
};

Equation parse(const std::string& text, const std::vector<size_t>& ranks) {
  const std::string s = without_blanks(text);
  const size_t arrow = s.find("->");
  const std::string left = s.substr(0, arrow);
  Equation e;
  size_t ellipsis_rank = 0;
  for (size_t begin = 0, i = 0;; ++i) {
    const size_t comma = left.find(',', begin);
    const std::string term = left.substr(begin, comma == std::string::npos ? comma : comma - begin);
    require<ModelError>(i < ranks.size(), "equation '{}' has more terms than the {} operands", text, ranks.size());
    const size_t dots = term.find(kDots);
    const size_t letters = term.size() - (dots == std::string::npos ? 0 : 3);
    require<ModelError>(ranks[i] <= kMaxRank && (dots == std::string::npos ? ranks[i] == letters : ranks[i] >= letters),
                        "term '{}' of equation '{}' does not fit an operand of rank {}", term, text, ranks[i]);
    if (dots != std::string::npos) ellipsis_rank = std::max(ellipsis_rank, ranks[i] - letters);
    e.operands.push_back(expand(term, ranks[i] - letters, text));
    if (comma == std::string::npos) break;
    begin = comma + 1;
  }
  require<ModelError>(e.operands.size() == ranks.size(), "equation '{}' has {} terms for {} operands", text,
                      e.operands.size(), ranks.size());
  std::map<char, int> count;
  for (const Labels& l : e.operands)
    for (char c : l) ++count[c];
  if (arrow != std::string::npos) {
    e.output = expand(std::string_view(s).substr(arrow + 2), ellipsis_rank, text);
  } else {  // implicit: the ellipsis, then what appears once, in alphabetical order
    e.output = expand(kDots, ellipsis_rank, text);
    for (const auto& [label, n] : count)
      if (n == 1 && std::isalpha(static_cast<unsigned char>(label)) != 0) e.output += label;
  }
  for (size_t i = 0; i < e.output.size(); ++i) {
    require<ModelError>(count.count(e.output[i]) != 0, "equation '{}' makes an output axis that no operand has", text);
    require<ModelError>(e.output.find(e.output[i], i + 1) == std::string::npos, "equation '{}' repeats an output axis",
                        text);
  }
  return e;
}

void infer_einsum(InferContext& c) {
  const std::string& text = c.attr<EinsumAttrs>().equation;
  std::vector<size_t> ranks;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    ranks.push_back(c.in(i).shape.size());
    require_type_of_first(c, i, "an operand of einsum");
  }
  const Equation e = parse(text, ranks);
  std::map<char, Dim> extent;
  for (size_t i = 0; i < c.inputs.size(); ++i)
    for (size_t k = 0; k < ranks[i]; ++k) {
      const Dim& d = c.in(i).shape[k];
      const auto [at, is_new] = extent.emplace(e.operands[i][k], d);
      if (is_new || at->second == d || d.is(1)) continue;
      require<ModelError>(!at->second.is_const() || !d.is_const() || at->second.is(1),
                          "equation '{}': an axis has extent {} in one operand and {} in another", text,
                          at->second.str(), d.str());
      if (!at->second.is_const() && !d.is_const()) continue;
      if (d.is_const() || at->second.is(1)) at->second = d;
    }
  Shape out;
  for (char l : e.output) out.push_back(extent.at(l));
  c.outputs[0] = {c.in(0).type, out, std::nullopt, nullptr};
}

// A tensor with one label an axis, all different.
template <class A>
struct Labelled {
  Labels labels;
  Dims dims;
  std::vector<A> values;
};

template <class A>
struct Operand {
  const A* values;
  std::map<char, int64_t> stride;  // summed over repeated labels (diagonals); 0 where the extent is 1
};

template <class A>
Operand<A> operand(const A* values, const Labels& labels, const Dims& dims) {
  Operand<A> o{values, {}};
  const std::vector<int64_t> strides = strides_of(dims);
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] != 1) o.stride[labels[i]] += strides[i];
  return o;
}

// Sums the product of one or two operands over every label that `keep` lacks.
template <class A>
Labelled<A> contract(const std::vector<Operand<A>>& in, const Labels& all, const Labels& keep,
                     const std::map<char, int64_t>& extent) {
  Labelled<A> out{keep, {}, {}};
  for (char l : keep) out.dims.push_back(extent.at(l));
  Labels order = keep;  // summed labels run fastest
  for (char l : all)
    if (order.find(l) == Labels::npos) order += l;
  const size_t n = order.size();
  std::vector<int64_t> limit(n), index(n, 0);
  std::vector<std::array<int64_t, 2>> step(n, {0, 0});
  int64_t summed = 1;
  for (size_t i = 0; i < n; ++i) {
    limit[i] = extent.at(order[i]);
    if (i >= keep.size()) summed *= limit[i];
    for (size_t k = 0; k < in.size(); ++k)
      if (auto s = in[k].stride.find(order[i]); s != in[k].stride.end()) step[i][k] = s->second;
  }
  out.values.assign(static_cast<size_t>(volume(out.dims)), A(0));
  const A one(1);
  int64_t at[2] = {0, 0};
  for (A& sum : out.values)
    for (int64_t k = 0; k < summed; ++k) {
      sum += in[0].values[at[0]] * (in.size() > 1 ? in[1].values[at[1]] : one);
      for (size_t a = n; a-- > 0;) {
        ++index[a], at[0] += step[a][0], at[1] += step[a][1];
        if (index[a] < limit[a]) break;
        at[0] -= step[a][0] * limit[a], at[1] -= step[a][1] * limit[a];
        index[a] = 0;
      }
    }
  // With an empty sum the odometer above stays at the start, as it must.
  return out;
}

Labels unique_labels(const Labels& a, const Labels& b) {
  Labels u;
  for (char l : a + b)
    if (u.find(l) == Labels::npos) u += l;
  return u;
}

template <class T>
void eval_typed(EvalContext& c, const Equation& e, const std::map<char, int64_t>& extent) {
  using A = Accumulator<T>;
  std::vector<std::vector<A>> values(c.inputs.size());
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const Tensor t = c.in(i).to(dtype_of<T>);
    values[i].assign(t.data<T>(), t.data<T>() + t.count());
  }
  Labelled<A> acc{e.operands[0], c.in(0).dims(), std::move(values[0])};
  for (size_t i = 1; i < values.size() || i == 1; ++i) {
    const bool two = i < values.size();
    const Labels all = unique_labels(acc.labels, two ? e.operands[i] : Labels());
    Labels later = e.output;
    for (size_t k = i + 1; k < e.operands.size(); ++k) later += e.operands[k];
    Labels keep;
    if (i + 1 >= values.size())
      keep = e.output;
    else
      for (char l : all)
        if (later.find(l) != Labels::npos) keep += l;
    std::vector<Operand<A>> in = {operand(acc.values.data(), acc.labels, acc.dims)};
    if (two) in.push_back(operand(values[i].data(), e.operands[i], c.in(i).dims()));
    acc = contract(in, all, keep, extent);
  }
  Tensor out(dtype_of<T>, acc.dims);
  for (size_t i = 0; i < acc.values.size(); ++i) out.data<T>()[i] = static_cast<T>(acc.values[i]);
  const DType type = c.in(0).type();
  c.out(0) = out.to(type);
}

void eval_einsum(EvalContext& c) {
  std::vector<size_t> ranks;
  for (const Tensor* t : c.inputs) ranks.push_back(t->dims().size());
  const Equation e = parse(c.attr<EinsumAttrs>().equation, ranks);
  std::map<char, int64_t> extent;
  for (size_t i = 0; i < c.inputs.size(); ++i)
    for (size_t k = 0; k < ranks[i]; ++k) {
      const int64_t d = c.in(i).dims()[k];
      int64_t& known = extent.emplace(e.operands[i][k], d).first->second;
      if (known == 1) known = d;
      require<ModelError>(d == known || d == 1, "equation '{}': an axis has extents {} and {}",
                          c.attr<EinsumAttrs>().equation, known, d);
    }
  with_compute(c.in(0).type(), [&]<class T>() { eval_typed<T>(c, e, extent); });
}

}  // namespace

const Op kEinsumOp = {"Einsum", kNoFlags, 1, -1, 1, make_attrs<EinsumAttrs>, infer_einsum, eval_einsum};

}  // namespace hone

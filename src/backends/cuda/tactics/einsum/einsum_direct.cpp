// Einstein summation by its definition: a thread sums the products of all operands for one result. Those that are
// matrix products were rewritten to such before; this takes what remains.
#include <algorithm>
#include <cctype>
#include <map>

#include "backends/cuda/elements.h"
#include "ops/einsum.h"

namespace hone::cuda {
namespace {

// One label an axis; axes of an ellipsis are numbers counted from the last.
struct Equation {
  std::vector<std::string> operands;
  std::string output;
};

// The term's labels; the equation was checked when the graph was built.
std::string labels_of(std::string_view term, size_t ellipsis) {
  std::string labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (term.substr(i, 3) == "...") {
      for (size_t k = ellipsis; k-- > 0;) labels += static_cast<char>(128 + k);
      i += 2;
    } else {
      labels += term[i];
    }
  }
  return labels;
}

Equation parse(const Problem& p) {
  std::string s;
  for (char c : p.attr<EinsumAttrs>().equation)
    if (std::isspace(static_cast<unsigned char>(c)) == 0) s += c;
  const size_t arrow = s.find("->");
  const std::string left = s.substr(0, arrow);
  Equation e;
  size_t widest = 0, begin = 0;
  std::map<char, int> count;
  for (const TensorDesc& d : p.inputs) {
    const size_t comma = std::min(left.find(',', begin), left.size());
    const std::string term = left.substr(begin, comma - begin);
    const bool dots = term.find("...") != std::string::npos;
    const size_t ellipsis = dots ? d.dims.size() - (term.size() - 3) : 0;
    widest = std::max(widest, ellipsis);
    e.operands.push_back(labels_of(term, ellipsis));
    for (char c : e.operands.back()) ++count[c];
    begin = comma + 1;
  }
  if (arrow != std::string::npos) {
    e.output = labels_of(std::string_view(s).substr(arrow + 2), widest);
  } else {
    e.output = labels_of("...", widest);
    for (const auto& [label, n] : count)
      if (n == 1 && std::isalpha(static_cast<unsigned char>(label)) != 0) e.output += label;
  }
  return e;
}

class EinsumDirect : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.einsum_direct"; }
  Verdict supports(const Problem& p) const override { return plain_node(p); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const Equation q = parse(p);
    ElementKernel e(p);
    KernelSource& k = e.k;
    const DType t = p.inputs[0].type;
    for (size_t i = 0; i < p.inputs.size(); ++i) k.input(fmt::format("in{}", i), i, device_type(t));
    k.output("out", 0, device_type(t));
    e.coordinates();
    std::map<char, int64_t> extent;
    std::map<char, std::string> coordinate;
    for (size_t i = 0; i < p.inputs.size(); ++i)
      for (size_t a = 0; a < p.inputs[i].dims.size(); ++a) {
        int64_t& n = extent.emplace(q.operands[i][a], 1).first->second;
        n = n == 1 ? p.inputs[i].dims[a] : n;
      }
    for (size_t a = 0; a < q.output.size(); ++a) coordinate[q.output[a]] = e.o[a];
    k.line("{} sum = 0;", t == DType::kF64 ? "double" : is_float(t) ? "float" : "unsigned long long");
    int loops = 0;
    for (const auto& [label, n] : extent) {
      if (coordinate.count(label) != 0) continue;
      const std::string v = fmt::format("s{}", loops), limit = fmt::format("n{}", loops++);
      k.index(limit, n);
      k.line("for (Index {0} = 0; {0} < {1}; ++{0})", v, limit);
      coordinate[label] = v;
    }
    std::string product;
    for (size_t i = 0; i < p.inputs.size(); ++i) {
      std::vector<std::string> at;
      for (char label : q.operands[i]) at.push_back(coordinate.at(label));
      product +=
          fmt::format("{}static_cast<decltype(sum)>(value_of(in{}[{}]))", i > 0 ? " * " : "", i, k.at(p.inputs[i], at));
    }
    k.line("sum += {};", product);
    k.line("out[{}] = element_of<{}>(sum);", e.here(), device_type(t));
    return e.recipes();
  }
};

}  // namespace

const Tactic& einsum_direct() {
  static const EinsumDirect tactic;
  return tactic;
}

}  // namespace hone::cuda

// Look-up in the operator table.
#include "import/onnx/operators.h"

#include <cstdlib>
#include <string_view>

namespace hone::onnx {

namespace {
constexpr Operator kOperators[] = {
#define HONE_ONNX(Name, Domain, Since, Handler, Types, Notes) {{#Name, Domain, Since, Types, Notes}, Handler},
#include "import/onnx/ops.def"
#undef HONE_ONNX
};

const std::vector<OperatorRow>& rows() {
  static const std::vector<OperatorRow> r(std::begin(kOperators), std::end(kOperators));
  return r;
}
}  // namespace

const Operator* find_operator(const std::string& domain, const std::string& type) {
  static const auto by_name = [] {
    std::map<std::pair<std::string_view, std::string_view>, const Operator*> m;
    for (const Operator& o : kOperators) m[{o.domain, o.name}] = &o;
    return m;
  }();
  const auto it = by_name.find({domain, type});
  return it == by_name.end() ? nullptr : it->second;
}

int64_t since_version(const Operator& op, int64_t opset) {
  int64_t best = 0;
  for (const char* p = op.since; *p != 0;) {
    char* end = nullptr;
    const int64_t v = std::strtol(p, &end, 10);
    if (end == p) break;
    if (v <= opset && v > best) best = v;
    p = end;
  }
  return best;
}

std::span<const OperatorRow> operator_table() { return rows(); }

}  // namespace hone::onnx

// Which outer values a subgraph uses.
#include <set>

#include "import/onnx/session.h"

namespace hone::onnx {

namespace {

class Finder {
 public:
  void visit(const proto::GraphProto& g) {
    scopes_.emplace_back();
    auto& own = scopes_.back();
    for (const auto& v : g.input()) own.insert(v.name());
    for (const auto& t : g.initializer()) own.insert(t.name());
    for (const auto& n : g.node())
      for (const auto& o : n.output()) own.insert(o);
    for (const auto& n : g.node()) {
      for (const auto& name : n.input()) use(name);
      for (const auto& a : n.attribute()) {
        if (a.has_g()) visit(a.g());
        for (const auto& sub : a.graphs()) visit(sub);
      }
    }
    for (const auto& v : g.output()) use(v.name());
    scopes_.pop_back();
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  void use(const std::string& name) {
    if (name.empty()) return;
    for (const auto& s : scopes_)
      if (s.count(name) != 0) return;
    if (seen_.insert(name).second) found_.push_back(name);
  }
  std::vector<std::set<std::string>> scopes_;
  std::set<std::string> seen_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> free_names(const proto::GraphProto& g) {
  Finder f;
  f.visit(g);
  return f.take();
}

}  // namespace hone::onnx

// Typed access to a node's attributes.
#include "import/onnx/node_view.h"

#include "base/error.h"
#include "import/onnx/model_file.h"
#include "import/onnx/proto.h"

namespace hone::onnx {

namespace {
using Attribute = proto::AttributeProto;

/// Old files leave `type` out; then the field that is set tells.
bool is_type(const Attribute& a, Attribute::AttributeType type, bool field_set) {
  return a.type() == type || (a.type() == Attribute::UNDEFINED && field_set);
}

void check(bool ok, const Attribute& a, const char* what) {
  require<ModelError>(ok, "attribute '{}' is not {}", a.name(), what);
}
}  // namespace

NodeView::NodeView(const proto::NodeProto& node, const ModelFile& file, int64_t opset, std::string unique_name,
                   const AttributeMap* outer)
    : node_(&node), file_(&file), opset_(opset), name_(std::move(unique_name)), outer_(outer) {}

const std::string& NodeView::type() const { return node_->op_type(); }
const std::string& NodeView::domain() const { return node_->domain(); }
size_t NodeView::input_count() const { return static_cast<size_t>(node_->input_size()); }
size_t NodeView::output_count() const { return static_cast<size_t>(node_->output_size()); }
const std::string& NodeView::input(size_t i) const { return node_->input(static_cast<int>(i)); }
const std::string& NodeView::output(size_t i) const { return node_->output(static_cast<int>(i)); }
bool NodeView::has_output(size_t i) const { return i < output_count() && !output(i).empty(); }

const Attribute* NodeView::find(std::string_view name) const {
  for (const Attribute& a : node_->attribute()) {
    if (a.name() != name) continue;
    if (a.ref_attr_name().empty()) return &a;
    require<ModelError>(outer_ != nullptr, "attribute '{}' refers to '{}' outside a function", name, a.ref_attr_name());
    const auto it = outer_->find(a.ref_attr_name());
    return it == outer_->end() ? nullptr : it->second;
  }
  return nullptr;
}

const Attribute& NodeView::get(std::string_view name) const {
  const Attribute* a = find(name);
  require<ModelError>(a != nullptr, "required attribute '{}' is missing", name);
  return *a;
}

int64_t NodeView::i(std::string_view name) const {
  const Attribute& a = get(name);
  check(is_type(a, Attribute::INT, a.has_i()), a, "an integer");
  return a.i();
}
int64_t NodeView::i(std::string_view name, int64_t otherwise) const { return has(name) ? i(name) : otherwise; }

double NodeView::f(std::string_view name, double otherwise) const {
  const Attribute* a = find(name);
  if (a == nullptr) return otherwise;
  check(is_type(*a, Attribute::FLOAT, a->has_f()), *a, "a float");
  return a->f();
}

std::string NodeView::s(std::string_view name) const {
  const Attribute& a = get(name);
  check(is_type(a, Attribute::STRING, a.has_s()), a, "a string");
  return a.s();
}
std::string NodeView::s(std::string_view name, std::string_view otherwise) const {
  return has(name) ? s(name) : std::string(otherwise);
}

std::vector<int64_t> NodeView::ints(std::string_view name, std::vector<int64_t> otherwise) const {
  const Attribute* a = find(name);
  if (a == nullptr) return otherwise;
  check(is_type(*a, Attribute::INTS, a->ints_size() > 0) || a->type() == Attribute::UNDEFINED, *a,
        "a list of integers");
  return {a->ints().begin(), a->ints().end()};
}

std::vector<double> NodeView::floats(std::string_view name) const {
  const Attribute* a = find(name);
  if (a == nullptr) return {};
  check(is_type(*a, Attribute::FLOATS, a->floats_size() > 0) || a->type() == Attribute::UNDEFINED, *a,
        "a list of floats");
  return {a->floats().begin(), a->floats().end()};
}

std::vector<std::string> NodeView::strings(std::string_view name) const {
  const Attribute* a = find(name);
  if (a == nullptr) return {};
  check(is_type(*a, Attribute::STRINGS, a->strings_size() > 0), *a, "a list of strings");
  return {a->strings().begin(), a->strings().end()};
}

Tensor NodeView::tensor(std::string_view name) const {
  const Attribute& a = get(name);
  check(is_type(a, Attribute::TENSOR, a.has_t()) && a.has_t(), a, "a tensor");
  return file_->tensor(a.t());
}

bool NodeView::has_sparse(std::string_view name) const {
  const Attribute* a = find(name);
  return a != nullptr && a->has_sparse_tensor();
}

const proto::GraphProto& NodeView::graph(std::string_view name) const {
  const Attribute& a = get(name);
  check(is_type(a, Attribute::GRAPH, a.has_g()) && a.has_g(), a, "a graph");
  return a.g();
}

bool NodeView::flag(std::string_view name, bool otherwise) const {
  const int64_t v = i(name, otherwise ? 1 : 0);
  require<ModelError>(v == 0 || v == 1, "attribute '{}' must be 0 or 1, is {}", name, v);
  return v == 1;
}

}  // namespace hone::onnx

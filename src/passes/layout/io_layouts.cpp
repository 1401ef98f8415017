// Transpose, reshape, slice and pad.
#include "passes/layout/io_layouts.h"

#include "ir/evaluate.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// Nodes that follow one another, inserted before a place.
class Chain {
 public:
  Chain(Graph& g, Node* before, Value* from) : g_(g), before_(before), name_(from->name()), v_(from) {}

  template <class A>
  void add(const Op& op, const char* what, A attrs) {
    Node* n = g_.insert(before_, op, fmt::format("{}_{}", name_, what), {v_}, std::move(attrs));
    if (first_ == nullptr) first_ = n;
    v_ = n->output();
  }
  void transpose(std::vector<int64_t> perm) {
    TransposeAttrs a;
    a.perm = std::move(perm);
    add(kTransposeOp, "axes", std::move(a));
  }
  /// 0: as it is; -1: what is left.
  void reshape(std::vector<int64_t> shape) {
    ReshapeAttrs a;
    a.shape = std::move(shape);
    add(kReshapeOp, "groups", std::move(a));
  }
  Value* value() const { return v_; }
  Node* first() const { return first_; }

 private:
  Graph& g_;
  Node *before_, *first_ = nullptr;
  std::string name_;
  Value* v_;
};

std::vector<int64_t> count_up(size_t n) {
  std::vector<int64_t> v(n);
  for (size_t i = 0; i < n; ++i) v[i] = static_cast<int64_t>(i);
  return v;
}

// From the axes of the memory to those of the network, whose rank is `rank`.
void from_memory(Chain& c, const IoLayout& l, size_t rank) {
  const LayoutKind k = layout_kind(l.format);
  const size_t axis = channel_axis(l, rank);
  if (k.last) {
    std::vector<int64_t> perm = count_up(rank);
    perm.insert(perm.begin() + static_cast<long>(axis), perm.back());
    perm.pop_back();
    c.transpose(std::move(perm));
  } else {
    std::vector<int64_t> perm = count_up(rank + 1);
    perm.insert(perm.begin() + static_cast<long>(axis) + 1, perm.back());
    perm.pop_back();
    c.transpose(std::move(perm));
    // Axes behind the channels have moved: their extents are named by what is left over where one of them is unknown.
    std::vector<int64_t> shape;
    for (size_t i = 0; i < rank; ++i) {
      const Dim& d = c.value()->shape()[i < axis ? i : i + 1];
      shape.push_back(i < axis ? 0 : i == axis ? (l.channels + k.group - 1) / k.group * k.group : d.value_or(-1));
    }
    c.reshape(std::move(shape));
  }
  if (l.channels % k.group == 0) return;
  SliceAttrs s;
  s.start = {0}, s.size = {l.channels}, s.stride = {1}, s.axes = {static_cast<int64_t>(axis)};
  s.ends = true;
  c.add(kSliceOp, "channels", std::move(s));
}

void to_memory(Chain& c, const IoLayout& l, size_t rank) {
  const LayoutKind k = layout_kind(l.format);
  const size_t axis = channel_axis(l, rank);
  if (l.channels % k.group != 0) {
    PadAttrs p;
    p.pads = {0, k.group - l.channels % k.group}, p.axes = {static_cast<int64_t>(axis)};
    c.add(kPadOp, "padded", std::move(p));
  }
  if (!k.last) {
    std::vector<int64_t> shape;
    for (size_t i = 0; i < rank; ++i) {
      if (i == axis) shape.push_back((l.channels + k.group - 1) / k.group);
      shape.push_back(i < axis ? 0 : i == axis ? k.group : c.value()->shape()[i].value_or(-1));
    }
    c.reshape(std::move(shape));
  }
  // The channels, or what a group has of them, go to the end.
  std::vector<int64_t> perm = count_up(k.last ? rank : rank + 1);
  const long inner = static_cast<long>(axis) + (k.last ? 0 : 1);
  perm.push_back(inner);
  perm.erase(perm.begin() + inner);
  c.transpose(std::move(perm));
}

void check(const Value* v, const IoLayout& l) {
  const LayoutKind k = layout_kind(l.format);
  const size_t axis = channel_axis(l, v->shape().size());
  int unknown = 0;
  for (size_t i = axis + 1; i < v->shape().size(); ++i) unknown += v->shape()[i].is_const() ? 0 : 1;
  require<Unsupported>(k.last || unknown <= 1,
                       "its format in channel groups leaves room for one unknown extent behind "
                       "the channels, {} has {}",
                       str(v->shape()), unknown);
}

void apply_to_input(Graph& g, Value* v, const IoLayout& l) {
  check(v, l);
  const auto readers = g.uses(v);
  const Shape network = v->shape();
  v->info.shape = memory_shape(l, network);
  const std::vector<Node*> nodes = g.nodes();
  Chain c(g, nodes.empty() ? nullptr : nodes.front(), v);
  from_memory(c, l, network.size());
  for (const auto& [reader, k] : readers) g.set_input(reader, k, c.value());
}

void apply_to_output(Graph& g, Value* v, const IoLayout& l) {
  check(v, l);
  const auto readers = g.uses(v);
  Chain c(g, nullptr, v);
  to_memory(c, l, v->shape().size());
  g.replace_uses(v, c.value());  // the name moves along
  g.set_input(c.first(), 0, v);
  for (const auto& [reader, k] : readers) g.set_input(reader, k, v);
}

}  // namespace

void apply_io_layouts(Graph& g, const std::vector<IoLayout>& layouts) {
  const size_t inputs = g.inputs().size();
  for (size_t i = 0; i < layouts.size(); ++i) {
    if (layouts[i].plain()) continue;
    Value* v = i < inputs ? g.inputs()[i] : g.outputs().at(i - inputs);
    with_context([&] { i < inputs ? apply_to_input(g, v, layouts[i]) : apply_to_output(g, v, layouts[i]); },
                 [&] { return fmt::format("'{}' in the format that the program wants", v->name()); });
  }
}

Tensor in_memory(const IoLayout& l, const Tensor& network) {
  if (l.plain()) return network;
  Graph g;
  Value* v = g.add_input("x", network.type(), to_shape(network.dims()));
  Chain c(g, nullptr, v);
  to_memory(c, l, network.dims().size());
  g.mark_output(c.value());
  return ir::evaluate(g, std::vector<Tensor>{network})[0];
}

}  // namespace hone::passes

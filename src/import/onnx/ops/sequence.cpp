// Sequences and optionals: lists that the importer keeps, so that no such value remains in the graph.
#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/model_file.h"

namespace hone::onnx {

namespace {

const Entry& sequence(OnnxContext& c, size_t i) {
  const Entry& e = c.entry(i);
  require<ModelError>(e.kind == Entry::Kind::kList || e.kind == Entry::Kind::kStacked, "input {} is no sequence", i);
  return e;
}

/// A list whose elements may be looked at; what a loop collects may not, inside the loop.
const Entry& readable(OnnxContext& c, size_t i) {
  const Entry& e = sequence(c, i);
  require<Unsupported>(e.accumulator == 0, "a loop that reads the sequence it appends to");
  return e;
}

/// Elements stacked along a new axis 0; throws Unsupported where their shapes may differ.
Value* stack(OnnxContext& c, const Entry& e) {
  if (e.kind == Entry::Kind::kStacked) return e.value;
  require<Unsupported>(!e.items.empty(), "an element of an empty sequence");
  Values parts;
  for (Value* v : e.items) {
    require<Unsupported>(v->shape() == e.items[0]->shape(), "a sequence of tensors of different shapes");
    parts.push_back(c.unsqueeze(v, {0}));
  }
  return c.concat(parts, 0);
}

int64_t position(OnnxContext& c, size_t i, size_t size) {
  const auto at = c.static_ints(i, "the position");
  require<ModelError>(at->size() == 1, "the position has {} elements", at->size());
  const auto n = static_cast<int64_t>(size);
  const int64_t p = at->at(0) < 0 ? at->at(0) + n : at->at(0);
  require<ModelError>(p >= 0 && p <= n, "position {} in a sequence of {} elements", at->at(0), n);
  return p;
}

}  // namespace

void import_sequence_empty(OnnxContext& c, const NodeView& n) {
  c.set(0, Entry::list({}, dtype_of_onnx(static_cast<int>(n.i("dtype", 1)))));
}

void import_sequence_construct(OnnxContext& c, const NodeView&) {
  const Values v = c.all();
  require<ModelError>(!v.empty(), "no elements are given");
  c.set(0, Entry::list(v, v[0]->type()));
}

void import_sequence_insert(OnnxContext& c, const NodeView&) {
  Entry e = sequence(c, 0);
  if (e.kind == Entry::Kind::kStacked) {
    require<Unsupported>(!c.has(2), "inserting into a sequence of unknown length");
    e.value = c.concat({e.value, c.unsqueeze(c.in(1), {0})}, 0);
  } else {
    require<Unsupported>(e.accumulator == 0 || !c.has(2), "a loop that inserts elsewhere than at the end");
    const auto at = c.has(2) ? position(c, 2, e.items.size()) : static_cast<int64_t>(e.items.size());
    e.items.insert(e.items.begin() + at, c.in(1));
    e.element = c.in(1)->type();
  }
  c.set(0, e);
}

void import_sequence_erase(OnnxContext& c, const NodeView&) {
  Entry e = readable(c, 0);
  require<Unsupported>(e.kind == Entry::Kind::kList, "erasing from a sequence of unknown length");
  require<ModelError>(!e.items.empty(), "erasing from an empty sequence");
  const auto last = static_cast<int64_t>(e.items.size()) - 1;
  const int64_t at = c.has(1) ? position(c, 1, e.items.size()) : last;
  require<ModelError>(at <= last, "position {} in a sequence of {} elements", at, last + 1);
  e.items.erase(e.items.begin() + at);
  c.set(0, e);
}

void import_sequence_at(OnnxContext& c, const NodeView&) {
  const Entry& e = readable(c, 0);
  if (e.kind == Entry::Kind::kList && c.known_ints(c.in(1))) {
    const int64_t at = position(c, 1, e.items.size());
    require<ModelError>(at < static_cast<int64_t>(e.items.size()), "position {} in a sequence of {} elements", at,
                        e.items.size());
    return c.set(0, e.items[static_cast<size_t>(at)]);
  }
  Value* at = c.to_i64(c.in(1));
  c.set(0, c.gather(stack(c, e), at->rank() == 1 ? c.squeeze(at, {0}) : at, 0));
}

void import_sequence_length(OnnxContext& c, const NodeView&) {
  const Entry& e = readable(c, 0);
  if (e.kind == Entry::Kind::kList) return c.set(0, c.int_scalar(static_cast<int64_t>(e.items.size())));
  c.set(0, c.squeeze(c.extent(e.value, 0), {0}));
}

void import_split_to_sequence(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const int64_t axis = normalize_axis(n.i("axis", 0), x->rank());
  const bool keep = c.has(1) || n.i("keepdims", 1) != 0;
  const Dim& extent = x->shape()[static_cast<size_t>(axis)];
  std::optional<Ints> sizes;
  if (c.has(1)) {
    sizes = c.static_ints(1, "the split");
    if (c.in(1)->rank() == 0) {
      require<Unsupported>(extent.is_const(), "the extent of axis {} must be known at build time", axis);
      const int64_t part = sizes->at(0);
      require<ModelError>(part > 0, "parts of extent {}", part);
      sizes->clear();
      for (int64_t left = extent.value(); left > 0; left -= part) sizes->push_back(std::min(part, left));
    }
  } else if (extent.is_const()) {
    require<Unsupported>(extent.value() <= 65536, "a sequence of {} elements", extent.value());
    sizes = Ints(static_cast<size_t>(extent.value()), 1);
  } else {
    Ints perm = iota(x->rank());
    perm.erase(perm.begin() + axis);
    perm.insert(perm.begin(), axis);
    Value* v = c.transpose(x, perm);
    return c.set(0, Entry::stacked(keep ? c.unsqueeze(v, {axis + 1}) : v));
  }
  Values parts;
  int64_t at = 0;
  for (const int64_t size : *sizes) {
    require<ModelError>(size >= 0 && size < (int64_t{1} << 40), "a part of extent {}", size);
    parts.push_back(keep ? c.slice(x, axis, at, at + size) : c.pick(x, at, axis));
    at += size;
  }
  c.set(0, Entry::list(parts, x->type()));
}

void import_concat_from_sequence(OnnxContext& c, const NodeView& n) {
  const Entry& e = readable(c, 0);
  const bool fresh = n.flag("new_axis");
  const int64_t axis = n.i("axis");
  if (e.kind == Entry::Kind::kList) {
    require<Unsupported>(!e.items.empty(), "the concatenation of an empty sequence");
    Values parts = e.items;
    const int64_t a = normalize_axis(axis, parts[0]->rank() + (fresh ? 1 : 0));
    if (fresh)
      for (Value*& v : parts) v = c.unsqueeze(v, {a});
    return c.set(0, c.concat(parts, a));
  }
  // Axis 0 of the stack goes to the place of the axis, and merges with it unless it is a new one.
  const int64_t rank = e.value->rank();
  const int64_t a = normalize_axis(axis, fresh ? rank : rank - 1);
  Ints perm = iota(rank - 1, 1);
  perm.insert(perm.begin() + a, 0);
  Value* v = c.transpose(e.value, perm);
  if (fresh) return c.set(0, v);
  Values shape;
  for (int64_t i = 0; i < rank; ++i)
    if (i != a + 1) shape.push_back(i == a ? c.product(v, a, a + 2) : c.extent(v, i));
  c.set(0, c.reshape(v, c.concat(shape, 0), false));
}

void import_optional(OnnxContext& c, const NodeView&) { c.set(0, c.input_count() == 0 ? Entry::none() : c.entry(0)); }

void import_optional_has_element(OnnxContext& c, const NodeView&) {
  const bool has = c.input_count() > 0 && c.entry(0).kind != Entry::Kind::kNone;
  c.set(0, c.constant(Tensor::scalar(has)));
}

void import_optional_get_element(OnnxContext& c, const NodeView&) {
  require<ModelError>(c.entry(0).kind != Entry::Kind::kNone, "the optional is empty");
  c.set(0, c.entry(0));
}

}  // namespace hone::onnx

// The table of operators and what all shape rules share.
#include "ops/op.h"

#include <algorithm>
#include <cstring>

namespace hone {
namespace {
const Op* const kOps[] = {
#define HONE_OP(Name) &k##Name##Op,
#include "ops/ops.def"
#undef HONE_OP
};
}  // namespace

std::span<const Op* const> all_ops() { return kOps; }

const Op* find_op(std::string_view name) {
  for (const Op* o : kOps)
    if (name == o->name) return o;
  return nullptr;
}

std::optional<std::vector<Dim>> known_content(const TensorInfo& t) {
  if (t.content) return t.content;
  if (t.constant == nullptr || t.constant->count() > kMaxContent || is_float(t.constant->type())) return std::nullopt;
  const std::vector<int64_t> v = t.constant->as_ints();
  return std::vector<Dim>(v.begin(), v.end());
}

const TensorInfo& InferContext::in(size_t i) const {
  require<ModelError>(has(i), "required input {} is missing", i);
  return *inputs[i];
}

Dim InferContext::data_dependent(int index) const {
  std::string s = "%";
  for (char c : node_name) s += std::strchr("+*(), []", c) != nullptr ? '_' : c;
  return Dim::symbol(s + "." + std::to_string(index));
}

Tensor& EvalContext::out(size_t i, DType type, const Dims& dims) {
  Tensor& t = outputs.at(i);
  if (!t.defined() || t.type() != type || t.dims() != dims) t = Tensor(type, dims);
  return t;
}

void infer(const Op& op, InferContext& c) {
  const auto n = static_cast<int>(c.inputs.size());
  require<ModelError>(n >= op.min_inputs && (op.max_inputs < 0 || n <= op.max_inputs),
                      "{} takes {} to {} inputs, got {}", op.name, op.min_inputs,
                      op.max_inputs < 0 ? std::string("any number of") : std::to_string(op.max_inputs), n);
  require<ModelError>(op.outputs < 0 || c.outputs.size() == static_cast<size_t>(op.outputs),
                      "{} gives {} outputs, not {}", op.name, op.outputs, c.outputs.size());
  if (!op.has(kControlFlow))
    for (int i = 0; i < op.min_inputs; ++i) c.in(static_cast<size_t>(i));
  op.infer(c);
}

std::vector<Tensor> evaluate(const Op& op, const Attributes& attrs, std::span<const Tensor* const> inputs,
                             size_t outputs) {
  require<Unsupported>(op.eval != nullptr, "{} has no reference evaluation", op.name);
  std::unique_ptr<Attributes> own = attrs.clone();
  std::vector<TensorInfo> infos(inputs.size());
  InferContext ic;
  ic.attrs = own.get();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr) {
      ic.inputs.push_back(nullptr);
      continue;
    }
    infos[i] = {inputs[i]->type(), to_shape(inputs[i]->dims()), std::nullopt, inputs[i]};
    ic.inputs.push_back(&infos[i]);
  }
  ic.outputs.resize(outputs);
  infer(op, ic);
  EvalContext ec;
  ec.attrs = own.get();
  ec.inputs.assign(inputs.begin(), inputs.end());
  for (const TensorInfo& o : ic.outputs)
    ec.outputs.push_back(is_const(o.shape) ? Tensor(o.type, to_dims(o.shape)) : Tensor());
  op.eval(ec);
  return std::move(ec.outputs);
}

Shape broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()));
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t from_end = out.size() - i;
    const Dim x = from_end <= a.size() ? a[a.size() - from_end] : Dim(1);
    const Dim y = from_end <= b.size() ? b[b.size() - from_end] : Dim(1);
    if (x == y || y.is(1))
      out[i] = x;
    else if (x.is(1))
      out[i] = y;
    else if (x.is_const() && y.is_const())
      fail<ModelError>("shapes {} and {} do not broadcast", str(a), str(b));
    else
      out[i] = x.is_const() ? x : y.is_const() ? y : max(x, y);  // equal at run time, or the symbolic one is 1
  }
  return out;
}

int64_t normalize_axis(int64_t axis, int64_t rank) {
  require<ModelError>(axis >= -rank && axis < rank, "axis {} is outside a tensor of rank {}", axis, rank);
  return axis < 0 ? axis + rank : axis;
}

}  // namespace hone

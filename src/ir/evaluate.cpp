// Reference interpreter of graphs.
#include "ir/evaluate.h"

#include <cstring>

#include "ops/host_dims.h"
#include "ops/loop.h"
#include "ops/pointwise.h"

namespace hone::ir {
namespace {

std::vector<Tensor> run(const Graph& g, std::span<const Tensor> inputs, Bindings b, const NodeObserver& observer) {
  std::map<const Value*, Tensor> env;
  require<ModelError>(inputs.size() == g.inputs().size(), "graph takes {} inputs, got {}", g.inputs().size(),
                      inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) env[g.inputs()[i]] = inputs[i];
  std::map<const Value*, size_t> left;
  for (const Node* n : g.nodes())
    for (const Value* v : n->outputs()) left[v] = g.uses(v).size() + (g.is_output(v) ? 1 : 0);
  for (const Node* n : g.nodes()) {
    std::vector<const Tensor*> in;
    for (const Value* v : n->inputs()) in.push_back(v != nullptr ? &env.at(v) : nullptr);
    std::vector<Tensor> out = with_context([&] { return evaluate_node(*n, in, b, observer); },
                                           [&] { return fmt::format("in node '{}' ({})", n->name(), n->op().name); });
    if (observer) observer(*n, out);
    for (size_t i = 0; i < out.size(); ++i) {
      const Value* v = n->output(i);
      // Data-dependent dims become known here.
      for (size_t a = 0; a < v->shape().size() && a < out[i].dims().size(); ++a) {
        const std::string s = v->shape()[a].str();
        if (!s.empty() && s[0] == '%' && s.find_first_of("+*(") == std::string::npos) b[s] = out[i].dims()[a];
      }
      env[v] = std::move(out[i]);
    }
    for (const Value* v : n->inputs())
      if (v != nullptr && v->producer() != nullptr && left[v] > 0 && --left[v] == 0) env.erase(v);
  }
  std::vector<Tensor> out;
  for (const Value* v : g.outputs()) out.push_back(env.at(v));
  return out;
}

Tensor stack(const std::vector<Tensor>& parts, const TensorInfo& info) {
  Dims dims = parts.empty() ? Dims() : parts[0].dims();
  if (parts.empty())
    for (size_t i = 1; i < info.shape.size(); ++i) dims.push_back(info.shape[i].value_or(0));
  const size_t bytes = parts.empty() ? 0 : parts[0].bytes();
  dims.insert(dims.begin(), static_cast<int64_t>(parts.size()));
  Tensor out(info.type, dims);
  for (size_t i = 0; i < parts.size(); ++i) {
    require<ModelError>(parts[i].dims() == parts[0].dims(), "a loop collects tensors of different shapes {} and {}",
                        str(parts[0].dims()), str(parts[i].dims()));
    if (bytes > 0) std::memcpy(static_cast<std::byte*>(out.raw()) + i * bytes, parts[i].raw(), bytes);
  }
  return out;
}

std::vector<Tensor> run_loop(const Node& n, std::span<const Tensor* const> in, const Bindings& b,
                             const NodeObserver& observer) {
  const Graph& body = *n.subgraphs.at(0);
  const auto carried = static_cast<size_t>(n.attr<LoopAttrs>().carried);
  const int64_t trips = in[0] != nullptr ? in[0]->as_ints().at(0) : INT64_MAX;
  bool go = in[1] == nullptr || in[1]->as_ints().at(0) != 0;
  std::vector<Tensor> state;
  for (size_t i = 0; i < carried; ++i) state.push_back(*in[2 + i]);
  std::vector<std::vector<Tensor>> scans(n.outputs().size() - carried);
  for (int64_t t = 0; t < trips && go; ++t) {
    std::vector<Tensor> args = {Tensor::scalar<int64_t>(t), Tensor::scalar<bool>(go)};
    args.insert(args.end(), state.begin(), state.end());
    for (size_t i = 2 + carried; i < in.size(); ++i) args.push_back(*in[i]);
    std::vector<Tensor> out = run(body, args, b, observer);
    go = out.at(0).as_ints().at(0) != 0;
    for (size_t i = 0; i < carried; ++i) state[i] = out.at(1 + i);
    for (size_t i = 0; i < scans.size(); ++i) scans[i].push_back(out.at(1 + carried + i));
  }
  for (size_t i = 0; i < scans.size(); ++i) state.push_back(stack(scans[i], n.output(carried + i)->info));
  return state;
}

std::vector<Tensor> run_if(const Node& n, std::span<const Tensor* const> in, const Bindings& b,
                           const NodeObserver& observer) {
  require<ModelError>(in[0]->count() == 1, "condition has {} elements", in[0]->count());
  std::vector<Tensor> args;
  for (size_t i = 1; i < in.size(); ++i) args.push_back(*in[i]);
  return run(*n.subgraphs.at(in[0]->as_ints()[0] != 0 ? 0 : 1), args, b, observer);
}

}  // namespace

void bind(const std::string& tensor, const Shape& shape, const Dims& dims, Bindings& b) {
  require<ModelError>(shape.size() == dims.size(), "tensor '{}' has rank {}, expected {} {}", tensor, dims.size(),
                      shape.size(), str(shape));
  for (size_t i = 0; i < dims.size(); ++i) {
    const std::string s = shape[i].str();
    if (shape[i].is_const()) {
      require<ModelError>(shape[i].value() == dims[i], "tensor '{}', axis {}: extent {} given, {} expected", tensor, i,
                          dims[i], shape[i].value());
    } else if (s.find_first_of("+*(") == std::string::npos) {
      auto [it, fresh] = b.emplace(s, dims[i]);
      require<ModelError>(fresh || it->second == dims[i],
                          "tensor '{}', axis {}: extent {} given, but '{}' is {} elsewhere", tensor, i, dims[i], s,
                          it->second);
    }
  }
}

std::vector<Tensor> evaluate_node(const Node& n, std::span<const Tensor* const> in, Bindings& b,
                                  const NodeObserver& observer) {
  if (n.is(kLoopOp)) return run_loop(n, in, b, observer);
  if (n.is(kIfOp)) return run_if(n, in, b, observer);
  if (n.is(kHostDimsOp)) {
    const auto& a = n.attr<HostDimsAttrs>();
    std::vector<int64_t> v;
    for (const Dim& d : a.content)
      v.push_back(d.eval([&](const std::string& s) {
        auto it = b.find(s);
        require<ModelError>(it != b.end(), "dimension '{}' is not known", s);
        return it->second;
      }));
    return {Tensor::from(v).reshaped(a.dims).to(a.type)};
  }
  const auto base = static_cast<size_t>(n.base_input_count());
  std::vector<Tensor> out = evaluate(n.op(), n.attrs(), in.subspan(0, base), n.outputs().size());
  if (n.epilogue) {
    std::vector<const Tensor*> operands = {&out[0]};
    for (size_t i = base; i < in.size(); ++i) operands.push_back(in[i]);
    out[0] = evaluate(n.epilogue->program, operands)[0];
  }
  return out;
}

std::vector<Tensor> evaluate(const Graph& g, std::span<const Tensor> inputs, const NodeObserver& observer) {
  Bindings b;
  require<ModelError>(inputs.size() == g.inputs().size(), "graph takes {} inputs, got {}", g.inputs().size(),
                      inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value* v = g.inputs()[i];
    require<ModelError>(inputs[i].type() == v->type(), "input '{}' is {}, expected {}", v->name(),
                        name(inputs[i].type()), name(v->type()));
    bind(v->name(), v->shape(), inputs[i].dims(), b);
  }
  return run(g, inputs, b, observer);
}

}  // namespace hone::ir

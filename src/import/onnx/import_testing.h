// Small ONNX models written in code, for tests.
#pragma once

#include <string>
#include <vector>

#include "import/onnx/importer.h"
#include "import/onnx/proto.h"
#include "ir/evaluate.h"

namespace hone::onnx::testing {

using Strings = std::vector<std::string>;

inline proto::NodeProto& add_node(proto::GraphProto& g, const std::string& type, const Strings& in, const Strings& out,
                                  const std::string& name = "") {
  proto::NodeProto& n = *g.add_node();
  n.set_op_type(type);
  n.set_name(name);
  for (const auto& s : in) n.add_input(s);
  for (const auto& s : out) n.add_output(s);
  return n;
}

inline proto::AttributeProto& add_attribute(proto::NodeProto& n, const std::string& name) {
  proto::AttributeProto& a = *n.add_attribute();
  a.set_name(name);
  return a;
}
inline void set_int(proto::NodeProto& n, const std::string& name, int64_t v) {
  auto& a = add_attribute(n, name);
  a.set_type(proto::AttributeProto::INT);
  a.set_i(v);
}
inline void set_float(proto::NodeProto& n, const std::string& name, float v) {
  auto& a = add_attribute(n, name);
  a.set_type(proto::AttributeProto::FLOAT);
  a.set_f(v);
}
inline proto::GraphProto& set_graph(proto::NodeProto& n, const std::string& name) {
  auto& a = add_attribute(n, name);
  a.set_type(proto::AttributeProto::GRAPH);
  return *a.mutable_g();
}

/// Dims as text: "2", "batch", "" (unnamed).
inline void fill_value(proto::ValueInfoProto& v, const std::string& name, const Strings& dims, int type = 1) {
  v.set_name(name);
  auto* t = v.mutable_type()->mutable_tensor_type();
  t->set_elem_type(type);
  t->mutable_shape();
  for (const auto& d : dims) {
    auto* dim = t->mutable_shape()->add_dim();
    if (d.empty()) continue;
    if (std::isdigit(static_cast<unsigned char>(d[0])) != 0 || d[0] == '-')
      dim->set_dim_value(std::stoll(d));
    else
      dim->set_dim_param(d);
  }
}
inline void add_input(proto::GraphProto& g, const std::string& name, const Strings& dims, int type = 1) {
  fill_value(*g.add_input(), name, dims, type);
}
inline void add_output(proto::GraphProto& g, const std::string& name) { g.add_output()->set_name(name); }

inline void add_floats(proto::GraphProto& g, const std::string& name, const std::vector<float>& v, const Dims& dims) {
  auto* t = g.add_initializer();
  t->set_name(name);
  t->set_data_type(1);
  for (const int64_t d : dims) t->add_dims(d);
  for (const float x : v) t->add_float_data(x);
}
inline void add_ints(proto::GraphProto& g, const std::string& name, const std::vector<int64_t>& v, const Dims& dims) {
  auto* t = g.add_initializer();
  t->set_name(name);
  t->set_data_type(7);
  for (const int64_t d : dims) t->add_dims(d);
  for (const int64_t x : v) t->add_int64_data(x);
}

inline proto::ModelProto model(int64_t opset = 17) {
  proto::ModelProto m;
  m.set_ir_version(8);
  m.add_opset_import()->set_version(opset);
  m.mutable_graph()->set_name("test");
  return m;
}

inline ImportResult import_proto(const proto::ModelProto& m) {
  const std::string s = m.SerializePartialAsString();
  return import_memory(s.data(), s.size());
}

/// Imports without errors and runs the reference; throws what went wrong.
inline std::vector<Tensor> run(const proto::ModelProto& m, const std::vector<Tensor>& inputs) {
  ImportResult r = import_proto(m);
  if (!r.ok()) throw ModelError(import::str(r.errors));
  r.graph->verify();
  return ir::evaluate(*r.graph, inputs);
}

inline std::vector<float> floats(const Tensor& t) {
  const auto s = t.span<float>();
  return {s.begin(), s.end()};
}
inline Tensor floats(const std::vector<float>& v, const Dims& dims) { return Tensor::from(v).reshaped(dims); }

}  // namespace hone::onnx::testing

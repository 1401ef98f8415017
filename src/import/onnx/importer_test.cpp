// The importer on small models: what it makes of them, and what it says about broken ones.
#include "import/onnx/importer.h"

#include <gtest/gtest.h>

#include "import/onnx/import_testing.h"

namespace hone::onnx {
namespace {

using namespace testing;
using Floats = std::vector<float>;

TEST(Importer, NodesInAnyOrderAndNamesKept) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"batch size", "2"});
  add_node(g, "Relu", {"sum"}, {"y"}, "last");
  add_node(g, "Add", {"x", "w"}, {"sum"}, "first");
  add_floats(g, "w", {-1, 1}, {2});
  add_output(g, "y");
  const ImportResult r = import_proto(m);
  ASSERT_TRUE(r.ok()) << import::str(r.errors);
  EXPECT_EQ(str(r.graph->inputs()[0]->shape()), "[batch_size,2]");
  EXPECT_EQ(r.graph->outputs()[0]->name(), "y");
  EXPECT_EQ(r.graph->outputs()[0]->producer()->origins, Strings{"last"});
  EXPECT_EQ(r.node_outputs.at("first")[0]->name(), "sum");
  EXPECT_EQ(floats(ir::evaluate(*r.graph, std::vector{floats({-3, 0, 2, 5}, {2, 2})})[0]), (Floats{0, 1, 1, 6}));
}

TEST(Importer, UnnamedDimsGetTheirInputsName) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"", "-1", "a-b", "a+b"});
  add_node(g, "Relu", {"x"}, {"y"});
  add_output(g, "y");
  EXPECT_EQ(str(import_proto(m).graph->outputs()[0]->shape()), "[x.0,x.1,a_b,a_b.2]");
}

TEST(Importer, EveryErrorIsListedOnce) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"2"});
  add_node(g, "Frobnicate", {"x"}, {"a"}, "bad1");
  add_node(g, "Relu", {"a"}, {"b"}, "user");
  add_node(g, "Relu", {"nothing"}, {"c"}, "bad2");
  auto& bad3 = add_node(g, "Twist", {"b"}, {"d"}, "bad3");
  bad3.set_domain("my.domain");
  add_node(g, "Relu", {"x"}, {"y"}, "good");
  add_output(g, "y");
  add_output(g, "d");
  const ImportResult r = import_proto(m);
  ASSERT_EQ(r.errors.size(), 3u) << import::str(r.errors);
  EXPECT_EQ(r.graph, nullptr);
  EXPECT_EQ(r.errors[0].node, "bad1");
  EXPECT_EQ(r.errors[0].opset, 17);
  EXPECT_EQ(r.errors[0].cause, import::Cause::kUnsupported);
  EXPECT_EQ(r.errors[1].node, "bad2");
  EXPECT_EQ(r.errors[1].cause, import::Cause::kModel);
  EXPECT_EQ(r.errors[2].domain, "my.domain");
  EXPECT_EQ(r.supported, (std::vector<bool>{false, true, false, false, true}));
}

TEST(Importer, CyclesAndDoubleNamesAreRefused) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"2"});
  add_node(g, "Add", {"x", "b"}, {"a"}, "one");
  add_node(g, "Relu", {"a"}, {"b"}, "two");
  add_node(g, "Relu", {"x"}, {"y"}, "three");
  add_node(g, "Neg", {"x"}, {"y"}, "four");
  add_output(g, "y");
  const ImportResult r = import_proto(m);
  ASSERT_EQ(r.errors.size(), 3u) << import::str(r.errors);
  EXPECT_EQ(r.errors[0].node, "four");
  EXPECT_EQ(r.errors[1].node, "one");
  EXPECT_EQ(r.errors[2].node, "two");
}

TEST(Importer, HostileShapesAreRefused) {
  for (const Strings& dims : {Strings{"-2"}, Strings{"9223372036854775807", "9223372036854775807"}}) {
    auto m = model();
    auto& g = *m.mutable_graph();
    add_input(g, "x", dims);
    add_floats(g, "w", {}, {int64_t{1} << 62, 8});
    add_node(g, "Add", {"x", "w"}, {"y"});
    add_output(g, "y");
    EXPECT_FALSE(import_proto(m).ok());
  }
  EXPECT_FALSE(import_memory("", 0).ok());
  EXPECT_FALSE(import_memory("no protobuf at all", 18).ok());
}

TEST(Importer, ShapesOfAbsurdLengthAreRefusedAtOnce) {
  for (const char* type : {"Reshape", "Expand", "Unsqueeze", "Squeeze", "Slice"}) {
    auto m = model();
    auto& g = *m.mutable_graph();
    add_input(g, "x", {"2", "3"});
    add_input(g, "long", {"1099511627776"}, 7);
    add_node(g, type, type == std::string("Slice") ? Strings{"x", "long", "long"} : Strings{"x", "long"}, {"y"});
    add_output(g, "y");
    EXPECT_EQ(import_proto(m).errors.size(), 1u) << type;
  }
}

TEST(Importer, InitialiserWithAnInputOfItsNameIsAConstant) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"1"});
  add_input(g, "w", {"1"});
  add_floats(g, "w", {3}, {1});
  add_node(g, "Mul", {"x", "w"}, {"y"});
  add_output(g, "y");
  const ImportResult r = import_proto(m);
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r.graph->inputs().size(), 1u);
}

TEST(Importer, InputsAndSharedValuesCanBeOutputs) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"1"});
  add_node(g, "Identity", {"x"}, {"y"});
  add_node(g, "Identity", {"y"}, {"z"});
  add_output(g, "y");
  add_output(g, "z");
  add_output(g, "x");
  const ImportResult r = import_proto(m);
  ASSERT_TRUE(r.ok()) << import::str(r.errors);
  ASSERT_EQ(r.graph->outputs().size(), 3u);
  EXPECT_EQ(r.graph->outputs()[1]->name(), "z");
  // No name of an engine is both; the output keeps that of the file.
  EXPECT_EQ(r.graph->outputs()[2]->name(), "x");
  ASSERT_EQ(r.graph->inputs().size(), 1u);
  EXPECT_EQ(r.graph->inputs()[0]->name(), "__x");
  const std::vector<Tensor> seven = {floats({7}, {1})};
  for (const Tensor& t : ir::evaluate(*r.graph, seven)) EXPECT_EQ(floats(t), std::vector<float>{7});
}

TEST(Importer, QuantisationOfMicrosoftsDomainHasTypesThatOlderOpsetsLack) {
  auto m = model(17);
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"4"});
  add_floats(g, "scale", {0.5F}, {});
  auto& zero = *g.add_initializer();
  zero.set_name("zero");
  zero.set_data_type(4);  // UINT16
  zero.add_int32_data(1000);
  add_node(g, "QuantizeLinear", {"x", "scale", "zero"}, {"q"}).set_domain("com.microsoft");
  add_node(g, "DequantizeLinear", {"q", "scale", "zero"}, {"y"}).set_domain("com.microsoft");
  add_output(g, "q");
  add_output(g, "y");
  const std::vector<Tensor> y = run(m, {floats({1, 0.7F, -2000, 40000}, {4})});
  ASSERT_EQ(y[0].type(), DType::kU16);
  EXPECT_EQ(y[0].as_ints(), (std::vector<int64_t>{1002, 1001, 0, 65535}));
  EXPECT_EQ(floats(y[1]), (std::vector<float>{1, 0.5F, -500, 32267.5F}));
}

TEST(Importer, FunctionsAreInlinedWithTheirAttributes) {
  auto m = model();
  auto& f = *m.add_functions();
  f.set_name("Scale");
  f.set_domain("local");
  f.add_input("v");
  f.add_output("w");
  f.add_attribute("factor");
  f.add_opset_import()->set_version(17);
  auto& inner = *f.add_node();
  inner.set_op_type("LeakyRelu");
  inner.add_input("v");
  inner.add_output("w");
  auto& a = add_attribute(inner, "alpha");
  a.set_type(proto::AttributeProto::FLOAT);
  a.set_ref_attr_name("factor");
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"2"});
  auto& call = add_node(g, "Scale", {"x"}, {"h"}, "call");
  call.set_domain("local");
  set_float(call, "factor", 0.5f);
  auto& again = add_node(g, "Scale", {"h"}, {"y"}, "again");  // without the attribute: LeakyRelu's own default
  again.set_domain("local");
  add_output(g, "y");
  EXPECT_EQ(floats(run(m, {floats({-8, 4}, {2})})[0]), (Floats{-8 * 0.5f * 0.01f, 4}));
}

TEST(Importer, RecursiveFunctionsAreRefused) {
  auto m = model();
  auto& f = *m.add_functions();
  f.set_name("F");
  f.set_domain("local");
  f.add_input("v");
  f.add_output("w");
  auto& inner = *f.add_node();
  inner.set_op_type("F");
  inner.set_domain("local");
  inner.add_input("v");
  inner.add_output("w");
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"2"});
  add_node(g, "F", {"x"}, {"y"}).set_domain("local");
  add_output(g, "y");
  EXPECT_EQ(import_proto(m).errors.size(), 1u);
}

/// if (c) y = x + w else y = x * 2 w, with outer values captured.
proto::ModelProto branches(bool known) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"2"});
  if (!known) add_input(g, "c", {}, 9);
  if (known) {
    auto* t = g.add_initializer();
    t->set_name("c");
    t->set_data_type(9);
    t->add_int32_data(1);
  }
  add_input(g, "w", {"2"});
  auto& n = add_node(g, "If", {"c"}, {"y"}, "choice");
  auto& yes = set_graph(n, "then_branch");
  add_node(yes, "Add", {"x", "w"}, {"sum"});
  add_output(yes, "sum");
  auto& no = set_graph(n, "else_branch");
  add_floats(no, "two", {2}, {});
  add_node(no, "Mul", {"w", "two"}, {"w2"});
  add_node(no, "Mul", {"x", "w2"}, {"product"});
  add_output(no, "product");
  add_output(g, "y");
  return m;
}

TEST(Importer, IfWithCaptures) {
  const auto m = branches(false);
  const Tensor x = floats({1, 2}, {2}), w = floats({10, 20}, {2});
  EXPECT_EQ(floats(run(m, {x, Tensor::scalar(true), w})[0]), (Floats{11, 22}));
  EXPECT_EQ(floats(run(m, {x, Tensor::scalar(false), w})[0]), (Floats{20, 80}));
}

TEST(Importer, IfWithAKnownConditionIsItsBranch) {
  const ImportResult r = import_proto(branches(true));
  ASSERT_TRUE(r.ok()) << import::str(r.errors);
  for (const ir::Node* n : r.graph->nodes()) EXPECT_NE(std::string(n->op().name), "If");
}

TEST(Importer, ErrorsInBodiesNameTheirScope) {
  auto m = branches(false);
  m.mutable_graph()->mutable_node(0)->mutable_attribute(1)->mutable_g()->mutable_node(0)->set_op_type("Nonsense");
  const ImportResult r = import_proto(m);
  ASSERT_EQ(r.errors.size(), 1u) << import::str(r.errors);
  EXPECT_EQ(r.errors[0].scope, "else_branch of node 'choice'");
  EXPECT_EQ(r.errors[0].index, 0);
}

TEST(Importer, BodiesBehindARefusedNodeAreLookedInto) {
  auto m = branches(false);
  auto& g = *m.mutable_graph();
  g.mutable_node(0)->mutable_attribute(0)->mutable_g()->mutable_node(0)->set_op_type("Nonsense");
  g.mutable_node(0)->mutable_attribute(1)->mutable_g()->mutable_node(0)->set_op_type("Humbug");
  g.mutable_node(0)->set_input(0, "made");
  add_node(g, "Strange", {"c"}, {"made"}, "first");
  const ImportResult r = import_proto(m);
  ASSERT_EQ(r.errors.size(), 3u) << import::str(r.errors);
  EXPECT_EQ(r.errors[0].node, "first");
  EXPECT_EQ(r.errors[1].scope, "then_branch of node 'choice'");
  EXPECT_EQ(r.errors[1].type, "Nonsense");
  EXPECT_EQ(r.errors[2].scope, "else_branch of node 'choice'");
  EXPECT_EQ(r.supported, (std::vector<bool>{false, false}));
}

/// Running sums of x, n times: the last one, all of them, and a sequence that is concatenated behind the loop.
TEST(Importer, LoopWithScansAndAnAppendedSequence) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "n", {}, 7);
  add_input(g, "x", {"1", "2"});
  add_floats(g, "zero", {0, 0}, {1, 2});
  add_node(g, "SequenceEmpty", {}, {"empty"});
  auto& n = add_node(g, "Loop", {"n", "", "zero", "empty"}, {"last", "list", "all"}, "loop");
  auto& body = set_graph(n, "body");
  add_input(body, "i", {}, 7);
  add_input(body, "go", {}, 9);
  add_input(body, "acc", {"1", "2"});
  body.add_input()->set_name("seq");
  add_node(body, "Identity", {"go"}, {"go_on"});
  add_node(body, "Add", {"acc", "x"}, {"next"});
  add_node(body, "SequenceInsert", {"seq", "next"}, {"longer"});
  add_node(body, "Identity", {"next"}, {"scan"});
  for (const char* o : {"go_on", "next", "longer", "scan"}) add_output(body, o);
  auto& c = add_node(g, "ConcatFromSequence", {"list"}, {"joined"});
  set_int(c, "axis", 0);
  for (const char* o : {"last", "all", "joined"}) add_output(g, o);
  const auto out = run(m, {Tensor::scalar<int64_t>(3), floats({1, 10}, {1, 2})});
  EXPECT_EQ(floats(out[0]), (Floats{3, 30}));
  EXPECT_EQ(out[1].dims(), (Dims{3, 1, 2}));
  EXPECT_EQ(floats(out[1]), (Floats{1, 10, 2, 20, 3, 30}));
  EXPECT_EQ(out[2].dims(), (Dims{3, 2}));
  EXPECT_EQ(floats(out[2]), (Floats{1, 10, 2, 20, 3, 30}));
}

TEST(Importer, LoopWhoseCarriedValueGrows) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "n", {}, 7);
  add_floats(g, "start", {7}, {1});
  auto& n = add_node(g, "Loop", {"n", "", "start"}, {"y"});
  auto& body = set_graph(n, "body");
  add_input(body, "i", {}, 7);
  add_input(body, "go", {}, 9);
  add_input(body, "v", {""});
  add_node(body, "Identity", {"go"}, {"go_on"});
  set_int(add_node(body, "Concat", {"v", "v"}, {"w"}), "axis", 0);
  add_output(body, "go_on");
  add_output(body, "w");
  add_output(g, "y");
  EXPECT_EQ(run(m, {Tensor::scalar<int64_t>(3)})[0].dims(), (Dims{8}));
}

TEST(Importer, NamesOfWhatIsEvaluatedAtOnceStayWithTheReader) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"2", "3"});
  add_node(g, "Shape", {"x"}, {"s"}, "shape");
  add_node(g, "Identity", {"s"}, {"t"}, "same");
  add_node(g, "Reshape", {"x", "t"}, {"r"}, "reshape");
  add_node(g, "Relu", {"r"}, {"y"}, "relu");
  add_output(g, "y");
  const ImportResult r = import_proto(m);
  ASSERT_TRUE(r.ok()) << import::str(r.errors);
  std::map<std::string, int> count;
  for (const ir::Node* n : r.graph->nodes())
    if (n->op().name != std::string("Constant"))
      for (const auto& o : n->origins) ++count[o];
  for (const char* name : {"shape", "same", "reshape", "relu"}) EXPECT_EQ(count[name], 1) << name;
}

TEST(Importer, ShapeArithmeticIsDoneAtOnce) {
  auto m = model();
  auto& g = *m.mutable_graph();
  add_input(g, "x", {"2", "3", "4"});
  add_node(g, "Shape", {"x"}, {"s"});
  add_ints(g, "one", {1}, {});
  add_ints(g, "tail", {-1}, {1});
  add_node(g, "Gather", {"s", "one"}, {"d"});
  add_ints(g, "axis", {0}, {1});
  add_node(g, "Unsqueeze", {"d", "axis"}, {"d1"});
  set_int(add_node(g, "Concat", {"d1", "tail"}, {"shape"}), "axis", 0);
  add_node(g, "Reshape", {"x", "shape"}, {"y"});
  add_output(g, "y");
  const ImportResult r = import_proto(m);
  ASSERT_TRUE(r.ok()) << import::str(r.errors);
  EXPECT_EQ(str(r.graph->outputs()[0]->shape()), "[3,8]");
}

}  // namespace
}  // namespace hone::onnx

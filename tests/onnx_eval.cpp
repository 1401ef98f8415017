// Imports an ONNX model and runs it through the reference evaluation, without compiler or engine: tells a wrong import
// or a wrong operator rule from a wrong kernel.
//   onnx_eval --import MODEL                 import only; lists what is wrong
//   onnx_eval --print MODEL                  the graph as text
//   onnx_eval MODEL OUT_DIR [INPUT.pb ...]   evaluates; inputs are TensorProto files in the order of the graph's inputs
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "import/onnx/importer.h"
#include "import/onnx/proto.h"
#include "ir/evaluate.h"

namespace {

using namespace hone;

std::unique_ptr<ir::Graph> load(const char* path) {
  onnx::ImportResult r = onnx::import_file(path);
  for (const auto& w : r.warnings) std::fprintf(stderr, "warning: %s\n", import::str(w).c_str());
  if (r.ok()) return std::move(r.graph);
  std::fprintf(stderr, "%s\n", import::str(r.errors).c_str());
  return nullptr;
}

void write(const std::string& path, const std::string& name, const Tensor& t) {
  onnx::proto::TensorProto p;
  p.set_name(name);
  p.set_data_type(onnx::onnx_of_dtype(t.type()));
  for (const int64_t d : t.dims()) p.add_dims(d);
  p.set_raw_data(t.raw(), t.bytes());
  std::ofstream(path, std::ios::binary) << p.SerializeAsString();
}

int evaluate(int argc, char** argv) {
  const auto graph = load(argv[1]);
  if (graph == nullptr) return 2;
  graph->verify();
  std::vector<Tensor> inputs;
  for (int i = 3; i < argc; ++i) inputs.push_back(onnx::ModelFile::read_tensor_file(argv[i]));
  const std::vector<Tensor> out = ir::evaluate(*graph, inputs);
  for (size_t i = 0; i < out.size(); ++i) {
    const ir::Value* v = graph->outputs()[i];
    require<InternalError>(out[i].type() == v->type(), "output '{}' is {}, inferred {}", v->name(), name(out[i].type()),
                           name(v->type()));
    ir::Bindings b;
    ir::bind(v->name(), v->shape(), out[i].dims(), b);
    write(fmt::format("{}/{}.pb", argv[2], i), v->name(), out[i]);
  }
  return 0;
}

int run(int argc, char** argv) {
  if (argc == 3 && argv[1][0] == '-') {
    const auto graph = load(argv[2]);
    if (graph == nullptr) return 2;
    graph->verify();
    if (std::strcmp(argv[1], "--print") == 0) std::puts(graph->str().c_str());
    return 0;
  }
  if (argc >= 3) return evaluate(argc, argv);
  std::fprintf(stderr, "usage: onnx_eval --import|--print MODEL | MODEL OUT_DIR [INPUT.pb ...]\n");
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 3;
  }
}

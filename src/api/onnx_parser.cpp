// Importing ONNX models into a network. A model with errors leaves the network as it was.
#include "api/onnx_parser.h"

#include <cstring>

namespace hone::api {
namespace {

using Code = nvonnxparser::ErrorCode;

Code code_of(const import::Diagnostic& d) {
  const bool node = d.index >= 0 || !d.type.empty();
  switch (d.cause) {
    case import::Cause::kUnsupported:
      return node ? Code::kUNSUPPORTED_NODE : Code::kUNSUPPORTED_GRAPH;
    case import::Cause::kInternal:
      return Code::kINTERNAL_ERROR;
    case import::Cause::kModel:
      break;
  }
  return node ? Code::kINVALID_NODE : Code::kINVALID_GRAPH;
}

std::filesystem::path folder_of(char const* path) {
  if (path == nullptr || *path == '\0') return {};
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? std::filesystem::path(".") : folder;
}

}  // namespace

ParserError::ParserError(const import::Diagnostic& d, Code code)
    : code_(code),
      text_(import::str(d)),
      name_(d.node),
      operator_(d.type),
      scope_(d.scope),
      scope_text_(scope_.c_str()),
      index_(static_cast<int32_t>(d.index)) {}

void ParserErrors::add(const import::Diagnostic& d, Severity severity) {
  errors_.push_back(std::make_unique<ParserError>(d, code_of(d)));
  if (severity == Severity::kERROR)
    reporter_.error(ErrorCode::kINVALID_ARGUMENT, "ONNX import: " + import::str(d));
  else
    reporter_.log(severity, "ONNX import: " + import::str(d));
}

void ParserErrors::add_exception(Code model_error) noexcept {
  import::Diagnostic d;
  Code code = Code::kINTERNAL_ERROR;
  try {
    try {
      throw;
    } catch (const Unsupported& e) {
      d.reason = e.what(), code = Code::kUNSUPPORTED_GRAPH;
    } catch (const ModelError& e) {
      d.reason = e.what(), code = model_error;
    } catch (const std::bad_alloc&) {
      d.reason = "out of memory", code = Code::kMEM_ALLOC_FAILED;
    } catch (const std::exception& e) {
      d.reason = e.what();
    } catch (...) {
      d.reason = "unknown exception";
    }
    errors_.push_back(std::make_unique<ParserError>(d, code));
    reporter_.error(ErrorCode::kINVALID_ARGUMENT, "ONNX import: " + d.reason);
  } catch (...) {  // no memory for the message itself
  }
}

template <class F>
bool OnnxParser::attempt(Code model_error, F&& f) noexcept {
  try {
    return f();
  } catch (...) {
    errors_.add_exception(model_error);
    return false;
  }
}

bool OnnxParser::import(const std::shared_ptr<onnx::ModelFile>& file) {
  return attempt(Code::kINVALID_GRAPH, [&] {
    onnx::ImportResult r = onnx::import_model(file);
    for (const auto& w : r.warnings) reporter_.warn("ONNX import: {}", import::str(w));
    for (const auto& e : r.errors) errors_.add(e, Severity::kERROR);
    if (!r.ok()) return false;
    if (network_.is_empty()) {
      network_.take(std::move(r.graph));
    } else {  // known to be right by now: once more, behind what is there
      r = onnx::import_model(file, &network_.graph());
      require<InternalError>(r.ok(), "the model could not be added to a network that is not empty");
    }
    network_.adopt();
    node_outputs_ = std::move(r.node_outputs);
    return true;
  });
}

bool OnnxParser::parse(void const* model, size_t size, char const* path) noexcept {
  std::shared_ptr<onnx::ModelFile> file;
  return attempt(Code::kMODEL_DESERIALIZE_FAILED,
                 [&] {
                   require<ModelError>(model != nullptr, "the model is null");
                   file = onnx::ModelFile::parse(model, size, folder_of(path));
                   return true;
                 }) &&
         import(file);
}

bool OnnxParser::parseFromFile(char const* file, int32_t) noexcept {
  std::shared_ptr<onnx::ModelFile> model;
  return attempt(Code::kMODEL_DESERIALIZE_FAILED,
                 [&] {
                   require<ModelError>(file != nullptr, "the file name is null");
                   model = onnx::ModelFile::open(file);
                   return true;
                 }) &&
         import(model);
}

bool OnnxParser::loadModelProto(void const* model, size_t size, char const* path) noexcept {
  return attempt(Code::kMODEL_DESERIALIZE_FAILED, [&] {
    require<ModelError>(model != nullptr, "the model is null");
    loaded_ = onnx::ModelFile::parse(model, size, folder_of(path));
    return true;
  });
}

bool OnnxParser::loadInitializer(char const* name, void const* data, size_t size) noexcept {
  return attempt(Code::kINVALID_VALUE, [&] {
    require<ModelError>(loaded_ != nullptr, "no model is loaded; call loadModelProto first");
    require<ModelError>(name != nullptr, "the name is null");
    loaded_->replace_initializer(name, data, size);
    return true;
  });
}

bool OnnxParser::parseModelProto() noexcept {
  return attempt(Code::kINVALID_VALUE, [&] {
    require<ModelError>(loaded_ != nullptr, "no model is loaded; call loadModelProto first");
    return import(std::exchange(loaded_, nullptr));
  });
}

bool OnnxParser::supportsModelV2(void const* model, size_t size, char const* path) noexcept {
  return attempt(Code::kMODEL_DESERIALIZE_FAILED, [&] {
    subgraphs_.clear();
    require<ModelError>(model != nullptr, "the model is null");
    const auto file = onnx::ModelFile::parse(model, size, folder_of(path));
    const onnx::ImportResult r = onnx::import_model(file);
    for (const auto& e : r.errors) errors_.add(e, Severity::kVERBOSE);
    // Runs of nodes of the same verdict, in the order of the file.
    for (size_t i = 0; i < r.supported.size(); ++i) {
      if (subgraphs_.empty() || subgraphs_.back().supported != r.supported[i])
        subgraphs_.push_back({{}, r.supported[i]});
      subgraphs_.back().nodes.push_back(static_cast<int64_t>(i));
    }
    return r.ok();
  });
}

bool OnnxParser::isSubgraphSupported(int64_t const index) noexcept {
  return index >= 0 && index < getNbSubgraphs() && subgraphs_[static_cast<size_t>(index)].supported;
}

int64_t* OnnxParser::getSubgraphNodes(int64_t const index, int64_t& subgraphLength) noexcept {
  subgraphLength = 0;
  if (index < 0 || index >= getNbSubgraphs()) return nullptr;
  auto& nodes = subgraphs_[static_cast<size_t>(index)].nodes;
  subgraphLength = static_cast<int64_t>(nodes.size());
  return nodes.data();
}

bool OnnxParser::supportsOperator(char const* op_name) const noexcept {
  if (op_name == nullptr) return false;
  for (const onnx::OperatorRow& row : onnx::operator_table())
    if (std::strcmp(row.name, op_name) == 0) return true;
  return false;
}

char const* const* OnnxParser::getUsedVCPluginLibraries(int64_t& nbPluginLibs) const noexcept {
  nbPluginLibs = 0;
  return nullptr;
}

nv::ITensor const* OnnxParser::getLayerOutputTensor(char const* name, int64_t i) noexcept {
  return guarded(reporter_, "IParser::getLayerOutputTensor", static_cast<nv::ITensor const*>(nullptr),
                 [&]() -> nv::ITensor const* {
                   const auto it = node_outputs_.find(name != nullptr ? name : "");
                   if (it == node_outputs_.end() || i < 0 || static_cast<size_t>(i) >= it->second.size())
                     return nullptr;
                   return network_.tensor(it->second[static_cast<size_t>(i)]);
                 });
}

}  // namespace hone::api

extern "C" {

void* createNvOnnxParser_INTERNAL(void* network, void* logger, int32_t /*version*/) noexcept {
  using namespace hone;
  auto* log = static_cast<nvinfer1::ILogger*>(logger);
  const api::Reporter reporter(log);
  return api::guarded(reporter, "createParser", static_cast<void*>(nullptr), [&]() -> void* {
    auto* own = dynamic_cast<api::Network*>(static_cast<nvinfer1::INetworkDefinition*>(network));
    require<ModelError>(own != nullptr, "the network is null or not of this library");
    return static_cast<nvonnxparser::IParser*>(new api::OnnxParser(*own, log));
  });
}
int32_t getNvOnnxParserVersion() noexcept { return NV_ONNX_PARSER_VERSION; }
}

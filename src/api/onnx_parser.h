// nvonnxparser::IParser over the importer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/network.h"
#include "hone/onnx/parser.h"
#include "import/onnx/importer.h"

namespace hone::api {

/// One diagnostic of the importer with TensorRT's questions to it.
class ParserError final : public nvonnxparser::IParserError {
 public:
  ParserError(const import::Diagnostic& d, nvonnxparser::ErrorCode code);
  nvonnxparser::ErrorCode code() const noexcept override { return code_; }
  char const* desc() const noexcept override { return text_.c_str(); }
  char const* file() const noexcept override { return "import/onnx"; }
  int32_t line() const noexcept override { return 0; }
  char const* func() const noexcept override { return operator_.c_str(); }
  int32_t node() const noexcept override { return index_; }
  char const* nodeName() const noexcept override { return name_.c_str(); }
  char const* nodeOperator() const noexcept override { return operator_.c_str(); }
  char const* const* localFunctionStack() const noexcept override { return &scope_text_; }
  int32_t localFunctionStackSize() const noexcept override { return scope_.empty() ? 0 : 1; }

 private:
  nvonnxparser::ErrorCode code_;
  std::string text_, name_, operator_, scope_;
  const char* scope_text_;
  int32_t index_;
};

/// Errors of a parser or parser refitter; logs them as they come.
class ParserErrors {
 public:
  explicit ParserErrors(const Reporter& reporter) : reporter_(reporter) {}
  void add(const import::Diagnostic& d, Severity severity);
  /// To be called in a catch block.
  void add_exception(nvonnxparser::ErrorCode model_error) noexcept;
  void clear() noexcept { errors_.clear(); }
  int32_t size() const noexcept { return static_cast<int32_t>(errors_.size()); }
  const nvonnxparser::IParserError* at(int32_t i) const noexcept {
    return i >= 0 && i < size() ? errors_[static_cast<size_t>(i)].get() : nullptr;
  }

 private:
  const Reporter& reporter_;
  std::vector<std::unique_ptr<ParserError>> errors_;
};

class OnnxParser final : public nvonnxparser::IParser {
 public:
  OnnxParser(Network& network, nv::ILogger* logger) : network_(network), reporter_(logger), errors_(reporter_) {}

  bool parse(void const* model, size_t size, char const* path) noexcept override;
  bool parseFromFile(char const* file, int32_t verbosity) noexcept override;
  bool supportsModelV2(void const* model, size_t size, char const* path) noexcept override;
  int64_t getNbSubgraphs() noexcept override { return static_cast<int64_t>(subgraphs_.size()); }
  bool isSubgraphSupported(int64_t const index) noexcept override;
  int64_t* getSubgraphNodes(int64_t const index, int64_t& subgraphLength) noexcept override;
  bool supportsOperator(char const* op_name) const noexcept override;
  int32_t getNbErrors() const noexcept override { return errors_.size(); }
  nvonnxparser::IParserError const* getError(int32_t index) const noexcept override { return errors_.at(index); }
  void clearErrors() noexcept override { errors_.clear(); }
  char const* const* getUsedVCPluginLibraries(int64_t& nbPluginLibs) const noexcept override;
  void setFlags(nvonnxparser::OnnxParserFlags flags) noexcept override { flags_ = flags; }
  nvonnxparser::OnnxParserFlags getFlags() const noexcept override { return flags_; }
  void clearFlag(nvonnxparser::OnnxParserFlag flag) noexcept override {
    flags_ &= ~(1U << static_cast<uint32_t>(flag));
  }
  void setFlag(nvonnxparser::OnnxParserFlag flag) noexcept override { flags_ |= 1U << static_cast<uint32_t>(flag); }
  bool getFlag(nvonnxparser::OnnxParserFlag flag) const noexcept override {
    return ((flags_ >> static_cast<uint32_t>(flag)) & 1U) != 0;
  }
  nv::ITensor const* getLayerOutputTensor(char const* name, int64_t i) noexcept override;
  bool loadModelProto(void const* model, size_t size, char const* path) noexcept override;
  bool loadInitializer(char const* name, void const* data, size_t size) noexcept override;
  bool parseModelProto() noexcept override;
  bool setBuilderConfig(nv::IBuilderConfig const* const) noexcept override { return true; }

 private:
  struct Subgraph {
    std::vector<int64_t> nodes;
    bool supported;
  };
  template <class F>
  bool attempt(nvonnxparser::ErrorCode model_error, F&& f) noexcept;
  bool import(const std::shared_ptr<onnx::ModelFile>& file);

  Network& network_;
  Reporter reporter_;
  ParserErrors errors_;
  nvonnxparser::OnnxParserFlags flags_ = 1U
                                         << static_cast<uint32_t>(nvonnxparser::OnnxParserFlag::kNATIVE_INSTANCENORM);
  std::shared_ptr<onnx::ModelFile> loaded_;
  std::vector<Subgraph> subgraphs_;
  std::map<std::string, std::vector<ir::Value*>> node_outputs_;
};

}  // namespace hone::api

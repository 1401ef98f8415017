// IOnnxConfig: a plain record of settings, kept for older sample programs.
#include "hone/onnx/onnx_config.h"

#include <new>
#include <string>

namespace nvonnxparser {
namespace {

class OnnxConfig final : public IOnnxConfig {
 public:
  void setModelDtype(nvinfer1::DataType type) noexcept override { type_ = type; }
  nvinfer1::DataType getModelDtype() const noexcept override { return type_; }
  char const* getModelFileName() const noexcept override { return model_.c_str(); }
  void setModelFileName(char const* name) noexcept override { set(model_, name); }
  Verbosity getVerbosityLevel() const noexcept override { return verbosity_; }
  void addVerbosity() noexcept override { ++verbosity_; }
  void reduceVerbosity() noexcept override { --verbosity_; }
  void setVerbosityLevel(Verbosity level) noexcept override { verbosity_ = level; }
  char const* getTextFileName() const noexcept override { return text_.c_str(); }
  void setTextFileName(char const* name) noexcept override { set(text_, name); }
  char const* getFullTextFileName() const noexcept override { return full_text_.c_str(); }
  void setFullTextFileName(char const* name) noexcept override { set(full_text_, name); }
  bool getPrintLayerInfo() const noexcept override { return print_layers_; }
  void setPrintLayerInfo(bool print) noexcept override { print_layers_ = print; }

 private:
  static void set(std::string& to, char const* text) { to = text != nullptr ? text : ""; }

  nvinfer1::DataType type_ = nvinfer1::DataType::kFLOAT;
  std::string model_, text_, full_text_;
  Verbosity verbosity_ = 2;
  bool print_layers_ = false;
};

}  // namespace

IOnnxConfig* createONNXConfig() { return new (std::nothrow) OnnxConfig; }

}  // namespace nvonnxparser

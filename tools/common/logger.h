// The tools' logger: spdlog in TensorRT's line layout.
#pragma once

#include <NvInfer.h>

namespace tools {

/// Writes "[date-time] [I] message" lines; verbose ones only when asked for. Errors are also counted and the last one
/// kept.
class Logger : public nvinfer1::ILogger {
 public:
  explicit Logger(bool verbose = false) : verbose_(verbose) {}
  void log(Severity severity, nvinfer1::AsciiChar const* message) noexcept override;
  void set_verbose(bool v) { verbose_ = v; }

 private:
  bool verbose_;
};

}  // namespace tools

// The tools' logger: spdlog in TensorRT's line layout.
#pragma once

#include <NvInfer.h>
#include <fmt/format.h>

#include <string>

namespace tools {

/// One line on stdout in the manner of TensorRT's tools: date, kind (E, W, I, V) and text.
void say_line(char kind, const std::string& text);
template <class... Args>
void say(char kind, fmt::format_string<Args...> f, Args&&... args) {
  say_line(kind, fmt::format(f, std::forward<Args>(args)...));
}

/// Writes "[date-time] [I] message" lines; verbose ones only when asked for.
class Logger : public nvinfer1::ILogger {
 public:
  explicit Logger(bool verbose = false) : verbose_(verbose) {}
  void log(Severity severity, nvinfer1::AsciiChar const* message) noexcept override;
  void set_verbose(bool v) { verbose_ = v; }

 private:
  bool verbose_;
};

}  // namespace tools

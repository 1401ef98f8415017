#include "common/logger.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tools {
namespace {
spdlog::logger& sink() {
  static const auto logger = [] {
    auto l = std::make_shared<spdlog::logger>("hone", std::make_shared<spdlog::sinks::stdout_sink_mt>());
    l->set_pattern("[%m/%d/%Y-%H:%M:%S] %v");
    l->set_level(spdlog::level::trace);
    l->flush_on(spdlog::level::warn);
    return l;
  }();
  return *logger;
}
}  // namespace

void say_line(char kind, const std::string& text) { sink().info("[{}] {}", kind, text); }

void Logger::log(Severity severity, nvinfer1::AsciiChar const* message) noexcept {
  if (severity == Severity::kVERBOSE && !verbose_) return;
  static const char* const kTag[] = {"[F] ", "[E] ", "[W] ", "[I] ", "[V] "};
  const auto s = static_cast<int>(severity);
  try {
    sink().info("{}{}{}", kTag[s < 0 || s > 4 ? 3 : s], s <= 1 ? "Error: " : "", message != nullptr ? message : "");
  } catch (...) {
  }
}

}  // namespace tools

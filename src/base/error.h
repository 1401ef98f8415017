// Exceptions of the build side. Three kinds: ModelError (the user's model is wrong), Unsupported (the model is fine,
// Hone cannot do it) and InternalError (a bug in Hone). Each collects context on its way up.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <vector>

namespace hone {

class Error : public std::exception {
 public:
  explicit Error(std::string message) : message_(std::move(message)) { render(); }
  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  /// Adds one level of context ("in node 'conv1' (Conv, opset 13)"), innermost first.
  void add_context(std::string context) {
    context_.push_back(std::move(context));
    render();
  }

 private:
  void render() {
    text_ = message_;
    for (const auto& c : context_) text_ += "\n  " + c;
  }
  std::string message_;
  std::vector<std::string> context_;
  std::string text_;
};

class ModelError : public Error {
  using Error::Error;
};
class Unsupported : public Error {
  using Error::Error;
};
class InternalError : public Error {
  using Error::Error;
};

template <class E, class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> f, Args&&... args) {
  throw E(fmt::format(f, std::forward<Args>(args)...));
}

/// Throws E with the formatted message unless the condition holds.
template <class E, class... Args>
void require(bool condition, fmt::format_string<Args...> f, Args&&... args) {
  if (!condition) [[unlikely]]
    throw E(fmt::format(f, std::forward<Args>(args)...));
}

/// Runs f and adds context to any Error that leaves it; `context` is called only then.
template <class F, class C>
decltype(auto) with_context(F&& f, C&& context) {
  try {
    return f();
  } catch (Error& e) {
    e.add_context(context());
    throw;
  }
}

}  // namespace hone

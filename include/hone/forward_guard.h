// A guard for pairs of callbacks whose default bodies call each other, so that a class that overrides neither gets
// an error instead of endless recursion.
#pragma once

namespace hone {
namespace detail {

/// Marks, for the calling thread, that the default body of one callback of a pair is calling the other one on `object`.
class ForwardGuard {
 public:
  explicit ForwardGuard(void const* object) noexcept : object_(object), outer_(top()) {
    if (outer_ != nullptr && outer_->object_ == object) {
      looping_ = true;
      outer_->looping_ = true;
    }
    top() = this;
  }
  ~ForwardGuard() noexcept { top() = outer_; }
  ForwardGuard(ForwardGuard const&) = delete;
  ForwardGuard& operator=(ForwardGuard const&) = delete;

  /// True when the pair has come back to where it began: the class overrides neither callback.
  bool looping() const noexcept { return looping_; }

 private:
  static ForwardGuard*& top() noexcept {
    static thread_local ForwardGuard* guard = nullptr;
    return guard;
  }
  void const* object_;
  ForwardGuard* outer_;
  bool looping_ = false;
};

}  // namespace detail
}  // namespace hone

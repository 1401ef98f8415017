// Data-parallel loops over the OpenMP team, so that our kernels and oneDNN share one set of threads. The number of
// threads is a property of the calling thread (set by the execution context); nested calls run serially.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

namespace hone {

/// Threads that parallel loops started from this thread use; at least 1.
int num_threads() noexcept;
/// Sets it for the calling thread (0: all cores the process may use) and returns the previous value.
int set_num_threads(int n) noexcept;
/// Cores the process may run on.
int available_cores() noexcept;

/// Scope guard around set_num_threads.
class ThreadScope {
 public:
  explicit ThreadScope(int n) noexcept : previous_(set_num_threads(n)) {}
  ~ThreadScope() { set_num_threads(previous_); }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int previous_;
};

namespace detail {
void parallel_run(int threads, void (*body)(void*, int, int), void* data);
}

/// Calls f(thread, threads) once on each of min(num_threads(), limit) threads and waits. f must not throw.
template <class F>
void parallel(F&& f, int64_t limit = INT64_MAX) {
  int n = num_threads();
  if (limit < n) n = limit < 1 ? 1 : static_cast<int>(limit);
  if (n == 1) {
    f(0, 1);
    return;
  }
  using Fn = std::remove_reference_t<F>;
  detail::parallel_run(
      n, [](void* p, int i, int count) { (*static_cast<Fn*>(p))(i, count); },
      const_cast<void*>(static_cast<const void*>(&f)));
}

/// Splits [0, count) evenly: the begin of part i of n.
inline int64_t part_begin(int64_t count, int64_t i, int64_t n) noexcept {
  return count / n * i + (i < count % n ? i : count % n);
}

/// Calls f(begin, end) on disjoint ranges that cover [0, count), one range a thread; ranges hold at least `grain`
/// items.
template <class F>
void parallel_for(int64_t count, int64_t grain, F&& f) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  parallel(
      [&](int i, int n) {
        const int64_t b = part_begin(count, i, n), e = part_begin(count, i + 1, n);
        if (b < e) f(b, e);
      },
      (count + grain - 1) / grain);
}

}  // namespace hone

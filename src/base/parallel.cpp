// OpenMP implementation of the parallel loops; the acquire/release notes let ThreadSanitizer see libgomp's barriers.
#include "base/parallel.h"

#include <omp.h>
#include <sched.h>

#include <thread>

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#define HONE_TSAN_ACQUIRE(p) __tsan_acquire(p)
#define HONE_TSAN_RELEASE(p) __tsan_release(p)
#else
#define HONE_TSAN_ACQUIRE(p) (void)(p)
#define HONE_TSAN_RELEASE(p) (void)(p)
#endif

namespace hone {
namespace {
thread_local int t_threads = 0;
}

int available_cores() noexcept {
  static const int cores = [] {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
    const unsigned n = std::thread::hardware_concurrency();
    return n == 0 ? 1 : static_cast<int>(n);
  }();
  return cores;
}

int num_threads() noexcept {
  if (omp_in_parallel()) return 1;
  return t_threads > 0 ? t_threads : available_cores();
}

int set_num_threads(int n) noexcept {
  const int previous = t_threads;
  t_threads = n > 0 ? n : 0;
  omp_set_num_threads(num_threads());
  return previous;
}

namespace detail {
void parallel_run(int threads, void (*body)(void*, int, int), void* data) {
  char start = 0, done = 0;
  HONE_TSAN_RELEASE(&start);
#pragma omp parallel num_threads(threads)
  {
    HONE_TSAN_ACQUIRE(&start);
    body(data, omp_get_thread_num(), omp_get_num_threads());
    HONE_TSAN_RELEASE(&done);
  }
  HONE_TSAN_ACQUIRE(&done);
}
}  // namespace detail

}  // namespace hone

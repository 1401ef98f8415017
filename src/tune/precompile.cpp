// A pool of threads that take jobs in turn.
#include "tune/precompile.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/parallel.h"

namespace hone::tune {

void CompileJobs::add(const Problem& p, std::span<const Tactic* const> tactics, int most) {
  for (const Tactic* t : tactics) {
    if (most == 0) return;
    if (!t->supports(p) || !t->promises(p)) continue;
    jobs_.emplace_back(t, p);
    --most;
  }
}

void CompileJobs::run() {
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i; (i = next++) < jobs_.size();) {
      try {
        jobs_[i].first->compile(jobs_[i].second);
      } catch (const std::exception&) {
        // The timing asks for the same kernel and tells why it cannot be made.
      }
    }
  };
  std::vector<std::thread> pool;
  const size_t threads = std::min<size_t>(jobs_.size(), static_cast<size_t>(available_cores()));
  for (size_t k = 1; k < threads; ++k) pool.emplace_back(work);
  work();
  for (std::thread& t : pool) t.join();
}

}  // namespace hone::tune

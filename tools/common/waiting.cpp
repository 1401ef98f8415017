// One exec.
#include "common/waiting.h"

#include <unistd.h>

#include <cstdlib>

namespace tools {
namespace {

constexpr const char* kSpins = "2000";  // 30 to 100 us: longer than from one layer to the next

}  // namespace

void wait_briefly(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  if (setenv("GOMP_SPINCOUNT", kSpins, 0) == 0) execv("/proc/self/exe", argv);
}

}  // namespace tools

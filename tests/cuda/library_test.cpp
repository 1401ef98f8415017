// The CUDA device as libhone loads it: from a library of its own, with the operators of libhone. Prints what it found;
// used by run_library_test.cmake with different environments.
#include <cstdio>
#include <string>

#include "backends/cuda_loader.h"

int main() {
  std::string why_not;
  const hone::Backend* b = hone::cuda_backend(&why_not);
  if (b == nullptr) {
    std::printf("no device: %s\n", why_not.c_str());
    return 0;
  }
  size_t tactics = 0;
  for (const hone::Op* op : hone::all_ops()) tactics += b->tactics(*op).size();
  const hone::Device& d = *b->device();
  void* p = d.allocate(64);
  d.fill(p, 5, 64, nullptr);
  char bytes[64] = {};
  d.download(bytes, p, 64, nullptr);
  d.release(p);
  std::printf("device: %s %s, tactics: %s, memory: %s\n", std::string(b->name()).c_str(), b->fingerprint().c_str(),
              tactics > 0 ? "yes" : "none", std::string(bytes, 64) == std::string(64, 5) ? "works" : "broken");
  return 0;
}

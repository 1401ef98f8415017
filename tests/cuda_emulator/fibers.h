// Runs the threads of one block: as fibers that wait for one another, or as a plain loop where the kernel never waits.
#pragma once

#include <string>

#include "interface.h"

namespace hone::emulator {

struct BlockLaunch {
  const EmulatedKernel* kernel = nullptr;
  void** parameters = nullptr;
  EmulatedPosition* position = nullptr;  // block and dims are filled in
  bool waits = false;
  bool reversed = false;  // order in which threads take turns: code must not depend on it
};

/// False, with the reason, where a thread failed or threads wait for one another for ever.
bool run_block(const BlockLaunch& launch, std::string* error);

/// What kernels call.
const EmulatedServices& services();

}  // namespace hone::emulator

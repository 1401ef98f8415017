// Machine code of kernels: compiled from source once, kept in memory and on disk, taken from plans, loaded on demand.
#pragma once

#include <memory>
#include <string>

#include "backends/backend.h"
#include "backends/cuda/driver/types.h"

namespace hone::cuda {

/// A function of a loaded module; the module stays loaded as long as somebody holds it.
struct LoadedFunction {
  std::shared_ptr<const void> module;
  Function function = nullptr;
};

/// The name of a source's machine code for the GPU in hand: what went into it, hashed (source, options, architecture,
/// headers), and not which compiler made it.
std::string code_key(const std::string& source);

/// Machine code of the source: from a plan, from memory, from the disk, or compiled now. The same source is compiled
/// once even when several threads ask. Throws InternalError with the compiler's log where the source is wrong,
/// Unsupported where there is no compiler.
CodeImage machine_code(const std::string& source);

/// Loads it and finds the function, which may then be launched with this much dynamic shared memory.
LoadedFunction load_function(const std::string& source, const std::string& entry, unsigned shared_bytes);

/// Makes code known under its key; code that is there already stays.
void provide_machine_code(const CodeImage& image);

}  // namespace hone::cuda

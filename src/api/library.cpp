// Functions about the library as a whole.
#include "hone/builder.h"

namespace nvinfer1 {

/// The CPU device is part of the library and is there from the start, so a folder of backends always comes too late.
extern "C" bool setInternalLibraryPath(char const* /*path*/) noexcept { return false; }

}  // namespace nvinfer1

// What trtexec is about to do, in the sections of TensorRT's trtexec.
#pragma once

#include "common/options.h"

namespace trtexec {

/// Prints the options by section: model, build, system, inference, reporting.
void describe(const tools::Options& o);

}  // namespace trtexec

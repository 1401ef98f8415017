// The direct kernel that convolutions and transposed convolutions share.
#pragma once

#include "backends/cuda/tactics/convolution/conv_problem.h"

namespace hone::cuda {

/// `c`: geometry with the input's strides in memory.
Recipe direct_recipe(const Problem& p, const ConvProblem& c, bool transposed);
/// What the kernel asks beyond the geometry.
Verdict check_direct(const Problem& p, const ConvProblem& c);
double direct_time(const Problem& p, const ConvProblem& c);

}  // namespace hone::cuda

// Layers with an extent that depends on the data (kDataDependent), as a device runs them: the kernel gets outputs with
// room for the largest extent and one output more, an int64 to which it writes the extent that it found. Results are
// dense for that extent.
#pragma once

#include "backends/backend.h"

namespace hone {

/// The largest extent that the problem's inputs allow.
int64_t largest_extent(const Problem& p);

/// Dims of the outputs of a problem whose data give this extent.
std::vector<Dims> dims_for_extent(const Problem& p, int64_t extent);

}  // namespace hone

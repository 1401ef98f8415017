// Which nodes move no data: their output is the same memory as their input under other dims or axes.
#pragma once

#include "tune/problem.h"

namespace hone::tune {

/// True where the node's first output has, in these formats, exactly the memory order of its first input.
bool is_memory_view(const ir::Node& n, const Dims& in, Format in_format, const Dims& out, Format out_format);

}  // namespace hone::tune

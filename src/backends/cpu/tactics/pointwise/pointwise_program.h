// What the pointwise tactics share: an element-wise node or a fused group of them as one program.
#pragma once

#include "backends/backend.h"

namespace hone::cpu {

/// The problem (Pointwise, Map or Cast) as one program over all inputs; its epilogue is not looked at.
PwProgram pointwise_program(const Problem& p);

}  // namespace hone::cpu

// Memory for tensors. Sizes come from models and plans that nobody vouches for: what can never be there is refused at
// once, where the system would promise it and end the process later, when it is touched.
#pragma once

#include <cstddef>

namespace hone {

/// Bytes that this process may use in all: the machine's memory, or the limit of its control group where that is less.
size_t memory_limit() noexcept;

/// At least `bytes` bytes at a multiple of 64, to be released by std::free(); null where there is no such memory.
void* allocate_aligned(size_t bytes) noexcept;

}  // namespace hone

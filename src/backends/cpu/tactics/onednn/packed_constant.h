// Constant operands in the layout that oneDNN chose for them when the plan was built, so that a plan is used as it lies
// in memory. Should another problem (other shapes, other threads) want another layout, it is converted when the kernel
// is made.
#pragma once

#include <dnnl.hpp>
#include <functional>
#include <span>

#include "backends/backend.h"

namespace hone::cpu::onednn {

/// Layout of the constant operand that the library chooses for a problem.
using ChooseLayout = std::function<dnnl::memory::desc(const Problem&)>;

/// The operand in layout `to`, with what is needed to find out that layout again.
Blob pack(const Problem& p, const dnnl::memory::desc& from, const void* data, const dnnl::memory::desc& to);

/// The operand in layout `to`: in place where the blob has it in this layout, else a converted copy. The blob must live
/// as long as the memory. Throws ModelError where the blob is damaged or was made by another library or processor.
dnnl::memory unpack(const Problem& p, std::span<const Blob> blobs, const dnnl::memory::desc& to,
                    const ChooseLayout& choose);

}  // namespace hone::cpu::onednn

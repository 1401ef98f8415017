// Pointwise programs as operations of a cuDNN graph.
#pragma once

#include <optional>
#include <vector>

#include "backends/backend.h"
#include "backends/cuda/libraries/cudnn_graph.h"

namespace hone::cuda {

/// cuDNN's number of an element type; -1: it has none that Hone uses.
int cudnn_type(DType t);

/// How cuDNN sees a tensor: `rank` axes (at least 4; 1-d images get a second spatial axis), strides by axis. Broadcast
/// axes in front are added.
cudnn::TensorSpec cudnn_tensor(const TensorDesc& d, size_t rank, Format packed = Format::kChannelsLast);

/// Why the epilogue cannot be expressed in a graph; empty: it can (engines may still decline).
std::string refuse_cudnn_program(const PwProgram& program);

/// A program's first instruction where it adds another input to the first one, which nothing else reads.
struct LeadingSum {
  size_t instruction = 0;
  int input = 0;
  bool is_result = false;  // nothing follows
};
std::optional<LeadingSum> leading_sum(const PwProgram& program);

/// Appends the program's operations. `inputs` are the tensors of its inputs, of which the first is a temporary like
/// `shape`; `output` the tensor that gets the result. Intermediate values stay f32. The program must do something:
/// see cudnn_program_is_trivial. `done`: the first input is already the sum.
void append_cudnn_program(cudnn::Graph* g, const PwProgram& program, std::vector<cudnn::Id> inputs,
                          const cudnn::TensorSpec& shape, cudnn::Id output, const LeadingSum* done = nullptr);
/// The result is the first input, perhaps converted.
bool cudnn_program_is_trivial(const PwProgram& program);

}  // namespace hone::cuda

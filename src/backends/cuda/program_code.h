// CUDA source of pointwise programs: one device function per program, used by element-wise kernels and as the epilogue
// of heavy ones. The source needs "math.cuh".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "backends/backend.h"

namespace hone::cuda {

/// C++ name of a stored element inside kernels ("half", "signed char" ...); throws Unsupported for the packed types and
/// the types that kernels do not know.
std::string_view device_type(DType t);
/// C++ name of what values of a type are computed in: float for narrow floats, the type itself otherwise.
std::string_view value_type(DType t);
/// Kernels know the type.
bool has_device_type(DType t);
/// A float literal that denotes exactly `v`, infinities and NaN included.
std::string literal(float v);

/// Why the program cannot be made into code for inputs of these types; empty: it can.
std::string refuse_program(const PwProgram& p, std::span<const DType> inputs);
/// Types of the program's outputs.
std::vector<DType> program_output_types(const PwProgram& p, std::span<const DType> inputs);
/// `__device__ __forceinline__ void <function>(V0 x0, V1 x1, ..., W0& y0, W1& y1, ...)`, where Vi is value_type of
/// input i and Wi of output i. The caller stores outputs with element_of<device_type>(y). Results of half and brain
/// floats stay in float inside of the function, except where rounding decides (comparisons, rounding functions,
/// integers) or is asked for (a conversion).
std::string program_function(const PwProgram& p, std::string_view function, std::span<const DType> inputs);

/// Types of the operands of a node's epilogue: its first output, then its extra inputs.
std::vector<DType> epilogue_types(const Problem& p);

}  // namespace hone::cuda

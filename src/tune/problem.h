// From a graph node to the problem that tactics are asked about.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "backends/slices.h"
#include "ir/graph.h"

namespace hone::tune {

using Bindings = std::map<std::string, int64_t>;

/// What every problem of a build shares.
struct ProblemOptions {
  int threads = 1;
  size_t workspace_limit = SIZE_MAX;
  bool allow_bf16 = false, allow_f16 = false, allow_tf32 = false;
  bool by_image = false;  // layers may run image by image (backends/slices.h)
};

/// Extent assumed for dims that only running the network tells.
inline constexpr int64_t kAssumedExtent = 32;

/// Concrete dims of a value for these symbol values; `assume` lets unknown symbols be kAssumedExtent (else throws
/// InternalError).
Dims concrete(const Shape& s, const Bindings& b, bool assume = true);
/// Adds extents that only running the network tells, but that constant weights give away: channels of convolutions, and
/// the inner extent of matrix products.
void bind_by_weights(const ir::Graph& g, Bindings& b);
/// True where a dim depends on data (a '%' symbol).
bool data_dependent(const Shape& s);
/// Problem of a node with the formats stored in its values. Pitches are dense. For a layer that runs image by image it
/// is that of one image; `slices`, where given, tells.
Problem make_problem(const ir::Node& n, const Bindings& b, const ProblemOptions& o, Slices* slices = nullptr);

}  // namespace hone::tune

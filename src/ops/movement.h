// Shared by the operators that move data: axis checks, integer arguments, strided and mapped copies, and tracking of
// small integer contents through a move.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ops/op.h"

namespace hone {

/// Row-major strides in elements.
Dims contiguous_strides(const Dims& dims);

/// Axes in [-rank, rank) made non-negative; throws ModelError on one outside or given twice.
std::vector<int64_t> normalize_axes(const std::vector<int64_t>& axes, int64_t rank);
/// The permutation to use for an operand of this rank (`reversed_if_empty`, else identity where empty); throws
/// ModelError unless it is one.
std::vector<int64_t> normalize_perm(const std::vector<int64_t>& perm, int64_t rank, bool reversed_if_empty);

/// Integer argument: the elements of input i where it is connected, else the attribute. Nullopt: known only at run
/// time. Throws ModelError where the input is not a vector of integers.
std::optional<std::vector<Dim>> int_argument(const InferContext& c, size_t i, const std::vector<int64_t>& attribute);
/// The same where only numbers will do; throws Unsupported naming `what` where the value is not known when building.
std::vector<int64_t> const_argument(const InferContext& c, size_t i, const std::vector<int64_t>& attribute,
                                    std::string_view what);
/// Number of elements of the integer argument; throws Unsupported where that is symbolic.
int64_t argument_length(const InferContext& c, size_t i, const std::vector<int64_t>& attribute);

/// True where the expression cannot be negative for non-negative symbols (a sufficient test).
bool provably_non_negative(const Dim& d);
/// max(x, 0), written through min so that complementary slices add up again.
Dim non_negative_part(const Dim& x);

/// The arguments of an evaluation as those of a shape rule that knows every value.
class ConcreteContext : public InferContext {
 public:
  explicit ConcreteContext(const EvalContext& c);
  ConcreteContext(const ConcreteContext&) = delete;
  ConcreteContext& operator=(const ConcreteContext&) = delete;

 private:
  std::vector<TensorInfo> infos_;
};

/// A shape rule without content tracking.
using ShapeRule = void (*)(InferContext&);
/// Runs the rule on the concrete inputs of an evaluation and returns all outputs' infos.
std::vector<TensorInfo> concrete_infos(const EvalContext& c, ShapeRule rule, size_t outputs = 1);
/// Output 0 with the dims that the rule gives for the concrete inputs.
Tensor& allocate_output(EvalContext& c, ShapeRule rule);

/// Makes `result` output i: copied into the storage that came allocated where it fits, else handed over.
void set_output(EvalContext& c, size_t i, const Tensor& result);

/// Sets outputs[0].content where the first `data` inputs have known content and the others known numbers, by running
/// the evaluation on element numbers. For evaluations that only move elements.
void track_content(InferContext& c, size_t data, void (*eval)(EvalContext&));

/// dst[i * dst_strides] = src[i * src_strides] for all i in dims; strides in elements, any sign, zero to broadcast.
void strided_copy(DType type, const Dims& dims, const void* src, const Dims& src_strides, void* dst,
                  const Dims& dst_strides);
/// dst[i0, i1, ...] = src[maps[0][i0], maps[1][i1], ...]; a map entry of -1 gives `fill` (one element of the type;
/// null: zero bytes).
void mapped_copy(const Tensor& src, const std::vector<std::vector<int64_t>>& maps, const void* fill, Tensor& dst);
/// Permutes into dst, which has the permuted dims.
void transpose_into(const Tensor& src, const std::vector<int64_t>& perm, Tensor& dst);

/// Index tensor (i32 or i64) as int64; shares storage where it is i64 already.
Tensor to_index(const Tensor& t);
void check_index_type(const TensorInfo& t, std::string_view what);

}  // namespace hone

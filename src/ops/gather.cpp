// Gather along an axis, by element, or by index tuples.
#include "ops/gather.h"

#include <algorithm>
#include <cstring>

#include "base/parallel.h"
#include "ops/movement.h"

namespace hone {
namespace {

void check_equal(const Dim& a, const Dim& b, size_t axis) {
  require<ModelError>(!a.is_const() || !b.is_const() || a == b,
                      "Gather: axis {} is {} in the data and {} in the indices", axis, a.str(), b.str());
}

Shape axis_dims(const Shape& x, const Shape& idx, const GatherAttrs& a) {
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.size())));
  const auto batch = static_cast<size_t>(a.batch_dims);
  require<ModelError>(a.batch_dims >= 0 && batch <= axis && batch <= idx.size(),
                      "Gather: {} batch dims with axis {} and {} indices", a.batch_dims, axis, str(idx));
  for (size_t i = 0; i < batch; ++i) check_equal(x[i], idx[i], i);
  Shape out(x.begin(), x.begin() + static_cast<int64_t>(axis));
  out.insert(out.end(), idx.begin() + a.batch_dims, idx.end());
  out.insert(out.end(), x.begin() + static_cast<int64_t>(axis) + 1, x.end());
  return out;
}

Shape element_dims(const Shape& x, const Shape& idx, const GatherAttrs& a) {
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.size())));
  require<ModelError>(idx.size() == x.size(), "GatherElements: data {} and indices {} differ in rank", str(x),
                      str(idx));
  for (size_t i = 0; i < x.size(); ++i)
    require<ModelError>(i == axis || !x[i].is_const() || !idx[i].is_const() || idx[i].value() <= x[i].value(),
                        "GatherElements: indices {} are larger than data {}", str(idx), str(x));
  return idx;
}

// Length of the index tuples.
int64_t tuple_length(const Shape& x, const Shape& idx, int64_t batch) {
  require<ModelError>(!idx.empty(), "GatherND: indices are a scalar");
  require<Unsupported>(idx.back().is_const(), "GatherND: the last dimension of the indices must be a number, not '{}'",
                       idx.back().str());
  const int64_t k = idx.back().value();
  const auto rank = static_cast<int64_t>(x.size());
  require<ModelError>(batch >= 0 && batch < static_cast<int64_t>(idx.size()) && k >= 0 && k <= rank - batch,
                      "GatherND: index tuples of {} with {} batch dims into {}", k, batch, str(x));
  return k;
}

Shape nd_dims(const Shape& x, const Shape& idx, const GatherAttrs& a) {
  const int64_t k = tuple_length(x, idx, a.batch_dims);
  for (int64_t i = 0; i < a.batch_dims; ++i)
    check_equal(x[static_cast<size_t>(i)], idx[static_cast<size_t>(i)], static_cast<size_t>(i));
  Shape out(idx.begin(), idx.end() - 1);
  out.insert(out.end(), x.begin() + a.batch_dims + k, x.end());
  return out;
}

void rule(InferContext& c) {
  const auto& a = c.attr<GatherAttrs>();
  const TensorInfo &x = c.in(0), &idx = c.in(1);
  check_index_type(idx, "indices of Gather");
  Shape out;
  switch (a.mode) {
    case GatherMode::kAxis:
      out = axis_dims(x.shape, idx.shape, a);
      break;
    case GatherMode::kElement:
      out = element_dims(x.shape, idx.shape, a);
      break;
    case GatherMode::kNd:
      out = nd_dims(x.shape, idx.shape, a);
      break;
  }
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

int64_t product(const Dims& d, size_t begin, size_t end) {
  int64_t v = 1;
  for (size_t i = begin; i < end; ++i) v *= d[i];
  return v;
}

// Indices made non-negative and checked against the extent.
std::vector<int64_t> checked_indices(const Tensor& t, int64_t extent) {
  std::vector<int64_t> v = t.as_ints();
  for (int64_t& i : v) {
    require<ModelError>(i >= -extent && i < extent, "Gather: index {} is outside an axis of {}", i, extent);
    if (i < 0) i += extent;
  }
  return v;
}

void eval_axis(const EvalContext& c, const GatherAttrs& a, Tensor& y) {
  const Tensor& x = c.in(0);
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, x.rank()));
  const auto batch = static_cast<size_t>(a.batch_dims);
  const int64_t extent = x.dims()[axis];
  const std::vector<int64_t> idx = checked_indices(c.in(1), extent);
  const int64_t batches = product(x.dims(), 0, batch), outer = product(x.dims(), batch, axis);
  const int64_t n = product(c.in(1).dims(), batch, c.in(1).dims().size());
  const size_t run = storage_bytes(x.type(), product(x.dims(), axis + 1, x.dims().size()));
  const auto* src = static_cast<const std::byte*>(x.raw());
  auto* dst = static_cast<std::byte*>(y.raw());
  parallel_for(batches * outer * n, 1 + (1 << 14) / static_cast<int64_t>(run + 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / n, b = row / outer;
      const int64_t from = row * extent + idx[static_cast<size_t>(b * n + i % n)];
      std::memcpy(dst + static_cast<size_t>(i) * run, src + static_cast<size_t>(from) * run, run);
    }
  });
}

void eval_element(const EvalContext& c, const GatherAttrs& a, Tensor& y) {
  const Tensor& x = c.in(0);
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, x.rank()));
  for (size_t i = 0; i < y.dims().size(); ++i)
    require<ModelError>(i == axis || y.dims()[i] <= x.dims()[i], "GatherElements: indices {} are larger than data {}",
                        str(y.dims()), str(x.dims()));
  const std::vector<int64_t> idx = checked_indices(c.in(1), x.dims()[axis]);
  const Dims xs = contiguous_strides(x.dims()), ys = contiguous_strides(y.dims());
  with_width(x.type(), [&]<class T>() {
    parallel_for(y.count(), 1 << 13, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int64_t at = 0, rest = i;
        for (size_t k = 0; k < ys.size(); ++k) {
          at += (k == axis ? idx[static_cast<size_t>(i)] : rest / ys[k]) * xs[k];
          rest %= ys[k];
        }
        y.data<T>()[i] = x.data<T>()[at];
      }
    });
  });
}

void eval_nd(const EvalContext& c, const GatherAttrs& a, Tensor& y) {
  const Tensor& x = c.in(0);
  const auto batch = static_cast<size_t>(a.batch_dims);
  const auto k = static_cast<size_t>(c.in(1).dims().back());
  const std::vector<int64_t> idx = c.in(1).as_ints();
  const Dims xs = contiguous_strides(x.dims());
  const int64_t batches = product(x.dims(), 0, batch);
  const int64_t tuples = product(c.in(1).dims(), 0, c.in(1).dims().size() - 1);
  const int64_t per_batch = batches > 0 ? tuples / batches : 0;
  const int64_t slice = product(x.dims(), batch + k, x.dims().size());
  const int64_t batch_size = product(x.dims(), batch, x.dims().size());
  const size_t run = storage_bytes(x.type(), slice);
  for (int64_t t = 0; t < tuples; ++t) {
    int64_t at = t / per_batch * batch_size;
    for (size_t j = 0; j < k; ++j) {
      int64_t i = idx[static_cast<size_t>(t) * k + j];
      const int64_t extent = x.dims()[batch + j];
      require<ModelError>(i >= -extent && i < extent, "GatherND: index {} is outside an axis of {}", i, extent);
      at += (i < 0 ? i + extent : i) * xs[batch + j];
    }
    std::memcpy(static_cast<std::byte*>(y.raw()) + static_cast<size_t>(t) * run,
                static_cast<const std::byte*>(x.raw()) + storage_bytes(x.type(), at), run);
  }
}

void eval(EvalContext& c) {
  const auto& a = c.attr<GatherAttrs>();
  Tensor& y = allocate_output(c, rule);
  require<Unsupported>(!is_packed(y.type()), "Gather of packed type '{}' is not supported", name(y.type()));
  if (y.count() == 0) return;
  switch (a.mode) {
    case GatherMode::kAxis:
      return eval_axis(c, a, y);
    case GatherMode::kElement:
      return eval_element(c, a, y);
    case GatherMode::kNd:
      return eval_nd(c, a, y);
  }
}

void infer(InferContext& c) {
  rule(c);
  track_content(c, 1, eval);
}

}  // namespace

const Op kGatherOp = {"Gather", kNoFlags, 2, 2, 1, make_attrs<GatherAttrs>, infer, eval};

}  // namespace hone

// Data movement shared by operators: copies by element width in contiguous runs, threaded where large.
#include "ops/movement.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/parallel.h"

namespace hone {
namespace {
constexpr int64_t kGrain = 1 << 14;  // elements worth a thread
}

Dims contiguous_strides(const Dims& dims) {
  Dims s(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) s[i - 1] = s[i] * dims[i];
  return s;
}

std::vector<int64_t> normalize_axes(const std::vector<int64_t>& axes, int64_t rank) {
  std::vector<int64_t> out;
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (int64_t a : axes) {
    const int64_t n = normalize_axis(a, rank);
    require<ModelError>(!seen[static_cast<size_t>(n)], "axis {} is given twice", a);
    seen[static_cast<size_t>(n)] = true;
    out.push_back(n);
  }
  return out;
}

std::vector<int64_t> normalize_perm(const std::vector<int64_t>& perm, int64_t rank, bool reversed_if_empty) {
  std::vector<int64_t> p = perm;
  if (p.empty()) {
    p.resize(static_cast<size_t>(rank));
    std::iota(p.begin(), p.end(), 0);
    if (reversed_if_empty) std::reverse(p.begin(), p.end());
  }
  require<ModelError>(static_cast<int64_t>(p.size()) == rank, "permutation has {} entries for rank {}", p.size(), rank);
  return normalize_axes(p, rank);
}

std::optional<std::vector<Dim>> int_argument(const InferContext& c, size_t i, const std::vector<int64_t>& attribute) {
  if (!c.has(i)) return std::vector<Dim>(attribute.begin(), attribute.end());
  const TensorInfo& t = c.in(i);
  require<ModelError>(is_integer(t.type), "input {} must hold integers, not {}", i, name(t.type));
  require<ModelError>(t.shape.size() <= 1, "input {} must be a vector, not {}", i, str(t.shape));
  return known_content(t);
}

std::vector<int64_t> const_argument(const InferContext& c, size_t i, const std::vector<int64_t>& attribute,
                                    std::string_view what) {
  const auto v = int_argument(c, i, attribute);
  require<Unsupported>(v.has_value(), "{} must be known when the engine is built", what);
  std::vector<int64_t> out;
  for (const Dim& d : *v) {
    require<Unsupported>(d.is_const(), "{} must be numbers, not '{}'", what, d.str());
    out.push_back(d.value());
  }
  return out;
}

int64_t argument_length(const InferContext& c, size_t i, const std::vector<int64_t>& attribute) {
  if (!c.has(i)) return static_cast<int64_t>(attribute.size());
  const Shape& s = c.in(i).shape;
  if (s.empty()) return 1;
  require<Unsupported>(s[0].is_const(), "the number of elements of input {} must be known when the engine is built", i);
  require<ModelError>(s[0].value() <= 64, "input {} has {} elements, one per axis: too many", i, s[0].value());
  return s[0].value();
}

bool provably_non_negative(const Dim& d) { return min(d, Dim(0)).is(0); }

Dim non_negative_part(const Dim& x) {
  if (x.is_const()) return Dim(std::max<int64_t>(x.value(), 0));
  if (provably_non_negative(x)) return x;
  int64_t c = 0;  // the constant term
  try {
    c = x.eval([](const std::string&) { return int64_t{0}; });
  } catch (const ModelError&) {
  }
  const Dim p = x - Dim(c);
  return p - min(p, Dim(-c));
}

ConcreteContext::ConcreteContext(const EvalContext& c) : infos_(c.inputs.size()) {
  attrs = const_cast<Attributes*>(c.attrs);  // rules read their attributes only
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    if (c.has(i)) infos_[i] = {c.in(i).type(), to_shape(c.in(i).dims()), std::nullopt, &c.in(i)};
    inputs.push_back(c.has(i) ? &infos_[i] : nullptr);
  }
}

std::vector<TensorInfo> concrete_infos(const EvalContext& c, ShapeRule rule, size_t outputs) {
  ConcreteContext ic(c);
  ic.outputs.resize(outputs);
  rule(ic);
  return ic.outputs;
}

Tensor& allocate_output(EvalContext& c, ShapeRule rule) {
  const TensorInfo info = concrete_infos(c, rule)[0];
  return c.out(0, info.type, to_dims(info.shape));
}

void set_output(EvalContext& c, size_t i, const Tensor& result) {
  Tensor& y = c.outputs.at(i);
  if (!y.defined() || y.type() != result.type() || y.dims() != result.dims())
    y = result;
  else if (y.bytes() > 0)
    std::memcpy(y.raw(), result.raw(), y.bytes());
}

void track_content(InferContext& c, size_t data, void (*eval)(EvalContext&)) {
  TensorInfo& out = c.outputs[0];
  if (!is_const(out.shape) || (!is_integer(out.type) && out.type != DType::kBool)) return;
  const Dims dims = to_dims(out.shape);
  if (volume(dims) > kMaxContent) return;
  std::vector<Dim> elements;
  std::vector<Tensor> tensors(c.inputs.size());
  EvalContext e;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    e.inputs.push_back(nullptr);
    if (c.inputs[i] == nullptr) continue;
    const TensorInfo& in = *c.inputs[i];
    if (!is_const(in.shape)) return;
    const auto known = known_content(in);
    if (!known) return;
    Tensor& t = tensors[i] = Tensor(DType::kI64, to_dims(in.shape));
    for (size_t k = 0; k < known->size(); ++k) {
      if (i >= data && !(*known)[k].is_const()) return;
      t.data<int64_t>()[k] = i < data ? static_cast<int64_t>(elements.size() + k) : (*known)[k].value();
    }
    if (i < data) elements.insert(elements.end(), known->begin(), known->end());
    e.inputs[i] = &t;
  }
  e.attrs = c.attrs;
  e.outputs.emplace_back(DType::kI64, dims);
  eval(e);
  std::vector<Dim> content;
  for (int64_t k : e.outputs[0].span<int64_t>()) content.push_back(elements.at(static_cast<size_t>(k)));
  out.content = std::move(content);
}

namespace {

// One axis of a copy.
struct Axis {
  int64_t extent, src, dst;
};

// Drops axes of extent 1 and joins axes that are adjacent on both sides.
std::vector<Axis> collapse(const Dims& dims, const Dims& src, const Dims& dst) {
  std::vector<Axis> axes;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) continue;
    if (!axes.empty() && axes.back().src == src[i] * dims[i] && axes.back().dst == dst[i] * dims[i])
      axes.back() = {axes.back().extent * dims[i], src[i], dst[i]};
    else
      axes.push_back({dims[i], src[i], dst[i]});
  }
  return axes;
}

template <class T>
void copy_run(const T* s, int64_t s_step, T* d, int64_t d_step, int64_t n) {
  if (d_step == 1 && s_step == 1)
    std::memcpy(d, s, static_cast<size_t>(n) * sizeof(T));
  else if (d_step == 1 && s_step == 0)
    std::fill_n(d, n, *s);
  else
    for (int64_t i = 0; i < n; ++i) d[i * d_step] = s[i * s_step];
}

// A plane whose source runs along the other axis: copied in tiles that fit the cache.
template <class T>
void copy_plane(const T* s, T* d, const Axis& a, const Axis& b) {
  constexpr int64_t kTile = 16;
  for (int64_t i0 = 0; i0 < a.extent; i0 += kTile)
    for (int64_t j0 = 0; j0 < b.extent; j0 += kTile)
      for (int64_t i = i0; i < std::min(i0 + kTile, a.extent); ++i)
        for (int64_t j = j0; j < std::min(j0 + kTile, b.extent); ++j)
          d[i * a.dst + j * b.dst] = s[i * a.src + j * b.src];
}

template <class T>
void copy_axes(std::vector<Axis> axes, const T* src, T* dst) {
  if (axes.empty()) axes.push_back({1, 1, 1});
  const Axis inner = axes.back();
  axes.pop_back();
  // The axis along which the source is contiguous joins the inner loops where the run itself is strided.
  Axis plane{1, 0, 0};
  if (inner.src != 1 && inner.src != 0) {
    auto it = std::find_if(axes.begin(), axes.end(), [](const Axis& a) { return a.src == 1; });
    if (it != axes.end()) plane = *it, axes.erase(it);
  }
  int64_t outer = 1;
  for (const Axis& a : axes) outer *= a.extent;
  const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, inner.extent * plane.extent));
  parallel_for(outer, grain, [&](int64_t begin, int64_t end) {
    std::vector<int64_t> at(axes.size(), 0);
    int64_t s = 0, d = 0, rest = begin;
    for (size_t k = axes.size(); k-- > 0;) {
      at[k] = rest % axes[k].extent;
      rest /= axes[k].extent;
      s += at[k] * axes[k].src, d += at[k] * axes[k].dst;
    }
    for (int64_t i = begin; i < end; ++i) {
      if (plane.extent > 1)
        copy_plane(src + s, dst + d, plane, inner);
      else
        copy_run(src + s, inner.src, dst + d, inner.dst, inner.extent);
      for (size_t k = axes.size(); k-- > 0;) {
        s += axes[k].src, d += axes[k].dst;
        if (++at[k] < axes[k].extent) break;
        s -= axes[k].src * axes[k].extent, d -= axes[k].dst * axes[k].extent;
        at[k] = 0;
      }
    }
  });
}

}  // namespace

void strided_copy(DType type, const Dims& dims, const void* src, const Dims& src_strides, void* dst,
                  const Dims& dst_strides) {
  if (volume(dims) == 0) return;
  with_width(type, [&]<class T>() {
    copy_axes<T>(collapse(dims, src_strides, dst_strides), static_cast<const T*>(src), static_cast<T*>(dst));
  });
}

void transpose_into(const Tensor& src, const std::vector<int64_t>& perm, Tensor& dst) {
  const Dims in = contiguous_strides(src.dims());
  Dims strides;
  for (int64_t p : perm) strides.push_back(in[static_cast<size_t>(p)]);
  strided_copy(src.type(), dst.dims(), src.raw(), strides, dst.raw(), contiguous_strides(dst.dims()));
}

namespace {

// Length of the run map[j], map[j]+1, ... that starts at j.
int64_t run_length(const std::vector<int64_t>& map, size_t j) {
  size_t e = j + 1;
  while (e < map.size() && map[j] >= 0 && map[e] == map[e - 1] + 1) ++e;
  return static_cast<int64_t>(e - j);
}

template <class T>
void mapped_row(const T* src, const std::vector<int64_t>& map, T fill, T* dst) {
  for (size_t j = 0; j < map.size();) {
    const int64_t n = run_length(map, j);
    if (map[j] < 0)
      dst[j] = fill;
    else
      std::memcpy(dst + j, src + map[j], static_cast<size_t>(n) * sizeof(T));
    j += static_cast<size_t>(n);
  }
}

}  // namespace

void mapped_copy(const Tensor& src, const std::vector<std::vector<int64_t>>& maps, const void* fill, Tensor& dst) {
  if (dst.count() == 0) return;
  with_width(src.type(), [&]<class T>() {
    const T f = fill != nullptr ? *static_cast<const T*>(fill) : T{0};
    if (maps.empty()) {
      *dst.data<T>() = *src.data<T>();
      return;
    }
    const Dims strides = contiguous_strides(src.dims());
    const auto row = static_cast<int64_t>(maps.back().size());
    const size_t outer_axes = maps.size() - 1;
    parallel_for(dst.count() / row, std::max<int64_t>(1, kGrain / row), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int64_t rest = i, at = 0;
        bool outside = false;
        for (size_t k = outer_axes; k-- > 0;) {
          const auto n = static_cast<int64_t>(maps[k].size());
          const int64_t m = maps[k][static_cast<size_t>(rest % n)];
          rest /= n;
          outside |= m < 0;
          at += m * strides[k];
        }
        T* d = dst.data<T>() + i * row;
        if (outside)
          std::fill_n(d, row, f);
        else
          mapped_row(src.data<T>() + at, maps.back(), f, d);
      }
    });
  });
}

Tensor to_index(const Tensor& t) { return t.to(DType::kI64); }

void check_index_type(const TensorInfo& t, std::string_view what) {
  require<ModelError>(t.type == DType::kI32 || t.type == DType::kI64, "{} must be i32 or i64, not {}", what,
                      name(t.type));
}

}  // namespace hone

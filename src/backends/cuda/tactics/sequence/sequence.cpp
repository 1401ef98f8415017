// Operators along one axis or around a position: Cumulative, Lrn, RotaryEmbedding, RaggedSoftmax, Scale, Col2Im,
// MaxUnpool.
#include <algorithm>
#include <cstring>

#include "backends/cuda/elements.h"
#include "ops/col2im.h"
#include "ops/cumulative.h"
#include "ops/lrn.h"
#include "ops/max_unpool.h"
#include "ops/movement.h"
#include "ops/rotary_embedding.h"
#include "ops/scale.h"

namespace hone::cuda {
namespace {

// A thread walks a line.
class Cumulative : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.cumulative"; }
  Verdict supports(const Problem& p) const override {
    if (p.has(1) && !p.constant(1)) return Verdict::no("axis known at run time only");
    return plain_node(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<CumulativeAttrs>();
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (y.count() == 0) return {};
    const auto axis = static_cast<size_t>(
        normalize_axis(p.has(1) ? p.constant(1)->as_ints().at(0) : a.axis, static_cast<int64_t>(x.dims.size())));
    KernelSource k = KernelSource::for_problem(p);
    k.input("in", 0, device_type(x.type));
    k.output("out", 0, device_type(x.type));
    Dims lines = y.dims;
    lines[axis] = 1;
    k.unravel("i", lines, "l", memory_order(y.format, y.dims.size()));
    auto at = KernelSource::coordinates("l", lines.size());
    at[axis] = "j";
    k.index("count", x.dims[axis]);
    k.line("{} sum = {};", is_float(x.type) ? "double" : "unsigned long long", a.product ? 1 : 0);
    k.line("for (Index n = 0; n < count; ++n) {{");
    k.line("const Index j = {};", a.reverse ? "count - 1 - n" : "n");
    k.line("const auto next = sum {} static_cast<decltype(sum)>(value_of(in[{}]));", a.product ? "*" : "+",
           k.at(x, at));
    k.line("out[{}] = element_of<{}>({});", k.at(y, at), device_type(x.type), a.exclusive ? "sum" : "next");
    k.line("sum = next;");
    k.line("}}");
    return {k.per_element(volume(lines))};
  }
};

class Lrn : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.lrn"; }
  Verdict supports(const Problem& p) const override { return plain_node(p); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<LrnAttrs>();
    const TensorDesc& x = p.inputs[0];
    ElementKernel e(p);
    KernelSource& k = e.k;
    const std::string_view t = x.type == DType::kF64 ? "double" : "float";
    k.input("in", 0, device_type(x.type));
    k.output("out", 0, device_type(x.type));
    auto at = e.coordinates();
    const int64_t before = (a.window - 1) / 2;
    k.index("before", before), k.index("after", a.window - 1 - before), k.index("last", x.dims[1] - 1);
    k.real64("alpha", a.alpha / static_cast<double>(a.window)), k.real64("beta", -a.beta), k.real64("bias", a.k);
    k.line("{} sum = 0;", t);
    const std::string own = k.at(x, at);
    k.line("const Index end = min(last, o1 + after);");
    at[1] = "c";
    k.line(
        "for (Index c = max(Index(0), o1 - before); c <= end; ++c) {{ const {} v = value_of(in[{}]); sum += v * v; }}",
        t, k.at(x, at));
    k.line(
        "out[{0}] = element_of<{1}>(value_of(in[{2}]) * m_pow(static_cast<{3}>(bias) + static_cast<{3}>(alpha) * sum, "
        "static_cast<{3}>(beta)));",
        e.here(), device_type(x.type), own, t);
    return e.recipes();
  }
};

class RotaryEmbedding : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.rotary_embedding"; }
  Verdict supports(const Problem& p) const override { return plain_node(p); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<RotaryEmbeddingAttrs>();
    const TensorDesc &x = p.inputs[0], &cache = p.inputs[1];
    const int64_t half = (a.rotary_dim == 0 ? x.dims[3] : a.rotary_dim) / 2;
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.input("in", 0, device_type(x.type));
    k.input("cosines", 1, device_type(cache.type));
    k.input("sines", 2, device_type(p.inputs[2].type));
    if (p.has(3)) k.input("ids", 3, device_type(p.inputs[3].type));
    k.output("out", 0, device_type(x.type));
    auto at = e.coordinates();
    k.index("half_size", half);
    const std::string own = k.at(x, at);
    k.line("if (o3 >= 2 * half_size) {{ out[{}] = in[{}]; return; }}", e.here(), own);
    k.line("const bool second = {};", a.interleaved ? "(o3 & 1) != 0" : "o3 >= half_size");
    k.line("const Index f = {}, other = second ? {};", a.interleaved ? "o3 / 2" : "second ? o3 - half_size : o3",
           a.interleaved ? "o3 - 1 : o3 + 1" : "o3 - half_size : o3 + half_size");
    at[3] = "other";
    std::vector<std::string> row{"o0", "o2", "f"};
    if (p.has(3)) {
      k.index("rows", cache.dims[0]);
      load_index(k, "row",
                 fmt::format("ids[{}]", k.at(p.inputs[3], {p.inputs[3].dims[0] == 1 ? "Index(0)" : "o0", "o2"})),
                 "rows");
      row = {"row", "f"};
    }
    k.line("const float c = convert<float>(value_of(cosines[{}])), s = convert<float>(value_of(sines[{}]));",
           k.at(cache, row), k.at(p.inputs[2], row));
    k.line("const float mine = convert<float>(value_of(in[{}])), pair = convert<float>(value_of(in[{}]));", own,
           k.at(x, at));
    k.line("out[{}] = element_of<{}>(second ? s * pair + c * mine : c * mine - s * pair);", e.here(),
           device_type(x.type));
    return e.recipes();
  }
};

// A warp takes a row.
class RaggedSoftmax : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.ragged_softmax"; }
  Verdict supports(const Problem& p) const override { return plain_node(p); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (y.count() == 0) return {};
    KernelSource k = KernelSource::for_problem(p);
    k.include("math.cuh");
    k.include("reduce.cuh");
    k.define(fmt::format("typedef {} A;\n", x.type == DType::kF64 ? "double" : "float"));
    k.input("in", 0, device_type(x.type));
    k.input("bounds", 1, device_type(p.inputs[1].type));
    k.output("out", 0, device_type(x.type));
    Dims lines = y.dims;
    lines.back() = 1;
    k.index("lines", volume(lines));
    k.integer("extent", x.dims.back());
    k.line("const Index number = static_cast<Index>(blockIdx.x) * 8 + static_cast<int>(threadIdx.x) / 32;");
    k.line("const Index line = number < lines ? number : 0;");
    k.unravel("line", lines, "l");
    auto at = KernelSource::coordinates("l", lines.size());
    k.line("const Index n = static_cast<Index>(max(0ll, min(static_cast<long long>(bounds[{}]), extent)));",
           k.at(p.inputs[1], at));
    at.back() = "j";
    const std::string from = k.at(x, at), to = k.at(y, at);
    k.line("const int lane = static_cast<int>(threadIdx.x) % 32;");
    k.line("A highest = -A(float_of_bits(0x7f800000u)), sum = A(0);");
    k.line("for (Index j = lane; j < n; j += 32) highest = nan_max(highest, A(value_of(in[{}])));", from);
    k.line("merge_group<32, 256>(highest, [](A& a, A b) {{ a = nan_max(a, b); }});");
    k.line("for (Index j = lane; j < n; j += 32) sum += m_exp(A(value_of(in[{}])) - highest);", from);
    k.line("merge_group<32, 256>(sum, [](A& a, A b) {{ a += b; }});");
    k.line("if (number >= lines) return;");
    k.line(
        "for (Index j = lane; j < extent; j += 32) out[{}] = element_of<{}>(j < n ? m_exp(A(value_of(in[{}])) - "
        "highest) / "
        "sum : A(0));",
        to, device_type(x.type), from);
    return {k.recipe((volume(lines) + 7) / 8, 256)};
  }
};

// (x * scale + shift) ^ power with constants of the node, which become blobs.
class Scale : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.scale"; }
  Verdict supports(const Problem& p) const override { return plain_node(p); }
  std::vector<Blob> prepare(const Problem& p) const override {
    const auto& a = p.attr<ScaleAttrs>();
    std::vector<Blob> blobs;
    for (const Tensor* t : {&a.shift, &a.scale, &a.power}) {
      const float otherwise = t == &a.shift ? 0 : 1;
      const Tensor v = t->defined() ? t->to(DType::kF32) : Tensor::scalar(otherwise);
      std::byte* to = nullptr;
      blobs.push_back(Blob::allocate(v.bytes(), &to));
      std::memcpy(to, v.raw(), v.bytes());
    }
    return blobs;
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<ScaleAttrs>();
    const TensorDesc& x = p.inputs[0];
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.input("in", 0, device_type(x.type));
    k.output("out", 0, device_type(x.type));
    const auto o = e.coordinates();
    k.line("const Index logical = {};", k.offset(x.dims, contiguous_strides(x.dims), o));
    const char* names[] = {"shift", "scale", "power"};
    const Tensor* tensors[] = {&a.shift, &a.scale, &a.power};
    for (size_t i = 0; i < 3; ++i) {
      k.blob(names[i], i, "float");
      std::string at = "0";
      if (tensors[i]->defined() && tensors[i]->count() > 1) {
        k.index(fmt::format("n{}", i), tensors[i]->count());
        at = a.mode == ScaleMode::kChannel
                 ? o[static_cast<size_t>(normalize_axis(a.channel_axis, static_cast<int64_t>(x.dims.size())))]
                 : fmt::format("logical % n{}", i);
      }
      k.line("const float v{} = {}[{}];", i, names[i], at);
    }
    k.line("const float linear = convert<float>(value_of(in[{}])) * v1 + v0;", k.at(x, o));
    k.line("out[{}] = element_of<{}>(v2 == 1.0f ? linear : powf(linear, v2));", e.here(), device_type(x.type));
    return e.recipes();
  }
};

// A pixel sums what the blocks around it hold.
class Col2Im : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.col2im"; }
  Verdict supports(const Problem& p) const override {
    if (!p.constant(1) || !p.constant(2)) return Verdict::no("shapes known at run time only");
    return plain_node(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<Col2ImAttrs>();
    const TensorDesc& x = p.inputs[0];
    const Dims image = p.constant(1)->as_ints(), block = p.constant(2)->as_ints();
    const auto entry = [](const std::vector<int64_t>& v, size_t i, int64_t otherwise) {
      return v.empty() ? otherwise : v.at(i);
    };
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.input("in", 0, device_type(x.type));
    k.output("out", 0, device_type(x.type));
    const auto o = e.coordinates();
    const bool floating = is_float(x.type) || x.type == DType::kBool;
    k.line("{} sum = 0;", x.type == DType::kF64 ? "double" : floating ? "float" : "unsigned long long");
    std::string row = o[1], column = "Index(0)";
    for (size_t i = 0; i < image.size(); ++i) {
      const int64_t dilation = entry(a.dilations, i, 1), stride = entry(a.strides, i, 1), before = entry(a.pads, i, 0);
      const int64_t steps =
          (image[i] + before + entry(a.pads, i + image.size(), 0) - dilation * (block[i] - 1) - 1) / stride + 1;
      k.index(fmt::format("block{}", i), block[i]), k.index(fmt::format("dilation{}", i), dilation);
      k.index(fmt::format("stride{}", i), stride), k.index(fmt::format("before{}", i), before);
      k.index(fmt::format("steps{}", i), steps);
      k.line("for (Index k{0} = 0; k{0} < block{0}; ++k{0}) {{", i);
      k.line("const Index p{0} = {1} + before{0} - k{0} * dilation{0};", i, o[i + 2]);
      k.line("if (p{0} < 0 || p{0} % stride{0} != 0 || p{0} / stride{0} >= steps{0}) continue;", i);
      row = fmt::format("({1}) * block{0} + k{0}", i, row);
      column = fmt::format("({1}) * steps{0} + p{0} / stride{0}", i, column);
    }
    k.line("sum += static_cast<decltype(sum)>(value_of(in[{}]));",
           k.at(x, {o[0], "(" + row + ")", "(" + column + ")"}));
    for (size_t i = 0; i < image.size(); ++i) k.line("}}");
    k.line("out[{}] = element_of<{}>(sum);", e.here(), device_type(x.type));
    return e.recipes();
  }
};

// The last value that names a position wins, as on the host.
class MaxUnpool : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.max_unpool"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (is_packed(p.inputs[0].type)) return Verdict::no("packed element type");
    if (p.inputs[0].count() >= INT32_MAX) return Verdict::no("large input");
    return Verdict::yes();
  }
  size_t workspace(const Problem& p) const override { return static_cast<size_t>(volume(inner_dims(p))) * sizeof(int); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    const Dims inner = inner_dims(p);
    std::vector<Recipe> r;
    if (volume(inner) > 0) {
      KernelSource k(volume(inner));
      k.workspace("owner", 0, "int");
      k.line("owner[i] = -1;");
      r.push_back(k.per_element(volume(inner)));
    }
    if (x.count() > 0 && volume(inner) > 0) {
      KernelSource k = KernelSource::for_problem(p);
      k.input("indices", 1, "long long");
      k.workspace("owner", 0, "int");
      k.integer("size", volume(inner));
      k.unravel("i", x.dims, "x");
      k.line("const long long at = indices[{}];", k.at(p.inputs[1], KernelSource::coordinates("x", x.dims.size())));
      k.line("if (at >= 0 && at < size) atomicMax(owner + at, static_cast<int>(i));");
      r.push_back(k.per_element(x.count()));
    }
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.input("in", 0, width_type(x.type));
    k.workspace("owner", 0, "const int");
    k.output("out", 0, width_type(x.type));
    const auto o = e.coordinates();
    std::string inside = "true";
    for (size_t d = 0; d < inner.size(); ++d) {
      k.index(fmt::format("inner{}", d), inner[d]);
      inside += fmt::format(" && {} < inner{}", o[d], d);
    }
    k.line("int from = -1;");
    k.line("if ({}) from = owner[{}];", inside, k.offset(y.dims, contiguous_strides(inner), o));
    k.line("if (from < 0) {{ out[{}] = 0; return; }}", e.here());
    k.unravel("static_cast<Index>(from)", x.dims, "x");
    k.line("out[{}] = in[{}];", e.here(), k.at(x, KernelSource::coordinates("x", x.dims.size())));
    for (Recipe& q : e.recipes()) r.push_back(std::move(q));
    return r;
  }

 private:
  static Dims inner_dims(const Problem& p) {
    const auto& a = p.attr<MaxUnpoolAttrs>();
    const Dims& x = p.inputs[0].dims;
    Dims d{x[0], x[1]};
    for (size_t i = 0; i < a.kernel.size(); ++i) {
      const int64_t pads = a.pads.empty() ? 0 : a.pads[i] + a.pads[i + a.kernel.size()];
      d.push_back((x[i + 2] - 1) * (a.stride.empty() ? 1 : a.stride[i]) + a.kernel[i] - pads);
    }
    return d;
  }
};

}  // namespace

const Tactic& cumulative() {
  static const Cumulative tactic;
  return tactic;
}
const Tactic& lrn() {
  static const Lrn tactic;
  return tactic;
}
const Tactic& rotary_embedding() {
  static const RotaryEmbedding tactic;
  return tactic;
}
const Tactic& ragged_softmax() {
  static const RaggedSoftmax tactic;
  return tactic;
}
const Tactic& scale() {
  static const Scale tactic;
  return tactic;
}
const Tactic& col2im() {
  static const Col2Im tactic;
  return tactic;
}
const Tactic& max_unpool() {
  static const MaxUnpool tactic;
  return tactic;
}

}  // namespace hone::cuda

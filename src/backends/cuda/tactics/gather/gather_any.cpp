// Gather along an axis, by element and by index tuples, in any format. An index outside of its axis reads the nearest
// element inside: a kernel cannot report it, and must not read foreign memory.
#include <algorithm>

#include "backends/cuda/elements.h"
#include "ops/gather.h"

namespace hone::cuda {
namespace {

class GatherAny : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.gather_any"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (is_packed(p.inputs[0].type)) return Verdict::no("packed element type");
    if (p.inputs[1].type != DType::kI32 && p.inputs[1].type != DType::kI64) return Verdict::no("type of the indices");
    if (p.inputs[0].count() == 0 && p.outputs[0].count() > 0) return Verdict::no("empty data");
    return Verdict::yes();
  }

  std::vector<Recipe> recipes(const Problem& p) const override {
    ElementKernel e(p);
    KernelSource& k = e.k;
    const int pack = pack_of(p), bytes = bits(p.inputs[0].type) / 8;
    k.input("in", 0, width_type(p.inputs[0].type));
    k.input("indices", 1, device_type(p.inputs[1].type));
    k.output("out", 0, width_type(p.inputs[0].type));
    e.coordinates(pack);
    const std::vector<std::string> from = source(p, e);
    const TensorDesc& x = p.inputs[0];
    if (pack > 1) {
      k.line("const bool aligned = ((reinterpret_cast<size_t>(in) | reinterpret_cast<size_t>(out)) & {}) == 0;",
             bytes * pack - 1);
      k.line("store_pack<{0}>(out + {1}, load_pack<{0}>(in + {2}, aligned), aligned);", pack, e.here(), k.at(x, from));
    } else {
      k.line("out[{}] = in[{}];", e.here(), k.at(x, from));
    }
    return e.recipes();
  }

 private:
  // Elements that are neighbours in both tensors whatever the indices say.
  static int pack_of(const Problem& p) {
    const auto& a = p.attr<GatherAttrs>();
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    const auto rank = static_cast<int64_t>(x.dims.size());
    if (x.format != Format::kLinear || y.format != Format::kLinear || a.mode == GatherMode::kElement) return 1;
    const int64_t touched =
        a.mode == GatherMode::kAxis ? normalize_axis(a.axis, rank) + 1 : a.batch_dims + p.inputs[1].dims.back();
    if (touched >= rank) return 1;
    const int64_t row = x.dims.back(), from = x.pitch > 0 ? x.pitch : row, to = y.pitch > 0 ? y.pitch : row;
    for (int v = 16 / (bits(x.type) / 8); v > 1; v /= 2)
      if (row % v == 0 && from % v == 0 && to % v == 0) return v;
    return 1;
  }

  // Coordinates in the data.
  static std::vector<std::string> source(const Problem& p, ElementKernel& e) {
    const auto& a = p.attr<GatherAttrs>();
    const TensorDesc &x = p.inputs[0], &idx = p.inputs[1];
    KernelSource& k = e.k;
    const auto rank = static_cast<int64_t>(x.dims.size());
    const auto extent = [&](size_t axis) {
      std::string n = fmt::format("extent{}", axis);
      k.index(n, x.dims[axis]);
      return n;
    };
    std::vector<std::string> from;
    if (a.mode == GatherMode::kElement) {
      const auto axis = static_cast<size_t>(normalize_axis(a.axis, rank));
      load_index(k, "j", fmt::format("indices[{}]", k.at(idx, e.o)), extent(axis));
      from = e.o;
      from[axis] = "j";
      return from;
    }
    const auto batch = static_cast<size_t>(a.batch_dims);
    if (a.mode == GatherMode::kAxis) {
      const auto axis = static_cast<size_t>(normalize_axis(a.axis, rank));
      const size_t own = idx.dims.size() - batch;
      std::vector<std::string> at(e.o.begin(), e.o.begin() + static_cast<long>(batch));
      at.insert(at.end(), e.o.begin() + static_cast<long>(axis), e.o.begin() + static_cast<long>(axis + own));
      load_index(k, "j", fmt::format("indices[{}]", k.at(idx, at)), extent(axis));
      from.assign(e.o.begin(), e.o.begin() + static_cast<long>(axis));
      from.emplace_back("j");
      from.insert(from.end(), e.o.begin() + static_cast<long>(axis + own), e.o.end());
      return from;
    }
    const auto tuple = static_cast<size_t>(idx.dims.back());
    const size_t lead = idx.dims.size() - 1;
    from.assign(e.o.begin(), e.o.begin() + static_cast<long>(batch));
    for (size_t t = 0; t < tuple; ++t) {
      std::vector<std::string> at(e.o.begin(), e.o.begin() + static_cast<long>(lead));
      at.push_back(std::to_string(t));
      const std::string j = fmt::format("j{}", t);
      load_index(k, j, fmt::format("indices[{}]", k.at(idx, at)), extent(batch + t));
      from.push_back(j);
    }
    from.insert(from.end(), e.o.begin() + static_cast<long>(lead), e.o.end());
    return from;
  }
};

}  // namespace

const Tactic& gather_any() {
  static const GatherAny tactic;
  return tactic;
}

}  // namespace hone::cuda

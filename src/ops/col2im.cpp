// Col2Im: adds the blocks of a column matrix back into an image.
#include "ops/col2im.h"

#include "ops/movement.h"

namespace hone {
namespace {

// Geometry by spatial axis.
struct Geometry {
  Dims image, block, dilation, before, stride, steps;
};

int64_t entry(const std::vector<int64_t>& v, size_t i, int64_t otherwise) { return v.empty() ? otherwise : v.at(i); }

void check_attrs(const Col2ImAttrs& a, size_t rank) {
  const auto fits = [](const std::vector<int64_t>& v, size_t n) { return v.empty() || v.size() == n; };
  require<ModelError>(fits(a.dilations, rank) && fits(a.strides, rank) && fits(a.pads, 2 * rank),
                      "Col2Im: attributes do not fit {} spatial axes", rank);
  for (size_t i = 0; i < rank; ++i)
    require<ModelError>(entry(a.dilations, i, 1) > 0 && entry(a.strides, i, 1) > 0,
                        "Col2Im: stride or dilation below 1");
}

Geometry geometry(const Col2ImAttrs& a, const Dims& image, const Dims& block) {
  const size_t rank = image.size();
  Geometry g{image, block, {}, {}, {}, {}};
  for (size_t i = 0; i < rank; ++i) {
    require<ModelError>(image[i] > 0 && block[i] > 0, "Col2Im: image {} and block {} must be positive", str(image),
                        str(block));
    g.dilation.push_back(entry(a.dilations, i, 1)), g.stride.push_back(entry(a.strides, i, 1));
    g.before.push_back(entry(a.pads, i, 0));
    const int64_t span = image[i] + g.before[i] + entry(a.pads, i + rank, 0) - g.dilation[i] * (block[i] - 1) - 1;
    require<ModelError>(span >= 0, "Col2Im: block {} is larger than the padded image {}", str(block), str(image));
    g.steps.push_back(span / g.stride[i] + 1);
  }
  return g;
}

void rule(InferContext& c) {
  const auto& a = c.attr<Col2ImAttrs>();
  const TensorInfo& x = c.in(0);
  require<ModelError>(x.shape.size() == 3, "Col2Im needs [N, C*block, L], not {}", str(x.shape));
  const auto image = int_argument(c, 1, {}), block = int_argument(c, 2, {});
  const int64_t rank = argument_length(c, 1, {});
  require<ModelError>(rank > 0 && argument_length(c, 2, {}) == rank, "Col2Im: image and block differ in rank");
  check_attrs(a, static_cast<size_t>(rank));
  Shape out{x.shape[0], block ? floor_div(x.shape[1], volume(*block)) : c.data_dependent(static_cast<int>(rank))};
  for (int64_t i = 0; i < rank; ++i)
    out.push_back(image ? (*image)[static_cast<size_t>(i)] : c.data_dependent(static_cast<int>(i)));
  if (image && block && is_const(*image) && is_const(*block)) {
    const Geometry g = geometry(a, to_dims(*image), to_dims(*block));
    require<ModelError>(!x.shape[1].is_const() || x.shape[1].value() % volume(g.block) == 0,
                        "Col2Im: {} rows are no multiple of block {}", x.shape[1].str(), str(g.block));
    require<ModelError>(!x.shape[2].is_const() || x.shape[2].is(volume(g.steps)), "Col2Im: {} columns, not {}",
                        x.shape[2].str(), volume(g.steps));
  }
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

// Image offset of block element k at position l, or -1 in the padding.
int64_t image_offset(const Geometry& g, int64_t k, int64_t l) {
  int64_t at = 0, scale = 1;
  for (size_t i = g.image.size(); i-- > 0;) {
    const int64_t p = l % g.steps[i] * g.stride[i] - g.before[i] + k % g.block[i] * g.dilation[i];
    if (p < 0 || p >= g.image[i]) return -1;
    at += p * scale;
    scale *= g.image[i];
    l /= g.steps[i], k /= g.block[i];
  }
  return at;
}

template <class T>
void add_blocks(const Geometry& g, const Tensor& x, Tensor& y) {
  const int64_t rows = volume(g.block), columns = volume(g.steps), pixels = volume(g.image);
  for (int64_t k = 0; k < rows; ++k)
    for (int64_t l = 0; l < columns; ++l) {
      const int64_t at = image_offset(g, k, l);
      if (at < 0) continue;
      for (int64_t p = 0; p < y.count() / pixels; ++p)
        y.data<T>()[p * pixels + at] += x.data<T>()[(p * rows + k) * columns + l];
    }
}

void eval(EvalContext& c) {
  const Dims dims = to_dims(concrete_infos(c, rule)[0].shape);
  const Geometry g = geometry(c.attr<Col2ImAttrs>(), c.in(1).as_ints(), c.in(2).as_ints());
  const DType type = c.in(0).type();
  const bool narrow = type == DType::kF16 || type == DType::kBF16 || type == DType::kBool;
  const Tensor x = narrow ? c.in(0).to(DType::kF32) : c.in(0);
  Tensor y = Tensor::zeros(x.type(), dims);
  with_type(x.type(), [&]<class T>() {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
      add_blocks<T>(g, x, y);
    else
      fail<Unsupported>("Col2Im of {}", name(dtype_of<T>));
  });
  set_output(c, 0, y.to(type));
}

}  // namespace

const Op kCol2ImOp = {"Col2Im", kNoFlags, 3, 3, 1, make_attrs<Col2ImAttrs>, rule, eval};

}  // namespace hone

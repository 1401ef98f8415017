// Formats of inputs and outputs: where elements lie is computed by hand here, and a network gives the same in every
// format.
#include "passes/layout/io_layouts.h"

#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;

Tensor counted(Dims d) {
  Tensor t(DType::kF32, std::move(d));
  for (int64_t i = 0; i < t.count(); ++i) t.data<float>()[i] = static_cast<float>(i + 1);
  return t;
}

struct Case {
  const char* name;
  int format;
  int64_t group;
  bool last;
  Dims network, memory;
};
const Case kCases[] = {
    {"hwc", 8, 1, true, {2, 3, 4, 5}, {2, 4, 5, 3}},
    {"hwc8", 2, 8, true, {2, 3, 4, 5}, {2, 4, 5, 8}},
    {"hwc16", 11, 16, true, {1, 17, 2, 3}, {1, 2, 3, 32}},
    {"chw2", 1, 2, false, {2, 3, 4, 5}, {2, 2, 4, 5, 2}},
    {"chw4", 3, 4, false, {1, 8, 2, 2}, {1, 2, 2, 2, 4}},
    {"chw16", 4, 16, false, {2, 3, 4, 5}, {2, 1, 4, 5, 16}},
    {"chw32", 5, 32, false, {1, 33, 2, 2}, {1, 2, 2, 2, 32}},
    {"rank 3", 2, 8, true, {3, 4, 5}, {4, 5, 8}},
    {"dhwc8", 6, 8, true, {1, 3, 2, 4, 5}, {1, 2, 4, 5, 8}},
    {"cdhw32", 7, 32, false, {1, 3, 2, 2, 2}, {1, 1, 2, 2, 2, 32}},
};

TEST(IoLayouts, AxesAndElementsAreWhereTheFormatPutsThem) {
  for (const Case& c : kCases) {
    const size_t spatial = layout_kind(c.format).spatial, axis = c.network.size() - spatial - 1;
    const IoLayout l{c.format, c.network[axis]};
    EXPECT_EQ(memory_dims(l, c.network), c.memory) << c.name;
    EXPECT_EQ(network_dims(l, c.memory), c.network) << c.name;
    const Tensor t = counted(c.network), m = in_memory(l, t);
    ASSERT_EQ(m.dims(), c.memory) << c.name;
    int64_t plane = 1, lead = 1;
    for (size_t i = axis + 1; i < c.network.size(); ++i) plane *= c.network[i];
    for (size_t i = 0; i < axis; ++i) lead *= c.network[i];
    const int64_t channels = l.channels, padded = (channels + c.group - 1) / c.group * c.group;
    double sum = 0;
    for (int64_t n = 0; n < lead; ++n)
      for (int64_t k = 0; k < channels; ++k)
        for (int64_t p = 0; p < plane; ++p) {
          const int64_t at = c.last ? (n * plane + p) * padded + k
                                    : ((n * padded / c.group + k / c.group) * plane + p) * c.group + k % c.group;
          const float x = t.data<float>()[(n * channels + k) * plane + p];
          EXPECT_EQ(m.data<float>()[at], x) << c.name << " " << n << " " << k << " " << p;
          sum += x;
        }
    for (const double x : m.as_doubles()) sum -= x;
    EXPECT_EQ(sum, 0) << c.name << ": the padding is zero";
  }
}

TEST(IoLayouts, ANetworkGivesTheSameInEveryFormat) {
  for (const Case& c : kCases) {
    const size_t axis = c.network.size() - static_cast<size_t>(layout_kind(c.format).spatial) - 1;
    const IoLayout l{c.format, c.network[axis]};
    Net n;
    std::vector<std::string> dims;
    for (int64_t d : c.network) dims.push_back(std::to_string(d));
    dims[0] = axis > 0 ? "batch" : dims[0];
    Value* x = n.input("x", dims);
    Value* y = n.map(ScalarFn::kNeg, {x});
    n.output(y, "y");
    apply_io_layouts(n.graph, {l, l});
    n.graph.verify();
    EXPECT_EQ(n.graph.inputs()[0]->name(), "x");
    EXPECT_EQ(n.graph.outputs()[0]->name(), "y");
    const Tensor t = counted(c.network), m = in_memory(l, t);
    const Tensor out = ir::evaluate(n.graph, std::vector<Tensor>{m})[0];
    ASSERT_EQ(out.dims(), c.memory) << c.name;
    for (int64_t i = 0; i < m.count(); ++i) EXPECT_EQ(out.data<float>()[i], -m.data<float>()[i]) << c.name;
  }
}

TEST(IoLayouts, RefuseWhatCannotLieSo) {
  EXPECT_THROW(layout_kind(9), Unsupported);
  EXPECT_THROW(memory_dims({2, 3}, {3, 4}), ModelError);
  EXPECT_THROW(memory_dims({2, 3}, {1, 5, 4, 4}), ModelError);
  Net n;
  n.output(n.map(ScalarFn::kNeg, {n.input("x", {"1", "3", "h", "w"})}), "y");
  EXPECT_THROW(apply_io_layouts(n.graph, {{4, 3}, {}}), Unsupported);
}

}  // namespace
}  // namespace hone::passes

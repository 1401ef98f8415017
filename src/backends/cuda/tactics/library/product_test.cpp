// Batches as the library counts them.
#include "backends/cuda/tactics/library/product.h"

#include <gtest/gtest.h>

#include "ops/matmul.h"

namespace hone::cuda {
namespace {

Problem product(const MatMulAttrs* attrs, TensorDesc a, TensorDesc b, TensorDesc y) {
  Problem p;
  p.op = &kMatMulOp, p.attrs = attrs;
  p.present = {true, true}, p.constants = {nullptr, nullptr};
  p.inputs = {std::move(a), std::move(b)}, p.outputs = {std::move(y)};
  return p;
}

// An axis of one channel is the innermost one of a channels-last tensor, and no distance between items.
TEST(LibraryProduct, BatchesOfOneChannel) {
  const MatMulAttrs attrs;
  for (Format f : {Format::kLinear, Format::kChannelsLast}) {
    std::string why_not;
    const DType t = DType::kF32;
    const auto weights = product_of(
        product(&attrs, {t, f, {2, 1, 49, 64}}, {t, Format::kLinear, {64, 24}}, {t, f, {2, 1, 49, 24}}), &why_not);
    ASSERT_TRUE(weights) << why_not;
    EXPECT_EQ(weights->m, 98);  // all items below each other
    EXPECT_EQ(weights->batch, 1);
    const auto items = product_of(product(&attrs, {t, Format::kLinear, {1, 12, 32}},
                                          {t, Format::kLinear, {3, 1, 32, 10}}, {t, f, {3, 1, 12, 10}}),
                                  &why_not);
    ASSERT_TRUE(items) << why_not;
    EXPECT_EQ(items->batch, 3);
    EXPECT_EQ(items->a.batch_stride, 0);
    EXPECT_EQ(items->b.batch_stride, 320);
    EXPECT_EQ(items->d.batch_stride, 120);
  }
}

}  // namespace
}  // namespace hone::cuda

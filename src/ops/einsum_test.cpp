// Einstein summation: hand-computed contractions, ellipsis, diagonals, refusals.
#include "ops/einsum.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

EinsumAttrs attrs(std::string equation) {
  EinsumAttrs a;
  a.equation = std::move(equation);
  return a;
}
const Tensor kA = tensor({2, 3}, {1, 2, 3, 4, 5, 6}), kB = tensor({3, 2}, {1, 2, 3, 4, 5, 6});

TEST(Einsum, ContractsPairs) {
  expect_tensor(run(kEinsumOp, attrs("ij, jk -> ik"), {kA, kB})[0], {2, 2}, {22, 28, 49, 64});
  expect_tensor(run(kEinsumOp, attrs("ij,jk"), {kA, kB})[0], {2, 2}, {22, 28, 49, 64});
  expect_tensor(run(kEinsumOp, attrs("ij,jk->ki"), {kA, kB})[0], {2, 2}, {22, 49, 28, 64});
  expect_tensor(run(kEinsumOp, attrs("i,j->ij"), {tensor({2}, {1, 2}), tensor({2}, {3, 4})})[0], {2, 2}, {3, 4, 6, 8});
}

TEST(Einsum, TransposesSumsAndTakesDiagonals) {
  expect_tensor(run(kEinsumOp, attrs("ij->ji"), {kA})[0], {3, 2}, {1, 4, 2, 5, 3, 6});
  expect_tensor(run(kEinsumOp, attrs("ij->"), {kA})[0], {}, {21});
  expect_tensor(run(kEinsumOp, attrs("ij->j"), {kA})[0], {3}, {5, 7, 9});
  const Tensor square = ramp({3, 3});
  expect_tensor(run(kEinsumOp, attrs("ii->i"), {square})[0], {3}, {0, 4, 8});
  expect_tensor(run(kEinsumOp, attrs("ii"), {square})[0], {}, {12});
  expect_tensor(run(kEinsumOp, attrs("...ii->...i"), {ramp({2, 2, 2})})[0], {2, 2}, {0, 3, 4, 7});
}

TEST(Einsum, BroadcastsEllipses) {
  const Tensor x = ramp({2, 1, 2}), y = tensor({3, 2}, {1, 0, 0, 1, 1, 1});
  expect_tensor(run(kEinsumOp, attrs("...i,...i->..."), {x, y})[0], {2, 3}, {0, 1, 1, 2, 3, 5});
  expect_tensor(run(kEinsumOp, attrs("...i,...i"), {x, y})[0], {2, 3}, {0, 1, 1, 2, 3, 5});
}

TEST(Einsum, ContractsChains) {
  // (A B) v: [[22,28],[49,64]] times [1,10]
  expect_tensor(run(kEinsumOp, attrs("ij,jk,k->i"), {kA, kB, tensor({2}, {1, 10})})[0], {2}, {302, 689});
  expect_tensor(run(kEinsumOp, attrs("ij,jk,kl->"), {kA, kB, tensor({2, 1}, {1, 10})})[0], {}, {991});
}

TEST(Einsum, KeepsDimsSymbolic) {
  EXPECT_EQ(
      infer_shape_text(kEinsumOp, attrs("bhid,bhjd->bhij"), {info({"b", "8", "s", "64"}), info({"b", "8", "t", "64"})}),
      "[b,8,s,t]");
  EXPECT_EQ(infer_shape_text(kEinsumOp, attrs("...ij,jk->...ik"), {info({"b", "2", "s", "3"}), info({"3", "k"})}),
            "[b,2,s,k]");
}

TEST(Einsum, RefusesBadEquations) {
  const auto a = info({"2", "3"});
  for (const char* text : {"ij,jk", "ij->ik", "ijk->i", "i->i", "i1->i", "ij->ii", "......->", "ij-"})
    EXPECT_THROW(infer_infos(kEinsumOp, attrs(text), {a}), ModelError) << text;
  EXPECT_THROW(infer_infos(kEinsumOp, attrs("ij,jk->ik"), {a, a}), ModelError);
}

}  // namespace
}  // namespace hone

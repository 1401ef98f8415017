// The network as a view of the graph: adoption of imported nodes, names, and laziness.
#include "api/network.h"

#include <gtest/gtest.h>

#include "api/builder.h"
#include "ops/convolution.h"
#include "ops/map.h"
#include "ops/tile.h"

namespace hone::api {
namespace {

class NetworkView : public testing::Test {
 protected:
  Builder builder{nullptr};
  std::unique_ptr<nv::INetworkDefinition> owned{builder.createNetworkV2(0)};
  Network& network = dynamic_cast<Network&>(*owned);
};

TEST_F(NetworkView, AdoptsImportedNodesWithTheirClasses) {
  auto g = std::make_unique<ir::Graph>();
  ir::Value* x = g->add_input("x", DType::kF32, {Dim::symbol("batch"), 1, 4, 4});
  ir::Value* w = g->constant("w", Tensor::zeros(DType::kF32, {2, 1, 3, 3}));
  ir::Node* conv = g->add(kConvolutionOp, "conv", {x, w}, ConvolutionAttrs());
  MapAttrs relu;
  relu.fn = ScalarFn::kRelu;
  ir::Node* r = g->add(kMapOp, "conv", {conv->output()}, relu);  // a name twice, as models have it
  TileAttrs twice;
  twice.repeats = {1, 1, 1, 2};
  ir::Node* t = g->add(kTileOp, "tile", {r->output()}, twice);
  g->mark_output(t->output());
  network.take(std::move(g));
  network.adopt();

  ASSERT_EQ(network.getNbLayers(), 3);  // the kernel is part of the convolution
  auto* c = dynamic_cast<nv::IConvolutionLayer*>(network.getLayer(0));
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->getNbOutputMaps(), 2);
  EXPECT_EQ(c->getNbInputs(), 1);
  EXPECT_EQ(c->getKernelWeights().count, 18);
  EXPECT_EQ(c->getKernelSizeNd().d[1], 3);
  EXPECT_EQ(network.getLayer(1)->getType(), nv::LayerType::kACTIVATION);
  EXPECT_EQ(network.getLayer(2)->getType(), nv::LayerType::kNODE);
  EXPECT_STRNE(network.getLayer(0)->getName(), network.getLayer(1)->getName());
  EXPECT_STREQ(network.getInput(0)->getDimensionName(0), "batch");
  const nv::Dims d = network.getOutput(0)->getDimensions();
  EXPECT_EQ(str(d), "[-1,2,2,4]");
  c->setStrideNd(nv::Dims{2, {2, 2}});
  EXPECT_EQ(str(network.getOutput(0)->getDimensions()), "[-1,2,1,2]");
}

TEST_F(NetworkView, FinalizingCopiesAndSorts) {
  nv::ITensor* x = network.addInput("x", nv::DataType::kFLOAT, nv::Dims{1, {2}});
  nv::IUnaryLayer* a = network.addUnary(*x, nv::UnaryOperation::kNEG);
  nv::IUnaryLayer* b = network.addUnary(*x, nv::UnaryOperation::kABS);
  a->setInput(0, *b->getOutput(0));  // now behind what it was added before
  network.markOutput(*a->getOutput(0));
  const auto g = network.finalize();
  g->verify();
  EXPECT_EQ(g->node_count(), 2U);
  EXPECT_EQ(g->nodes()[1]->name(), a->getName());
}

TEST_F(NetworkView, CyclesEndInAnError) {
  nv::ITensor* x = network.addInput("x", nv::DataType::kFLOAT, nv::Dims{1, {2}});
  nv::IUnaryLayer* a = network.addUnary(*x, nv::UnaryOperation::kNEG);
  nv::IUnaryLayer* b = network.addUnary(*a->getOutput(0), nv::UnaryOperation::kABS);
  a->setInput(0, *b->getOutput(0));
  network.markOutput(*b->getOutput(0));
  EXPECT_THROW(network.finalize(), ModelError);
}

TEST(Convert, SymbolsCanBeParsedBack) {
  for (const char* name : {"input:0", "a/b c", "3x", "x+y", "-1", "", "f(x,y)"}) {
    const std::string s = symbol_text(name);
    EXPECT_EQ(Dim::parse(Dim::symbol(s).str()).str(), s) << name;
  }
}

}  // namespace
}  // namespace hone::api

// A tensor of numbers in sequence or at random.
#include "ops/fill.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

constexpr auto kKinds = enum_table<nv::FillOperation, FillKind>({
    {nv::FillOperation::kLINSPACE, FillKind::kLinspace},
    {nv::FillOperation::kRANDOM_UNIFORM, FillKind::kRandomUniform},
    {nv::FillOperation::kRANDOM_NORMAL, FillKind::kRandomNormal},
});

class FillLayer final : public LayerImpl<nv::IFillLayer, nv::LayerType::kFILL> {
 public:
  using LayerImpl::LayerImpl;
  void setDimensions(nv::Dims const& d) noexcept override {
    edit<FillAttrs>("IFillLayer::setDimensions", [&](FillAttrs& a) { a.shape = ints(d); });
  }
  nv::Dims getDimensions() const noexcept override {
    return state_.node()->input(0) != nullptr ? no_dims() : dims(attr<FillAttrs>().shape);
  }
  void setOperation(nv::FillOperation operation) noexcept override {
    edit<FillAttrs>("IFillLayer::setOperation",
                    [&](FillAttrs& a) { a.kind = kKinds.inner(operation, "FillOperation"); });
  }
  nv::FillOperation getOperation() const noexcept override {
    return kKinds.outer(attr<FillAttrs>().kind).value_or(nv::FillOperation::kLINSPACE);
  }
  void setAlpha(double v) noexcept override {
    edit<FillAttrs>("IFillLayer::setAlpha", [&](FillAttrs& a) { a.alpha = v, integers_ = false; });
  }
  double getAlpha() const noexcept override { return attr<FillAttrs>().alpha; }
  void setBeta(double v) noexcept override {
    edit<FillAttrs>("IFillLayer::setBeta", [&](FillAttrs& a) { a.beta = v, integers_ = false; });
  }
  double getBeta() const noexcept override { return attr<FillAttrs>().beta; }
  void setAlphaInt64(int64_t v) noexcept override {
    edit<FillAttrs>("IFillLayer::setAlphaInt64", [&](FillAttrs& a) { a.alpha = exact(v), integers_ = true; });
  }
  int64_t getAlphaInt64() const noexcept override { return static_cast<int64_t>(attr<FillAttrs>().alpha); }
  void setBetaInt64(int64_t v) noexcept override {
    edit<FillAttrs>("IFillLayer::setBetaInt64", [&](FillAttrs& a) { a.beta = exact(v), integers_ = true; });
  }
  int64_t getBetaInt64() const noexcept override { return static_cast<int64_t>(attr<FillAttrs>().beta); }
  bool isAlphaBetaInt64() const noexcept override { return integers_; }
  void setToType(nv::DataType type) noexcept override {
    edit<FillAttrs>("IFillLayer::setToType", [&](FillAttrs& a) { a.type = dtype(type); });
  }
  nv::DataType getToType() const noexcept override { return data_type(attr<FillAttrs>().type); }
  void setOutputType(int32_t index, nv::DataType type) noexcept override {
    if (index == 0) setToType(type);
  }

 private:
  static double exact(int64_t v) {
    constexpr int64_t kLimit = int64_t{1} << 53;
    require<Unsupported>(v >= -kLimit && v <= kLimit, "{} is too large for a fill layer", v);
    return static_cast<double>(v);
  }
  bool integers_ = false;
};
}  // namespace

std::unique_ptr<LayerBase> make_fill(Network& network, ir::Node* node) {
  return std::make_unique<FillLayer>(network, node);
}

nv::IFillLayer* Network::addFill(nv::Dims const& dimensions, nv::FillOperation operation,
                                 nv::DataType outputType) noexcept {
  return adding<nv::IFillLayer>(*this, "INetworkDefinition::addFill", [&] {
    FillAttrs a;
    a.kind = kKinds.inner(operation, "FillOperation");
    a.shape = ints(dimensions);
    a.type = dtype(outputType);
    a.seed = next_layer_;  // each layer its own numbers, the same in every build
    return add<FillLayer>("Fill", kFillOp, {}, std::move(a));
  });
}

}  // namespace hone::api

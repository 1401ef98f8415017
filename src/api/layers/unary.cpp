// Unary layers: a scalar function without parameters.
#include "api/layers/layers.h"
#include "ops/map.h"

namespace hone::api {
namespace {

using nv::UnaryOperation;
constexpr auto kFunctions = enum_table<UnaryOperation, ScalarFn>({
    {UnaryOperation::kEXP, ScalarFn::kExp},     {UnaryOperation::kLOG, ScalarFn::kLog},
    {UnaryOperation::kSQRT, ScalarFn::kSqrt},   {UnaryOperation::kRECIP, ScalarFn::kRecip},
    {UnaryOperation::kABS, ScalarFn::kAbs},     {UnaryOperation::kNEG, ScalarFn::kNeg},
    {UnaryOperation::kSIN, ScalarFn::kSin},     {UnaryOperation::kCOS, ScalarFn::kCos},
    {UnaryOperation::kTAN, ScalarFn::kTan},     {UnaryOperation::kSINH, ScalarFn::kSinh},
    {UnaryOperation::kCOSH, ScalarFn::kCosh},   {UnaryOperation::kASIN, ScalarFn::kAsin},
    {UnaryOperation::kACOS, ScalarFn::kAcos},   {UnaryOperation::kATAN, ScalarFn::kAtan},
    {UnaryOperation::kASINH, ScalarFn::kAsinh}, {UnaryOperation::kACOSH, ScalarFn::kAcosh},
    {UnaryOperation::kATANH, ScalarFn::kAtanh}, {UnaryOperation::kCEIL, ScalarFn::kCeil},
    {UnaryOperation::kFLOOR, ScalarFn::kFloor}, {UnaryOperation::kERF, ScalarFn::kErf},
    {UnaryOperation::kNOT, ScalarFn::kNot},     {UnaryOperation::kSIGN, ScalarFn::kSign},
    {UnaryOperation::kROUND, ScalarFn::kRound}, {UnaryOperation::kISINF, ScalarFn::kIsInf},
    {UnaryOperation::kISNAN, ScalarFn::kIsNan},
});

MapAttrs attributes(UnaryOperation operation) {
  MapAttrs a;
  a.fn = kFunctions.inner(operation, "UnaryOperation");
  if (a.fn == ScalarFn::kIsInf) a.alpha = a.beta = 1;  // infinities of both signs
  return a;
}

class UnaryLayer final : public LayerImpl<nv::IUnaryLayer, nv::LayerType::kUNARY> {
 public:
  using LayerImpl::LayerImpl;
  void setOperation(UnaryOperation operation) noexcept override {
    edit<MapAttrs>("IUnaryLayer::setOperation", [&](MapAttrs& a) { a = attributes(operation); });
  }
  UnaryOperation getOperation() const noexcept override {
    return kFunctions.outer(attr<MapAttrs>().fn).value_or(UnaryOperation::kEXP);
  }
};

}  // namespace

std::unique_ptr<LayerBase> make_unary(Network& network, ir::Node* node) {
  if (node->inputs().size() != 1 || !kFunctions.outer(node->attr<MapAttrs>().fn)) return nullptr;
  return std::make_unique<UnaryLayer>(network, node);
}

nv::IUnaryLayer* Network::addUnary(nv::ITensor& input, UnaryOperation operation) noexcept {
  return adding<nv::IUnaryLayer>(*this, "INetworkDefinition::addUnary", [&] {
    return add<UnaryLayer>("Unary", kMapOp, {value(input)}, attributes(operation));
  });
}

}  // namespace hone::api

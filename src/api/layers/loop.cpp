// Loops: boundary nodes that share the graph with everything else; the compiler gathers their bodies.
#include "api/layers/layers.h"
#include "ops/flat_loop.h"

namespace hone::api {
namespace {

class LoopImpl;

/// A layer on the edge of a loop.
template <class Interface, nv::LayerType kType>
class LoopBoundary : public LayerImpl<Interface, kType> {
 public:
  using LayerImpl<Interface, kType>::LayerImpl;
  nv::ILoop* getLoop() const noexcept override { return loop; }
  nv::ILoop* loop = nullptr;

 protected:
  const FlatLoopAttrs& flat() const noexcept { return this->template attr<FlatLoopAttrs>(); }
};

class RecurrenceLayer final : public LoopBoundary<nv::IRecurrenceLayer, nv::LayerType::kRECURRENCE> {
 public:
  using LoopBoundary::LoopBoundary;
};

class TripLimitLayer final : public LoopBoundary<nv::ITripLimitLayer, nv::LayerType::kTRIP_LIMIT> {
 public:
  using LoopBoundary::LoopBoundary;
  nv::TripLimit getTripLimit() const noexcept override { return static_cast<nv::TripLimit>(flat().kind); }
};

class IteratorLayer final : public LoopBoundary<nv::IIteratorLayer, nv::LayerType::kITERATOR> {
 public:
  using LoopBoundary::LoopBoundary;
  void setAxis(int32_t axis) noexcept override {
    edit<FlatLoopAttrs>("IIteratorLayer::setAxis", [&](FlatLoopAttrs& a) { a.axis = axis; });
  }
  int32_t getAxis() const noexcept override { return static_cast<int32_t>(flat().axis); }
  void setReverse(bool reverse) noexcept override {
    edit<FlatLoopAttrs>("IIteratorLayer::setReverse", [&](FlatLoopAttrs& a) { a.reverse = reverse; });
  }
  bool getReverse() const noexcept override { return flat().reverse; }
};

class LoopOutputLayer final : public LoopBoundary<nv::ILoopOutputLayer, nv::LayerType::kLOOP_OUTPUT> {
 public:
  using LoopBoundary::LoopBoundary;
  nv::LoopOutput getLoopOutput() const noexcept override { return static_cast<nv::LoopOutput>(flat().kind); }
  void setAxis(int32_t axis) noexcept override {
    edit<FlatLoopAttrs>("ILoopOutputLayer::setAxis", [&](FlatLoopAttrs& a) { a.axis = axis; });
  }
  int32_t getAxis() const noexcept override { return static_cast<int32_t>(flat().axis); }
};

class LoopImpl final : public nv::ILoop {
 public:
  LoopImpl(Network& network, int64_t scope) : network_(network), scope_(scope), name_(fmt::format("loop {}", scope)) {}

  nv::IRecurrenceLayer* addRecurrence(nv::ITensor& initial) noexcept override {
    return boundary<RecurrenceLayer>("ILoop::addRecurrence", "Recurrence", initial, 1,
                                     [](FlatLoopAttrs& a) { a.role = FlatLoopRole::kRecurrence; });
  }
  nv::ITripLimitLayer* addTripLimit(nv::ITensor& tensor, nv::TripLimit limit) noexcept override {
    return boundary<TripLimitLayer>("ILoop::addTripLimit", "TripLimit", tensor, 0, [&](FlatLoopAttrs& a) {
      require<ModelError>(limit == nv::TripLimit::kCOUNT || limit == nv::TripLimit::kWHILE, "{} is no TripLimit",
                          static_cast<int>(limit));
      bool& seen = limit == nv::TripLimit::kCOUNT ? has_count_ : has_while_;
      require<ModelError>(!seen, "the loop '{}' has a trip limit of this kind", name_);
      seen = true;
      a.role = FlatLoopRole::kTripLimit;
      a.kind = static_cast<int64_t>(limit);
    });
  }
  nv::IIteratorLayer* addIterator(nv::ITensor& tensor, int32_t axis, bool reverse) noexcept override {
    return boundary<IteratorLayer>("ILoop::addIterator", "Iterator", tensor, 1, [&](FlatLoopAttrs& a) {
      a.role = FlatLoopRole::kIterator;
      a.axis = axis;
      a.reverse = reverse;
    });
  }
  nv::ILoopOutputLayer* addLoopOutput(nv::ITensor& tensor, nv::LoopOutput kind, int32_t axis) noexcept override {
    return boundary<LoopOutputLayer>("ILoop::addLoopOutput", "LoopOutput", tensor, 1, [&](FlatLoopAttrs& a) {
      require<ModelError>(kind >= nv::LoopOutput::kLAST_VALUE && kind <= nv::LoopOutput::kREVERSE,
                          "{} is no LoopOutput", static_cast<int>(kind));
      a.role = FlatLoopRole::kLoopOutput;
      a.kind = static_cast<int64_t>(kind);
      a.axis = axis;
    });
  }
  void setName(char const* name) noexcept override {
    guarded(network_.reporter(), "ILoop::setName", [&] { name_ = name != nullptr ? name : ""; });
  }
  char const* getName() const noexcept override { return name_.c_str(); }

 private:
  template <class L, class F>
  L* boundary(const char* call, const char* kind, nv::ITensor& tensor, int outputs, F&& fill) noexcept {
    return adding<L>(network_, call, [&] {
      ir::Value* v = network_.value(tensor);
      FlatLoopAttrs a;
      a.scope = scope_;
      fill(a);
      L* layer = network_.add<L>(kind, kFlatLoopOp, {v}, a, outputs);
      layer->loop = this;
      return layer;
    });
  }
  Network& network_;
  int64_t scope_;
  std::string name_;
  bool has_count_ = false, has_while_ = false;
};

}  // namespace

nv::ILoop* Network::addLoop() noexcept {
  return adding<nv::ILoop>(*this, "INetworkDefinition::addLoop", [&] {
    auto loop = std::make_unique<LoopImpl>(*this, static_cast<int64_t>(scopes_.size()));
    nv::ILoop* raw = loop.get();
    scopes_.push_back(std::move(loop));
    return raw;
  });
}

}  // namespace hone::api

// Transpose, reshape, transpose.
#include "ops/shuffle.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

class ShuffleLayer final : public LayerImpl<nv::IShuffleLayer, nv::LayerType::kSHUFFLE> {
 public:
  using LayerImpl::LayerImpl;
  void setFirstTranspose(nv::Permutation p) noexcept override { first_ = p, set_permutations(); }
  nv::Permutation getFirstTranspose() const noexcept override { return permutation(attr<ShuffleAttrs>().first_perm); }
  void setSecondTranspose(nv::Permutation p) noexcept override { second_ = p, set_permutations(); }
  nv::Permutation getSecondTranspose() const noexcept override { return permutation(attr<ShuffleAttrs>().second_perm); }
  void setReshapeDimensions(nv::Dims const& d) noexcept override {
    edit<ShuffleAttrs>("IShuffleLayer::setReshapeDimensions", [&](ShuffleAttrs& a) {
      const std::vector<int64_t> v = ints(d);
      require<ModelError>(std::count(v.begin(), v.end(), -1) <= 1, "{} has more than one -1", api::str(d));
      for (int64_t x : v) require<ModelError>(x >= -1, "{} is no shape", api::str(d));
      a.reshape = v;
      a.has_reshape = true;
    });
    if (state_.node()->input(1) != nullptr)
      guarded(state_.reporter(), "IShuffleLayer::setReshapeDimensions", [&] {
        state_.network().graph().set_inputs(state_.node(), {state_.node()->input(0)});
        state_.changed();
      });
    set_permutations();
  }
  nv::Dims getReshapeDimensions() const noexcept override {
    const auto& a = attr<ShuffleAttrs>();
    if (state_.node()->input(1) != nullptr) return no_dims();
    if (a.has_reshape) return dims(a.reshape);
    const auto* t = state_.input(0);
    return filled(t != nullptr ? static_cast<size_t>(std::max(0, t->getDimensions().nbDims)) : 0, 0);
  }
  void setZeroIsPlaceholder(bool zero) noexcept override {
    edit<ShuffleAttrs>("IShuffleLayer::setZeroIsPlaceholder", [&](ShuffleAttrs& a) { a.zero_copies = zero; });
  }
  bool getZeroIsPlaceholder() const noexcept override { return attr<ShuffleAttrs>().zero_copies; }
  void setInput(int32_t index, nv::ITensor& tensor) noexcept override {
    LayerImpl::setInput(index, tensor);
    set_permutations();
  }

 private:
  static nv::Permutation permutation(const std::vector<int64_t>& p) noexcept {
    nv::Permutation r{};
    for (int i = 0; i < nv::Dims::MAX_DIMS; ++i)
      r.order[i] = static_cast<size_t>(i) < p.size() ? static_cast<int32_t>(p[static_cast<size_t>(i)]) : i;
    return r;
  }
  static std::vector<int64_t> leading(const nv::Permutation& p, int rank) {
    std::vector<int64_t> v(p.order, p.order + rank);
    for (int64_t x : v) require<ModelError>(x >= 0 && x < rank, "a permutation of {} dimensions has entry {}", rank, x);
    return v;
  }
  // How many entries of a permutation count depends on the ranks, which later calls may change.
  void set_permutations() noexcept {
    edit<ShuffleAttrs>("IShuffleLayer::setTranspose", [&](ShuffleAttrs& a) {
      state_.network().refresh();
      const int rank = state_.node()->input(0)->rank();
      if (first_) a.first_perm = leading(*first_, rank);
      if (second_) a.second_perm = leading(*second_, reshaped_rank(a, rank));
    });
  }
  int reshaped_rank(const ShuffleAttrs& a, int rank) const {
    const ir::Value* shape = state_.node()->input(1);
    if (shape != nullptr) return shape->rank() == 1 ? static_cast<int>(shape->shape()[0].value_or(rank)) : rank;
    return a.has_reshape ? static_cast<int>(a.reshape.size()) : rank;
  }
  std::optional<nv::Permutation> first_, second_;
};
}  // namespace

std::unique_ptr<LayerBase> make_shuffle(Network& network, ir::Node* node) {
  return std::make_unique<ShuffleLayer>(network, node);
}

nv::IShuffleLayer* Network::addShuffle(nv::ITensor& input) noexcept {
  return adding<nv::IShuffleLayer>(*this, "INetworkDefinition::addShuffle",
                                   [&] { return add<ShuffleLayer>("Shuffle", kShuffleOp, {value(input)}); });
}

}  // namespace hone::api

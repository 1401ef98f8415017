// Layout: Header, bias padded to 64 bytes, then the groups, each padded to 64 bytes.
#include "backends/cpu/tactics/packed_weights.h"

#include <cstring>

#include "backends/cpu/simd/gemm.h"

namespace hone::cpu {
namespace {

struct alignas(64) Header {
  char magic[8];
  int64_t isa, groups, k, n, has_bias;
};
constexpr char kMagic[8] = {'p', 'a', 'n', 'e', 'l', 's', '0', '1'};

int64_t lines(int64_t floats) { return (floats + 15) / 16 * 16; }

struct Layout {
  int64_t bias, group;  // floats
  explicit Layout(const PackedShape& s, Isa isa, bool has_bias)
      : bias(has_bias ? lines(s.groups * s.n) : 0), group(lines(packed_b_size(isa, s.k, s.n))) {}
  size_t bytes(int64_t groups) const {
    return sizeof(Header) + static_cast<size_t>(bias + groups * group) * sizeof(float);
  }
};

}  // namespace

Blob pack_weights(const PackedShape& s, const std::function<void(int64_t, float*)>& fill, const float* bias) {
  const Isa target = isa();
  const Layout layout(s, target, bias != nullptr);
  std::byte* bytes = nullptr;
  Blob blob = Blob::allocate(layout.bytes(s.groups), &bytes);
  std::memset(bytes, 0, layout.bytes(s.groups));
  Header h{{}, static_cast<int64_t>(target), s.groups, s.k, s.n, bias != nullptr};
  std::memcpy(h.magic, kMagic, sizeof kMagic);
  std::memcpy(bytes, &h, sizeof h);
  auto* values = reinterpret_cast<float*>(bytes + sizeof(Header));
  if (bias != nullptr) std::memcpy(values, bias, static_cast<size_t>(s.groups * s.n) * sizeof(float));
  std::vector<float> dense(static_cast<size_t>(s.k * s.n));
  for (int64_t g = 0; g < s.groups; ++g) {
    fill(g, dense.data());
    pack_b(target, s.k, s.n, dense.data(), s.n, false, values + layout.bias + g * layout.group);
  }
  return blob;
}

PackedWeights::PackedWeights(std::span<const Blob> blobs, const PackedShape& s) : isa_(cpu::isa()) {
  require<ModelError>(blobs.size() == 1 && blobs[0].size >= sizeof(Header), "prepared weights are missing or cut off");
  Header h;
  std::memcpy(&h, blobs[0].data, sizeof h);
  require<ModelError>(std::memcmp(h.magic, kMagic, sizeof kMagic) == 0, "prepared weights are not packed panels");
  require<ModelError>(h.isa == static_cast<int64_t>(isa_), "weights were packed for another instruction set than {}",
                      isa_name(isa_));
  require<ModelError>(PackedShape{h.groups, h.k, h.n} == s,
                      "weights were packed for {} groups of {} x {}, not for {} of {} x {}", h.groups, h.k, h.n,
                      s.groups, s.k, s.n);
  const Layout layout(s, isa_, h.has_bias != 0);
  require<ModelError>(blobs[0].size >= layout.bytes(s.groups), "prepared weights are cut off");
  const auto* values = reinterpret_cast<const float*>(blobs[0].data + sizeof(Header));
  bias_ = h.has_bias != 0 ? values : nullptr;
  data_ = values + layout.bias;
  stride_ = layout.group;
}

}  // namespace hone::cpu

// A blob: a head with the layout's hash, then the problem's extents, then the elements at a multiple of 64 bytes.
#include "backends/cpu/tactics/onednn/packed_constant.h"

#include <cstring>

#include "backends/cpu/tactics/onednn/onednn.h"
#include "base/parallel.h"

namespace hone::cpu::onednn {
namespace {

using dnnl::memory;

struct Head {
  uint64_t layout;   // hash of the layout
  uint64_t offset;   // of the elements
  int64_t threads;   // of the problem
  uint64_t numbers;  // how many follow: rank, dims and pitch of each input and output
};

uint64_t mix(uint64_t h, uint64_t v) { return (h ^ v) * 0x9e3779b97f4a7c15ull ^ h >> 29; }

uint64_t layout_hash(const memory::desc& d) {
  uint64_t h = mix(static_cast<uint64_t>(d.get_format_kind()), d.get_size());
  for (const memory::dims& list :
       {d.get_dims(), d.get_padded_dims(), d.get_strides(), d.get_inner_blks(), d.get_inner_idxs()}) {
    h = mix(h, list.size());
    for (const int64_t v : list) h = mix(h, static_cast<uint64_t>(v));
  }
  return h;
}

std::vector<int64_t> extents(const Problem& p) {
  std::vector<int64_t> n;
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const TensorDesc& d : *list) {
      n.push_back(static_cast<int64_t>(d.dims.size()));
      n.insert(n.end(), d.dims.begin(), d.dims.end());
      n.push_back(d.pitch);
    }
  return n;
}

// The problem with these extents; throws where they are not those of a problem like this one.
Problem with_extents(Problem p, std::span<const int64_t> n) {
  size_t at = 0;
  const auto next = [&] {
    require<ModelError>(at < n.size(), "prepared weights lack extents");
    return n[at++];
  };
  for (auto* list : {&p.inputs, &p.outputs})
    for (TensorDesc& d : *list) {
      require<ModelError>(next() == static_cast<int64_t>(d.dims.size()), "prepared weights are of another rank");
      for (int64_t& x : d.dims) {
        x = next();
        require<ModelError>(x >= 0 && x < (int64_t{1} << 40), "prepared weights have an extent of {}", x);
      }
      d.pitch = next();
    }
  return p;
}

}  // namespace

Blob pack(const Problem& p, const memory::desc& from, const void* data, const memory::desc& to) {
  const std::vector<int64_t> n = extents(p);
  Head h{layout_hash(to), (sizeof(Head) + 8 * n.size() + 63) / 64 * 64, p.threads, n.size()};
  std::byte* bytes = nullptr;
  Blob b = Blob::allocate(h.offset + to.get_size(), &bytes);
  std::memset(bytes, 0, h.offset);
  std::memcpy(bytes, &h, sizeof h);
  std::memcpy(bytes + sizeof h, n.data(), 8 * n.size());
  const ThreadScope threads(p.threads);
  memory source(from, engine(), const_cast<void*>(data)), target(to, engine(), bytes + h.offset);
  dnnl::stream stream(engine());
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return b;
}

memory unpack(const Problem& p, std::span<const Blob> blobs, const memory::desc& to, const ChooseLayout& choose) {
  Head h;
  require<ModelError>(blobs.size() == 1 && blobs[0].size >= sizeof h, "prepared weights are missing or cut off");
  std::memcpy(&h, blobs[0].data, sizeof h);
  require<ModelError>(
      h.numbers < 4096 && h.offset % 64 == 0 && h.offset >= sizeof h + 8 * h.numbers && h.offset <= blobs[0].size,
      "prepared weights have a damaged head");
  auto* elements = const_cast<std::byte*>(blobs[0].data + h.offset);
  const size_t size = blobs[0].size - h.offset;
  if (h.layout == layout_hash(to) && size >= to.get_size()) return memory(to, engine(), elements);
  require<ModelError>(h.threads >= 1 && h.threads <= 4096, "prepared weights have a damaged head");
  std::vector<int64_t> n(h.numbers);
  std::memcpy(n.data(), blobs[0].data + sizeof h, 8 * n.size());
  Problem then = with_extents(p, n);
  then.threads = static_cast<int>(h.threads);
  const memory::desc from = choose(then);
  require<ModelError>(layout_hash(from) == h.layout && size >= from.get_size() && from.get_dims() == to.get_dims(),
                      "weights were prepared for another processor: build the plan again on this machine");
  memory source(from, engine(), elements), target(to, engine());
  dnnl::stream stream(engine());
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return target;
}

}  // namespace hone::cpu::onednn

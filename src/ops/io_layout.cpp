// Formats and their axes.
#include "ops/io_layout.h"

#include "base/error.h"

namespace hone {
namespace {

struct Entry {
  int format;
  LayoutKind kind;
};
constexpr Entry kKinds[] = {
    {1, {2, 2, false}},   // CHW2
    {2, {2, 8, true}},    // HWC8
    {3, {2, 4, false}},   // CHW4
    {4, {2, 16, false}},  // CHW16
    {5, {2, 32, false}},  // CHW32
    {6, {3, 8, true}},    // DHWC8
    {7, {3, 32, false}},  // CDHW32
    {8, {2, 1, true}},    // HWC
    {11, {2, 16, true}},  // HWC16
    {12, {3, 1, true}},   // DHWC
};

int64_t groups(const IoLayout& l, const LayoutKind& k) { return (l.channels + k.group - 1) / k.group; }

template <class List>
List to_memory(const IoLayout& l, const List& network) {
  if (l.plain()) return network;
  const LayoutKind k = layout_kind(l.format);
  const size_t axis = channel_axis(l, network.size());
  List m(network.begin(), network.begin() + static_cast<long>(axis));
  if (!k.last) m.push_back(groups(l, k));
  m.insert(m.end(), network.begin() + static_cast<long>(axis) + 1, network.end());
  m.push_back(k.last ? groups(l, k) * k.group : k.group);
  return m;
}

template <class List>
List to_network(const IoLayout& l, const List& memory) {
  if (l.plain()) return memory;
  const LayoutKind k = layout_kind(l.format);
  const size_t rank = memory.size() - (k.last ? 0 : 1), axis = channel_axis(l, rank);
  List n(memory.begin(), memory.begin() + static_cast<long>(axis));
  n.push_back(l.channels);
  n.insert(n.end(), memory.begin() + static_cast<long>(axis) + (k.last ? 0 : 1), memory.end() - 1);
  return n;
}

}  // namespace

LayoutKind layout_kind(int format) {
  for (const Entry& e : kKinds)
    if (e.format == format) return e.kind;
  fail<Unsupported>("tensor format {} is none of an input or output", format);
}

size_t channel_axis(const IoLayout& l, size_t rank) {
  const auto behind = static_cast<size_t>(layout_kind(l.format).spatial);
  require<ModelError>(rank > behind, "a tensor of rank {} has no channels before {} other axes", rank, behind);
  return rank - behind - 1;
}

Shape memory_shape(const IoLayout& l, const Shape& network) { return to_memory(l, network); }
Shape network_shape(const IoLayout& l, const Shape& memory) { return to_network(l, memory); }
Dims memory_dims(const IoLayout& l, const Dims& network) {
  if (!l.plain()) {
    const int64_t c = network.at(channel_axis(l, network.size()));
    require<ModelError>(c == l.channels, "{} channels given, the network has {}", c, l.channels);
  }
  return to_memory(l, network);
}
Dims network_dims(const IoLayout& l, const Dims& memory) { return to_network(l, memory); }

std::string describe(const IoLayout& l) {
  if (l.plain()) return "Row-major linear";
  const LayoutKind k = layout_kind(l.format);
  if (!k.last) return fmt::format("Channels in groups of {}", k.group);
  return k.group == 1 ? "Channels last" : fmt::format("Channels last, padded to a multiple of {}", k.group);
}

}  // namespace hone

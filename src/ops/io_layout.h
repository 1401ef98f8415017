// How an engine's inputs and outputs lie in the memory of the program where they are not row-major: channels last,
// padded or in groups. An engine sees such a tensor with the axes of its memory; the program, with those of the
// network.
#pragma once

#include <cstdint>
#include <string>

#include "ops/dim.h"

namespace hone {

/// Formats by the numbers of nvinfer1::TensorFormat.
struct IoLayout {
  int format = 0;        // 0: row-major
  int64_t channels = 0;  // of the network's tensor

  bool plain() const { return format == 0; }
  bool operator==(const IoLayout&) const = default;
};

/// What a format is: [lead..., spatial..., padded channels], or [lead..., channel groups, spatial..., group].
struct LayoutKind {
  int spatial = 2;    // axes behind the channels
  int64_t group = 1;  // channels are padded to a multiple of this
  bool last = false;  // channels last; else in groups
};
/// Throws Unsupported for numbers that are no format of a tensor of ours.
LayoutKind layout_kind(int format);

/// The network's axes as they are in memory, and back. Throw ModelError where the rank is too small or the extent of
/// the channels is another one.
Shape memory_shape(const IoLayout& l, const Shape& network);
Shape network_shape(const IoLayout& l, const Shape& memory);
Dims memory_dims(const IoLayout& l, const Dims& network);
Dims network_dims(const IoLayout& l, const Dims& memory);
/// The network's axis that holds the channels.
size_t channel_axis(const IoLayout& l, size_t rank);
/// "Channels last, padded to a multiple of 8".
std::string describe(const IoLayout& l);

}  // namespace hone

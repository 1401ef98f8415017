// Layers over a batch that run image by image on the host: where an image's activations outweigh the weights, a run of
// such layers goes through all of them with one image before the next begins, so that what lies between stays in the
// caches; and threads take whole images where these come out even.
#pragma once

#include <optional>

#include "backends/backend.h"

namespace hone {

struct Slices {
  int64_t count = 1;      // images; 1: the layer runs as a whole
  bool parallel = false;  // threads run images side by side, each on its own
};

/// How a layer should run. Depends on operator, attributes, dims and threads alone, so that tuner and runtime agree.
Slices slices_of(const Problem& p);

/// Which inputs hold something for each image (the others are shared by all); nullopt where images are not independent
/// of each other.
std::optional<std::vector<bool>> inputs_by_image(const Problem& p);

/// The layer for one image.
Problem slice_of(const Problem& p, const Slices& s);

}  // namespace hone

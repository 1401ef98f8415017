// Reading input tensors (raw, .npy, pictures) and writing outputs, for the command-line tools. Built against include/
// only.
#pragma once

#include <NvInfer.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace tools {

/// A message for the user; main() prints it and exits with 1.
class UserError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

int64_t volume(const nvinfer1::Dims& d);
std::string dims_text(const nvinfer1::Dims& d);  // "1x3x224x224"; "scalar"
/// Bits of one element.
int element_bits(nvinfer1::DataType t);
size_t bytes_of(nvinfer1::DataType t, int64_t count);
const char* type_name(nvinfer1::DataType t);

/// How a picture becomes a tensor: pixel * scale, minus mean, over deviation, channel order.
struct PictureOptions {
  double scale = 1.0 / 255;
  std::vector<double> mean, deviation;  // per channel; empty: 0 and 1
  bool bgr = false;
  bool plain_resize = false;  // squeeze to the input's extents; else resize the shorter side and crop the centre
};

/// Content of a file as the bytes of a tensor of this type and these dims. Raw little-endian files must have the exact
/// size; .npy files are checked and converted; pictures (.png .jpg .jpeg .bmp .ppm .pgm .webp .tif) fill [N,C,H,W] or
/// [N,H,W,C]. Throws UserError.
std::vector<std::byte> load_tensor(const std::string& path, nvinfer1::DataType type, const nvinfer1::Dims& dims,
                                   const PictureOptions& picture = {});
/// Dims stored in an .npy file, or those a picture suggests for symbolic dims of `wanted` (-1); `wanted` as it is
/// otherwise.
nvinfer1::Dims file_dims(const std::string& path, const nvinfer1::Dims& wanted);

/// Drawn values: normal for floats, 0 or 1 for bool, small non-negative integers else; the same for the same seed.
std::vector<std::byte> random_tensor(nvinfer1::DataType type, int64_t count, uint32_t seed);

/// A row-major tensor as it lies in memory in a format of an engine's input, padding zero, and back. Throws UserError
/// for a format that is none.
std::vector<std::byte> to_format(nvinfer1::TensorFormat format, nvinfer1::DataType type, const nvinfer1::Dims& dims,
                                 const std::vector<std::byte>& linear);
std::vector<std::byte> from_format(nvinfer1::TensorFormat format, nvinfer1::DataType type, const nvinfer1::Dims& dims,
                                   const std::vector<std::byte>& memory);
/// Bytes of a tensor in such a format.
size_t bytes_in_format(nvinfer1::TensorFormat format, nvinfer1::DataType type, const nvinfer1::Dims& dims);

/// Elements as doubles (int64 beyond 2^53 lose precision; see value_text).
std::vector<double> to_doubles(nvinfer1::DataType type, const void* data, int64_t count);
/// One element in a form that reads back exactly.
std::string value_text(nvinfer1::DataType type, const void* data, int64_t index);

}  // namespace tools

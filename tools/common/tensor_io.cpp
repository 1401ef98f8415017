// Tensor files.
#include "common/tensor_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>

#if HONE_PICTURES
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#endif

namespace tools {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;

std::string extension(const std::string& path) {
  const size_t dot = path.rfind('.');
  std::string e = dot == std::string::npos ? "" : path.substr(dot + 1);
  std::transform(e.begin(), e.end(), e.begin(), [](unsigned char c) { return std::tolower(c); });
  return e;
}

bool is_picture(const std::string& path) {
  static const char* const kKinds[] = {"png", "jpg", "jpeg", "bmp", "ppm", "pgm", "webp", "tif", "tiff"};
  const std::string e = extension(path);
  return std::any_of(std::begin(kKinds), std::end(kKinds), [&](const char* k) { return e == k; });
}

std::vector<std::byte> read_file(const std::string& path) {
  std::ifstream f(path, std::ios::binary | std::ios::ate);
  if (!f) throw UserError(fmt::format("cannot open input file '{}'", path));
  std::vector<std::byte> data(static_cast<size_t>(f.tellg()));
  f.seekg(0);
  if (!f.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(data.size())))
    throw UserError(fmt::format("cannot read input file '{}'", path));
  return data;
}

// --- half precision (storage only) ---
float half_to_float(uint16_t h) {
  const int e = h >> 10 & 31, m = h & 1023;
  const float v = e == 0 ? std::ldexp(static_cast<float>(m), -24)
                  : e == 31
                      ? (m != 0 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity())
                      : std::ldexp(static_cast<float>(m | 1024), e - 25);
  return h >> 15 ? -v : v;
}
uint16_t float_to_half(float x) {
  uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const float a = std::fabs(x);
  if (std::isnan(x)) return sign | 0x7e00;
  if (a >= 65520.f) return sign | 0x7c00;
  if (a == 0) return sign;
  int e;
  std::frexp(a, &e);
  const int unbiased = std::max(e - 1, -14);
  const auto q = static_cast<uint32_t>(std::nearbyint(std::ldexp(a, 10 - unbiased)));
  return static_cast<uint16_t>(sign | ((static_cast<uint32_t>(unbiased + 14) << 10) + q));
}
float bf16_to_float(uint16_t b) {
  const uint32_t u = static_cast<uint32_t>(b) << 16;
  float f;
  std::memcpy(&f, &u, 4);
  return f;
}
uint16_t float_to_bf16(float x) {
  uint32_t u;
  std::memcpy(&u, &x, 4);
  return static_cast<uint16_t>(std::isnan(x) ? (u >> 16 | 0x40) : (u + 0x7fff + (u >> 16 & 1)) >> 16);
}

template <class T>
T get(const void* p, int64_t i) {
  T v;
  std::memcpy(&v, static_cast<const std::byte*>(p) + static_cast<size_t>(i) * sizeof(T), sizeof(T));
  return v;
}
template <class T>
void put(void* p, int64_t i, T v) {
  std::memcpy(static_cast<std::byte*>(p) + static_cast<size_t>(i) * sizeof(T), &v, sizeof(T));
}

double load(DataType t, const void* p, int64_t i) {
  switch (t) {
    case DataType::kFLOAT:
      return static_cast<double>(get<float>(p, i));
    case DataType::kHALF:
      return static_cast<double>(half_to_float(get<uint16_t>(p, i)));
    case DataType::kBF16:
      return static_cast<double>(bf16_to_float(get<uint16_t>(p, i)));
    case DataType::kDOUBLE:
      return get<double>(p, i);
    case DataType::kINT8:
      return get<int8_t>(p, i);
    case DataType::kUINT8:
      return get<uint8_t>(p, i);
    case DataType::kBOOL:
      return get<uint8_t>(p, i) != 0;
    case DataType::kINT16:
      return get<int16_t>(p, i);
    case DataType::kUINT16:
      return get<uint16_t>(p, i);
    case DataType::kINT32:
      return get<int32_t>(p, i);
    case DataType::kUINT32:
      return get<uint32_t>(p, i);
    case DataType::kINT64:
      return static_cast<double>(get<int64_t>(p, i));
    case DataType::kUINT64:
      return static_cast<double>(get<uint64_t>(p, i));
    default:
      throw UserError(fmt::format("values of type {} cannot be shown", type_name(t)));
  }
}

template <class T>
T saturate(double v) {
  if (std::isnan(v)) return 0;
  if (v <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
  if (v >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  return static_cast<T>(v);
}

void store(DataType t, void* p, int64_t i, double v) {
  switch (t) {
    case DataType::kFLOAT:
      return put(p, i, static_cast<float>(v));
    case DataType::kHALF:
      return put(p, i, float_to_half(static_cast<float>(v)));
    case DataType::kBF16:
      return put(p, i, float_to_bf16(static_cast<float>(v)));
    case DataType::kDOUBLE:
      return put(p, i, v);
    case DataType::kINT8:
      return put(p, i, saturate<int8_t>(v));
    case DataType::kUINT8:
      return put(p, i, saturate<uint8_t>(v));
    case DataType::kBOOL:
      return put(p, i, static_cast<uint8_t>(v != 0));
    case DataType::kINT16:
      return put(p, i, saturate<int16_t>(v));
    case DataType::kUINT16:
      return put(p, i, saturate<uint16_t>(v));
    case DataType::kINT32:
      return put(p, i, saturate<int32_t>(v));
    case DataType::kUINT32:
      return put(p, i, saturate<uint32_t>(v));
    case DataType::kINT64:
      return put(p, i, saturate<int64_t>(v));
    case DataType::kUINT64:
      return put(p, i, saturate<uint64_t>(v));
    default:
      throw UserError(fmt::format("inputs of type {} can only be given as raw files", type_name(t)));
  }
}

// --- .npy (NumPy format 1 to 3) ---
struct Npy {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> shape;
  size_t offset = 0;
};

Npy parse_npy(const std::string& path, const std::vector<std::byte>& f) {
  auto bad = [&](const char* why) { return UserError(fmt::format("'{}' is not a readable .npy file: {}", path, why)); };
  const auto* s = reinterpret_cast<const char*>(f.data());
  if (f.size() < 12 || std::memcmp(s, "\x93NUMPY", 6) != 0) throw bad("bad magic");
  const int major = s[6];
  size_t length = static_cast<uint8_t>(s[8]) | static_cast<size_t>(static_cast<uint8_t>(s[9])) << 8;
  size_t at = 10;
  if (major >= 2) {
    length |= static_cast<size_t>(static_cast<uint8_t>(s[10])) << 16 | static_cast<size_t>(static_cast<uint8_t>(s[11]))
                                                                           << 24;
    at = 12;
  }
  if (length > f.size() - at) throw bad("header is cut off");
  const std::string header(s + at, length);
  Npy n;
  n.offset = at + length;
  const size_t d = header.find("'descr':"), o = header.find("'fortran_order':"), h = header.find("'shape':");
  if (d == std::string::npos || o == std::string::npos || h == std::string::npos) throw bad("header lacks a field");
  const size_t q = header.find('\'', d + 8), e = q == std::string::npos ? q : header.find('\'', q + 1);
  if (e == std::string::npos) throw bad("structured types are not supported");
  n.descr = header.substr(q + 1, e - q - 1);
  n.fortran = header.compare(header.find_first_not_of(' ', o + 16), 4, "True") == 0;
  for (size_t p = header.find('(', h); p < header.size() && header[p] != ')'; ++p) {
    if (std::isdigit(static_cast<unsigned char>(header[p])) == 0) continue;
    size_t used = 0;
    try {
      n.shape.push_back(std::stoll(header.substr(p), &used));
    } catch (const std::exception&) {
      throw bad("bad shape");
    }
    p += used - 1;
  }
  return n;
}

DataType npy_type(const std::string& path, const std::string& descr) {
  static const std::pair<const char*, DataType> kTypes[] = {
      {"f4", DataType::kFLOAT}, {"f2", DataType::kHALF},   {"f8", DataType::kDOUBLE}, {"i1", DataType::kINT8},
      {"u1", DataType::kUINT8}, {"b1", DataType::kBOOL},   {"i2", DataType::kINT16},  {"u2", DataType::kUINT16},
      {"i4", DataType::kINT32}, {"u4", DataType::kUINT32}, {"i8", DataType::kINT64},  {"u8", DataType::kUINT64}};
  if (descr.size() == 3 && descr[0] != '>')
    for (const auto& [k, t] : kTypes)
      if (descr.substr(1) == k) return t;
  throw UserError(fmt::format("'{}': element type '{}' is not supported", path, descr));
}

std::vector<std::byte> convert(DataType from, const void* data, DataType to, int64_t count) {
  std::vector<std::byte> out(bytes_of(to, count));
  if (from == to) {
    std::memcpy(out.data(), data, out.size());
    return out;
  }
  for (int64_t i = 0; i < count; ++i) store(to, out.data(), i, load(from, data, i));
  return out;
}

std::vector<std::byte> load_npy(const std::string& path, DataType type, const Dims& dims) {
  const std::vector<std::byte> f = read_file(path);
  const Npy n = parse_npy(path, f);
  if (n.fortran && n.shape.size() > 1)
    throw UserError(fmt::format("'{}' is stored in Fortran order; save it in C order", path));
  const DataType from = npy_type(path, n.descr);
  int64_t count = 1;
  for (int64_t d : n.shape)
    if (d < 0 || (d > 0 && count > (int64_t{1} << 46) / d))
      throw UserError(fmt::format("'{}' has impossible dims", path));
    else
      count *= d;
  if (count != volume(dims))
    throw UserError(
        fmt::format("'{}' has {} elements, the input needs {} ({})", path, count, volume(dims), dims_text(dims)));
  if (bytes_of(from, count) > f.size() - n.offset) throw UserError(fmt::format("'{}' is cut off", path));
  return convert(from, f.data() + n.offset, type, count);
}

// --- pictures ---
#if HONE_PICTURES
struct ImageLayout {
  bool channels_last = false;
  int64_t channels = 3, height = 0, width = 0;
};

ImageLayout image_layout(const Dims& d) {
  const int r = d.nbDims;
  if (r != 3 && r != 4)
    throw UserError(fmt::format("a picture needs an input of rank 3 or 4, this one is {}", dims_text(d)));
  const int64_t a = d.d[r - 3], b = d.d[r - 2], c = d.d[r - 1];
  ImageLayout l;
  l.channels_last = !(a == 1 || a == 3 || a == 4) && (c == 1 || c == 3 || c == 4);
  l.channels = l.channels_last ? c : a;
  l.height = l.channels_last ? a : b;
  l.width = l.channels_last ? b : c;
  if (l.channels != 1 && l.channels != 3)
    throw UserError(fmt::format("a picture cannot fill an input of {} channels ({})", l.channels, dims_text(d)));
  return l;
}

cv::Mat fit(const cv::Mat& picture, int width, int height, bool plain) {
  cv::Mat out;
  if (plain) {
    cv::resize(picture, out, {width, height}, 0, 0, cv::INTER_LINEAR);
    return out;
  }
  const double s = std::max(static_cast<double>(width) / picture.cols, static_cast<double>(height) / picture.rows);
  const int w = std::max(width, static_cast<int>(std::lround(picture.cols * s))),
            h = std::max(height, static_cast<int>(std::lround(picture.rows * s)));
  cv::resize(picture, out, {w, h}, 0, 0, s < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  return out(cv::Rect((w - width) / 2, (h - height) / 2, width, height)).clone();
}

std::vector<std::byte> load_picture(const std::string& path, DataType type, const Dims& dims, const PictureOptions& o) {
  const ImageLayout l = image_layout(dims);
  cv::Mat m = cv::imread(path, l.channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
  if (m.empty()) throw UserError(fmt::format("cannot read picture '{}'", path));
  m = fit(m, static_cast<int>(l.width), static_cast<int>(l.height), o.plain_resize);
  if (l.channels == 3 && !o.bgr) cv::cvtColor(m, m, cv::COLOR_BGR2RGB);
  const int64_t batch = dims.nbDims == 4 ? dims.d[0] : 1, plane = l.height * l.width;
  std::vector<std::byte> out(bytes_of(type, batch * l.channels * plane));
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < l.channels; ++c) {
      const auto k = static_cast<size_t>(c);
      const double mean = k < o.mean.size() ? o.mean[k] : 0, dev = k < o.deviation.size() ? o.deviation[k] : 1;
      for (int64_t p = 0; p < plane; ++p) {
        const double v = (m.data[p * l.channels + c] * o.scale - mean) / dev;
        const int64_t at = l.channels_last ? (n * plane + p) * l.channels + c : (n * l.channels + c) * plane + p;
        store(type, out.data(), at, v);
      }
    }
  return out;
}
#else
std::vector<std::byte> load_picture(const std::string& path, DataType, const Dims&, const PictureOptions&) {
  throw UserError(
      fmt::format("cannot read picture '{}': this program was built without OpenCV (HONE_PICTURES=OFF)", path));
}
#endif

// Where a format puts an element: channels in groups or last, with `group` of them padded together.
struct Placing {
  bool plain = true, last = false;
  int64_t group = 1, channels = 1, plane = 1, lead = 1;

  Placing(nvinfer1::TensorFormat format, const Dims& d) {
    using F = nvinfer1::TensorFormat;
    struct Kind {
      F format;
      int spatial;
      int64_t group;
      bool last;
    };
    static constexpr Kind kKinds[] = {{F::kCHW2, 2, 2, false},   {F::kCHW4, 2, 4, false},    {F::kCHW16, 2, 16, false},
                                      {F::kCHW32, 2, 32, false}, {F::kCDHW32, 3, 32, false}, {F::kHWC, 2, 1, true},
                                      {F::kHWC8, 2, 8, true},    {F::kHWC16, 2, 16, true},   {F::kDHWC, 3, 1, true},
                                      {F::kDHWC8, 3, 8, true}};
    if (format == F::kLINEAR) return;
    const auto* k =
        std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& x) { return x.format == format; });
    if (k == std::end(kKinds) || d.nbDims <= k->spatial)
      throw UserError(fmt::format("format {} is none of a tensor {}", static_cast<int>(format), dims_text(d)));
    plain = false, last = k->last, group = k->group;
    const int axis = d.nbDims - k->spatial - 1;
    channels = d.d[axis];
    for (int i = 0; i < axis; ++i) lead *= d.d[i];
    for (int i = axis + 1; i < d.nbDims; ++i) plane *= d.d[i];
  }
  int64_t padded() const { return (channels + group - 1) / group * group; }
  int64_t at(int64_t n, int64_t c, int64_t p) const {
    return last ? (n * plane + p) * padded() + c : ((n * padded() + c / group * group) * plane) + p * group + c % group;
  }
};

template <class F>
void for_each_element(const Placing& placing, F&& f) {
  int64_t i = 0;
  for (int64_t n = 0; n < placing.lead; ++n)
    for (int64_t c = 0; c < placing.channels; ++c)
      for (int64_t p = 0; p < placing.plane; ++p) f(static_cast<size_t>(i++), static_cast<size_t>(placing.at(n, c, p)));
}

}  // namespace

size_t bytes_in_format(nvinfer1::TensorFormat format, DataType type, const Dims& dims) {
  const Placing p(format, dims);
  return bytes_of(type, p.plain ? volume(dims) : p.lead * p.padded() * p.plane);
}

std::vector<std::byte> to_format(nvinfer1::TensorFormat format, DataType type, const Dims& dims,
                                 const std::vector<std::byte>& linear) {
  const Placing p(format, dims);
  if (p.plain) return linear;
  const auto width = static_cast<size_t>(element_bits(type)) / 8;
  std::vector<std::byte> out(bytes_in_format(format, type, dims));
  for_each_element(p, [&](size_t i, size_t at) { std::memcpy(&out[at * width], &linear[i * width], width); });
  return out;
}

std::vector<std::byte> from_format(nvinfer1::TensorFormat format, DataType type, const Dims& dims,
                                   const std::vector<std::byte>& memory) {
  const Placing p(format, dims);
  if (p.plain) return memory;
  const auto width = static_cast<size_t>(element_bits(type)) / 8;
  std::vector<std::byte> out(bytes_of(type, volume(dims)));
  for_each_element(p, [&](size_t i, size_t at) { std::memcpy(&out[i * width], &memory[at * width], width); });
  return out;
}

int64_t volume(const Dims& d) {
  int64_t v = 1;
  for (int i = 0; i < d.nbDims; ++i) v *= d.d[i];
  return v;
}

std::string dims_text(const Dims& d) {
  if (d.nbDims <= 0) return "scalar";
  std::string s;
  for (int i = 0; i < d.nbDims; ++i) s += (i ? "x" : "") + std::to_string(d.d[i]);
  return s;
}

int element_bits(DataType t) {
  switch (t) {
    case DataType::kINT4:
    case DataType::kFP4:
      return 4;
    case DataType::kINT8:
    case DataType::kUINT8:
    case DataType::kBOOL:
    case DataType::kFP8:
    case DataType::kE8M0:
      return 8;
    case DataType::kHALF:
    case DataType::kBF16:
    case DataType::kINT16:
    case DataType::kUINT16:
      return 16;
    case DataType::kINT64:
    case DataType::kUINT64:
    case DataType::kDOUBLE:
      return 64;
    default:
      return 32;
  }
}

size_t bytes_of(DataType t, int64_t count) {
  return (static_cast<size_t>(count) * static_cast<size_t>(element_bits(t)) + 7) / 8;
}

const char* type_name(DataType t) {
  switch (t) {
    case DataType::kFLOAT:
      return "FP32";
    case DataType::kHALF:
      return "FP16";
    case DataType::kINT8:
      return "Int8";
    case DataType::kINT32:
      return "Int32";
    case DataType::kBOOL:
      return "Bool";
    case DataType::kUINT8:
      return "UInt8";
    case DataType::kFP8:
      return "FP8";
    case DataType::kBF16:
      return "BF16";
    case DataType::kINT64:
      return "Int64";
    case DataType::kINT4:
      return "Int4";
    case DataType::kFP4:
      return "FP4";
    case DataType::kE8M0:
      return "E8M0";
    case DataType::kDOUBLE:
      return "FP64";
    case DataType::kINT16:
      return "Int16";
    case DataType::kUINT16:
      return "UInt16";
    case DataType::kUINT32:
      return "UInt32";
    case DataType::kUINT64:
      return "UInt64";
  }
  return "?";
}

std::vector<std::byte> load_tensor(const std::string& path, DataType type, const Dims& dims,
                                   const PictureOptions& picture) {
  if (extension(path) == "npy") return load_npy(path, type, dims);
  if (is_picture(path)) return load_picture(path, type, dims, picture);
  std::vector<std::byte> data = read_file(path);
  const size_t want = bytes_of(type, volume(dims));
  if (data.size() != want)
    throw UserError(fmt::format("input file '{}' has {} bytes, the input needs {} ({} {})", path, data.size(), want,
                                type_name(type), dims_text(dims)));
  return data;
}

Dims file_dims(const std::string& path, const Dims& wanted) {
  if (extension(path) == "npy") {
    const std::vector<std::byte> f = read_file(path);
    const Npy n = parse_npy(path, f);
    if (static_cast<int>(n.shape.size()) != wanted.nbDims) return wanted;
    Dims d = wanted;
    for (int i = 0; i < d.nbDims; ++i)
      if (d.d[i] < 0) d.d[i] = n.shape[static_cast<size_t>(i)];
    return d;
  }
  return wanted;
}

std::vector<std::byte> random_tensor(DataType type, int64_t count, uint32_t seed) {
  std::vector<std::byte> out(bytes_of(type, count));
  std::mt19937 rng(seed);
  std::normal_distribution<double> normal;
  const bool floating =
      type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16 || type == DataType::kDOUBLE;
  if (element_bits(type) < 8 || type == DataType::kFP8 || type == DataType::kE8M0) {
    for (std::byte& b : out) b = static_cast<std::byte>(rng() & 0x33);
    return out;
  }
  for (int64_t i = 0; i < count; ++i)
    store(type, out.data(), i, floating ? normal(rng) : static_cast<double>(rng() % 2));
  return out;
}

std::vector<double> to_doubles(DataType type, const void* data, int64_t count) {
  std::vector<double> v(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) v[static_cast<size_t>(i)] = load(type, data, i);
  return v;
}

std::string value_text(DataType type, const void* data, int64_t i) {
  switch (type) {
    case DataType::kINT64:
      return std::to_string(get<int64_t>(data, i));
    case DataType::kUINT64:
      return std::to_string(get<uint64_t>(data, i));
    case DataType::kFLOAT:
      return fmt::format("{}", get<float>(data, i));
    default:
      return fmt::format("{}", load(type, data, i));
  }
}

}  // namespace tools

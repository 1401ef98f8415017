// Visitors that print, hash, compare, store and load attributes.
#include "ops/attributes.h"

#include <cstring>

#include "ops/program.h"

namespace hone {
namespace {

uint64_t mix(uint64_t h, const void* data, size_t size) {
  const auto* p = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size; ++i) h = (h ^ p[i]) * 0x100000001b3ull;
  return h;
}
constexpr uint64_t kSeed = 0xcbf29ce484222325ull;

class Printer : public FieldVisitor {
 public:
  void field(std::string_view n, bool& v) override { put(n, v ? "true" : "false"); }
  void field(std::string_view n, int64_t& v) override { put(n, std::to_string(v)); }
  void field(std::string_view n, double& v) override { put(n, fmt::format("{}", v)); }
  void field(std::string_view n, std::string& v) override { put(n, "\"" + v + "\""); }
  void field(std::string_view n, std::vector<int64_t>& v) override { put(n, hone::str(v)); }
  void field(std::string_view n, std::vector<double>& v) override { put(n, fmt::format("[{}]", fmt::join(v, ","))); }
  void field(std::string_view n, Shape& v) override { put(n, hone::str(v)); }
  void field(std::string_view n, DType& v) override { put(n, std::string(hone::name(v))); }
  void field(std::string_view n, Tensor& v) override {
    if (!v.defined()) return put(n, "none");
    put(n, fmt::format("{}{}#{:08x}", hone::name(v.type()), hone::str(v.dims()),
                       mix(kSeed, v.raw(), v.bytes()) & 0xffffffff));
  }
  void field(std::string_view n, PwProgram& v) override { put(n, "(" + v.str() + ")"); }
  void enumeration(std::string_view n, int& v, const std::string_view* names, int count) override {
    put(n, v >= 0 && v < count ? std::string(names[v]) : "?");
  }
  std::string text;

 private:
  void put(std::string_view n, const std::string& v) { text += fmt::format("{}{}={}", text.empty() ? "" : ", ", n, v); }
};

class Writer : public FieldVisitor {
 public:
  void field(std::string_view, bool& v) override { raw(&v, 1); }
  void field(std::string_view, int64_t& v) override { raw(&v, 8); }
  void field(std::string_view, double& v) override { raw(&v, 8); }
  void field(std::string_view, std::string& v) override { string(v); }
  void field(std::string_view, std::vector<int64_t>& v) override { size(v.size()), raw(v.data(), v.size() * 8); }
  void field(std::string_view, std::vector<double>& v) override { size(v.size()), raw(v.data(), v.size() * 8); }
  void field(std::string_view, Shape& v) override {
    size(v.size());
    for (const Dim& d : v) string(d.str());
  }
  void field(std::string_view, DType& v) override { raw(&v, 1); }
  void field(std::string_view, Tensor& v) override {
    const bool defined = v.defined();
    raw(&defined, 1);
    if (!defined) return;
    const DType t = v.type();
    raw(&t, 1);
    size(v.dims().size());
    raw(v.dims().data(), v.dims().size() * 8);
    raw(v.raw(), v.bytes());
  }
  void field(std::string_view, PwProgram& v) override { string(v.empty() ? std::string() : v.str()); }
  void enumeration(std::string_view, int& v, const std::string_view*, int) override {
    const auto b = static_cast<uint8_t>(v);
    raw(&b, 1);
  }
  std::vector<std::byte> bytes;

 private:
  void raw(const void* p, size_t n) {
    const auto* b = static_cast<const std::byte*>(p);
    bytes.insert(bytes.end(), b, b + n);
  }
  void size(size_t n) {
    const auto v = static_cast<uint64_t>(n);
    raw(&v, 8);
  }
  void string(const std::string& s) { size(s.size()), raw(s.data(), s.size()); }
};

class Reader : public FieldVisitor {
 public:
  explicit Reader(std::span<const std::byte> b) : bytes_(b) {}
  void field(std::string_view, bool& v) override { v = byte() != 0; }
  void field(std::string_view, int64_t& v) override { raw(&v, 8); }
  void field(std::string_view, double& v) override { raw(&v, 8); }
  void field(std::string_view, std::string& v) override { v = string(); }
  void field(std::string_view, std::vector<int64_t>& v) override { v.resize(size(8)), raw(v.data(), v.size() * 8); }
  void field(std::string_view, std::vector<double>& v) override { v.resize(size(8)), raw(v.data(), v.size() * 8); }
  void field(std::string_view, Shape& v) override {
    v.clear();
    for (size_t n = size(8); n > 0; --n) v.push_back(Dim::parse(string()));
  }
  void field(std::string_view, DType& v) override {
    v = static_cast<DType>(byte());
    require<ModelError>(is_valid(v), "attributes hold an invalid element type");
  }
  void field(std::string_view n, Tensor& v) override {
    v = Tensor();
    if (byte() == 0) return;
    DType t;
    field(n, t);
    Dims dims(size(8));
    raw(dims.data(), dims.size() * 8);
    const int64_t count = volume(dims);
    require<ModelError>(count <= (int64_t{1} << 46) && storage_bytes(t, count) <= rest(),
                        "attributes end inside a tensor");
    v = Tensor(t, dims);
    raw(v.raw(), v.bytes());
  }
  void field(std::string_view, PwProgram& v) override {
    const std::string s = string();
    v = s.empty() ? PwProgram() : PwProgram::parse(s);
  }
  void enumeration(std::string_view n, int& v, const std::string_view*, int count) override {
    v = byte();
    require<ModelError>(v < count, "attribute '{}' has invalid value {}", n, v);
  }
  size_t rest() const { return bytes_.size() - at_; }

 private:
  void raw(void* p, size_t n) {
    require<ModelError>(n <= rest(), "attributes end early");
    if (n > 0) std::memcpy(p, bytes_.data() + at_, n);
    at_ += n;
  }
  int byte() {
    uint8_t b = 0;
    raw(&b, 1);
    return b;
  }
  size_t size(size_t element) {
    uint64_t n = 0;
    raw(&n, 8);
    require<ModelError>(n <= rest() / element, "attributes end early");
    return static_cast<size_t>(n);
  }
  std::string string() {
    std::string s(size(1), '\0');
    raw(s.data(), s.size());
    return s;
  }
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
};

// Visiting is const in effect for the writing visitors.
void visit_const(const Attributes& a, FieldVisitor& v) { const_cast<Attributes&>(a).visit(v); }

}  // namespace

std::string str(const Attributes& a) {
  Printer p;
  visit_const(a, p);
  return "{" + p.text + "}";
}

std::vector<std::byte> to_bytes(const Attributes& a) {
  Writer w;
  visit_const(a, w);
  return std::move(w.bytes);
}

void from_bytes(Attributes& a, std::span<const std::byte> bytes) {
  Reader r(bytes);
  a.visit(r);
  require<ModelError>(r.rest() == 0, "attributes have {} trailing bytes", r.rest());
}

bool equal(const Attributes& a, const Attributes& b) { return typeid(a) == typeid(b) && to_bytes(a) == to_bytes(b); }

uint64_t hash(const Attributes& a) {
  const std::vector<std::byte> b = to_bytes(a);
  return mix(kSeed, b.data(), b.size());
}

}  // namespace hone

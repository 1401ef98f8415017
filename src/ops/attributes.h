// Attributes of operators: plain structs described once by a field visitor, from which equality, hash, print, parse and
// plan bytes follow.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ops/tensor.h"

namespace hone {

struct PwProgram;

/// Sees every field of an attributes struct by name; the same interface reads and writes (fields are mutable
/// references).
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  virtual void field(std::string_view name, bool& v) = 0;
  virtual void field(std::string_view name, int64_t& v) = 0;
  virtual void field(std::string_view name, double& v) = 0;
  virtual void field(std::string_view name, std::string& v) = 0;
  virtual void field(std::string_view name, std::vector<int64_t>& v) = 0;
  virtual void field(std::string_view name, std::vector<double>& v) = 0;
  virtual void field(std::string_view name, Shape& v) = 0;
  virtual void field(std::string_view name, DType& v) = 0;
  virtual void field(std::string_view name, Tensor& v) = 0;
  virtual void field(std::string_view name, PwProgram& v) = 0;
  /// An enumerator as its index into `names`; an index outside throws ModelError when it is read.
  virtual void enumeration(std::string_view name, int& v, const std::string_view* names, int count) = 0;
};

class Attributes {
 public:
  virtual ~Attributes() = default;
  virtual std::unique_ptr<Attributes> clone() const = 0;
  virtual void visit(FieldVisitor& v) = 0;
};

/// CRTP base: `struct ConvAttrs : AttributesOf<ConvAttrs> { ...; void visit(FieldVisitor& v) override {...} };`
template <class T>
class AttributesOf : public Attributes {
 public:
  std::unique_ptr<Attributes> clone() const override { return std::make_unique<T>(static_cast<const T&>(*this)); }
};

struct NoAttrs : AttributesOf<NoAttrs> {
  void visit(FieldVisitor&) override {}
};

/// Visits an enum class whose enumerators count from 0 and are named by `names`.
template <class E, size_t N>
void visit_enum(FieldVisitor& v, std::string_view name, E& e, const std::array<std::string_view, N>& names) {
  int i = static_cast<int>(e);
  v.enumeration(name, i, names.data(), static_cast<int>(N));
  e = static_cast<E>(i);
}

/// Text of all fields: "{stride=[1,1], group=32}"; constants print as type, dims and a content hash.
std::string str(const Attributes& a);
bool equal(const Attributes& a, const Attributes& b);
/// Stable across processes; tensor contents included.
uint64_t hash(const Attributes& a);
/// Fields as bytes and back; parsing checks every length and throws ModelError. Tensors are stored inline.
std::vector<std::byte> to_bytes(const Attributes& a);
void from_bytes(Attributes& a, std::span<const std::byte> bytes);

}  // namespace hone

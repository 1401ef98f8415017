// Symbolic dimensions: a Dim is an integer polynomial over named symbols and opaque integer functions (floor division,
// modulo, min, max). Polynomials are kept in a normal form, so that equal expressions compare equal; dims are values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

class Dim {
 public:
  Dim(int64_t value = 0) : constant_(value) {}  // NOLINT: numbers are dims
  /// A named unknown; any text without blanks, operators, commas and brackets, not starting with a digit.
  static Dim symbol(std::string_view name);
  /// Inverse of str(); throws ModelError.
  static Dim parse(std::string_view text);

  bool is_const() const { return terms_ == nullptr; }
  /// The number; throws InternalError where the dim is symbolic.
  int64_t value() const;
  /// The number, or `otherwise`.
  int64_t value_or(int64_t otherwise) const { return is_const() ? constant_ : otherwise; }
  bool is(int64_t v) const { return is_const() && constant_ == v; }

  /// Value with symbols looked up by name; throws ModelError on division by zero or overflow.
  int64_t eval(const std::function<int64_t(const std::string&)>& lookup) const;
  /// Symbols replaced by expressions; unknown ones stay.
  Dim substitute(const std::map<std::string, Dim>& by) const;
  void collect_symbols(std::set<std::string>& into) const;
  std::string str() const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  Dim operator-() const { return Dim(0) - *this; }
  Dim& operator+=(const Dim& b) { return *this = *this + b; }
  Dim& operator*=(const Dim& b) { return *this = *this * b; }
  friend bool operator==(const Dim& a, const Dim& b);

  /// Division rounding to minus infinity; simplified where divisibility can be proven.
  friend Dim floor_div(const Dim& a, const Dim& b);
  /// Remainder with the divisor's sign (a - b * floor(a / b)).
  friend Dim floor_mod(const Dim& a, const Dim& b);
  friend Dim min(const Dim& a, const Dim& b);
  friend Dim max(const Dim& a, const Dim& b);

 private:
  struct Atom;
  struct Term;
  struct Access;
  int64_t constant_ = 0;
  std::shared_ptr<const std::vector<Term>> terms_;  // non-constant terms, sorted; null if none
};

inline Dim ceil_div(const Dim& a, const Dim& b) { return floor_div(a + b - Dim(1), b); }

using Shape = std::vector<Dim>;
using Dims = std::vector<int64_t>;

/// Product of all dims (1 for a scalar).
Dim volume(const Shape& s);
/// Product of concrete dims; throws ModelError on a negative dim or overflow.
int64_t volume(const Dims& d);
bool is_const(const Shape& s);
/// Concrete dims; throws InternalError where one is symbolic.
Dims to_dims(const Shape& s);
inline Shape to_shape(const Dims& d) { return Shape(d.begin(), d.end()); }
std::string str(const Shape& s);
std::string str(const Dims& d);

}  // namespace hone

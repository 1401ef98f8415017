// Normal form of dims: sum of (coefficient x sorted product of atoms), atoms compared by their text.
#include "ops/dim.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <optional>

#include "base/error.h"

namespace hone {

struct Dim::Atom {
  enum Kind { kSymbol, kFloorDiv, kMod, kMin, kMax } kind;
  std::string key;  // text form; identity
  std::vector<Dim> args;
  std::optional<int64_t> low = 0, high;  // proven bounds; a symbol is an extent and so never negative
};

struct Dim::Term {
  int64_t coef;
  std::vector<std::shared_ptr<const Atom>> factors;  // sorted by key
};

namespace {
int64_t checked_add(int64_t a, int64_t b) {
  int64_t r;
  require<ModelError>(!__builtin_add_overflow(a, b, &r), "dimension arithmetic overflows");
  return r;
}
int64_t checked_mul(int64_t a, int64_t b) {
  int64_t r;
  require<ModelError>(!__builtin_mul_overflow(a, b, &r), "dimension arithmetic overflows");
  return r;
}
int64_t int_floor_div(int64_t a, int64_t b) {
  require<ModelError>(b != 0, "dimension arithmetic divides by zero");
  require<ModelError>(!(b == -1 && a == std::numeric_limits<int64_t>::min()), "dimension arithmetic overflows");
  const int64_t q = a / b;
  return (a % b != 0 && ((a < 0) != (b < 0))) ? q - 1 : q;
}
}  // namespace

// The algebra needs the private representation.
struct Dim::Access {
  using Terms = std::vector<Term>;

  static const Terms& terms(const Dim& d) {
    static const Terms kNone;
    return d.terms_ ? *d.terms_ : kNone;
  }

  static int compare(const Term& a, const Term& b) {
    const size_t n = std::min(a.factors.size(), b.factors.size());
    for (size_t i = 0; i < n; ++i)
      if (int c = a.factors[i]->key.compare(b.factors[i]->key); c != 0) return c;
    return a.factors.size() < b.factors.size() ? 1 : a.factors.size() > b.factors.size() ? -1 : 0;  // longer first
  }

  static Dim make(int64_t constant, Terms terms) {
    std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return compare(a, b) < 0; });
    Terms merged;
    for (Term& t : terms) {
      if (!merged.empty() && compare(merged.back(), t) == 0)
        merged.back().coef = checked_add(merged.back().coef, t.coef);
      else
        merged.push_back(std::move(t));
      if (merged.back().coef == 0) merged.pop_back();
    }
    if (Dim halves; join_halves(constant, merged, &halves)) return halves;
    Dim d(constant);
    if (!merged.empty()) d.terms_ = std::make_shared<const Terms>(std::move(merged));
    return d;
  }

  /// x - div(x, 2) = div(x + 1, 2): what padding to even extents and halving leaves behind. False where there is none.
  static bool join_halves(int64_t constant, const Terms& terms, Dim* joined) {
    for (size_t i = 0; i < terms.size(); ++i) {
      const Term& t = terms[i];
      if (t.coef >= 0 || t.factors.size() != 1 || t.factors[0]->kind != Atom::kFloorDiv) continue;
      const Dim& x = t.factors[0]->args[0];
      if (!t.factors[0]->args[1].is(2) || x.is_const() || x.constant_ != 0 || x.terms_->size() != 1) continue;
      for (size_t j = 0; j < terms.size(); ++j) {
        if (terms[j].coef <= 0 || x.terms_->front().coef != 1 || compare(terms[j], x.terms_->front()) != 0) continue;
        const int64_t c = std::min(-t.coef, terms[j].coef);
        Terms rest = terms;
        rest[i].coef += c;
        rest[j].coef -= c;
        std::erase_if(rest, [](const Term& r) { return r.coef == 0; });
        *joined = make(constant, std::move(rest)) + Dim(c) * floor_div(x + Dim(1), Dim(2));
        return true;
      }
    }
    return false;
  }

  static Term multiply(const Term& a, const Term& b) {
    Term t{checked_mul(a.coef, b.coef), a.factors};
    t.factors.insert(t.factors.end(), b.factors.begin(), b.factors.end());
    std::sort(t.factors.begin(), t.factors.end(), [](const auto& x, const auto& y) { return x->key < y->key; });
    return t;
  }

  static Dim atom(Atom::Kind kind, std::string_view fn, std::vector<Dim> args) {
    auto a = std::make_shared<Atom>();
    a->kind = kind;
    if (kind == Atom::kSymbol) {
      a->key = fn;
    } else {
      a->key = fmt::format("{}({},{})", fn, args[0].str(), args[1].str());
      require<ModelError>(a->key.size() < 65536, "dimension expression too large");
      a->args = std::move(args);
      bound(*a);
    }
    return make(0, {Term{1, {std::move(a)}}});
  }

  // Proven bounds, so that min and max of provably ordered expressions vanish instead of growing.
  using Bound = std::optional<int64_t>;
  static Bound product(int64_t coef, const Term& t, Bound Atom::*side) {
    int64_t p = coef;
    for (const auto& f : t.factors) {
      const Bound x = (*f).*side;
      if (!x || !f->low || *f->low < 0 || __builtin_mul_overflow(p, *x, &p)) return std::nullopt;
    }
    return p;
  }
  static Bound sum(const Dim& d, bool lower) {
    int64_t s = d.constant_;
    for (const Term& t : terms(d)) {
      const Bound b = product(t.coef, t, (t.coef > 0) == lower ? &Atom::low : &Atom::high);
      if (!b || __builtin_add_overflow(s, *b, &s)) return std::nullopt;
    }
    return s;
  }
  static Bound low(const Dim& d) { return sum(d, true); }
  static Bound high(const Dim& d) { return sum(d, false); }
  static void bound(Atom& a) {
    const Bound x0 = low(a.args[0]), x1 = high(a.args[0]), y0 = low(a.args[1]), y1 = high(a.args[1]);
    a.low = a.high = std::nullopt;
    const int64_t divisor = a.args[1].value_or(0);
    switch (a.kind) {
      case Atom::kFloorDiv:
        if (x0 && *x0 >= 0 && y0 && *y0 >= 0) a.low = 0;
        if (x0 && divisor > 0) a.low = int_floor_div(*x0, divisor);
        if (x1 && divisor > 0) a.high = int_floor_div(*x1, divisor);
        break;
      case Atom::kMod:
        if (y0 && *y0 >= 0) a.low = 0;
        if (divisor > 0) a.high = divisor - 1;
        break;
      case Atom::kMin:
        if (x0 && y0) a.low = std::min(*x0, *y0);
        a.high = x1 && y1 ? std::min(*x1, *y1) : x1 ? x1 : y1;
        break;
      case Atom::kMax:
        a.low = x0 && y0 ? std::max(*x0, *y0) : x0 ? x0 : y0;
        if (x1 && y1) a.high = std::max(*x1, *y1);
        break;
      case Atom::kSymbol:
        break;
    }
  }
  /// An expression that is nowhere larger: multiples of quotients (d * div(u, d)) give way to their dividends, or,
  /// where `coarse`, negative quotients to the whole dividend. False where there are none.
  static bool lower_dividends(const Dim& d, bool coarse, Dim* lower) {
    bool any = false;
    *lower = Dim(d.constant_);
    for (const Term& t : terms(d)) {
      const bool quotient = t.factors.size() == 1 && t.factors[0]->kind == Atom::kFloorDiv;
      const int64_t m = quotient ? t.factors[0]->args[1].value_or(0) : 0;
      if (m > 0 && !coarse && t.coef % m == 0) {
        // div(u, m) * m is in [u - m + 1, u].
        const Dim& u = t.factors[0]->args[0];
        *lower += Dim(t.coef / m) * (t.coef > 0 ? u - Dim(m - 1) : u);
        any = true;
      } else if (m > 0 && coarse && t.coef < 0 && not_negative(t.factors[0]->args[0], kMaxDepth)) {
        *lower += Dim(t.coef) * t.factors[0]->args[0];  // div(u, m) <= u
        any = true;
      } else {
        *lower += make(0, {t});
      }
    }
    return any;
  }
  static constexpr int kMaxDepth = 4;
  static bool not_negative(const Dim& d, int depth = 0) {
    const Bound b = low(d);
    if (b && *b >= 0) return true;
    Dim lower;
    return depth < kMaxDepth && (lower_dividends(d, false, &lower) || lower_dividends(d, true, &lower)) &&
           not_negative(lower, depth + 1);
  }
  static bool not_positive(const Dim& d) {
    const Bound b = high(d);
    return (b && *b <= 0) || not_negative(-d);
  }
  /// True where d is one atom of this kind that has x as an argument.
  static bool has_argument(const Dim& d, Atom::Kind kind, const Dim& x) {
    if (d.is_const() || d.constant_ != 0 || d.terms_->size() != 1) return false;
    const Term& t = d.terms_->front();
    if (t.coef != 1 || t.factors.size() != 1 || t.factors[0]->kind != kind) return false;
    return t.factors[0]->args[0] == x || t.factors[0]->args[1] == x;
  }

  /// a / b where it is exact as polynomials (multivariate long division); false otherwise.
  static bool exact_div(const Dim& a, const Dim& b, Dim* quotient) {
    Dim rest = a, q(0);
    for (int step = 0; step < 64; ++step) {
      if (rest.is(0)) {
        *quotient = q;
        return true;
      }
      Term t;
      if (!divide(lead(rest), lead(b), &t)) return false;
      Dim piece = t.factors.empty() ? Dim(t.coef) : make(0, {t});
      q = q + piece;
      rest = rest - piece * b;
    }
    return false;
  }
  static Term lead(const Dim& d) { return d.terms_ ? d.terms_->front() : Term{d.constant_, {}}; }
  static bool divide(const Term& a, const Term& b, Term* q) {
    if (b.coef == 0 || a.coef % b.coef != 0) return false;
    q->coef = a.coef / b.coef;
    q->factors = a.factors;
    for (const auto& f : b.factors) {
      auto it = std::find_if(q->factors.begin(), q->factors.end(), [&](const auto& x) { return x->key == f->key; });
      if (it == q->factors.end()) return false;
      q->factors.erase(it);
    }
    return true;
  }

  static Dim apply(Atom::Kind kind, const Dim& x, const Dim& y) {
    switch (kind) {
      case Atom::kFloorDiv:
        return floor_div(x, y);
      case Atom::kMod:
        return floor_mod(x, y);
      case Atom::kMin:
        return min(x, y);
      case Atom::kMax:
        return max(x, y);
      case Atom::kSymbol:
        break;
    }
    fail<InternalError>("bad dim atom");
  }
};

Dim Dim::symbol(std::string_view name) { return Access::atom(Atom::kSymbol, name, {}); }

int64_t Dim::value() const {
  if (!is_const()) fail<InternalError>("dimension '{}' is not a number", str());
  return constant_;
}

Dim operator+(const Dim& a, const Dim& b) {
  using A = Dim::Access;
  const int64_t c = checked_add(a.constant_, b.constant_);
  if (a.is_const() && b.is_const()) return Dim(c);
  A::Terms t = A::terms(a);
  t.insert(t.end(), A::terms(b).begin(), A::terms(b).end());
  return A::make(c, std::move(t));
}

Dim operator-(const Dim& a, const Dim& b) { return a + b * Dim(-1); }

Dim operator*(const Dim& a, const Dim& b) {
  using A = Dim::Access;
  if (a.is_const() && b.is_const()) return Dim(checked_mul(a.constant_, b.constant_));
  A::Terms t;
  for (const auto& x : A::terms(a))
    for (const auto& y : A::terms(b)) t.push_back(A::multiply(x, y));
  if (b.constant_ != 0)
    for (const auto& x : A::terms(a)) t.push_back({checked_mul(x.coef, b.constant_), x.factors});
  if (a.constant_ != 0)
    for (const auto& y : A::terms(b)) t.push_back({checked_mul(y.coef, a.constant_), y.factors});
  require<ModelError>(t.size() < 4096, "dimension expression too large");
  return A::make(checked_mul(a.constant_, b.constant_), std::move(t));
}

bool operator==(const Dim& a, const Dim& b) {
  using A = Dim::Access;
  if (a.constant_ != b.constant_) return false;
  if (a.terms_ == b.terms_) return true;
  const auto &x = A::terms(a), &y = A::terms(b);
  if (x.size() != y.size()) return false;
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i].coef != y[i].coef || A::compare(x[i], y[i]) != 0) return false;
  return true;
}

Dim floor_div(const Dim& a, const Dim& b) {
  using A = Dim::Access;
  require<ModelError>(!b.is(0), "dimension arithmetic divides by zero");
  if (a.is_const() && b.is_const()) return Dim(int_floor_div(a.constant_, b.constant_));
  if (b.is(1)) return a;
  Dim q;
  if (A::exact_div(a, b, &q)) return q;
  if (b.is_const() && b.constant_ > 0) {
    // floor((d*k + r) / d) = k + floor(r / d): take out the terms that the divisor divides.
    const int64_t d = b.constant_;
    A::Terms whole, rest;
    for (const auto& t : A::terms(a)) {
      if (t.coef % d == 0)
        whole.push_back({t.coef / d, t.factors});
      else
        rest.push_back(t);
    }
    const int64_t whole_c = int_floor_div(a.constant_, d);
    if (!whole.empty() || whole_c != 0) {
      Dim r = A::make(a.constant_ - whole_c * d, std::move(rest));
      return A::make(whole_c, std::move(whole)) + floor_div(r, b);
    }
    // floor(-x / d) = -ceil(x / d)
    if (A::lead(a).coef < 0) return Dim(0) - floor_div(Dim(d - 1) - a, b);
  }
  return A::atom(Dim::Atom::kFloorDiv, "div", {a, b});
}

Dim floor_mod(const Dim& a, const Dim& b) {
  using A = Dim::Access;
  require<ModelError>(!b.is(0), "dimension arithmetic divides by zero");
  if (a.is_const() && b.is_const()) return Dim(a.constant_ - b.constant_ * int_floor_div(a.constant_, b.constant_));
  Dim q;
  if (A::exact_div(a, b, &q)) return Dim(0);
  // One form for remainders and quotients, so that padding to a multiple comes out as one.
  if (b.is_const() && b.constant_ > 0) return a - b * floor_div(a, b);
  return A::atom(Dim::Atom::kMod, "mod", {a, b});
}

Dim min(const Dim& a, const Dim& b) {
  const Dim d = a - b;
  if (Dim::Access::not_positive(d)) return a;
  if (Dim::Access::not_negative(d)) return b;
  using A = Dim::Access;  // absorption: min(x, max(x, y)) = x, min(x, min(x, y)) = min(x, y)
  if (A::has_argument(b, Dim::Atom::kMax, a) || A::has_argument(a, Dim::Atom::kMin, b)) return a;
  if (A::has_argument(a, Dim::Atom::kMax, b) || A::has_argument(b, Dim::Atom::kMin, a)) return b;
  return Dim::Access::atom(Dim::Atom::kMin, "min", a.str() < b.str() ? std::vector<Dim>{a, b} : std::vector<Dim>{b, a});
}

Dim max(const Dim& a, const Dim& b) {
  const Dim d = a - b;
  if (Dim::Access::not_negative(d)) return a;
  if (Dim::Access::not_positive(d)) return b;
  using A = Dim::Access;  // absorption, as for min
  if (A::has_argument(b, Dim::Atom::kMin, a) || A::has_argument(a, Dim::Atom::kMax, b)) return a;
  if (A::has_argument(a, Dim::Atom::kMin, b) || A::has_argument(b, Dim::Atom::kMax, a)) return b;
  return Dim::Access::atom(Dim::Atom::kMax, "max", a.str() < b.str() ? std::vector<Dim>{a, b} : std::vector<Dim>{b, a});
}

int64_t Dim::eval(const std::function<int64_t(const std::string&)>& lookup) const {
  int64_t sum = constant_;
  for (const Term& t : Access::terms(*this)) {
    int64_t product = t.coef;
    for (const auto& f : t.factors) {
      int64_t v;
      if (f->kind == Atom::kSymbol)
        v = lookup(f->key);
      else
        v = Access::apply(f->kind, Dim(f->args[0].eval(lookup)), Dim(f->args[1].eval(lookup))).value();
      product = checked_mul(product, v);
    }
    sum = checked_add(sum, product);
  }
  return sum;
}

Dim Dim::substitute(const std::map<std::string, Dim>& by) const {
  if (is_const()) return *this;
  Dim sum(constant_);
  for (const Term& t : *terms_) {
    Dim product(t.coef);
    for (const auto& f : t.factors) {
      if (f->kind == Atom::kSymbol) {
        auto it = by.find(f->key);
        product = product * (it != by.end() ? it->second : Dim::symbol(f->key));
      } else {
        product = product * Access::apply(f->kind, f->args[0].substitute(by), f->args[1].substitute(by));
      }
    }
    sum = sum + product;
  }
  return sum;
}

void Dim::collect_symbols(std::set<std::string>& into) const {
  for (const Term& t : Access::terms(*this))
    for (const auto& f : t.factors) {
      if (f->kind == Atom::kSymbol) into.insert(f->key);
      for (const Dim& a : f->args) a.collect_symbols(into);
    }
}

std::string Dim::str() const {
  if (is_const()) return std::to_string(constant_);
  std::string s;
  for (const Term& t : *terms_) {
    if (!s.empty()) s += "+";
    if (t.coef != 1) s += fmt::format("{}*", t.coef);
    for (size_t i = 0; i < t.factors.size(); ++i) s += (i ? "*" : "") + t.factors[i]->key;
  }
  if (constant_ != 0) s += fmt::format("+{}", constant_);
  return s;
}

namespace {
// Recursive descent: sum := product ('+' product)*; product := factor ('*' factor)*; factor := int | name |
// fn(sum,sum).
class Parser {
 public:
  explicit Parser(std::string_view t) : text_(t) {}
  Dim all() {
    Dim d = sum(0);
    require<ModelError>(at_ == text_.size(), "dimension expression '{}' has trailing text", text_);
    return d;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool eat(char c) { return peek() == c ? (++at_, true) : false; }
  Dim sum(int depth) {
    require<ModelError>(depth < 64, "dimension expression nests too deeply");
    Dim d = product(depth);
    while (eat('+')) d += product(depth);
    return d;
  }
  Dim product(int depth) {
    Dim d = factor(depth);
    while (eat('*')) d *= factor(depth);
    return d;
  }
  Dim factor(int depth) {
    const size_t begin = at_;
    while (at_ < text_.size() && std::string_view("+*(),").find(text_[at_]) == std::string_view::npos) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    require<ModelError>(!word.empty(), "dimension expression '{}' lacks an operand", text_);
    if (eat('(')) {
      Dim a = sum(depth + 1);
      require<ModelError>(eat(','), "dimension expression '{}' lacks a comma", text_);
      Dim b = sum(depth + 1);
      require<ModelError>(eat(')'), "dimension expression '{}' lacks a bracket", text_);
      if (word == "div") return floor_div(a, b);
      if (word == "mod") return floor_mod(a, b);
      if (word == "min") return min(a, b);
      if (word == "max") return max(a, b);
      fail<ModelError>("dimension expression '{}' has unknown function '{}'", text_, word);
    }
    if (word[0] == '-' || std::isdigit(static_cast<unsigned char>(word[0])) != 0) {
      try {
        size_t used = 0;
        const int64_t v = std::stoll(std::string(word), &used);
        if (used == word.size()) return Dim(v);
      } catch (const std::exception&) {
      }
      fail<ModelError>("dimension expression '{}' has a bad number '{}'", text_, word);
    }
    return Dim::symbol(word);
  }
  std::string_view text_;
  size_t at_ = 0;
};
}  // namespace

Dim Dim::parse(std::string_view text) { return Parser(text).all(); }

Dim volume(const Shape& s) {
  Dim v(1);
  for (const Dim& d : s) v *= d;
  return v;
}

int64_t volume(const Dims& d) {
  int64_t v = 1;
  for (int64_t x : d) {
    require<ModelError>(x >= 0, "negative dimension in {}", str(d));
    v = checked_mul(v, x);
  }
  return v;
}

bool is_const(const Shape& s) {
  return std::all_of(s.begin(), s.end(), [](const Dim& d) { return d.is_const(); });
}

Dims to_dims(const Shape& s) {
  Dims d;
  for (const Dim& x : s) d.push_back(x.value());
  return d;
}

std::string str(const Shape& s) {
  std::string t = "[";
  for (size_t i = 0; i < s.size(); ++i) t += (i ? "," : "") + s[i].str();
  return t + "]";
}

std::string str(const Dims& d) { return str(to_shape(d)); }

}  // namespace hone

// Finding cuBLASLt and filling its table.
#include "backends/cuda/libraries/cublaslt.h"

#include "backends/cuda/driver/library.h"
#include "base/error.h"

namespace hone::cuda::cublaslt {
namespace {

template <class F>
bool bind(void* library, const char* symbol, F* function, std::string* why_not) {
  *function = reinterpret_cast<F>(find_symbol(library, symbol));
  if (*function == nullptr) *why_not = fmt::format("cuBLASLt is too old: it lacks the function {}", symbol);
  return *function != nullptr;
}

struct Loaded {
  Api api;
  std::string why_not;
  bool there;
  Loaded() : there(load(&api, &why_not)) {}
};

const Loaded& loaded() {
  static const Loaded l;
  return l;
}

}  // namespace

bool load(Api* api, std::string* why_not) {
  std::string text;
  void* library = open_library("HONE_CUBLASLT", {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"},
                               toolkit_folders(), &text);
  if (library == nullptr) {
    *why_not = "there is no cuBLASLt (" + text + "); install it or set HONE_CUBLASLT to its library";
    return false;
  }
#define HONE_CUBLASLT_FUNCTION(name, symbol, ...) \
  if (!bind(library, #symbol, &api->name, why_not)) return false;
#include "backends/cuda/libraries/cublaslt.def"
#undef HONE_CUBLASLT_FUNCTION
  return bind(library, "cublasLtGetVersion", &api->version, why_not) &&
         bind(library, "cublasLtGetStatusString", &api->status_string, why_not);
}

const Api* find(std::string* why_not) {
  const Loaded& l = loaded();
  if (!l.there && why_not != nullptr) *why_not = l.why_not;
  return l.there ? &l.api : nullptr;
}

const Api& api() {
  const Loaded& l = loaded();
  require<Unsupported>(l.there, "{}", l.why_not);
  return l.api;
}

Handle handle() {
  static const Handle made = [] {
    Handle h = nullptr;
    check(api().create(&h), "starting cuBLASLt");
    return h;
  }();
  return made;
}

std::string error_text(Status s) {
  const char* text = api().status_string(s);
  return text != nullptr ? text : fmt::format("status {}", s);
}

void check(Status s, const char* what) {
  require<InternalError>(s == kSuccess, "cuBLASLt failed: {}: {}", what, s == kSuccess ? "" : error_text(s));
}

}  // namespace hone::cuda::cublaslt

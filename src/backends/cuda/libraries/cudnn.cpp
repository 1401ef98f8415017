// Finding cuDNN, filling its table, and the pool of handles.
#include "backends/cuda/libraries/cudnn.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "backends/cuda/driver/library.h"
#include "base/error.h"

namespace hone::cuda::cudnn {
namespace {

template <class F>
bool bind(void* library, const char* symbol, F* function, std::string* why_not) {
  *function = reinterpret_cast<F>(find_symbol(library, symbol));
  if (*function == nullptr) *why_not = fmt::format("cuDNN is too old: it lacks the function {}", symbol);
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
  void* library = open_library("HONE_CUDNN", {"libcudnn.so.9"}, toolkit_folders(), &text);
  if (library == nullptr) {
    *why_not = "there is no cuDNN 9 (" + text + "); install it or set HONE_CUDNN to its library";
    return false;
  }
#define HONE_CUDNN_FUNCTION(name, symbol, ...) \
  if (!bind(library, #symbol, &api->name, why_not)) return false;
#include "backends/cuda/libraries/cudnn.def"
#undef HONE_CUDNN_FUNCTION
  return bind(library, "cudnnGetVersion", &api->version, why_not) &&
         bind(library, "cudnnGetErrorString", &api->status_string, why_not) &&
         bind(library, "cudnnGetLastErrorString", &api->last_error, why_not);
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

std::string error_text(Status s) {
  const char* name = api().status_string(s);
  std::array<char, 512> detail{};
  api().last_error(detail.data(), detail.size() - 1);
  const std::string text = name != nullptr ? name : fmt::format("status {}", s);
  return detail[0] == 0 ? text : fmt::format("{} ({})", text, detail.data());
}

void check(Status s, const char* what) {
  if (s != kSuccess) throw Refusal(fmt::format("cuDNN refuses {}: {}", what, error_text(s)));
}

Descriptor::Descriptor(int kind) { check(api().descriptor_create(kind, &raw_), "a descriptor"); }

Descriptor::~Descriptor() {
  if (raw_ != nullptr) api().descriptor_destroy(raw_);
}

void Descriptor::set(int attribute, int type, int64_t count, const void* values) {
  check(api().set(raw_, attribute, type, count, values), "an attribute");
}

void Descriptor::finalize() { check(api().finalize(raw_), "a part of the graph"); }

int64_t Descriptor::get(int attribute, int type, int64_t capacity, void* values) const {
  int64_t count = 0;
  check(api().get(raw_, attribute, type, capacity, &count, values), "a question");
  return count;
}

std::string Descriptor::text(int attribute) const {
  std::string s(static_cast<size_t>(get(attribute, kTypeChar, 0, nullptr)), '\0');
  s.resize(static_cast<size_t>(get(attribute, kTypeChar, static_cast<int64_t>(s.size()), s.data())));
  return s;
}

struct Slot {
  std::atomic_flag taken;
  Handle handle = nullptr;
};

namespace {
std::array<Slot, kMostHandles> slots;
std::atomic<size_t> made{0};
}  // namespace

void reserve_handles(int count) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  while (made < static_cast<size_t>(std::min(count, kMostHandles))) {
    check(api().create(&slots[made].handle), "a handle");
    ++made;
  }
}

LentHandle::LentHandle(void* stream) noexcept : slot_(nullptr) {
  const size_t count = made;
  if (count == 0) return;
  for (size_t i = 0; slot_ == nullptr; i = (i + 1) % count) {
    if (!slots[i].taken.test_and_set(std::memory_order_acquire)) slot_ = &slots[i];
    if (slot_ == nullptr && i == count - 1) std::this_thread::yield();
  }
  if (api().set_stream(slot_->handle, stream) == kSuccess) handle_ = slot_->handle;
}

LentHandle::~LentHandle() {
  if (slot_ != nullptr) slot_->taken.clear(std::memory_order_release);
}

}  // namespace hone::cuda::cudnn

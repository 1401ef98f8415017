// File image to plan. The image is untrusted: sections, FlatBuffers structure, enumerations, indices and sizes are all
// checked here, so that the runtime need not.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "plan/checksums.h"
#include "plan/header.h"
#include "plan/plan.h"
#include "plan_generated.h"

namespace hone::plan {
namespace {

template <class... Args>
void want(bool ok, fmt::format_string<Args...> f, Args&&... args) {
  if (!ok) throw ModelError("damaged plan: " + fmt::format(f, std::forward<Args>(args)...));
}

std::string text(const flatbuffers::String* s) { return s != nullptr ? s->str() : std::string(); }
// Byte by byte: the verifier of FlatBuffers does not say that the elements of a vector are aligned.
template <class T>
std::vector<T> numbers(const flatbuffers::Vector<T>* v) {
  std::vector<T> r(v != nullptr ? v->size() : 0);
  if (!r.empty()) std::memcpy(r.data(), v->Data(), r.size() * sizeof(T));
  return r;
}
fb::BlobRef blob_ref(const fb::BlobRef* from) {
  fb::BlobRef r;
  std::memcpy(static_cast<void*>(&r), static_cast<const void*>(from), sizeof r);
  return r;
}

PlanTensor tensor(const fb::Tensor& t) {
  PlanTensor r;
  r.name = text(t.name());
  r.type = static_cast<DType>(t.type());
  want(is_valid(r.type), "tensor '{}' has element type {}", r.name, t.type());
  want(t.format() <= static_cast<uint8_t>(Format::kChannelsLast), "tensor '{}' has format {}", r.name, t.format());
  r.format = static_cast<Format>(t.format());
  if (t.shape() != nullptr) {
    want(t.shape()->size() <= 64, "tensor '{}' has rank {}", r.name, t.shape()->size());
    for (const auto* d : *t.shape()) r.shape.push_back(Dim::parse(text(d)));
  }
  r.constant = t.constant();
  r.alias_of = t.alias_of();
  r.alias_offset = Dim::parse(text(t.alias_offset()));
  r.pitch = Dim::parse(text(t.pitch()));
  r.host = t.host();
  return r;
}

std::unique_ptr<PlanGraph> graph(const fb::Graph* g, int depth);

PlanStep step(const fb::Step& s, int depth) {
  PlanStep r;
  r.name = text(s.name());
  const std::string op = text(s.op());
  r.op = find_op(op);
  want(r.op != nullptr, "layer '{}' has unknown operator '{}'", r.name, op);
  auto attrs = r.op->make_attrs();
  const auto* a = s.attrs();
  from_bytes(*attrs,
             {reinterpret_cast<const std::byte*>(a != nullptr ? a->data() : nullptr), a != nullptr ? a->size() : 0});
  r.attrs = std::move(attrs);
  const std::string epilogue = text(s.epilogue());
  if (!epilogue.empty()) r.epilogue = PwProgram::parse(epilogue);
  r.base_inputs = s.base_inputs();
  r.inputs = numbers(s.inputs());
  r.outputs = numbers(s.outputs());
  if (s.origins() != nullptr)
    for (const auto* o : *s.origins()) r.origins.push_back(text(o));
  r.tactic = text(s.tactic());
  r.blobs = numbers(s.blobs());
  r.folds = s.folds();
  r.time_us = s.time_us();
  if (s.bodies() != nullptr)
    for (const auto* b : *s.bodies()) r.bodies.push_back(graph(b, depth + 1));
  return r;
}

std::unique_ptr<PlanGraph> graph(const fb::Graph* g, int depth) {
  want(g != nullptr && depth < 64, "missing or too deeply nested graph");
  auto r = std::make_unique<PlanGraph>();
  if (g->tensors() != nullptr)
    for (const auto* t : *g->tensors()) r->tensors.push_back(tensor(*t));
  if (g->steps() != nullptr)
    for (const auto* s : *g->steps()) r->steps.push_back(step(*s, depth));
  r->inputs = numbers(g->inputs());
  r->outputs = numbers(g->outputs());
  return r;
}

ShapeRange range(const fb::Range& r) {
  return {numbers(r.min()),        numbers(r.opt()),        numbers(r.max()),
          numbers(r.min_values()), numbers(r.opt_values()), numbers(r.max_values())};
}

Header header(std::span<const std::byte> image) {
  Header h;
  want(image.size() >= sizeof(Header), "{} bytes are too few for a plan", image.size());
  std::memcpy(&h, image.data(), sizeof(h));
  if (std::memcmp(h.magic, kMagic, sizeof(kMagic)) != 0) fail<ModelError>("this is not a Hone plan (bad magic number)");
  if (h.version != kFormatVersion)
    fail<ModelError>("the plan has format version {}, this build reads version {}: build the plan again", h.version,
                     kFormatVersion);
  want(checksum(image.first(offsetof(Header, head_checksum))) == h.head_checksum, "header checksum differs");
  const uint64_t size = image.size();
  want(h.meta_size <= size - sizeof(Header) && h.data_offset <= size && h.data_offset % 64 == 0 &&
           h.data_size <= size - h.data_offset && h.data_used <= h.data_size && h.data_used % 64 == 0 &&
           list_offset(h.meta_size) <= h.data_offset &&
           list_entries(h.data_size, h.data_used) <= (h.data_offset - list_offset(h.meta_size)) / 8,
       "the file is truncated: {} bytes, sections need {}", size, h.data_offset + h.data_size);
  want(h.data_offset + h.data_size == size, "{} bytes follow the last section", size - h.data_offset - h.data_size);
  return h;
}

}  // namespace

void check(const PlanGraph& g, size_t blobs) {
  const int n = static_cast<int>(g.tensors.size());
  auto tensor_ok = [&](int t) { return t >= 0 && t < n; };
  std::vector<char> ready(g.tensors.size(), 0);
  std::vector<char> read_only(g.tensors.size(), 0);  // constants and inputs
  for (size_t i = 0; i < g.tensors.size(); ++i) {
    const PlanTensor& t = g.tensors[i];
    want(t.constant >= -1 && t.constant < static_cast<int>(blobs), "tensor '{}' refers to constant {}", t.name,
         t.constant);
    want(t.alias_of == -1 || (tensor_ok(t.alias_of) && t.alias_of != static_cast<int>(i)),
         "tensor '{}' aliases tensor {}", t.name, t.alias_of);
    want(t.constant < 0 || is_const(t.shape), "constant '{}' has a symbolic shape", t.name);
    want(t.alias_of == -1 || t.constant < 0, "constant '{}' lies inside another tensor", t.name);
    want(t.alias_of != -1 || t.pitch.is(0), "tensor '{}' has a pitch but storage of its own", t.name);
    int at = t.alias_of;
    for (int hops = 0; at >= 0; at = g.tensors[static_cast<size_t>(at)].alias_of)
      want(tensor_ok(at) && ++hops <= n, "aliases of tensor '{}' form a cycle", t.name);
    ready[i] = read_only[i] = t.constant >= 0;
  }
  for (int i : g.inputs) {
    want(tensor_ok(i), "graph input {} is out of range", i);
    want(g.tensors[static_cast<size_t>(i)].alias_of == -1, "graph input {} lies inside another tensor", i);
    ready[static_cast<size_t>(i)] = read_only[static_cast<size_t>(i)] = 1;
  }
  auto storage_of = [&](int t) {
    while (g.tensors[static_cast<size_t>(t)].alias_of >= 0) t = g.tensors[static_cast<size_t>(t)].alias_of;
    return static_cast<size_t>(t);
  };
  for (const PlanStep& s : g.steps) {
    for (size_t k = 0; k < s.inputs.size(); ++k) {
      const int i = s.inputs[k];
      const bool folded = k < 64 && (s.folds >> k & 1) != 0;
      want(i == -1 || (tensor_ok(i) && (ready[static_cast<size_t>(i)] != 0 || folded)),
           "layer '{}' reads tensor {} before it is written", s.name, i);
    }
    for (int o : s.outputs) {
      want(tensor_ok(o) && g.tensors[static_cast<size_t>(o)].constant < 0, "layer '{}' writes tensor {}", s.name, o);
      want(s.tactic == "view" || read_only[storage_of(o)] == 0, "layer '{}' writes into a constant or an input",
           s.name);
      want(s.tactic != "view" || std::any_of(s.inputs.begin(), s.inputs.end(),
                                             [&](int i) { return i >= 0 && storage_of(i) == storage_of(o); }),
           "layer '{}' is a view, but of none of its inputs", s.name);
      ready[static_cast<size_t>(o)] = 1;
    }
    for (int b : s.blobs) want(b >= 0 && b < static_cast<int>(blobs), "layer '{}' refers to weights {}", s.name, b);
    want(s.base_inputs >= 0 && s.base_inputs <= static_cast<int>(s.inputs.size()),
         "layer '{}' has {} base inputs of {}", s.name, s.base_inputs, s.inputs.size());
    want(s.epilogue.empty() || (s.epilogue.inputs == static_cast<int>(s.inputs.size()) - s.base_inputs + 1 &&
                                s.epilogue.outputs.size() == 1 && !s.outputs.empty()),
         "epilogue of layer '{}' does not fit", s.name);
    for (const auto& b : s.bodies) check(*b, blobs);
  }
  for (int o : g.outputs)
    want(tensor_ok(o) && ready[static_cast<size_t>(o)] != 0, "graph output {} is never written", o);
}

namespace {

// What runs must lie in the part of the data whose checksums are verified.
void check_used(const fb::Meta& m, int blob, uint64_t data_used) {
  const fb::BlobRef b = blob_ref(m.blobs()->Get(static_cast<flatbuffers::uoffset_t>(blob)));
  want(b.offset() + b.size() <= data_used, "weights that run lie among those that do not");
}
void check_used(const PlanGraph& g, const fb::Meta& m, uint64_t data_used) {
  auto inside = [&](int blob) { check_used(m, blob, data_used); };
  for (const PlanTensor& t : g.tensors)
    if (t.constant >= 0) inside(t.constant);
  for (const PlanStep& s : g.steps) {
    for (int b : s.blobs) inside(b);
    for (const auto& body : s.bodies) check_used(*body, m, data_used);
  }
}

// The axes that the program sees must follow from those of the memory.
void check_layouts(const Plan& p) {
  const size_t inputs = p.graph.inputs.size();
  want(p.layouts.empty() || p.layouts.size() == inputs + p.graph.outputs.size(), "{} formats of inputs and outputs",
       p.layouts.size());
  for (size_t i = 0; i < p.layouts.size(); ++i) {
    if (p.layouts[i].plain()) continue;
    const int t = i < inputs ? p.graph.inputs[i] : p.graph.outputs[i - inputs];
    const Shape& memory = p.graph.tensors.at(static_cast<size_t>(t)).shape;
    want(p.layouts[i].channels > 0 && memory.size() >= 3, "the format of an input or output does not fit it");
    want(memory_shape(p.layouts[i], network_shape(p.layouts[i], memory)) == memory,
         "the format of an input or output does not fit its axes");
  }
}

// Pieces of data against their checksums, of which `list` holds one each.
void check_pieces(std::span<const std::byte> data, const std::byte* list) {
  const std::vector<uint64_t> sums = piece_checksums(data);
  want(sums.empty() || std::memcmp(sums.data(), list, 8 * sums.size()) == 0, "checksum of the weights differs");
}

}  // namespace

std::string builder_version(std::span<const std::byte> image) {
  const Header h = header(image);
  const std::byte* meta_bytes = image.data() + sizeof(Header);
  want(checksum({meta_bytes, h.meta_size}) == h.meta_checksum, "checksum of the structure differs");
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(meta_bytes), h.meta_size, 128, 100'000'000);
  want(fb::VerifyMetaBuffer(verifier), "its structure is invalid");
  return text(fb::GetMeta(meta_bytes)->builder_version());
}

std::unique_ptr<Plan> read(std::span<const std::byte> image, std::shared_ptr<const void> owner) {
  const Header h = header(image);
  const std::byte *meta_bytes = image.data() + sizeof(Header), *data = image.data() + h.data_offset,
                  *list = image.data() + list_offset(h.meta_size);
  want(checksum({meta_bytes, h.meta_size}) == h.meta_checksum, "checksum of the structure differs");
  want(checksum({list, 8 * list_entries(h.data_size, h.data_used)}) == h.list_checksum,
       "checksum of the checksums differs");
  check_pieces({data, h.data_used}, list);
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(meta_bytes), h.meta_size, 128, 100'000'000);
  want(fb::VerifyMetaBuffer(verifier), "its structure is invalid");
  const fb::Meta& m = *fb::GetMeta(meta_bytes);

  auto p = std::make_unique<Plan>();
  p->engine_name = text(m.engine_name());
  p->device = text(m.device());
  p->isa = text(m.isa());
  p->fingerprint = text(m.fingerprint());
  p->builder_version = text(m.builder_version());
  require<ModelError>(p->builder_version == hone_version(),
                      "the plan was built by version {} of Hone, this is version {}: build the plan again",
                      p->builder_version, hone_version());
  p->threads = m.threads();
  p->flags = m.flags();
  p->profiling_verbosity = m.profiling_verbosity();
  if (m.blobs() != nullptr)
    for (const fb::BlobRef* stored : *m.blobs()) {
      const fb::BlobRef b = blob_ref(stored);
      want(b.offset() % 64 == 0 && b.offset() <= h.data_size && b.size() <= h.data_size - b.offset(),
           "weights lie outside the file");
      p->blobs.push_back({owner, data + b.offset(), static_cast<size_t>(b.size())});
    }
  if (m.code() != nullptr)
    for (const auto* c : *m.code()) {
      want(c->blob() >= 0 && c->blob() < static_cast<int>(p->blobs.size()), "machine code refers to blob {}",
           c->blob());
      p->code.push_back({text(c->key()), c->blob()});
    }
  p->graph = std::move(*graph(m.graph(), 0));
  if (m.portable() != nullptr) p->portable = graph(m.portable(), 0);
  if (m.profiles() != nullptr)
    for (const auto* profile : *m.profiles()) {
      auto& ranges = p->profiles.emplace_back();
      if (profile->inputs() != nullptr)
        for (const auto* r : *profile->inputs()) ranges.push_back(range(*r));
      want(ranges.size() == p->graph.inputs.size(), "a profile lists {} inputs of {}", ranges.size(),
           p->graph.inputs.size());
      for (size_t i = 0; i < ranges.size(); ++i) {
        const size_t rank = p->graph.tensors.at(static_cast<size_t>(p->graph.inputs[i])).shape.size();
        want(ranges[i].min.size() == rank && ranges[i].opt.size() == rank && ranges[i].max.size() == rank,
             "a profile has a wrong rank");
      }
    }
  if (m.layouts() != nullptr)
    for (const fb::Layout* l : *m.layouts()) p->layouts.push_back({l->format(), l->channels()});
  check_layouts(*p);
  if (h.data_used < h.data_size)
    p->check_rest = [rest = std::span(data + h.data_used, h.data_size - h.data_used),
                     sums = list + 8 * pieces(h.data_used), owner] { check_pieces(rest, sums); };
  check(p->graph, p->blobs.size());
  check_used(p->graph, m, h.data_used);
  for (const PlanCode& c : p->code) check_used(m, c.blob, h.data_used);
  if (p->portable) check(*p->portable, p->blobs.size());
  for (const PlanTensor& t : p->graph.tensors)
    want(t.constant < 0 ||
             storage_bytes(t.type, volume(to_dims(t.shape))) <= p->blobs[static_cast<size_t>(t.constant)].size,
         "constant '{}' is larger than its data", t.name);
  return p;
}

namespace {
// Maps at once what will be read, which is faster than page by page; the portable graph's data stays unmapped. A hint:
// nothing depends on it, and the head is not trusted.
void populate(void* map, size_t size) {
#ifdef MADV_POPULATE_READ
  Header h{};
  if (size < sizeof(h)) return;
  std::memcpy(&h, map, sizeof(h));
  if (h.data_offset <= size && h.data_used <= size - h.data_offset)
    (void)::madvise(map, static_cast<size_t>(h.data_offset + h.data_used), MADV_POPULATE_READ);
#else
  (void)map, (void)size;
#endif
}
}  // namespace

std::unique_ptr<Plan> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  require<ModelError>(fd >= 0, "cannot open plan '{}': {}", path, std::strerror(errno));
  struct stat st {};
  const bool ok = ::fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
  const auto size = static_cast<size_t>(ok ? st.st_size : 0);
  void* map = ok && size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  ::close(fd);
  require<ModelError>(map != MAP_FAILED, "cannot map plan '{}'{}", path, ok && size == 0 ? ": the file is empty" : "");
  populate(map, size);
  std::shared_ptr<const void> owner(map, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return with_context(
      [&] {
        return read({static_cast<const std::byte*>(map), size}, owner);
      },
      [&] { return fmt::format("in plan file '{}'", path); });
}

}  // namespace hone::plan

// Plan to file image.
#include <cstring>
#include <span>
#include <utility>

#include "plan/checksums.h"
#include "plan/header.h"
#include "plan/plan.h"
#include "plan_generated.h"

namespace hone::plan {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

auto strings(FlatBufferBuilder& b, const std::vector<std::string>& v) { return b.CreateVectorOfStrings(v); }

Offset<fb::Graph> graph(FlatBufferBuilder& b, const PlanGraph& g);

Offset<fb::Tensor> tensor(FlatBufferBuilder& b, const PlanTensor& t) {
  std::vector<std::string> shape;
  for (const Dim& d : t.shape) shape.push_back(d.str());
  return fb::CreateTensor(b, b.CreateString(t.name), static_cast<uint8_t>(t.type), static_cast<uint8_t>(t.format),
                          strings(b, shape), t.constant, t.alias_of, b.CreateString(t.alias_offset.str()),
                          b.CreateString(t.pitch.str()), t.host);
}

Offset<fb::Step> step(FlatBufferBuilder& b, const PlanStep& s) {
  std::vector<Offset<fb::Graph>> bodies;
  for (const auto& g : s.bodies) bodies.push_back(graph(b, *g));
  const std::vector<std::byte> attrs = to_bytes(*s.attrs);
  return fb::CreateStep(
      b, b.CreateString(s.op->name), b.CreateVector(reinterpret_cast<const uint8_t*>(attrs.data()), attrs.size()),
      b.CreateString(s.epilogue.empty() ? std::string() : s.epilogue.str()), s.base_inputs, b.CreateVector(s.inputs),
      b.CreateVector(s.outputs), b.CreateString(s.name), strings(b, s.origins), b.CreateString(s.tactic),
      b.CreateVector(s.blobs), s.folds, s.time_us, b.CreateVector(bodies));
}

Offset<fb::Graph> graph(FlatBufferBuilder& b, const PlanGraph& g) {
  std::vector<Offset<fb::Tensor>> tensors;
  for (const PlanTensor& t : g.tensors) tensors.push_back(tensor(b, t));
  std::vector<Offset<fb::Step>> steps;
  for (const PlanStep& s : g.steps) steps.push_back(step(b, s));
  return fb::CreateGraph(b, b.CreateVector(tensors), b.CreateVector(steps), b.CreateVector(g.inputs),
                         b.CreateVector(g.outputs));
}

Offset<fb::Profile> profile(FlatBufferBuilder& b, const std::vector<ShapeRange>& ranges) {
  std::vector<Offset<fb::Range>> v;
  for (const ShapeRange& r : ranges)
    v.push_back(fb::CreateRange(b, b.CreateVector(r.min), b.CreateVector(r.opt), b.CreateVector(r.max),
                                b.CreateVector(r.min_values), b.CreateVector(r.opt_values),
                                b.CreateVector(r.max_values)));
  return fb::CreateProfile(b, b.CreateVector(v));
}

constexpr size_t kAlign = 64;
size_t align(size_t n) { return (n + kAlign - 1) / kAlign * kAlign; }

}  // namespace

namespace {

void mark_used(const PlanGraph& g, std::vector<char>& used) {
  for (const PlanTensor& t : g.tensors)
    if (t.constant >= 0) used[static_cast<size_t>(t.constant)] = 1;
  for (const PlanStep& s : g.steps) {
    for (int b : s.blobs) used[static_cast<size_t>(b)] = 1;
    for (const auto& body : s.bodies) mark_used(*body, used);
  }
}

// Where each blob goes: first those that run, then those of the portable graph alone.
struct Layout {
  std::vector<fb::BlobRef> refs;
  size_t used = 0, size = 0;
};
Layout lay_out(const Plan& p) {
  const std::vector<char> used = used_blobs(p);
  Layout l;
  l.refs.resize(p.blobs.size());
  for (const char now : {1, 0}) {
    for (size_t i = 0; i < p.blobs.size(); ++i) {
      if (used[i] != now) continue;
      l.refs[i] = fb::BlobRef(l.size, p.blobs[i].size);
      l.size = align(l.size + p.blobs[i].size);
    }
    if (now == 1) l.used = l.size;
  }
  return l;
}

Offset<fb::Meta> meta(FlatBufferBuilder& b, const Plan& p, const std::vector<fb::BlobRef>& refs) {
  std::vector<Offset<fb::Profile>> profiles;
  for (const auto& r : p.profiles) profiles.push_back(profile(b, r));
  std::vector<Offset<fb::Code>> code;
  for (const PlanCode& c : p.code) code.push_back(fb::CreateCode(b, b.CreateString(c.key), c.blob));
  std::vector<Offset<fb::Layout>> layouts;
  for (const IoLayout& l : p.layouts) layouts.push_back(fb::CreateLayout(b, l.format, l.channels));
  const auto g = graph(b, p.graph);
  const auto portable = p.portable ? graph(b, *p.portable) : Offset<fb::Graph>();
  return fb::CreateMeta(b, b.CreateString(p.engine_name), b.CreateString(p.device), b.CreateString(p.isa),
                        b.CreateString(p.fingerprint), b.CreateString(p.builder_version), p.threads, p.flags,
                        p.profiling_verbosity, b.CreateVector(profiles), b.CreateVectorOfStructs(refs), g, portable,
                        b.CreateVector(code), b.CreateVector(layouts));
}

}  // namespace

const char* hone_version() { return HONE_VERSION; }

std::vector<char> used_blobs(const Plan& p) {
  std::vector<char> used(p.blobs.size(), 0);
  mark_used(p.graph, used);
  for (const PlanCode& c : p.code) used[static_cast<size_t>(c.blob)] = 1;
  return used;
}

std::vector<std::byte> write(const Plan& p) {
  if (p.check_rest) p.check_rest();
  const Layout layout = lay_out(p);
  FlatBufferBuilder b(1 << 16);
  b.Finish(meta(b, p, layout.refs));

  Header h{};
  std::memcpy(h.magic, kMagic, sizeof(kMagic));
  h.version = kFormatVersion;
  h.meta_size = b.GetSize();
  h.data_size = layout.size;
  h.data_used = layout.used;
  const size_t list = list_offset(h.meta_size), entries = list_entries(h.data_size, h.data_used);
  h.data_offset = align(list + 8 * entries);
  std::vector<std::byte> out(h.data_offset + h.data_size);
  std::memcpy(out.data() + sizeof(Header), b.GetBufferPointer(), h.meta_size);
  for (size_t i = 0; i < p.blobs.size(); ++i)
    if (p.blobs[i].size > 0)
      std::memcpy(out.data() + h.data_offset + layout.refs[i].offset(), p.blobs[i].data, p.blobs[i].size);
  const std::span data(out.data() + h.data_offset, h.data_size);
  size_t at = list;
  for (const auto part : {data.first(h.data_used), data.subspan(h.data_used)})
    for (const uint64_t sum : piece_checksums(part)) std::memcpy(out.data() + std::exchange(at, at + 8), &sum, 8);
  h.meta_checksum = checksum({out.data() + sizeof(Header), h.meta_size});
  h.list_checksum = checksum({out.data() + list, 8 * entries});
  h.head_checksum = checksum({reinterpret_cast<const std::byte*>(&h), offsetof(Header, head_checksum)});
  std::memcpy(out.data(), &h, sizeof(h));
  return out;
}

}  // namespace hone::plan

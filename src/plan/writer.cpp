// Plan to file image.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

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

std::vector<std::byte> write(const Plan& p) {
  FlatBufferBuilder b(1 << 16);
  std::vector<fb::BlobRef> refs;
  size_t data_size = 0;
  for (const Blob& x : p.blobs) {
    refs.emplace_back(data_size, x.size);
    data_size = align(data_size + x.size);
  }
  std::vector<Offset<fb::Profile>> profiles;
  for (const auto& r : p.profiles) profiles.push_back(profile(b, r));
  std::vector<Offset<fb::Code>> code;
  for (const PlanCode& c : p.code) code.push_back(fb::CreateCode(b, b.CreateString(c.key), c.blob));
  const auto g = graph(b, p.graph);
  const auto portable = p.portable ? graph(b, *p.portable) : Offset<fb::Graph>();
  b.Finish(fb::CreateMeta(b, b.CreateString(p.engine_name), b.CreateString(p.device), b.CreateString(p.isa),
                          b.CreateString(p.fingerprint), b.CreateString(p.builder_version), p.threads, p.flags,
                          p.profiling_verbosity, b.CreateVector(profiles), b.CreateVectorOfStructs(refs), g, portable,
                          b.CreateVector(code)));

  Header h{};
  std::memcpy(h.magic, kMagic, sizeof(kMagic));
  h.version = kFormatVersion;
  h.meta_size = b.GetSize();
  h.data_offset = align(sizeof(Header) + h.meta_size);
  h.data_size = data_size;
  std::vector<std::byte> out(h.data_offset + data_size);
  std::memcpy(out.data() + sizeof(Header), b.GetBufferPointer(), h.meta_size);
  for (size_t i = 0; i < p.blobs.size(); ++i)
    if (p.blobs[i].size > 0)
      std::memcpy(out.data() + h.data_offset + refs[i].offset(), p.blobs[i].data, p.blobs[i].size);
  h.meta_checksum = XXH3_64bits(out.data() + sizeof(Header), h.meta_size);
  h.data_checksum = XXH3_64bits(out.data() + h.data_offset, data_size);
  h.head_checksum = XXH3_64bits(&h, offsetof(Header, head_checksum));
  std::memcpy(out.data(), &h, sizeof(h));
  return out;
}

}  // namespace hone::plan

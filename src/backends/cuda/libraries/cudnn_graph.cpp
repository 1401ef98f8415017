// The graph interface attribute by attribute.
#include "backends/cuda/libraries/cudnn_graph.h"

#include <algorithm>
#include <array>

namespace hone::cuda::cudnn {
namespace {

void set_float(Descriptor* d, int attribute, const std::optional<float>& value) {
  if (!value) return;
  const double wide = *value;
  d->set(attribute, kTypeDouble, 1, &wide);
}

void set_target(Descriptor* d, const Target& t, int handle_attribute, int device_attribute) {
  if (t.device != nullptr)
    d->set(device_attribute, *t.device);
  else if (handle_attribute != 0)
    d->set_handle(handle_attribute, t.handle);
}

std::vector<int> numerical_notes(const Descriptor& config) {
  Descriptor engine(kEngine);
  Raw raw = engine.raw();
  config.get(kConfigEngine, kTypeDescriptor, 1, &raw);
  std::array<int, 32> notes{};
  const int64_t count = engine.get(kEngineNumericalNote, kTypeNumericalNote, notes.size(), notes.data());
  return {notes.begin(), notes.begin() + std::min<int64_t>(count, notes.size())};
}

bool acceptable(const Descriptor& config, const EngineRules& rules) {
  const std::vector<int> notes = numerical_notes(config);
  const auto has = [&](int note) { return std::find(notes.begin(), notes.end(), note) != notes.end(); };
  for (int note : {kNoteNondeterministic, kNoteReducedReduction, kNoteFft, kNoteWinograd6, kNoteWinograd13})
    if (has(note)) return false;
  return !rules.only_f32 || (!has(kNoteTensorCore) && !has(kNoteDownConvert));
}

}  // namespace

Id Graph::add(const TensorSpec& spec, bool is_virtual, bool by_value) {
  const auto id = static_cast<int64_t>(tensors_.size()) + 1;
  Descriptor d(kTensor);
  d.set_number(kTensorType, kTypeDataType, spec.type);
  d.set(kTensorDims, spec.dims);
  d.set(kTensorStrides, spec.strides);
  d.set(kTensorId, std::span(&id, 1));
  d.set(kTensorAlignment, std::span(&spec.alignment, 1));
  if (is_virtual) d.set_flag(kTensorVirtual, true);
  if (by_value) d.set_flag(kTensorByValue, true);
  d.finalize();
  tensors_.push_back(std::move(d));
  return id;
}

Id Graph::tensor(const TensorSpec& spec) { return add(spec, false, false); }

Id Graph::temporary(const TensorSpec& spec) { return add(spec, true, false); }

Id Graph::scalar(float value, size_t rank) {
  const std::vector<int64_t> ones(rank, 1);
  const Id id = add({ones, ones, kF32, sizeof(float)}, false, true);
  scalars_.emplace_back(id, value);
  return id;
}

void Graph::convolve(Id x, Id w, Id y, const Geometry& g, bool transposed) {
  Descriptor c(kConvolution);
  const auto axes = static_cast<int64_t>(g.stride.size());
  c.set_number(kConvolutionType, kTypeDataType, kF32);
  c.set_number(kConvolutionMode, kTypeConvolutionMode, kCrossCorrelation);
  c.set(kConvolutionAxes, std::span(&axes, 1));
  c.set(kConvolutionDilations, g.dilation);
  c.set(kConvolutionStrides, g.stride);
  c.set(kConvolutionPrePads, g.before);
  c.set(kConvolutionPostPads, g.after);
  c.finalize();
  Descriptor op(transposed ? kOperationBackwardData : kOperationForward);
  const float one = 1, zero = 0;  // read as the compute type, which is FP32
  op.set(transposed ? kBackwardConvolution : kForwardConvolution, c);
  op.set(transposed ? kBackwardY : kForwardX, at(x));
  op.set(transposed ? kBackwardW : kForwardW, at(w));
  op.set(transposed ? kBackwardX : kForwardY, at(y));
  op.set(transposed ? kBackwardAlpha : kForwardAlpha, kTypeFloat, 1, &one);
  op.set(transposed ? kBackwardBeta : kForwardBeta, kTypeFloat, 1, &zero);
  op.finalize();
  helpers_.push_back(std::move(c));
  operations_.push_back(std::move(op));
}

void Graph::matmul(Id a, Id b, Id c) {
  Descriptor m(kMatmul);
  m.set_number(kMatmulType, kTypeDataType, kF32);
  m.finalize();
  Descriptor op(kOperationMatmul);
  op.set(kOperationMatmulDescriptor, m);
  op.set(kOperationMatmulA, at(a));
  op.set(kOperationMatmulB, at(b));
  op.set(kOperationMatmulC, at(c));
  op.finalize();
  helpers_.push_back(std::move(m));
  operations_.push_back(std::move(op));
}

void Graph::reduce(int operation, Id x, Id y) {
  Descriptor r(kReduction);
  r.set_number(kReductionOperator, kTypeReduction, operation);
  r.set_number(kReductionType, kTypeDataType, kF32);
  r.finalize();
  Descriptor op(kOperationReduction);
  op.set(kOperationReductionDescriptor, r);
  op.set(kOperationReductionX, at(x));
  op.set(kOperationReductionY, at(y));
  op.finalize();
  helpers_.push_back(std::move(r));
  operations_.push_back(std::move(op));
}

void Graph::pointwise(const PointwiseSpec& f, Id x, Id b, Id t, Id y) {
  Descriptor p(kPointwise);
  p.set_number(kPointwiseMode, kTypePointwiseMode, f.mode);
  p.set_number(kPointwiseType, kTypeDataType, f.type);
  set_float(&p, kPointwiseLowerClip, f.lower_clip);
  set_float(&p, kPointwiseUpperClip, f.upper_clip);
  set_float(&p, kPointwiseLowerSlope, f.lower_slope);
  set_float(&p, kPointwiseEluAlpha, f.elu_alpha);
  set_float(&p, kPointwiseSoftplusBeta, f.softplus_beta);
  set_float(&p, kPointwiseSwishBeta, f.swish_beta);
  if (f.axis) p.set(kPointwiseAxis, std::span(&*f.axis, 1));
  p.finalize();
  Descriptor op(kOperationPointwise);
  op.set(kOperationPointwiseDescriptor, p);
  op.set(kOperationPointwiseX, at(x));
  if (b != 0) op.set(kOperationPointwiseB, at(b));
  if (t != 0) op.set(kOperationPointwiseT, at(t));
  op.set(kOperationPointwiseY, at(y));
  op.finalize();
  helpers_.push_back(std::move(p));
  operations_.push_back(std::move(op));
}

void Graph::finish(Handle handle) {
  graph_ = Descriptor(kOperationGraph);
  std::vector<Raw> raw;
  for (const Descriptor& d : operations_) raw.push_back(d.raw());
  if (handle != nullptr) graph_.set_handle(kGraphHandle, handle);
  graph_.set(kGraphOperations, kTypeDescriptor, static_cast<int64_t>(raw.size()), raw.data());
  graph_.finalize();
}

Descriptor described_device(const std::string& text) {
  Descriptor d(kDeviceProperties);
  d.set(kDeviceText, kTypeChar, static_cast<int64_t>(text.size()), text.data());
  d.finalize();
  return d;
}

std::vector<Descriptor> engine_configs(const Graph& g, int heuristics, const Target& target, const EngineRules& rules) {
  Descriptor h(kHeuristic);
  Raw graph = g.raw();
  h.set(kHeuristicGraph, kTypeDescriptor, 1, &graph);
  h.set_number(kHeuristicMode, kTypeHeuristicMode, heuristics);
  set_target(&h, target, 0, kHeuristicDevice);
  h.finalize();
  const int64_t offered = h.get(kHeuristicResults, kTypeDescriptor, 0, nullptr);
  std::vector<Descriptor> configs;
  std::vector<Raw> raw;
  for (int64_t i = 0; i < offered; ++i) {
    configs.emplace_back(kEngineConfig);
    raw.push_back(configs.back().raw());
  }
  if (offered == 0) return {};
  configs.resize(
      static_cast<size_t>(std::min(offered, h.get(kHeuristicResults, kTypeDescriptor, offered, raw.data()))));
  std::erase_if(configs, [&](const Descriptor& c) { return !acceptable(c, rules); });
  return configs;
}

Descriptor build_plan(const Descriptor& config, const Target& target) {
  Descriptor plan(kPlan);
  set_target(&plan, target, kPlanHandle, kPlanDevice);
  plan.set(kPlanConfig, config);
  plan.finalize();
  return plan;
}

std::string plan_text(const Descriptor& plan) { return plan.text(kPlanText); }

Descriptor restore_plan(const std::string& text, const Target& target) {
  Descriptor plan(kPlan);
  set_target(&plan, target, kPlanHandle, kPlanDevice);
  plan.set(kPlanText, kTypeChar, static_cast<int64_t>(text.size()), text.data());
  plan.finalize();
  return plan;
}

size_t plan_workspace(const Descriptor& plan) {
  int64_t bytes = 0;
  plan.get(kPlanWorkspace, kTypeInt64, 1, &bytes);
  return static_cast<size_t>(std::max<int64_t>(bytes, 0));
}

Descriptor make_pack(const std::vector<Id>& ids, const std::vector<void*>& pointers,
                     const std::vector<std::pair<Id, float>>& scalars, void* workspace) {
  std::vector<Id> all_ids = ids;
  std::vector<void*> all = pointers;
  for (const auto& [id, value] : scalars) {
    all_ids.push_back(id);
    all.push_back(const_cast<float*>(&value));
  }
  Descriptor pack(kPack);
  pack.set(kPackIds, all_ids);
  pack.set(kPackPointers, kTypeVoidPtr, static_cast<int64_t>(all.size()), all.data());
  pack.set(kPackWorkspace, kTypeVoidPtr, 1, static_cast<const void*>(&workspace));
  pack.finalize();
  return pack;
}

}  // namespace hone::cuda::cudnn

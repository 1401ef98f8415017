// Segments: steps over a batch that run image by image (see backends/slices.h). What only a segment's steps use is
// stored for one image and worker; everything else lies where it would lie without segments.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>

#include "backends/layout.h"
#include "base/parallel.h"
#include "runtime/checks.h"
#include "runtime/runner_state.h"

namespace hone::runtime {
namespace {

constexpr size_t kLine = 64;
size_t lines(size_t bytes) { return (bytes + kLine - 1) / kLine * kLine; }

}  // namespace

// The kernel for one image, where the step should run that way and its tactic can.
bool Runner::make_slice(size_t i, const Problem& p) {
  const ProgramStep& ps = program_.steps()[i];
  if (device_ != nullptr || ps.once) return false;
  const Slices slices = slices_of(p);
  if (slices.count < 2) return false;
  const Problem one = slice_of(p, slices);
  if (!ps.tactic->supports(one)) return false;
  check_folds(*ps.step, *ps.tactic, one);
  Step& st = steps_[i];
  st.kernel = ps.tactic->make(one, ps.blobs);
  st.slices = slices;
  st.by_image = *inputs_by_image(p);
  return true;
}

// Whether image after image of tensor t lies inside image after image of its root.
bool Runner::steps_evenly(int t, int64_t images) const {
  const int root = program_.root(t);
  const auto stride = [&](int x) -> int64_t {
    const Slot& s = slots_[static_cast<size_t>(x)];
    if (!s.resolved || s.dims.size() < 2 || s.dims[0] != images) return -1;
    return element_strides({program_.tensor(x).type, program_.tensor(x).format, s.dims, s.pitch})[0];
  };
  int64_t begin = 0;
  for (int a = t; a != root; a = program_.tensor(a).alias_of) begin += slots_[static_cast<size_t>(a)].alias_offset;
  const int64_t step = stride(root);
  return step > 0 && stride(t) == step && begin < step && program_.tensor(t).type == program_.tensor(root).type;
}

// A step may join where what it reads of the segment's results is of the same image.
bool Runner::joins(const Segment& s, size_t i) const {
  const Step& st = steps_[i];
  const plan::PlanStep& p = *program_.steps()[i].step;
  if (st.slices.count != s.images || st.slices.parallel != (s.workers > 1)) return false;
  const auto written_here = [&](int t) {
    const int first = program_.first_use(program_.root(t));
    return first >= static_cast<int>(s.begin);
  };
  for (size_t k = 0; k < p.inputs.size(); ++k) {
    const int t = p.inputs[k];
    if (t < 0 || program_.constant(t).defined() || !written_here(t)) continue;
    if (!st.by_image[k] || !steps_evenly(t, s.images)) return false;
  }
  return std::all_of(p.outputs.begin(), p.outputs.end(),
                     [&](int t) { return !written_here(t) || steps_evenly(t, s.images); });
}

void Runner::find_segments() {
  segments_.clear();
  segment_at_.assign(steps_.size(), -1);
  for (size_t i = 0; i < steps_.size(); ++i) {
    const Step& st = steps_[i];
    if (st.slices.count < 2) continue;
    // Views run nothing and may stand in between.
    const bool follows = !segments_.empty() && [&] {
      for (size_t k = segments_.back().end; k < i; ++k)
        if (program_.steps()[k].mode != ProgramStep::Mode::kView || steps_[k].dynamic) return false;
      return true;
    }();
    if (!follows || !joins(segments_.back(), i)) {
      Segment s;
      s.begin = i;
      s.images = st.slices.count;
      s.workers = st.slices.parallel ? options_.threads : 1;
      segment_at_[i] = static_cast<int>(segments_.size());
      segments_.push_back(std::move(s));
    }
    Segment& s = segments_.back();
    s.end = i + 1;
    s.calls.emplace_back();
    s.calls.back().step = i;
    s.workspace = std::max(s.workspace, lines(st.kernel->workspace()));
    workspace_size_ = std::max(workspace_size_, static_cast<size_t>(s.workers) * s.workspace);
  }
}

// Whether only the segment's steps use the storage, each image on its own.
bool Runner::is_inside(int root, const Segment& s) const {
  const Slot& slot = slots_[static_cast<size_t>(root)];
  if (program_.root(root) != root || program_.constant(root).defined() || program_.is_input(root) ||
      program_.is_output(root) || slot.dynamic || !slot.resolved)
    return false;
  if (program_.first_use(root) < static_cast<int>(s.begin) || program_.last_use(root) >= static_cast<int>(s.end))
    return false;
  const auto& aliases = program_.aliases(root);
  const auto output = [&](int t) { return program_.is_output(t); };
  return steps_evenly(root, s.images) && std::none_of(aliases.begin(), aliases.end(), output) &&
         std::all_of(aliases.begin(), aliases.end(), [&](int t) { return steps_evenly(t, s.images); });
}

// Steps in which the storage is needed: all of a segment that touches it, since images are at different steps.
std::pair<int, int> Runner::needed(int root) const {
  int first = program_.first_use(root), last = program_.last_use(root);
  for (const Segment& s : segments_) {
    const int begin = static_cast<int>(s.begin), end = static_cast<int>(s.end) - 1;
    if (first > begin && first <= end) first = begin;
    if (last >= begin && last < end) last = end;
  }
  return {first, last};
}

// One interval for each segment, with the storage of its workers; places what lies inside of it.
void Runner::place_segments(std::vector<Interval>& intervals) {
  for (size_t k = 0; k < segments_.size(); ++k) {
    Segment& s = segments_[k];
    std::vector<Interval> inside;
    std::vector<size_t> owners;
    for (size_t t = 0; t < slots_.size(); ++t) {
      const int id = static_cast<int>(t);
      if (!is_inside(id, s)) continue;
      slots_[t].segment = static_cast<int>(k);
      const size_t bytes = storage_bytes(program_.tensor(id).type, volume(slots_[t].dims) / s.images);
      inside.push_back({program_.first_use(id), program_.last_use(id), bytes, 0});
      owners.push_back(t);
    }
    s.worker_bytes = lines(place(inside));
    for (size_t j = 0; j < owners.size(); ++j) slots_[owners[j]].offset = inside[j].offset;
    const auto workers = static_cast<size_t>(s.workers);
    intervals.push_back(
        {static_cast<int>(s.begin), static_cast<int>(s.end) - 1, std::max(kLine, workers * s.worker_bytes), 0});
  }
}

size_t Runner::place_of(const Slot& s) const {
  return s.segment < 0 ? s.offset : segments_[static_cast<size_t>(s.segment)].offset + s.offset;
}

void Runner::bind_segments() {
  for (Segment& s : segments_) {
    const auto bind = [&](int t, bool by_image) {
      Segment::Operand o;
      if (t < 0) return o;
      const Slot& x = slots_[static_cast<size_t>(t)];
      o.base = static_cast<std::byte*>(x.pointer);
      if (slots_[static_cast<size_t>(program_.root(t))].segment >= 0) {
        o.by_worker = s.worker_bytes;
      } else if (by_image) {
        const plan::PlanTensor& pt = program_.tensor(t);
        o.by_image = storage_bytes(pt.type, element_strides({pt.type, pt.format, x.dims, x.pitch})[0]);
      }
      return o;
    };
    for (Segment::Call& c : s.calls) {
      const plan::PlanStep& p = *program_.steps()[c.step].step;
      c.in.resize(p.inputs.size()), c.out.resize(p.outputs.size());
      for (size_t k = 0; k < c.in.size(); ++k) {
        c.in[k] = bind(p.inputs[k], steps_[c.step].by_image[k]);
        if (c.in[k].base == nullptr) require_storage(p, p.inputs[k], k < 64 && (p.folds >> k & 1) != 0);
      }
      for (size_t k = 0; k < c.out.size(); ++k) {
        c.out[k] = bind(p.outputs[k], true);
        if (c.out[k].base == nullptr) require_storage(p, p.outputs[k], false);
      }
      const auto workers = static_cast<size_t>(s.workers);
      c.inputs.resize(workers * c.in.size()), c.outputs.resize(workers * c.out.size());
      c.us.assign(workers, 0);
    }
  }
}

void Runner::run_image(Segment& s, int64_t image, int worker, bool timed) {
  using Clock = std::chrono::steady_clock;
  for (Segment::Call& c : s.calls) {
    const auto start = timed ? Clock::now() : Clock::time_point();
    const Kernel& kernel = *steps_[c.step].kernel;
    const void** in = c.inputs.data() + static_cast<size_t>(worker) * c.in.size();
    void** out = c.outputs.data() + static_cast<size_t>(worker) * c.out.size();
    for (size_t k = 0; k < c.in.size(); ++k) in[k] = c.in[k].at(image, worker);
    for (size_t k = 0; k < c.out.size(); ++k) out[k] = c.out[k].at(image, worker);
    kernel.run({in, out, arena_ + workspace_offset_ + static_cast<size_t>(worker) * s.workspace, stream_});
    if (timed)
      c.us[static_cast<size_t>(worker)] += std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  }
}

void Runner::run_segment(Segment& s) {
  const bool timed = static_cast<bool>(timer_);
  if (s.workers > 1) {
    std::atomic<int64_t> next{0};
    parallel(
        [&](int worker, int) {
          for (int64_t i = next.fetch_add(1); i < s.images; i = next.fetch_add(1)) run_image(s, i, worker, timed);
        },
        s.workers);
  } else {
    for (int64_t i = 0; i < s.images; ++i) run_image(s, i, 0, timed);
  }
  if (!timed) return;
  // The workers' time side by side counts once.
  for (const Segment::Call& c : s.calls) {
    double us = 0;
    for (const double w : c.us) us += w;
    timer_(c.step, us / static_cast<double>(s.workers));
  }
}

// As run_segment(), putting the images of every output together for the observer.
void Runner::observe_segment(Segment& s) {
  std::map<int, Tensor> whole;
  for (int64_t i = 0; i < s.images; ++i) {
    run_image(s, i, 0, false);
    for (const Segment::Call& c : s.calls) {
      const auto& outputs = program_.steps()[c.step].step->outputs;
      for (size_t k = 0; k < outputs.size(); ++k) {
        const int t = outputs[k];
        Dims dims = slots_[static_cast<size_t>(t)].dims;
        auto& all = whole.try_emplace(t, program_.tensor(t).type, dims).first->second;
        dims[0] = 1;
        const Tensor one = linear_value(t, dims, c.out[k].at(i, 0));
        std::memcpy(static_cast<std::byte*>(all.raw()) + static_cast<size_t>(i) * one.bytes(), one.raw(), one.bytes());
      }
    }
  }
  for (const Segment::Call& c : s.calls) {
    const plan::PlanStep& p = *program_.steps()[c.step].step;
    for (size_t k = 0; k < p.outputs.size(); ++k) observer_(p, static_cast<int>(k), whole.at(p.outputs[k]));
  }
}

}  // namespace hone::runtime

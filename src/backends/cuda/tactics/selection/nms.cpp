// Nms: a line of boxes for each class of each image; its candidates are sorted by score, then a block suppresses.
#include "ops/nms.h"

#include <algorithm>

#include "backends/cuda/elements.h"
#include "backends/cuda/tactics/selection/selection.h"
#include "backends/extents.h"

namespace hone::cuda {
namespace {

constexpr int kSuppressionThreads = 1024;  // as in suppression.cuh

struct Geometry {
  explicit Geometry(const Problem& p) {
    const Dims& d = p.inputs[1].dims;
    classes = d[1], boxes = d[2];
    most = largest_extent(p);
    lines = most > 0 ? d[0] * classes : 0;
    room = most;
    for (int64_t limit : {boxes, p.constant(2) != nullptr ? p.constant(2)->as_ints().at(0) : boxes})
      room = std::min(room, limit);
    keys = parts.add(lines * boxes * 8);
    scratch = Sort::needs_scratch(boxes) ? parts.add(lines * boxes * 8) : 0;
    kept = parts.add(lines * room * 4);
    kept_boxes = parts.add(lines * room * 16);
    counts = parts.add((lines + 1) * 4);
  }
  int64_t classes = 0, boxes = 0, lines = 0;
  int64_t most = 0;  // results
  int64_t room = 0;  // the most that a line keeps
  WorkspaceParts parts;
  int64_t keys = 0, scratch = 0, kept = 0, kept_boxes = 0, counts = 0;
};

class Nms : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.nms"; }
  Verdict supports(const Problem& p) const override {
    if (Verdict v = plain_node(p); !v) return v;
    for (size_t i = 0; i < 2; ++i)
      if (!is_linear(p.inputs[i]) || !is_dense(p.inputs[i])) return Verdict::no("an input is not linear");
    if (p.inputs[1].count() >= INT32_MAX / 2) return Verdict::no("too many boxes");
    const DType t = p.outputs[0].type;
    if (t != DType::kI32 && t != DType::kI64) return Verdict::no("type of the indices");
    if (p.outputs.size() > 1 && p.outputs[1].type != DType::kI32) return Verdict::no("type of the count");
    return Verdict::yes();
  }
  size_t workspace(const Problem& p) const override { return Geometry(p).parts.size(); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const Geometry g(p);
    std::vector<Recipe> r = sort(p, g);
    r.push_back(suppress(p, g));
    r.push_back(running_sums(g.lines, g.counts, [&](KernelSource& k) {
      k.output("found", p.outputs.size(), "long long");
      k.integer("most", g.most);
      k.line("*found = min(static_cast<long long>(total), most);");
      if (p.outputs.size() > 1) {
        k.output("count_of_rows", 1, "int");
        k.line("*count_of_rows = static_cast<int>(*found);");
      }
    }));
    r.push_back(write(p, g));
    return r;
  }

 private:
  static std::vector<Recipe> sort(const Problem& p, const Geometry& g) {
    Sort sort(KernelSource::for_problem(p));
    sort.source.include("suppression.cuh");
    sort.type = "unsigned long long";
    sort.lines = g.lines, sort.extent = g.boxes;
    sort.element = [&](KernelSource& k) {
      k.input("scores", 1, device_type(p.inputs[1].type));
      k.line("const auto key_of = [&](Index line, Index i) {{");
      k.line("const float score = static_cast<float>(value_of(scores[line * extent + i]));");
      if (p.has(4)) {
        k.input("least", 4, device_type(p.inputs[4].type));
        k.line("const bool passes = score > static_cast<float>(value_of(*least));");
      } else {
        k.line("const bool passes = score == score;");
      }
      k.line("return candidate_key(score, passes, static_cast<unsigned>(i));");
      k.line("}};");
      return "key_of(line, i)";
    };
    sort.before = [](KernelSource&) { return "a > b"; };
    sort.sorted = g.keys, sort.scratch = g.scratch;
    return sort.recipes();
  }

  static Recipe suppress(const Problem& p, const Geometry& g) {
    const auto& a = p.attr<NmsAttrs>();
    KernelSource k = KernelSource::for_problem(p);
    k.include("suppression.cuh");
    k.input("boxes", 0, device_type(p.inputs[0].type));
    k.workspace("keys", g.keys, "const unsigned long long");
    k.workspace("kept", g.kept, "int");
    k.workspace("kept_boxes", g.kept_boxes, "Box");
    k.workspace("counts", g.counts, "int");
    k.index("extent", g.boxes);
    k.index("room", g.room);
    k.index("classes", g.classes);
    k.line("const Index line = static_cast<Index>(blockIdx.x);");
    k.line("long long wanted = room;");
    if (p.has(2)) {
      k.input("per_class", 2, device_type(p.inputs[2].type));
      k.line("wanted = max(0ll, min(wanted, convert<long long>(value_of(*per_class))));");
    }
    k.line("float threshold = 0;");
    if (p.has(3)) {
      k.input("iou", 3, device_type(p.inputs[3].type));
      k.line("threshold = static_cast<float>(value_of(*iou));");
    }
    k.line("const auto load = [&](int number) {{");
    k.line("const auto* b = boxes + 4 * ({});", a.boxes_per_class
                                                    ? "(line / classes * extent + number) * classes + line % classes"
                                                    : "line / classes * extent + number");
    k.line("const auto at = [&](int i) {{ return static_cast<float>(value_of(b[i])); }};");
    k.line("return {}(at(0), at(1), at(2), at(3));", a.center_boxes ? "box_of_center" : "box_of_corners");
    k.line("}};");
    k.line(
        "const int count = suppress(keys + line * extent, static_cast<int>(extent), static_cast<int>(wanted), "
        "threshold, kept + line * room, kept_boxes + line * room, load);");
    k.line("if (threadIdx.x == 0) counts[line] = count;");
    return k.recipe(g.lines, kSuppressionThreads);
  }

  // A warp writes the rows of a line.
  static Recipe write(const Problem& p, const Geometry& g) {
    const std::string_view type = device_type(p.outputs[0].type);
    KernelSource k(std::max(3 * g.most, g.lines * g.room));
    k.output("out", 0, type);
    k.workspace("kept", g.kept, "const int");
    k.workspace("sums", g.counts, "const int");
    k.index("room", g.room);
    k.index("classes", g.classes);
    k.index("most", g.most);
    k.line("const Index line = static_cast<Index>(blockIdx.x);");
    k.line("const Index first = sums[line], end = min(static_cast<Index>(sums[line + 1]), most);");
    k.line("for (Index row = first + static_cast<int>(threadIdx.x); row < end; row += 32) {{");
    k.line("out[3 * row] = static_cast<{}>(line / classes);", type);
    k.line("out[3 * row + 1] = static_cast<{}>(line % classes);", type);
    k.line("out[3 * row + 2] = static_cast<{}>(kept[line * room + row - first]);", type);
    k.line("}}");
    return k.recipe(g.lines, 32);
  }
};

}  // namespace

const Tactic& nms() {
  static const Nms tactic;
  return tactic;
}

}  // namespace hone::cuda

// Counted from the plan: a layer runs where its results lie.
#include "compile/placement_report.h"

#include "ops/host_dims.h"
#include "ops/transfer.h"

namespace hone::compile {
namespace {

struct Row {
  int layers = 0;
  double us = 0;
};
struct Copies {
  int count = 0;
  int64_t bytes = 0;
};
struct Counts {
  Row device, host;
  int shapes = 0;  // layers that only compute dims
  Copies to_host, to_device;
};

int64_t bytes(const plan::PlanTensor& t, const tune::Bindings& at) {
  return static_cast<int64_t>(storage_bytes(t.type, volume(tune::concrete(t.shape, at))));
}

void count(const plan::PlanGraph& g, const tune::Bindings& at, Counts& c) {
  for (const plan::PlanStep& s : g.steps) {
    for (const auto& body : s.bodies) count(*body, at, c);
    if (s.op == &kTransferOp) {
      Copies& copies = static_cast<const TransferAttrs&>(*s.attrs).to_host ? c.to_host : c.to_device;
      ++copies.count;
      copies.bytes += bytes(g.tensors[static_cast<size_t>(s.outputs[0])], at);
    } else if (s.op == &kHostDimsOp) {
      ++c.shapes;
    } else {
      const bool host = s.outputs.empty() || g.tensors[static_cast<size_t>(s.outputs[0])].host;
      Row& row = host ? c.host : c.device;
      ++row.layers;
      row.us += s.time_us;
    }
  }
}

std::string copies_line(const char* direction, const Copies& c) {
  return fmt::format("  copies to the {:<6} {:>4}   {:.1f} KiB", direction, c.count,
                     static_cast<double>(c.bytes) / 1024);
}

}  // namespace

std::vector<std::string> placement_table(const plan::Plan& p, const tune::Bindings& at, int placed) {
  Counts c;
  count(p.graph, at, c);
  auto row = [](const std::string& device, const Row& r) {
    return fmt::format("  {:<20} {:>4}   {:.1f} us", device, r.layers, r.us);
  };
  std::vector<std::string> lines = {"Placement:           layers   measured time", row(p.device, c.device)};
  if (p.device == "cpu") return lines;
  lines.push_back(row("cpu", c.host) + (placed > 0 ? fmt::format(" ({} put there by the user)", placed) : ""));
  lines.push_back(fmt::format("  {:<20} {:>4}", "cpu, shapes alone", c.shapes));
  lines.push_back(copies_line("host", c.to_host));
  lines.push_back(copies_line("device", c.to_device));
  return lines;
}

}  // namespace hone::compile

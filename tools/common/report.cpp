// Reports in the layout of TensorRT's trtexec.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <numeric>

#include "common/json.h"
#include "common/session.h"
#include "common/statistics.h"

namespace tools {
namespace {

std::ofstream create(const std::string& path) {
  std::ofstream f(path);
  if (!f) throw UserError(fmt::format("cannot write '{}'", path));
  return f;
}

// JSON has no infinities; readers of such files take these words.
std::string json_value(const std::string& v) {
  return v == "nan" || v == "-nan" ? "NaN" : v == "inf" ? "Infinity" : v == "-inf" ? "-Infinity" : v;
}

void line(const char* name, const Summary& s, const std::vector<double>& percentiles) {
  std::string text = fmt::format("{}: min = {:.6g} ms, max = {:.6g} ms, mean = {:.6g} ms, median = {:.6g} ms", name,
                                 s.min, s.max, s.mean, s.median);
  for (size_t i = 0; i < percentiles.size(); ++i)
    text += fmt::format(", percentile({:g}%) = {:.6g} ms", percentiles[i], s.percentiles[i]);
  say('I', "{}", text);
}

void trace_lines(const RunResult& r, const Options& o) {
  say('I', "=== Trace details ===");
  say('I', "Trace averages of {} runs:", o.avg_runs);
  const size_t n = static_cast<size_t>(o.avg_runs);
  for (size_t b = 0; b + n <= r.traces.size(); b += n) {
    double compute = 0, latency = 0, enqueue = 0;
    for (size_t i = b; i < b + n; ++i) {
      compute += r.traces[i].compute();
      latency += r.traces[i].latency();
      enqueue += r.traces[i].enqueue_end - r.traces[i].enqueue_start;
    }
    const auto d = static_cast<double>(n);
    say('I', "Average on {} runs - GPU latency: {:.6g} ms - Host latency: {:.6g} ms (enqueue {:.6g} ms)", n,
        compute / d, latency / d, enqueue / d);
  }
}

void explain() {
  say('V', "");
  say('V', "=== Explanations of the performance metrics ===");
  say('V', "Total Host Walltime: from the start of the first measured run to the end of the last.");
  say('V', "GPU Compute Time: the time in which the device computes; on the CPU device, the time of the call.");
  say('V', "Total GPU Compute Time: the sum of these over all runs.");
  say('V', "Throughput: runs divided by the total host walltime.");
  say('V', "Enqueue Time: the time of the call that starts a run; on the CPU device it returns when all is done.");
  say('V', "H2D Latency: copying the inputs to the device; D2H Latency: copying the outputs back.");
  say('V', "Latency: H2D latency + compute time + D2H latency of one run.");
}

}  // namespace

void report_performance(const RunResult& r, const Options& o, nvinfer1::ICudaEngine&) {
  if (r.traces.empty()) return;
  say('I', "Warmup completed {} queries over {:g} ms", r.warm_up_runs, o.warm_up);
  say('I', "Timing trace has {} queries over {:.6g} s", r.traces.size(), r.wall_ms / 1e3);
  say('I', "");
  trace_lines(r, o);
  auto column = [&](auto f) {
    std::vector<double> v;
    for (const Trace& t : r.traces) v.push_back(f(t));
    return summarize(std::move(v), o.percentiles);
  };
  say('I', "");
  say('I', "=== Performance summary ===");
  say('I', "Throughput: {:.6g} qps", 1e3 * static_cast<double>(r.traces.size()) / std::max(r.wall_ms, 1e-6));
  line("Latency", column([](const Trace& t) { return t.latency(); }), o.percentiles);
  line("Enqueue Time", column([](const Trace& t) { return t.enqueue_end - t.enqueue_start; }), o.percentiles);
  if (!o.no_data_transfers)
    line("H2D Latency", column([](const Trace& t) { return t.in_end - t.in_start; }), o.percentiles);
  const Summary compute = column([](const Trace& t) { return t.compute(); });
  line("GPU Compute Time", compute, o.percentiles);
  if (!o.no_data_transfers)
    line("D2H Latency", column([](const Trace& t) { return t.out_end - t.out_start; }), o.percentiles);
  say('I', "Total Host Walltime: {:.6g} s", r.wall_ms / 1e3);
  say('I', "Total GPU Compute Time: {:.6g} s", compute.mean * static_cast<double>(r.traces.size()) / 1e3);
  if (compute.variation > 0.05)
    say('W',
        "* GPU compute time is unstable, with coefficient of variance = {:.3g}%: another load on this machine is the "
        "usual cause; longer --warmUp and --duration help.",
        100 * compute.variation);
  if (o.verbose)
    explain();
  else
    say('I', "Explanations of the performance metrics are printed in the verbose logs.");
  say('I', "");
}

void report_profile(const RunResult& r, const Options& o) {
  if (r.profile.empty()) return;
  struct Row {
    const LayerTime* layer;
    double total, mean, median;
  };
  std::vector<Row> rows;
  double all = 0, all_mean = 0, all_median = 0;
  size_t runs = 0;
  for (const LayerTime& l : r.profile) {
    std::vector<double> ms(l.ms.begin(), l.ms.end());
    runs = std::max(runs, ms.size());
    const double total = std::accumulate(ms.begin(), ms.end(), 0.0);
    const Summary s = summarize(ms, {});
    rows.push_back({&l, total, s.mean, s.median});
    all += total;
    all_mean += s.mean;
    all_median += s.median;
  }
  if (o.dump_profile) {
    say('I', "");
    say('I', "=== Profile ({} iterations ) ===", runs);
    say('I', "{:>12} {:>12} {:>12} {:>9}   Layer", "Time(ms)", "Avg.(ms)", "Median(ms)", "Time(%)");
    for (const Row& x : rows)
      say('I', "{:12.2f} {:12.4f} {:12.4f} {:9.1f}   {}", x.total, x.mean, x.median,
          100 * x.total / std::max(all, 1e-12), x.layer->name);
    say('I', "{:12.2f} {:12.4f} {:12.4f} {:9.1f}   Total", all, all_mean, all_median, 100.0);
    say('I', "");
  }
  if (o.export_profile.empty()) return;
  std::ofstream f = create(o.export_profile);
  f << fmt::format("[\n  {{ \"count\" : {} }}\n", runs);
  for (const Row& x : rows)
    f << fmt::format(
        ", {{ \"name\" : {}, \"timeMs\" : {:.6g}, \"averageMs\" : {:.6g}, \"medianMs\" : {:.6g}, \"percentage\" : "
        "{:.6g} }}\n",
        json_text(x.layer->name), x.total, x.mean, x.median, 100 * x.total / std::max(all, 1e-12));
  f << "]\n";
}

void report_outputs(const RunResult& r, const Options& o) {
  if (o.dump_output) {
    say('I', "Output Tensors:");
    for (const Tensor& t : r.outputs) {
      std::string values;
      const int64_t n = volume(t.dims);
      for (int64_t i = 0; i < n; ++i) values += (i ? " " : "") + value_text(t.type, t.data.data(), i);
      say('I', "{}: ({})", t.name, dims_text(t.dims));
      say('I', "{}", values);
    }
  }
  if (o.export_output.empty()) return;
  std::ofstream f = create(o.export_output);
  f << "[\n";
  const char* separator = "  ";
  for (const Tensor& t : r.outputs) {
    std::string dims;
    for (int i = 0; i < t.dims.nbDims; ++i) dims += fmt::format("{}{}", i ? "x" : "", t.dims.d[i]);
    f << separator
      << fmt::format("{{ \"name\" : {}\n  , \"dimensions\" : \"{}\"\n  , \"values\" : [ ", json_text(t.name), dims);
    const int64_t n = volume(t.dims);
    for (int64_t i = 0; i < n; ++i) f << (i ? ", " : "") << json_value(value_text(t.type, t.data.data(), i));
    f << " ]\n  }\n";
    separator = ", ";
  }
  f << "]\n";
  if (!f.flush()) throw UserError(fmt::format("cannot write '{}'", o.export_output));
}

void report_layers(nvinfer1::ICudaEngine& engine, const Options& o) {
  const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine.createEngineInspector());
  if (inspector == nullptr) throw UserError("cannot inspect the engine");
  if (o.dump_layer_info)
    say('I', "Layer Information:\n{}", inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kONELINE));
  if (!o.export_layer_info.empty())
    create(o.export_layer_info) << inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON) << "\n";
}

void dump_raw(const RunResult& r) {
  for (const auto* list : {&r.inputs, &r.outputs})
    for (const Tensor& t : *list) {
      std::string file;
      for (char c : t.name) file += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' ? c : '_';
      for (int i = 0; i < t.dims.nbDims; ++i) file += fmt::format(".{}", t.dims.d[i]);
      file += fmt::format(".{}.raw", type_name(t.type));
      std::ofstream f(file, std::ios::binary);
      if (!f.write(reinterpret_cast<const char*>(t.data.data()), static_cast<std::streamsize>(t.data.size())))
        throw UserError(fmt::format("cannot write '{}'", file));
      say('I', "Wrote {} '{}' to {}", list == &r.inputs ? "input" : "output", t.name, file);
    }
}

void compare_outputs(const RunResult& r, const Options& o) {
  std::string wrong;
  for (const auto& [name, file] : o.load_ref_outputs) {
    const auto hit =
        std::find_if(r.outputs.begin(), r.outputs.end(), [&, &n = name](const Tensor& t) { return t.name == n; });
    if (hit == r.outputs.end()) throw UserError(fmt::format("--loadRefOutputs: the engine has no output '{}'", name));
    const int64_t count = volume(hit->dims);
    const std::vector<double> got = to_doubles(hit->type, hit->data.data(), count),
                              want = to_doubles(hit->type, load_tensor(file, hit->type, hit->dims).data(), count);
    double worst = 0, square = 0, reference = 0;
    int64_t far = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      const double d = std::fabs(got[i] - want[i]);
      far += d <= o.atol + o.rtol * std::fabs(want[i]) || (std::isnan(got[i]) && std::isnan(want[i])) ? 0 : 1;
      worst = std::max(worst, d);
      square += d * d;
      reference += want[i] * want[i];
    }
    say('I',
        "Output '{}' against {}: largest difference {:.3e}, relative L2 error {:.3e}, {} of {} elements beyond the "
        "tolerance",
        name, file, worst, std::sqrt(square / std::max(reference, 1e-300)), far, count);
    if (far > 0) wrong += fmt::format("{}'{}'", wrong.empty() ? "" : ", ", name);
  }
  if (!wrong.empty())
    throw UserError(
        fmt::format("outputs {} differ from their references by more than --atol={:g} and --rtol={:g} allow", wrong,
                    o.atol, o.rtol));
}

void export_times(const RunResult& r, const std::string& path) {
  std::ofstream f = create(path);
  f << "[\n";
  const char* separator = "  ";
  for (const Trace& t : r.traces) {
    f << separator
      << fmt::format(
             "{{ \"startEnqMs\" : {:.6f}, \"endEnqMs\" : {:.6f}, \"startInMs\" : {:.6f}, \"endInMs\" : {:.6f}, "
             "\"startComputeMs\" : {:.6f}, \"endComputeMs\" : {:.6f}, \"startOutMs\" : {:.6f}, \"endOutMs\" : {:.6f}, "
             "\"inMs\" : {:.6f}, \"computeMs\" : {:.6f}, \"outMs\" : {:.6f}, \"latencyMs\" : {:.6f}, \"enqMs\" : "
             "{:.6f} }}\n",
             t.enqueue_start, t.enqueue_end, t.in_start, t.in_end, t.compute_start, t.compute_end, t.out_start,
             t.out_end, t.in_end - t.in_start, t.compute(), t.out_end - t.out_start, t.latency(),
             t.enqueue_end - t.enqueue_start);
    separator = ", ";
  }
  f << "]\n";
}

}  // namespace tools

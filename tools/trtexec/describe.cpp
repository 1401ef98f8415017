// Options as text, one a line.
#include "trtexec/describe.h"

#include <fmt/format.h>

#include "common/logger.h"

namespace trtexec {
namespace {

using tools::Options;
using tools::say;

const char* enabled(bool b) { return b ? "Enabled" : "Disabled"; }

std::string precision(const Options& o) {
  if (o.strongly_typed) return "strongly typed";
  std::string s = "FP32";
  if (o.fp16 || o.best) s += "+FP16";
  if (o.bf16 || o.best) s += "+BF16";
  if (o.int8 || o.best) s += "+INT8";
  if (o.fp8) s += "+FP8";
  return s;
}

std::string pools(const Options& o) {
  std::string s;
  for (const char* pool : {"workspace", "tacticSharedMem"}) {
    const auto hit = o.mem_pools.find(pool);
    s += fmt::format("{}{}: {}", s.empty() ? "" : ", ", pool,
                     hit == o.mem_pools.end() ? "default" : fmt::format("{:g} MiB", hit->second));
  }
  return s;
}

std::string pairs(const std::vector<std::pair<std::string, std::string>>& v) {
  std::string s;
  for (const auto& [name, value] : v) s += fmt::format("{}{}:{}", s.empty() ? "" : ", ", name, value);
  return s;
}

std::string formats(size_t given) { return given == 0 ? "fp32:chw" : fmt::format("{} given", given); }

void describe_shapes(const char* what, const tools::ShapeMap& m) {
  for (const auto& [name, dims] : m)
    say('I', "{} {}: {}", what, name.empty() ? "*" : name,
        dims.empty() ? "scalar" : fmt::format("{}", fmt::join(dims, "x")));
}

void describe_model(const Options& o) {
  say('I', "=== Model Options ===");
  say('I', "Format: {}", o.onnx.empty() ? "*" : "ONNX");
  say('I', "Model: {}", o.onnx);
}

void describe_build(const Options& o) {
  say('I', "=== Build Options ===");
  say('I', "Memory Pools: {}", pools(o));
  say('I', "avgTiming: {}", o.avg_timing);
  say('I', "Precision: {}", precision(o));
  say('I', "TF32: {}", o.no_tf32 ? "Disabled" : "Enabled");
  say('I', "Precision constraints: {}", o.precision_constraints);
  say('I', "LayerPrecisions: {}", pairs(o.layer_precisions));
  say('I', "LayerOutputTypes: {}", pairs(o.layer_output_types));
  say('I', "LayerDeviceTypes: {}", pairs(o.layer_device_types));
  say('I', "Tactic sources: {}",
      o.tactic_sources.empty() ? "Using default tactic sources" : fmt::format("{}", fmt::join(o.tactic_sources, ",")));
  say('I', "Verification: {}",
      !o.verify                 ? std::string("Disabled")
      : o.verify_tolerance == 0 ? o.verify_action
                                : fmt::format("{}, tolerance {:g}", o.verify_action, o.verify_tolerance));
  say('I', "Skip inference: {}", enabled(o.skip_inference));
  say('I', "Save engine: {}", o.save_engine);
  say('I', "Load engine: {}", o.load_engine);
  say('I', "Profiling verbosity: {}", o.profiling_verbosity);
  say('I', "Timing cache: {}", o.no_builder_cache ? "disable" : o.timing_cache_file.empty() ? "local" : "global");
  say('I', "timingCacheFile: {}", o.timing_cache_file);
  say('I', "Builder optimization level: {}", o.optimization_level);
  say('I', "Input(s)s format: {}", formats(o.input_formats.size()));
  say('I', "Output(s)s format: {}", formats(o.output_formats.size()));
  describe_shapes("Input build shape (min)", o.min_shapes);
  describe_shapes("Input build shape (opt)", o.opt_shapes);
  describe_shapes("Input build shape (max)", o.max_shapes);
}

void describe_system(const Options& o) {
  say('I', "=== System Options ===");
  say('I', "Device: {}", o.device.empty() ? "default" : o.device);
  say('I', "DLACore: {}{}", o.dla_core < 0 ? std::string() : std::to_string(o.dla_core),
      o.gpu_fallback ? "(With GPU fallback)" : "");
  say('I', "CPU threads: {}", o.cpu_threads == 0 ? "all cores" : std::to_string(o.cpu_threads));
}

void describe_inference(const Options& o) {
  say('I', "=== Inference Options ===");
  if (o.shapes.empty()) say('I', "Input inference shapes: model");
  describe_shapes("Input inference shape", o.shapes);
  say('I', "Iterations: {}", o.iterations);
  say('I', "Duration: {:g}s (+ {:g}ms warm up)", o.duration, o.warm_up);
  say('I', "Sleep time: {:g}ms", o.sleep_time);
  say('I', "Idle time: {:g}ms", o.idle_time);
  say('I', "Inference Streams: {}", o.streams);
  say('I', "Data transfers: {}", enabled(!o.no_data_transfers));
  say('I', "CUDA Graph: {}", o.no_cuda_graph ? "Disabled" : "Enabled where the device has graphs");
  say('I', "Persistent Cache Ratio: {:g}", o.cache_ratio);
  say('I', "Context memory allocation strategy: {}", o.allocation_strategy);
  say('I', "Spin-wait: {}", enabled(o.spin_wait));
  say('I', "Multithreading: {}", enabled(o.threads));
  say('I', "Separate profiling: {}", enabled(o.separate_profile_run));
  say('I', "Time Deserialize: {}", enabled(o.time_deserialize));
  say('I', "Inputs: {}", pairs(o.load_inputs));
}

void describe_reporting(const Options& o) {
  say('I', "=== Reporting Options ===");
  say('I', "Verbose: {}", enabled(o.verbose));
  say('I', "Averages: {} inferences", o.avg_runs);
  say('I', "Percentiles: {}", fmt::join(o.percentiles, ","));
  say('I', "Dump output: {}", enabled(o.dump_output));
  say('I', "Profile: {}", enabled(o.dump_profile));
  say('I', "Layer information: {}", enabled(o.dump_layer_info));
  say('I', "Export timing to JSON file: {}", o.export_times);
  say('I', "Export output to JSON file: {}", o.export_output);
  say('I', "Export profile to JSON file: {}", o.export_profile);
  say('I', "Export layer information to JSON file: {}", o.export_layer_info);
  say('I', "");
}

}  // namespace

void describe(const Options& o) {
  describe_model(o);
  describe_build(o);
  describe_system(o);
  describe_inference(o);
  describe_reporting(o);
}

}  // namespace trtexec

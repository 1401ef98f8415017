// What a tool was asked to do, as plain data: filled from a command line.
#pragma once

#include <NvInfer.h>

#include <map>
#include <string>
#include <vector>

#include "common/tensor_io.h"

namespace tools {

using ShapeMap = std::vector<std::pair<std::string, std::vector<int64_t>>>;  // "*" or "" as name: every input

struct IoFormat {
  nvinfer1::DataType type = nvinfer1::DataType::kFLOAT;
  bool has_type = false;
  nvinfer1::TensorFormats formats = 0;
};

/// Shapes of one optimization profile.
struct ProfileShapes {
  ShapeMap min, opt, max;
};

struct Options {
  // model
  std::string onnx, save_engine, load_engine;
  bool retune = false, plan_version_only = false;
  // build
  ShapeMap min_shapes, opt_shapes, max_shapes, shapes;
  std::vector<IoFormat> input_formats, output_formats;
  bool fp16 = false, bf16 = false, int8 = false, fp8 = false, best = false, no_tf32 = false, strongly_typed = false;
  std::string precision_constraints = "none";
  std::vector<std::pair<std::string, std::string>> layer_precisions, layer_output_types;
  std::map<std::string, double> mem_pools;  // MiB
  int optimization_level = 3, avg_timing = 8, max_tactics = -1;
  std::string timing_cache_file, profiling_verbosity = "layer_names_only";
  bool no_builder_cache = false, error_on_timing_cache_miss = false;
  int max_aux_streams = -1;
  bool skip_inference = false, verbose = false;
  std::map<int, ProfileShapes> more_profiles;  // those above 0, whose shapes are above
  std::vector<std::pair<std::string, std::string>> layer_device_types;
  int dla_core = -1;
  bool gpu_fallback = false, dla_standalone = false, heuristic = false, direct_io = false;
  std::vector<std::string> tactic_sources, preview;  // "+NAME" or "-NAME"
  // verification
  bool verify = false;
  double verify_tolerance = 0;  // 0: by precision
  std::string verify_action = "report", export_verify;
  // inference
  std::vector<std::pair<std::string, std::string>> load_inputs;
  int iterations = 10, avg_runs = 10, streams = 1;
  double duration = 3, warm_up = 200, sleep_time = 0, idle_time = 0;
  bool threads = false, spin_wait = false, separate_profile_run = false, time_deserialize = false,
       no_data_transfers = false;
  std::vector<double> percentiles = {90, 95, 99};
  int use_profile = 0;
  std::string nvtx_mode;  // "": as the engine was built
  bool no_cuda_graph = false, use_cuda_graph = false;
  double cache_ratio = 0;
  std::string allocation_strategy = "static";
  // reference outputs
  std::vector<std::pair<std::string, std::string>> load_ref_outputs;
  double atol = 1e-3, rtol = 1e-3;
  bool announce_inputs = false;  // say where the values of each input come from
  PictureOptions picture;
  // reporting
  bool dump_profile = false, dump_layer_info = false, dump_output = false, dump_optimization_profile = false,
       dump_raw = false;
  std::string export_profile, export_layer_info, export_output, export_times;
  // system
  std::string device;  // "": the default, "cpu", or a GPU's number
  int cpu_threads = 0;
  bool help = false;
};

/// The entry for a name among (pattern, value) pairs: the one that is the name, else the longest pattern that fits, in
/// which '*' stands for any text; null where there is none.
const std::string* find_pattern(const std::vector<std::pair<std::string, std::string>>& specs, const std::string& name);
/// Whether text is what a pattern with '*' describes.
bool matches(const std::string& pattern, const std::string& text);
/// The parts of s between the separators, empty ones left out.
std::vector<std::string> split(const std::string& s, char by);
/// The text without the single quotes around it, which protect names on the command line.
std::string unquoted(const std::string& s);
/// "name:1x3x224x224,..." as given to --flag; throws UserError.
ShapeMap parse_shapes(const std::string& flag, const std::string& text);
/// The options with the names of an engine's inputs where the command line has those of the model's file: an input that
/// is an output too, "x", is "__x" in the engine.
Options with_engine_names(Options o, const std::vector<std::string>& inputs);

}  // namespace tools

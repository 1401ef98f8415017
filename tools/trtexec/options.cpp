// Flags to options. CLI11 does the parsing; the lists inside flags ("name:1x3x224x224,...") are taken apart here.
#include "trtexec/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <utility>

#include "common/logger.h"

namespace trtexec {
namespace {

using nvinfer1::DataType;
using nvinfer1::TensorFormat;
using tools::IoFormat;
using tools::Options;
using tools::split;
using tools::UserError;

struct NotHere {
  const char* flag;
  const char* what;
};
constexpr NotHere kNotHere[] = {
#define HONE_NOT_HERE(flag, what) {flag, what},
#include "trtexec/not_here.def"
#undef HONE_NOT_HERE
};

std::vector<std::pair<std::string, std::string>> pairs(const std::string& flag, const std::string& text) {
  std::vector<std::pair<std::string, std::string>> r;
  for (const std::string& item : split(text, ',')) {
    const size_t colon = item.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == item.size())
      throw UserError(fmt::format("--{}: '{}' is not of the form name:value", flag, item));
    r.emplace_back(tools::unquoted(item.substr(0, colon)), tools::unquoted(item.substr(colon + 1)));
  }
  return r;
}

std::vector<IoFormat> io_formats(const std::string& flag, const std::string& text) {
  static const std::pair<const char*, DataType> kTypes[] = {
      {"fp32", DataType::kFLOAT},  {"fp16", DataType::kHALF},   {"bf16", DataType::kBF16},
      {"int8", DataType::kINT8},   {"int32", DataType::kINT32}, {"int64", DataType::kINT64},
      {"uint8", DataType::kUINT8}, {"bool", DataType::kBOOL},   {"fp8", DataType::kFP8}};
  static const std::pair<const char*, TensorFormat> kFormats[] = {
      {"chw", TensorFormat::kLINEAR},  {"chw2", TensorFormat::kCHW2},     {"hwc8", TensorFormat::kHWC8},
      {"chw4", TensorFormat::kCHW4},   {"chw16", TensorFormat::kCHW16},   {"chw32", TensorFormat::kCHW32},
      {"dhwc8", TensorFormat::kDHWC8}, {"cdhw32", TensorFormat::kCDHW32}, {"hwc", TensorFormat::kHWC},
      {"dhwc", TensorFormat::kDHWC},   {"hwc16", TensorFormat::kHWC16}};
  std::vector<IoFormat> r;
  for (const std::string& item : split(text, ',')) {
    IoFormat f;
    const size_t colon = item.find(':');
    std::string formats = item;
    for (const auto& [n, t] : kTypes)
      if (item.substr(0, colon) == n) {
        f.type = t;
        f.has_type = true;
        formats = colon == std::string::npos ? "chw" : item.substr(colon + 1);
      }
    for (const std::string& one : split(formats, '+')) {
      const auto* hit =
          std::find_if(std::begin(kFormats), std::end(kFormats), [&](const auto& k) { return one == k.first; });
      if (hit == std::end(kFormats))
        throw UserError(fmt::format(
            "--{}: '{}' is not type:format (types fp32 fp16 bf16 int8 int32 int64 uint8 bool; formats chw hwc ...)",
            flag, item));
      f.formats |= 1u << static_cast<int>(hit->second);
    }
    r.push_back(f);
  }
  return r;
}

std::map<std::string, double> mem_pools(const std::string& text) {
  std::map<std::string, double> r;
  for (const auto& [name, value] : pairs("memPoolSize", text)) {
    static const char* const kPools[] = {"workspace", "dlaSRAM", "dlaLocalDRAM", "dlaGlobalDRAM", "tacticSharedMem"};
    if (std::none_of(std::begin(kPools), std::end(kPools), [&, &n = name](const char* p) { return n == p; }))
      throw UserError(fmt::format(
          "--memPoolSize: unknown pool '{}' (workspace, tacticSharedMem, dlaSRAM, dlaLocalDRAM, dlaGlobalDRAM)", name));
    size_t used = 0;
    double v = 0;
    try {
      v = std::stod(value, &used);
    } catch (const std::exception&) {
    }
    std::string unit = value.substr(used);
    const double scale = unit.empty() || unit[0] == 'M' || unit[0] == 'm' ? 1
                         : unit[0] == 'G' || unit[0] == 'g'               ? 1024
                         : unit[0] == 'K' || unit[0] == 'k'               ? 1. / 1024
                         : unit[0] == 'B' || unit[0] == 'b'               ? 1. / 1048576
                                                                          : 0;
    if (used == 0 || scale == 0 || v < 0)
      throw UserError(fmt::format("--memPoolSize: '{}' is not a size (512M, 2G, 65536K)", value));
    r[name] = v * scale;
  }
  return r;
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t up = row[j];
      row[j] =
          std::min({row[j] + 1, row[j - 1] + 1, diagonal + (std::tolower(a[i - 1]) == std::tolower(b[j - 1]) ? 0 : 1)});
      diagonal = up;
    }
  }
  return row[b.size()];
}

// Shape flags behind --profile=N belong to profile N; those of profiles above 0 are taken out of the words here.
std::vector<std::string> take_profiles(int argc, char** argv, Options& o) {
  std::vector<std::string> rest;
  int profile = 0;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    const std::string flag = word.substr(0, word.find('='));
    const bool shapes = flag == "--minShapes" || flag == "--optShapes" || flag == "--maxShapes";
    if (flag != "--profile" && (!shapes || profile == 0)) {
      rest.push_back(std::move(word));
      continue;
    }
    std::string value;
    if (flag.size() < word.size())
      value = word.substr(flag.size() + 1);
    else if (i + 1 < argc)
      value = argv[++i];
    if (shapes) {
      tools::ProfileShapes& p = o.more_profiles[profile];
      (flag == "--minShapes"   ? p.min
       : flag == "--optShapes" ? p.opt
                               : p.max) = tools::parse_shapes(flag.substr(2), value);
      continue;
    }
    size_t used = 0;
    try {
      profile = std::stoi(value, &used);
    } catch (const std::exception&) {
    }
    if (used == 0 || used != value.size() || profile < 0)
      throw UserError(fmt::format("--profile: '{}' is not the number of a profile", value));
  }
  return rest;
}

// What to say of a word the parser did not take.
[[noreturn]] void reject(const CLI::App& app, const std::string& word) {
  std::string flag = word.substr(0, word.find('='));
  while (!flag.empty() && flag[0] == '-') flag.erase(0, 1);
  for (const NotHere& n : kNotHere)
    if (flag == n.flag)
      throw UserError(
          fmt::format("--{} is a flag of TensorRT's trtexec that Hone does not offer yet ({})", flag, n.what));
  std::string best;
  size_t best_distance = SIZE_MAX;
  for (const CLI::Option* o : app.get_options())
    for (const std::string& name : o->get_lnames())
      if (const size_t d = edit_distance(flag, name); d < best_distance) {
        best_distance = d;
        best = name;
      }
  throw UserError(fmt::format("unknown flag '{}'; did you mean --{}? (--help lists all)", word, best));
}

}  // namespace

tools::Options parse_options(int argc, char** argv, std::string* help_text) {
  Options o;
  CLI::App app(
      "Builds an engine from an ONNX model or loads one, runs it and reports its speed.\n"
      "Flags are those of TensorRT's trtexec; those marked (Hone) and the picture flags are our own.",
      "trtexec");
  app.set_help_flag();
  app.allow_extras();
  app.option_defaults()->always_capture_default(false);
  std::string verify, sources, preview, devices, references;
  std::string min, opt, max, run, in_formats, out_formats, pools, precisions, types, inputs, percentile, mean,
      deviation, picture_order = "rgb";

  auto* g = "Model";
  app.add_option("--onnx", o.onnx, "ONNX model file")->group(g);
  app.add_option("--loadEngine", o.load_engine, "Run this plan instead of building one")->group(g);
  app.add_option("--saveEngine", o.save_engine, "Write the plan to this file")->group(g);
  app.add_flag("--retune", o.retune,
               "Tune the network that the plan of --loadEngine holds again, for this machine (Hone)")
      ->group(g);
  app.add_flag("--getPlanVersionOnly", o.plan_version_only, "Print which version wrote the plan of --loadEngine")
      ->group(g);
  g = "Build";
  app.add_option("--minShapes", min, "Least shapes of dynamic inputs: name:1x3x224x224,name2:...")->group(g);
  app.add_option("--optShapes", opt, "Shapes to tune for")->group(g);
  app.add_option("--maxShapes", max, "Largest shapes")->group(g);
  std::string profile_number;
  app.add_option("--profile", profile_number,
                 "Number of the optimization profile that the shape flags behind it are for")
      ->group(g);
  app.add_option("--inputIOFormats", in_formats,
                 "Type and format of each input: fp32:chw,fp16:hwc8,... (fp32 fp16 bf16 int8 int32 int64 uint8 bool : "
                 "chw chw2 chw4 "
                 "chw16 chw32 hwc hwc8 hwc16 dhwc dhwc8 cdhw32)")
      ->group(g);
  app.add_option("--outputIOFormats", out_formats, "Type and format of each output")->group(g);
  app.add_flag("--directIO", o.direct_io, "Fail where an input or output would need a change of format")->group(g);
  app.add_flag("--fp16", o.fp16, "Allow FP16")->group(g);
  app.add_flag("--bf16", o.bf16, "Allow BF16")->group(g);
  app.add_flag("--int8", o.int8, "Allow INT8 (used where the model has quantize/dequantize nodes)")->group(g);
  app.add_flag("--fp8", o.fp8, "Allow FP8 (used where the model has quantize/dequantize nodes)")->group(g);
  app.add_flag("--best", o.best, "Allow every type the device is fast with")->group(g);
  app.add_flag("--noTF32", o.no_tf32, "No TF32 arithmetic")->group(g);
  app.add_flag("--stronglyTyped", o.strongly_typed, "Types exactly as the model states them")->group(g);
  app.add_option("--precisionConstraints", o.precision_constraints,
                 "none, prefer or obey --layerPrecisions and --layerOutputTypes")
      ->check(CLI::IsMember({"none", "prefer", "obey"}))
      ->group(g);
  app.add_option("--layerPrecisions", precisions, "Arithmetic type by layer: name:fp32,*:fp16 (* stands for any text)")
      ->group(g);
  app.add_option("--layerOutputTypes", types, "Output types by layer: name:fp32+fp16")->group(g);
  app.add_option("--layerDeviceTypes", devices,
                 "Device by layer: name:GPU,other*:CPU (* stands for any text; GPU, DLA and, Hone's own, CPU)")
      ->group(g);
  app.add_option("--useDLACore", o.dla_core, "Put all layers on a DLA, of which no machine of Hone has one")
      ->check(CLI::Range(0, 1000))
      ->group(g);
  app.add_flag("--allowGPUFallback", o.gpu_fallback, "Layers for a DLA run on the engine's device instead")->group(g);
  app.add_flag("--buildDLAStandalone", o.dla_standalone, "An engine for a DLA alone: an error, there is none")
      ->group(g);
  app.add_option("--tacticSources", sources,
                 "Where tactics may come from: -CUDNN,+CUBLAS_LT,... (CUDNN, CUBLAS, CUBLAS_LT, JIT_CONVOLUTIONS, "
                 "EDGE_MASK_CONVOLUTIONS); default: everywhere")
      ->group(g);
  app.add_flag("--heuristic", o.heuristic, "Choose tactics by rule instead of measuring")->group(g);
  app.add_option("--preview", preview, "Preview features: +name,-name,...")->group(g);
  app.add_option("--verify", verify,
                 "Compare every layer of the engine with a reference, on --loadInputs or drawn values; may give the "
                 "tolerated relative error: --verify=1e-3 (Hone)")
      ->expected(0, 1)
      ->group(g);
  app.add_option("--verifyAction", o.verify_action,
                 "What a layer over its tolerance means: report it, refuse the build, or raise its precision and build "
                 "again; default report (Hone)")
      ->check(CLI::IsMember({"report", "refuse", "raise"}))
      ->group(g);
  app.add_option("--exportVerify", o.export_verify, "Write the comparison of every layer as JSON (Hone)")->group(g);
  app.add_option("--memPoolSize", pools, "Limits: workspace:512M,tacticSharedMem:48K")->group(g);
  app.add_option("--builderOptimizationLevel", o.optimization_level, "0 (fast build) to 5 (exhaustive); default 3")
      ->check(CLI::Range(0, 5))
      ->group(g);
  app.add_option("--avgTiming", o.avg_timing, "Least runs of each timed tactic; default 8")
      ->check(CLI::Range(1, 10000))
      ->group(g);
  app.add_option("--maxTactics", o.max_tactics, "Time no more than so many tactics per layer and format")->group(g);
  app.add_option("--timingCacheFile", o.timing_cache_file, "Timing cache to read and to extend")->group(g);
  app.add_flag("--noBuilderCache", o.no_builder_cache, "No timing cache within the build")->group(g);
  app.add_flag("--errorOnTimingCacheMiss", o.error_on_timing_cache_miss,
               "Fail where a tactic is not in the timing cache")
      ->group(g);
  app.add_option("--profilingVerbosity", o.profiling_verbosity, "layer_names_only, detailed or none")
      ->check(CLI::IsMember({"layer_names_only", "detailed", "none", "default", "verbose"}))
      ->group(g);
  app.add_option("--maxAuxStreams", o.max_aux_streams, "Streams besides the main one (no effect on the CPU)")->group(g);
  app.add_flag("--skipInference,--buildOnly", o.skip_inference, "Stop after the build")->group(g);
  bool ignored = false;
  app.add_flag("--explicitBatch,--nativeInstanceNorm", ignored, "Always on; accepted for old scripts")->group(g);
  double workspace = 0;
  app.add_option("--workspace", workspace, "Workspace limit in MiB (old spelling of --memPoolSize)")->group(g);
  g = "Inference";
  app.add_option("--shapes", run, "Shapes of dynamic inputs for the run (and for the build where no profile is given)")
      ->group(g);
  app.add_option("--loadInputs", inputs, "Input files: name:file,... raw little-endian, .npy or pictures")->group(g);
  app.add_option("--iterations", o.iterations, "Least runs; default 10")->check(CLI::Range(0, 1000000000))->group(g);
  app.add_option("--warmUp", o.warm_up, "Milliseconds before measuring; default 200")->group(g);
  app.add_option("--duration", o.duration, "Least seconds of measuring; default 3; -1 never ends")->group(g);
  app.add_option("--sleepTime", o.sleep_time, "Milliseconds between launch and computing; default 0")->group(g);
  app.add_option("--idleTime", o.idle_time, "Milliseconds between runs; default 0")->group(g);
  app.add_option("--infStreams,--streams", o.streams, "Contexts run side by side; default 1")
      ->check(CLI::Range(1, 256))
      ->group(g);
  app.add_flag("--threads", o.threads, "A thread for each context")->group(g);
  app.add_flag("--useSpinWait,!--noSpinWait", o.spin_wait,
               "Spin while waiting (the CPU device always computes in the calling thread)")
      ->group(g);
  app.add_flag("--noDataTransfers,!--includeDataTransfers", o.no_data_transfers, "Do not count input and output copies")
      ->group(g);
  app.add_flag("--useCudaGraph", o.use_cuda_graph, "Replay runs as CUDA graphs: always so where it is possible")
      ->group(g);
  app.add_option(
         "--nvtxMode", o.nvtx_mode,
         "NVTX ranges around layers that are not replayed as a graph: default (names), verbose (tactics, too) or none")
      ->check(CLI::IsMember({"default", "verbose", "none"}))
      ->group(g);
  app.add_flag("--noCudaGraph", o.no_cuda_graph, "Run layer by layer (always so on the CPU)")->group(g);
  app.add_option("--persistentCacheRatio", o.cache_ratio,
                 "Part of the GPU's last cache, 0 to 1 of what it allows, that activations are kept in; default 0")
      ->check(CLI::Range(0.0, 1.0))
      ->group(g);
  app.add_option("--allocationStrategy", o.allocation_strategy,
                 "Memory of a context for: static (all profiles), profile (the one in use) or runtime (the run's "
                 "shapes)")
      ->check(CLI::IsMember({"static", "profile", "runtime"}))
      ->group(g);
  app.add_flag("--separateProfileRun", o.separate_profile_run, "Profile layers in a second run")->group(g);
  app.add_flag("--timeDeserialize", o.time_deserialize, "Time the loading of the plan and stop")->group(g);
  app.add_option("--useProfile", o.use_profile, "Optimization profile of the run; default 0")->group(g);
  g = "Pictures as inputs (Hone)";
  double picture_scale = 1.0 / 255;
  app.add_option("--pictureScale", picture_scale, "Factor on 8-bit values; default 1/255")->group(g);
  app.add_option("--pictureMean", mean, "Mean to subtract after scaling, by channel: 0.485,0.456,0.406")->group(g);
  app.add_option("--pictureStd", deviation, "Deviation to divide by, by channel")->group(g);
  app.add_option("--pictureOrder", picture_order, "rgb or bgr")->check(CLI::IsMember({"rgb", "bgr"}))->group(g);
  app.add_flag("--pictureStretch", o.picture.plain_resize, "Squeeze to the input's size instead of cropping the centre")
      ->group(g);
  g = "Report";
  app.add_flag("--verbose", o.verbose, "Log everything")->group(g);
  app.add_option("--avgRuns", o.avg_runs, "Runs averaged in one line of the trace; default 10")
      ->check(CLI::Range(1, 1000000))
      ->group(g);
  app.add_option("--percentile", percentile, "Percentiles to report: 90,95,99")->group(g);
  app.add_flag("--dumpOutput", o.dump_output, "Print outputs")->group(g);
  app.add_flag("--dumpRawBindingsToFile", o.dump_raw,
               "Write inputs and outputs of the last run to files NAME.DIMS.TYPE.raw")
      ->group(g);
  app.add_option("--loadRefOutputs", references, "Outputs that the last run must give: name:file,... (raw or .npy)")
      ->group(g);
  app.add_option("--atol", o.atol, "Absolute tolerance of --loadRefOutputs; default 1e-3")->group(g);
  app.add_option("--rtol", o.rtol, "Relative tolerance of --loadRefOutputs; default 1e-3")->group(g);
  app.add_flag("--dumpProfile", o.dump_profile, "Print times by layer")->group(g);
  app.add_flag("--dumpLayerInfo", o.dump_layer_info, "Print what each layer is")->group(g);
  app.add_flag("--dumpOptimizationProfile", o.dump_optimization_profile, "Print the optimization profiles")->group(g);
  app.add_option("--exportTimes", o.export_times, "Write all times as JSON")->group(g);
  app.add_option("--exportOutput", o.export_output, "Write outputs as JSON")->group(g);
  app.add_option("--exportProfile", o.export_profile, "Write times by layer as JSON")->group(g);
  app.add_option("--exportLayerInfo", o.export_layer_info, "Write layer information as JSON")->group(g);
  g = "System";
  app.add_option("--device", o.device, "cpu, or the number of a GPU")->group(g);
  app.add_option("--cpuThreads", o.cpu_threads, "Threads of the CPU device; default: all cores (Hone)")
      ->check(CLI::Range(0, 1024))
      ->group(g);
  app.add_flag("--help,-h", o.help, "Print this")->group(g);
  *help_text = app.help();
  std::vector<std::string> words = take_profiles(argc, argv, o);
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& e) {
    throw UserError(e.what());
  }
  if (o.help) return o;
  for (const std::string& word : app.remaining()) reject(app, word);

  if (!min.empty()) o.min_shapes = tools::parse_shapes("minShapes", min);
  if (!opt.empty()) o.opt_shapes = tools::parse_shapes("optShapes", opt);
  if (!max.empty()) o.max_shapes = tools::parse_shapes("maxShapes", max);
  if (!run.empty()) o.shapes = tools::parse_shapes("shapes", run);
  if (!in_formats.empty()) o.input_formats = io_formats("inputIOFormats", in_formats);
  if (!out_formats.empty()) o.output_formats = io_formats("outputIOFormats", out_formats);
  if (!pools.empty()) o.mem_pools = mem_pools(pools);
  if (workspace > 0) o.mem_pools["workspace"] = workspace;
  if (!devices.empty()) o.layer_device_types = pairs("layerDeviceTypes", devices);
  if (!references.empty()) o.load_ref_outputs = pairs("loadRefOutputs", references);
  o.tactic_sources = split(sources, ',');
  o.preview = split(preview, ',');
  o.verify = app.count("--verify") != 0 || app.count("--verifyAction") != 0 || !o.export_verify.empty();
  if (!precisions.empty()) o.layer_precisions = pairs("layerPrecisions", precisions);
  if (!types.empty()) o.layer_output_types = pairs("layerOutputTypes", types);
  if (!inputs.empty()) o.load_inputs = pairs("loadInputs", inputs);
  auto doubles = [](const std::string& flag, const std::string& text) {
    std::vector<double> v;
    for (const std::string& s : split(text, ',')) {
      try {
        v.push_back(std::stod(s));
      } catch (const std::exception&) {
        throw UserError(fmt::format("--{}: '{}' is not a number", flag, s));
      }
    }
    return v;
  };
  if (!verify.empty() && verify != "true") {
    const std::vector<double> v = doubles("verify", verify);
    if (v.size() != 1 || !(v[0] > 0)) throw UserError(fmt::format("--verify: '{}' is not a tolerance above 0", verify));
    o.verify_tolerance = v[0];
  }
  if (!percentile.empty()) o.percentiles = doubles("percentile", percentile);
  for (double p : o.percentiles)
    if (p < 0 || p > 100) throw UserError(fmt::format("--percentile: {} is not between 0 and 100", p));
  o.picture.scale = picture_scale;
  o.picture.mean = doubles("pictureMean", mean);
  o.picture.deviation = doubles("pictureStd", deviation);
  o.picture.bgr = picture_order == "bgr";
  if (o.onnx.empty() && o.load_engine.empty())
    throw UserError("no model: give --onnx=FILE or --loadEngine=FILE (--help lists all flags)");
  if (!o.onnx.empty() && !o.load_engine.empty()) throw UserError("--onnx and --loadEngine exclude each other");
  if (o.load_engine.empty() && (o.retune || o.plan_version_only))
    throw UserError(fmt::format("--{} needs --loadEngine=FILE", o.retune ? "retune" : "getPlanVersionOnly"));
  if (!o.load_engine.empty() && !o.save_engine.empty() && !o.retune)
    throw UserError("--saveEngine needs a model to build or --retune; a loaded plan exists already");
  if (o.use_cuda_graph && o.no_cuda_graph) throw UserError("--useCudaGraph and --noCudaGraph exclude each other");
  return o;
}

void settle(Options& o) {
  o.announce_inputs = true;
  if (!o.strongly_typed) return;
  const std::pair<bool*, const char*> flags[] = {
      {&o.fp16, "fp16"}, {&o.bf16, "bf16"}, {&o.int8, "int8"}, {&o.fp8, "fp8"}, {&o.best, "best"}};
  for (const auto& [flag, name] : flags)
    if (std::exchange(*flag, false))
      tools::say('W', "--{} has no effect on a strongly typed network: its types are those that the model states",
                 name);
}

}  // namespace trtexec

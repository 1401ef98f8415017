// ONNX file to plan, through the public interface alone.
#include <NvOnnxParser.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "common/progress.h"
#include "common/session.h"
#include "common/verifier.h"

namespace tools {
namespace {

using namespace nvinfer1;

Dims to_dims(const std::vector<int64_t>& v) {
  if (v.size() > static_cast<size_t>(Dims::MAX_DIMS))
    throw UserError(
        fmt::format("a shape has {} extents, at most {} are possible", v.size(), static_cast<int>(Dims::MAX_DIMS)));
  Dims d{};
  d.nbDims = static_cast<int32_t>(v.size());
  for (size_t i = 0; i < v.size(); ++i) d.d[i] = v[i];
  return d;
}

const std::vector<int64_t>* find(const ShapeMap& m, const std::string& name) {
  const std::vector<int64_t>* any = nullptr;
  for (const auto& [n, s] : m) {
    if (n == name) return &s;
    if (n.empty() || n == "*") any = &s;
  }
  return any;
}

bool dynamic(const Dims& d) {
  for (int i = 0; i < d.nbDims; ++i)
    if (d.d[i] < 0) return true;
  return false;
}

void check_names(const INetworkDefinition& n, const ShapeMap& m, const char* flag) {
  for (const auto& [name, shape] : m) {
    bool known = name.empty() || name == "*";
    std::string inputs;
    for (int i = 0; i < n.getNbInputs(); ++i) {
      known = known || name == n.getInput(i)->getName();
      inputs += fmt::format("{}{}", i ? ", " : "", n.getInput(i)->getName());
    }
    if (!known)
      throw UserError(fmt::format("--{}: the model has no input '{}'; its inputs are {}", flag, name, inputs));
  }
}

// The first given of several shape flags for an input; dynamic extents without any are 1.
Dims pick(const Dims& declared, const std::string& name, std::initializer_list<const ShapeMap*> from) {
  for (const ShapeMap* m : from)
    if (const auto* s = find(*m, name)) {
      if (static_cast<int>(s->size()) != declared.nbDims)
        throw UserError(fmt::format("input '{}' has rank {} ({}), the shape given has rank {}", name, declared.nbDims,
                                    dims_text(declared), s->size()));
      return to_dims(*s);
    }
  Dims d = declared;
  for (int i = 0; i < d.nbDims; ++i)
    if (d.d[i] < 0) d.d[i] = 1;
  return d;
}

// `given` are the shapes of this profile; `o.shapes` complete them in the first one.
void add_profile(IBuilder& builder, IBuilderConfig& config, const INetworkDefinition& network,
                 const ProfileShapes& shapes, const ShapeMap& run) {
  for (const auto& [m, flag] : {std::pair(&shapes.min, "minShapes"), std::pair(&shapes.opt, "optShapes"),
                                std::pair(&shapes.max, "maxShapes"), std::pair(&run, "shapes")})
    check_names(network, *m, flag);
  IOptimizationProfile* profile = nullptr;
  for (int i = 0; i < network.getNbInputs(); ++i) {
    const ITensor& t = *network.getInput(i);
    const Dims declared = t.getDimensions();
    if (!dynamic(declared)) continue;
    if (profile == nullptr) profile = builder.createOptimizationProfile();
    const std::string name = t.getName();
    const bool given = find(shapes.min, name) || find(shapes.opt, name) || find(shapes.max, name) || find(run, name);
    const Dims opt = pick(declared, name, {&shapes.opt, &run, &shapes.max, &shapes.min});
    const Dims min = pick(declared, name, {&shapes.min, &shapes.opt, &run, &shapes.max});
    const Dims max = pick(declared, name, {&shapes.max, &shapes.opt, &run, &shapes.min});
    if (!given)
      say('W', "Dynamic input '{}' has no shape: {} is used (see --minShapes, --optShapes, --maxShapes, --shapes)",
          name, dims_text(opt));
    if (!profile->setDimensions(name.c_str(), OptProfileSelector::kMIN, min) ||
        !profile->setDimensions(name.c_str(), OptProfileSelector::kOPT, opt) ||
        !profile->setDimensions(name.c_str(), OptProfileSelector::kMAX, max))
      throw UserError(fmt::format("input '{}': shapes min {}, opt {}, max {} are not a valid profile", name,
                                  dims_text(min), dims_text(opt), dims_text(max)));
  }
  if (profile != nullptr && config.addOptimizationProfile(profile) < 0)
    throw UserError("the optimization profile is not valid");
}

// Profiles are numbered from 0 without gaps.
void add_profiles(IBuilder& builder, IBuilderConfig& config, const INetworkDefinition& network, const Options& o) {
  add_profile(builder, config, network, {o.min_shapes, o.opt_shapes, o.max_shapes}, o.shapes);
  int expected = 1;
  for (const auto& [number, shapes] : o.more_profiles) {
    if (number != expected++) throw UserError(fmt::format("--profile={}: profile {} is missing", number, expected - 1));
    add_profile(builder, config, network, shapes, {});
  }
}

DataType type_named(const std::string& flag, const std::string& s) {
  static const std::pair<const char*, DataType> kTypes[] = {
      {"fp32", DataType::kFLOAT},  {"fp16", DataType::kHALF},   {"bf16", DataType::kBF16}, {"int8", DataType::kINT8},
      {"int32", DataType::kINT32}, {"int64", DataType::kINT64}, {"bool", DataType::kBOOL}};
  for (const auto& [n, t] : kTypes)
    if (s == n) return t;
  throw UserError(fmt::format("--{}: unknown type '{}'", flag, s));
}

void set_layer_types(INetworkDefinition& network, const Options& o) {
  for (int i = 0; i < network.getNbLayers(); ++i) {
    ILayer& l = *network.getLayer(i);
    if (const auto* t = find_pattern(o.layer_precisions, l.getName()))
      l.setPrecision(type_named("layerPrecisions", *t));
    if (const auto* t = find_pattern(o.layer_output_types, l.getName()))
      for (int k = 0; k < l.getNbOutputs(); ++k) {
        size_t begin = 0;
        for (int skip = 0; skip < k && t->find('+', begin) != std::string::npos; ++skip)
          begin = t->find('+', begin) + 1;
        l.setOutputType(k, type_named("layerOutputTypes", t->substr(begin, t->find('+', begin) - begin)));
      }
  }
}

// A misspelt layer would otherwise silently keep its type.
void check_layer_names(INetworkDefinition& network, const Options& o) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(network.getNbLayers()));
  for (int i = 0; i < network.getNbLayers(); ++i) names.emplace_back(network.getLayer(i)->getName());
  for (const auto& [specs, flag] :
       {std::pair(&o.layer_precisions, "layerPrecisions"), std::pair(&o.layer_output_types, "layerOutputTypes"),
        std::pair(&o.layer_device_types, "layerDeviceTypes")})
    for (const auto& [pattern, type] : *specs)
      if (pattern != "*" && std::none_of(names.begin(), names.end(),
                                         [&, &p = pattern](const std::string& n) { return n == p || matches(p, n); }))
        say('W', "--{}: the network has no layer '{}'", flag, pattern);
}

DeviceType device_named(const std::string& s) {
  if (s == "GPU") return DeviceType::kGPU;
  if (s == "DLA") return DeviceType::kDLA;
  if (s == "CPU") return DeviceType::kCPU;
  throw UserError(fmt::format("--layerDeviceTypes: '{}' is none of GPU, DLA and CPU", s));
}

void set_devices(IBuilderConfig& c, const INetworkDefinition& network, const Options& o) {
  if (o.dla_standalone)
    throw UserError("--buildDLAStandalone: this machine has no DLA, so that nothing can be built for one alone");
  for (const auto& [layer, device] : o.layer_device_types) (void)device_named(device);  // also of layers not met below
  if (o.gpu_fallback) c.setFlag(BuilderFlag::kGPU_FALLBACK);
  if (o.dla_core >= 0) {
    c.setDefaultDeviceType(DeviceType::kDLA);
    c.setDLACore(o.dla_core);
  }
  if (o.device == "cpu" && o.dla_core < 0) c.setDefaultDeviceType(DeviceType::kCPU);
  for (int i = 0; i < network.getNbLayers(); ++i) {
    const ILayer* l = network.getLayer(i);
    const auto* t = find_pattern(o.layer_device_types, l->getName());
    if (t == nullptr) continue;
    const DeviceType device = device_named(*t);
    // --device=cpu means a machine without a GPU: its default device is the processor.
    c.setDeviceType(l, o.device == "cpu" && device == DeviceType::kGPU ? DeviceType::kCPU : device);
  }
}

void set_tactic_sources(IBuilderConfig& c, const Options& o) {
  static const std::pair<const char*, TacticSource> kSources[] = {
      {"EDGE_MASK_CONVOLUTIONS", TacticSource::kEDGE_MASK_CONVOLUTIONS},
      {"JIT_CONVOLUTIONS", TacticSource::kJIT_CONVOLUTIONS},
      {"CUDNN", TacticSource::kCUDNN},
      {"CUBLAS", TacticSource::kCUBLAS},
      {"CUBLAS_LT", TacticSource::kCUBLAS_LT}};
  TacticSources sources = c.getTacticSources();
  for (const std::string& s : o.tactic_sources) {
    const auto* hit = std::find_if(std::begin(kSources), std::end(kSources),
                                   [&](const auto& k) { return s.compare(1, std::string::npos, k.first) == 0; });
    if ((s[0] != '+' && s[0] != '-') || hit == std::end(kSources))
      throw UserError(
          fmt::format("--tacticSources: '{}' is not + or - with CUBLAS, CUBLAS_LT, CUDNN, "
                      "EDGE_MASK_CONVOLUTIONS or JIT_CONVOLUTIONS",
                      s));
    const TacticSources bit = 1U << static_cast<uint32_t>(hit->second);
    sources = s[0] == '+' ? sources | bit : sources & ~bit;
  }
  c.setTacticSources(sources);
}

void set_preview(IBuilderConfig& c, const Options& o) {
  static const std::pair<const char*, PreviewFeature> kFeatures[] = {
      {"aliasedPluginIO1003", PreviewFeature::kALIASED_PLUGIN_IO_10_03},
      {"runtimeActivationResize1010", PreviewFeature::kRUNTIME_ACTIVATION_RESIZE_10_10},
      {"profileSharing0806", PreviewFeature::kPROFILE_SHARING_0806},
      {"multiDeviceRuntime1016", PreviewFeature::kMULTIDEVICE_RUNTIME_10_16},
      {"fasterDynamicShapes0805", PreviewFeature::kFASTER_DYNAMIC_SHAPES_0805},
      {"disableExternalTacticSourcesForCore0805", PreviewFeature::kDISABLE_EXTERNAL_TACTIC_SOURCES_FOR_CORE_0805}};
  for (const std::string& s : o.preview) {
    const auto* hit = std::find_if(std::begin(kFeatures), std::end(kFeatures),
                                   [&](const auto& k) { return s.compare(1, std::string::npos, k.first) == 0; });
    if ((s[0] != '+' && s[0] != '-') || hit == std::end(kFeatures)) {
      std::string names;
      for (const auto& [n, f] : kFeatures) names += fmt::format("{}{}", names.empty() ? "" : ", ", n);
      throw UserError(fmt::format("--preview: '{}' is not + or - with one of {}", s, names));
    }
    c.setPreviewFeature(hit->second, s[0] == '+');
  }
}

void set_io_formats(INetworkDefinition& network, const Options& o) {
  auto apply = [](ITensor& t, const std::vector<IoFormat>& formats, int i, int count, const char* flag) {
    if (formats.empty()) return;
    if (formats.size() != 1 && static_cast<int>(formats.size()) != count)
      throw UserError(fmt::format("--{} lists {} formats for {} tensors", flag, formats.size(), count));
    const IoFormat& f = formats[formats.size() == 1 ? 0 : static_cast<size_t>(i)];
    if (f.has_type) t.setType(f.type);
    if (f.formats != 0) t.setAllowedFormats(f.formats);
    if ((f.has_type && t.getType() != f.type) || (f.formats != 0 && t.getAllowedFormats() != f.formats))
      throw UserError(
          fmt::format("--{}: '{}' cannot have this type and format; the reason is logged above", flag, t.getName()));
  };
  for (int i = 0; i < network.getNbInputs(); ++i)
    apply(*network.getInput(i), o.input_formats, i, network.getNbInputs(), "inputIOFormats");
  for (int i = 0; i < network.getNbOutputs(); ++i)
    apply(*network.getOutput(i), o.output_formats, i, network.getNbOutputs(), "outputIOFormats");
}

void set_flags(IBuilderConfig& c, const Options& o) {
  if (o.fp16 || o.best) c.setFlag(BuilderFlag::kFP16);
  if (o.bf16 || o.best) c.setFlag(BuilderFlag::kBF16);
  if (o.int8 || o.best) c.setFlag(BuilderFlag::kINT8);
  if (o.fp8) c.setFlag(BuilderFlag::kFP8);
  if (o.no_tf32) c.clearFlag(BuilderFlag::kTF32);
  if (o.precision_constraints == "prefer") c.setFlag(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS);
  if (o.precision_constraints == "obey") c.setFlag(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS);
  if (o.no_builder_cache) c.setFlag(BuilderFlag::kDISABLE_TIMING_CACHE);
  if (o.error_on_timing_cache_miss) c.setFlag(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
  c.setBuilderOptimizationLevel(o.optimization_level);
  c.setAvgTimingIterations(o.avg_timing);
  c.setMaxNbTactics(o.max_tactics);
  c.setProfilingVerbosity(o.profiling_verbosity == "detailed" || o.profiling_verbosity == "verbose"
                              ? ProfilingVerbosity::kDETAILED
                          : o.profiling_verbosity == "none" ? ProfilingVerbosity::kNONE
                                                            : ProfilingVerbosity::kLAYER_NAMES_ONLY);
  for (const auto& [pool, mib] : o.mem_pools) {
    const auto bytes = static_cast<size_t>(mib * 1048576);
    if (pool == "workspace") c.setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, bytes);
    if (pool == "tacticSharedMem") c.setMemoryPoolLimit(MemoryPoolType::kTACTIC_SHARED_MEMORY, bytes);
  }
  if (o.max_aux_streams >= 0) c.setMaxAuxStreams(o.max_aux_streams);
  if (o.heuristic) c.setFlag(BuilderFlag::kENABLE_TACTIC_HEURISTIC);
  if (o.direct_io) c.setFlag(BuilderFlag::kDIRECT_IO);
  set_tactic_sources(c, o);
  set_preview(c, o);
  c.setCpuThreads(o.cpu_threads);
}

std::vector<char> read_all(const std::string& path) {
  std::ifstream f(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), std::istreambuf_iterator<char>()};
}

void save_timing_cache(const IBuilderConfig& c, const std::string& path) {
  const ITimingCache* cache = c.getTimingCache();
  if (cache == nullptr) return;
  const std::unique_ptr<IHostMemory> bytes(cache->serialize());
  // Written beside and renamed, so that a reader never sees half a file.
  const std::string part = path + ".part";
  std::ofstream f(part, std::ios::binary);
  if (bytes == nullptr ||
      !f.write(static_cast<const char*>(bytes->data()), static_cast<std::streamsize>(bytes->size())) ||
      (f.close(), std::rename(part.c_str(), path.c_str()) != 0))
    throw UserError(fmt::format("cannot write timing cache '{}'", path));
}

}  // namespace

namespace {

// The timing cache of the command line in use by a configuration.
class CacheFile {
 public:
  CacheFile(IBuilderConfig& config, const Options& o) : config_(config), path_(o.timing_cache_file) {
    if (path_.empty()) return;
    const std::vector<char> bytes = read_all(path_);
    cache_.reset(config.createTimingCache(bytes.data(), bytes.size()));
    if (cache_ == nullptr) {
      say('W', "Timing cache '{}' is not usable; a new one is begun", path_);
      cache_.reset(config.createTimingCache(nullptr, 0));
    }
    if (cache_ == nullptr || !config.setTimingCache(*cache_, true)) throw UserError("cannot use a timing cache");
  }
  void save() const {
    if (!path_.empty()) save_timing_cache(config_, path_);
  }

 private:
  IBuilderConfig& config_;
  std::string path_;
  std::unique_ptr<ITimingCache> cache_;
};

// Runs a build under the settings that all builds share.
template <class F>
std::unique_ptr<IHostMemory> build_with(IBuilderConfig& config, const Options& o, F&& build) {
  ProgressBar progress;
  config.setProgressMonitor(&progress);
  const CacheFile cache(config, o);
  Verifier verifier(o);
  verifier.attach(config);
  std::unique_ptr<IHostMemory> plan(build());
  verifier.finish();
  if (plan == nullptr) throw UserError("the engine could not be built; the reason is logged above");
  cache.save();
  return plan;
}

}  // namespace

std::unique_ptr<IHostMemory> build_plan(const Options& given, Logger& logger) {
  const std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  if (builder == nullptr) throw UserError("cannot create a builder");
  const NetworkDefinitionCreationFlags flags =
      given.strongly_typed ? 1U << static_cast<uint32_t>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) : 0U;
  const std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(flags));
  const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
  if (network == nullptr || parser == nullptr) throw UserError("cannot create a network and a parser");
  if (!parser->parseFromFile(given.onnx.c_str(), static_cast<int>(ILogger::Severity::kWARNING)))
    throw UserError(fmt::format("failed to parse '{}' ({} errors, listed above)", given.onnx, parser->getNbErrors()));
  std::vector<std::string> inputs;
  inputs.reserve(static_cast<size_t>(network->getNbInputs()));
  for (int i = 0; i < network->getNbInputs(); ++i) inputs.emplace_back(network->getInput(i)->getName());
  const Options o = with_engine_names(given, inputs);
  const std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  set_flags(*config, o);
  set_io_formats(*network, o);
  check_layer_names(*network, o);
  set_layer_types(*network, o);
  set_devices(*config, *network, o);
  add_profiles(*builder, *config, *network, o);
  return build_with(*config, o, [&] { return builder->buildSerializedNetwork(*network, *config); });
}

std::unique_ptr<IHostMemory> retune_plan(const Options& o, Logger& logger) {
  const std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  if (builder == nullptr) throw UserError("cannot create a builder");
  const std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  set_flags(*config, o);
  if (o.device == "cpu") config->setDefaultDeviceType(DeviceType::kCPU);
  const std::vector<char> old = read_all(o.load_engine);
  if (old.empty()) throw UserError(fmt::format("cannot read plan '{}'", o.load_engine));
  return build_with(*config, o, [&] { return builder->retuneSerializedNetwork(old.data(), old.size(), *config); });
}

}  // namespace tools

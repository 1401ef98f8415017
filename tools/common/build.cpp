// ONNX file to plan, through the public interface alone.
#include <NvOnnxParser.h>
#include <fmt/format.h>

#include <fstream>
#include <set>

#include "common/progress.h"
#include "common/session.h"

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

void add_profile(IBuilder& builder, IBuilderConfig& config, const INetworkDefinition& network, const Options& o) {
  for (const auto& [m, flag] : {std::pair(&o.min_shapes, "minShapes"), std::pair(&o.opt_shapes, "optShapes"),
                                std::pair(&o.max_shapes, "maxShapes"), std::pair(&o.shapes, "shapes")})
    check_names(network, *m, flag);
  IOptimizationProfile* profile = nullptr;
  for (int i = 0; i < network.getNbInputs(); ++i) {
    const ITensor& t = *network.getInput(i);
    const Dims declared = t.getDimensions();
    if (!dynamic(declared)) continue;
    if (profile == nullptr) profile = builder.createOptimizationProfile();
    const std::string name = t.getName();
    const bool given =
        find(o.min_shapes, name) || find(o.opt_shapes, name) || find(o.max_shapes, name) || find(o.shapes, name);
    const Dims opt = pick(declared, name, {&o.opt_shapes, &o.shapes, &o.max_shapes, &o.min_shapes});
    const Dims min = pick(declared, name, {&o.min_shapes, &o.opt_shapes, &o.shapes, &o.max_shapes});
    const Dims max = pick(declared, name, {&o.max_shapes, &o.opt_shapes, &o.shapes, &o.min_shapes});
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

DataType type_named(const std::string& flag, const std::string& s) {
  static const std::pair<const char*, DataType> kTypes[] = {
      {"fp32", DataType::kFLOAT},  {"fp16", DataType::kHALF},   {"bf16", DataType::kBF16}, {"int8", DataType::kINT8},
      {"int32", DataType::kINT32}, {"int64", DataType::kINT64}, {"bool", DataType::kBOOL}};
  for (const auto& [n, t] : kTypes)
    if (s == n) return t;
  throw UserError(fmt::format("--{}: unknown type '{}'", flag, s));
}

void set_layer_types(INetworkDefinition& network, const Options& o) {
  auto find_spec = [](const std::vector<std::pair<std::string, std::string>>& specs,
                      const std::string& name) -> const std::string* {
    const std::string* any = nullptr;
    for (const auto& [n, t] : specs) {
      if (n == name) return &t;
      if (n == "*") any = &t;
    }
    return any;
  };
  for (int i = 0; i < network.getNbLayers(); ++i) {
    ILayer& l = *network.getLayer(i);
    if (const auto* t = find_spec(o.layer_precisions, l.getName())) l.setPrecision(type_named("layerPrecisions", *t));
    if (const auto* t = find_spec(o.layer_output_types, l.getName()))
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
  std::set<std::string> names = {"*"};
  for (int i = 0; i < network.getNbLayers(); ++i) names.insert(network.getLayer(i)->getName());
  for (const auto& [specs, flag] :
       {std::pair(&o.layer_precisions, "layerPrecisions"), std::pair(&o.layer_output_types, "layerOutputTypes")})
    for (const auto& [name, type] : *specs)
      if (names.count(name) == 0) say('W', "--{}: the network has no layer '{}'", flag, name);
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
  if (o.device == "cpu") c.setDefaultDeviceType(DeviceType::kCPU);
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

std::unique_ptr<IHostMemory> build_plan(const Options& o, Logger& logger) {
  const std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  if (builder == nullptr) throw UserError("cannot create a builder");
  const NetworkDefinitionCreationFlags flags =
      o.strongly_typed ? 1U << static_cast<uint32_t>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) : 0U;
  const std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(flags));
  const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
  if (network == nullptr || parser == nullptr) throw UserError("cannot create a network and a parser");
  if (!parser->parseFromFile(o.onnx.c_str(), static_cast<int>(ILogger::Severity::kWARNING)))
    throw UserError(fmt::format("failed to parse '{}' ({} errors, listed above)", o.onnx, parser->getNbErrors()));
  const std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  set_flags(*config, o);
  set_io_formats(*network, o);
  check_layer_names(*network, o);
  set_layer_types(*network, o);
  add_profile(*builder, *config, *network, o);
  ProgressBar progress;
  config->setProgressMonitor(&progress);
  std::unique_ptr<ITimingCache> cache;
  if (!o.timing_cache_file.empty()) {
    const std::vector<char> bytes = read_all(o.timing_cache_file);
    cache.reset(config->createTimingCache(bytes.data(), bytes.size()));
    if (cache == nullptr) {
      say('W', "Timing cache '{}' is not usable; a new one is begun", o.timing_cache_file);
      cache.reset(config->createTimingCache(nullptr, 0));
    }
    if (cache == nullptr || !config->setTimingCache(*cache, true)) throw UserError("cannot use a timing cache");
  }
  std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (plan == nullptr) throw UserError("the engine could not be built; the reason is logged above");
  if (!o.timing_cache_file.empty()) save_timing_cache(*config, o.timing_cache_file);
  return plan;
}

}  // namespace tools

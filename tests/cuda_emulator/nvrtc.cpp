// NVRTC's functions over the host's C++ compiler: the source is written to a folder of its own behind the prelude, and
// the shared object is the machine code.
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <numeric>
#include <regex>
#include <sstream>

#include "exports.h"
#include "image.h"
#include "state.h"

extern char** environ;

namespace hone::cuda {

struct ProgramHandle {
  std::string source, log, image;
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace hone::cuda

namespace hone::emulator {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Dynamic shared memory has no size of its own: the declaration becomes a pointer to the block's.
std::string with_dynamic_shared(const std::string& text) {
  static const std::regex declaration(
      R"(extern\s+__shared__\s+((?:__align__|alignas)\s*\(\s*\d+\s*\)\s*)?([A-Za-z_][\w:<> ]*?)\s+((?:__align__|alignas)\s*\(\s*\d+\s*\)\s*)?(\w+)\s*\[\s*\]\s*;)");
  return std::regex_replace(text, declaration, "$2* const $4 = reinterpret_cast<$2*>(hone_emulated_shared);");
}

size_t after_parenthesis(const std::string& s, size_t at) {
  int depth = 0;
  for (; at < s.size(); ++at) {
    if (s[at] == '(') ++depth;
    if (s[at] == ')' && --depth == 0) return at + 1;
  }
  return at;
}

// Names of the functions declared as extern "C" __global__.
std::vector<std::string> kernel_names(const std::string& source) {
  static const std::regex head(R"(extern\s+"C"\s+__global__\s+)"), word(R"([A-Za-z_]\w*)");
  std::vector<std::string> names;
  for (std::sregex_iterator i(source.begin(), source.end(), head), end; i != end; ++i) {
    size_t at = static_cast<size_t>(i->position() + i->length());
    std::smatch m;
    std::string last;
    while (at < source.size()) {
      if (source[at] == '(') {
        if (last != "__launch_bounds__" && last != "__align__") break;
        at = after_parenthesis(source, at);
      }
      const std::string rest = source.substr(at, 200);
      if (std::regex_search(rest, m, word, std::regex_constants::match_continuous)) {
        last = m.str();
        at += last.size();
      } else {
        ++at;
      }
    }
    names.push_back(last);
  }
  return names;
}

std::string exports_of(const std::vector<std::string>& names) {
  std::string calls, table;
  for (const std::string& n : names) {
    calls += "static void emulated_call_" + n + "(void** p) { emulated_call(" + n + ", p); }\n";
    table += "    {\"" + n + "\", emulated_call_" + n + ", decltype(emulated_call_of(" + n + "))::sizes, decltype(" +
             "emulated_call_of(" + n + "))::count},\n";
  }
  return "\n#undef threadIdx\n#undef blockIdx\n#undef blockDim\n#undef gridDim\n" + calls +
         "static const EmulatedKernel emulated_kernels[] = {\n" + table +
         "};\nHONE_EMULATED_EXPORT const EmulatedImage* hone_emulated_image() {\n"
         "  static const EmulatedImage image{&hone_emulated_services, &hone_emulated_position, hone_emulated_shared,\n"
         "                                   sizeof(hone_emulated_shared), emulated_kernels, " +
         std::to_string(names.size()) + "};\n  return &image;\n}\n";
}

bool run_compiler(const std::vector<std::string>& arguments, const fs::path& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::vector<char*> argv;
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int started = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  return started == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// "sm_90a" or "compute_80" as __CUDA_ARCH__ is: 900, 800.
std::string architecture_macro(const std::string& option) {
  const size_t at = option.find('_');
  return std::to_string(at == std::string::npos ? 800 : std::atoi(option.c_str() + at + 1) * 10);
}

constexpr std::array<const char*, 5> kPreludeFiles{"prelude.h", "prelude_math.h", "prelude_vectors.h", "prelude_warp.h",
                                                   "interface.h"};

/// Changes with the prelude's text.
unsigned prelude_hash() {
  static const unsigned hash = [] {
    size_t h = 0;
    for (const char* name : kPreludeFiles)
      h = h * 31 + std::hash<std::string>()(read_file(fs::path(HONE_EMULATED_PRELUDE) / name));
    return static_cast<unsigned>(h & 0x3fffffff);
  }();
  return hash;
}

std::vector<std::string> compiler_and_flags(const std::string& architecture) {
  const char* chosen = std::getenv("HONE_EMULATED_CXX");
  const bool given = chosen != nullptr && *chosen != 0;
  std::vector<std::string> c{given ? chosen : HONE_EMULATED_COMPILER};
  c.insert(c.end(), {"-std=c++17", "-O1", "-g0", "-w", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off"});
  c.insert(c.end(), {"-fno-strict-aliasing", "-fwrapv", "-DHONE_EMULATED", "-D__CUDA_ARCH__=" + architecture});
#if defined(__x86_64__)
  c.insert(c.end(), {"-mavx2", "-mfma"});
#endif
#if defined(__SANITIZE_ADDRESS__)
  c.insert(c.end(), {"-fsanitize=address", "-fno-omit-frame-pointer"});
#endif
  return c;
}

std::string new_folder() {
  std::string pattern = (fs::temp_directory_path() / "hone_kernel_XXXXXX").string();
  return mkdtemp(pattern.data()) != nullptr ? pattern : std::string();
}

// The folder that kernels include the prelude from: one with a precompiled copy, which halves the time of compiling,
// made by the first process that needs it and shared by all of this user's.
fs::path make_prelude_folder(const std::string& architecture) {
  const fs::path plain = HONE_EMULATED_PRELUDE;
  const std::vector<std::string> flags = compiler_and_flags(architecture);
  const size_t hash = std::hash<std::string>()(std::accumulate(flags.begin(), flags.end(), std::string()));
  const fs::path shared = fs::temp_directory_path() / ("hone_prelude_" + std::to_string(getuid()) + "_" +
                                                       std::to_string(prelude_hash()) + "_" + std::to_string(hash));
  struct stat info {};
  const auto is_there = [&] {
    return lstat(shared.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == getuid();
  };
  if (is_there()) return shared;
  const fs::path made = new_folder();
  if (made.empty()) return plain;
  std::error_code error;
  for (const char* name : kPreludeFiles) fs::copy_file(plain / name, made / name, error);
  std::vector<std::string> c = flags;
  c.insert(c.end(), {"-x", "c++-header", (made / "prelude.h").string(), "-o", (made / "prelude.h.gch").string()});
  if (run_compiler(c, made / "log")) fs::rename(made, shared, error);
  fs::remove_all(made, error);
  return is_there() ? shared : plain;
}

fs::path prelude_folder(const std::string& architecture) {
  static std::mutex mutex;
  static std::map<std::string, fs::path> folders;
  const std::lock_guard l(mutex);
  auto it = folders.find(architecture);
  if (it == folders.end()) it = folders.emplace(architecture, make_prelude_folder(architecture)).first;
  return it->second;
}

std::vector<std::string> command(const fs::path& folder, const std::string& architecture) {
  std::vector<std::string> c = compiler_and_flags(architecture);
  c.insert(c.end(), {"-shared", "-I" + folder.string(), "-I" + prelude_folder(architecture).string(), "-o",
                     (folder / "kernel.so").string(), (folder / "kernel.cu.cpp").string()});
  return c;
}

Result compile(ProgramHandle* p, const std::string& architecture) {
  const fs::path folder = new_folder();
  if (folder.empty()) {
    p->log = "no temporary folder";
    return kNvrtcErrorCompilation;
  }
  for (const auto& [name, text] : p->headers) std::ofstream(folder / name) << with_dynamic_shared(text);
  std::ofstream(folder / "kernel.cu.cpp") << "#include \"prelude.h\"\n#line 1 \"kernel.cu\"\n"
                                          << with_dynamic_shared(p->source) << exports_of(kernel_names(p->source));
  const bool ok = run_compiler(command(folder, architecture), folder / "log");
  p->log = read_file(folder / "log");
  if (ok) {
    const std::string code = read_file(folder / "kernel.so");
    ImageHeader header;
    std::memcpy(header.magic, kImageMagic, sizeof(header.magic));
    header.size = code.size();
    p->image.assign(reinterpret_cast<const char*>(&header), sizeof(header));
    p->image += code;
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return ok ? kSuccess : kNvrtcErrorCompilation;
}

}  // namespace
}  // namespace hone::emulator

namespace hone::cuda {
using namespace hone::emulator;

extern "C" {

// The minor number changes with the prelude, so that kernels compiled behind an older one are not found in the cache.
Result nvrtcVersion(int* major, int* minor) {
  *major = 0, *minor = static_cast<int>(prelude_hash());
  return kSuccess;
}
Result nvrtcGetNumSupportedArchs(int* count) {
  *count = 6;
  return kSuccess;
}
Result nvrtcGetSupportedArchs(int* list) {
  for (int a : {75, 80, 86, 89, 90, 100}) *list++ = a;
  return kSuccess;
}
Result nvrtcCreateProgram(Program* program, const char* source, const char*, int headers, const char* const* texts,
                          const char* const* names) {
  auto p = std::make_unique<ProgramHandle>();
  p->source = source;
  for (int i = 0; i < headers; ++i) p->headers.emplace_back(names[i], texts[i]);
  *program = p.release();
  return kSuccess;
}
Result nvrtcDestroyProgram(Program* program) {
  delete *program;
  *program = nullptr;
  return kSuccess;
}
Result nvrtcCompileProgram(Program program, int options, const char* const* list) {
  std::string architecture = "800";
  for (int i = 0; i < options; ++i)
    if (std::strncmp(list[i], "--gpu-architecture=", 19) == 0) architecture = architecture_macro(list[i] + 19);
  return compile(program, architecture);
}
Result nvrtcGetProgramLogSize(Program program, size_t* size) {
  *size = program->log.size() + 1;
  return kSuccess;
}
Result nvrtcGetProgramLog(Program program, char* text) {
  std::memcpy(text, program->log.c_str(), program->log.size() + 1);
  return kSuccess;
}
Result nvrtcGetCUBINSize(Program program, size_t* size) {
  *size = program->image.size();
  return kSuccess;
}
Result nvrtcGetCUBIN(Program program, char* image) {
  std::memcpy(image, program->image.data(), program->image.size());
  return kSuccess;
}
Result nvrtcGetPTXSize(Program program, size_t* size) { return nvrtcGetCUBINSize(program, size); }
Result nvrtcGetPTX(Program program, char* text) { return nvrtcGetCUBIN(program, text); }

}  // extern "C"
}  // namespace hone::cuda

// NVRTC with the embedded headers.
#include "backends/cuda/compiler.h"

#include <sstream>

#include "backends/cuda/device_headers.h"
#include "backends/cuda/gpu.h"

namespace hone::cuda {
namespace {

constexpr int kHeadLines = 60;

struct OwnedProgram {
  Program program = nullptr;
  OwnedProgram() = default;
  OwnedProgram(const OwnedProgram&) = delete;
  OwnedProgram& operator=(const OwnedProgram&) = delete;
  ~OwnedProgram() {
    if (program != nullptr) nvrtc().destroy(&program);
  }
};

std::string head(const std::string& source) {
  std::istringstream in(source);
  std::string out, line;
  for (int i = 1; i <= kHeadLines && std::getline(in, line); ++i) out += fmt::format("{:4} {}\n", i, line);
  return out;
}

std::string log_of(Program program) {
  size_t size = 0;
  if (nvrtc().log_size(program, &size) != kSuccess || size <= 1) return "(no log)";
  std::string text(size, 0);
  if (nvrtc().log(program, text.data()) != kSuccess) return "(no log)";
  text.resize(size - 1);
  return text;
}

void check_nvrtc(Result r, const char* what) {
  require<InternalError>(r == kSuccess, "NVRTC failed ({}): {}", r, what);
}

Blob image_of(Program program, bool machine_code) {
  const NvrtcApi& n = nvrtc();
  size_t size = 0;
  check_nvrtc(machine_code ? n.cubin_size(program, &size) : n.ptx_size(program, &size), "asking for the code's size");
  std::byte* bytes = nullptr;
  Blob image = Blob::allocate(size, &bytes);
  char* to = reinterpret_cast<char*>(bytes);
  check_nvrtc(machine_code ? n.cubin(program, to) : n.ptx(program, to), "copying the code");
  return image;
}

}  // namespace

const std::vector<std::string>& compiler_options() {
  // Generic lambdas in kernels count as host functions otherwise.
  static const std::vector<std::string> options{"--std=c++17", "--device-as-default-execution-space"};
  return options;
}

std::string compiler_version() {
  const NvrtcApi* n = find_nvrtc(nullptr);
  return n == nullptr ? "" : fmt::format("{}.{}", n->major, n->minor);
}

Blob compile_source(const std::string& source) {
  const NvrtcApi& n = nvrtc();
  const bool known = n.supports(gpu().capability());
  std::vector<std::string> options = compiler_options();
  options.push_back("--gpu-architecture=" +
                    (known ? architecture_name() : fmt::format("compute_{}", n.newest_architecture)));
  std::vector<const char*> list, texts, names;
  for (const std::string& o : options) list.push_back(o.c_str());
  for (const DeviceHeader& h : device_headers()) texts.push_back(h.text), names.push_back(h.name);
  OwnedProgram p;
  check_nvrtc(
      n.create(&p.program, source.c_str(), "kernel.cu", static_cast<int>(names.size()), texts.data(), names.data()),
      "creating a program");
  const Result r = n.compile(p.program, static_cast<int>(list.size()), list.data());
  require<InternalError>(r == kSuccess, "a generated kernel does not compile for {} ({}):\n{}\n{}", architecture_name(),
                         r, log_of(p.program), head(source));
  return image_of(p.program, known);
}

}  // namespace hone::cuda

// Compiled kernels: images are shared objects, loaded from files that are removed at once; blocks run one after
// another.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "exports.h"
#include "fibers.h"
#include "image.h"
#include "state.h"

namespace hone::cuda {

struct ModuleHandle {
  void* library = nullptr;
  const EmulatedImage* image = nullptr;
  bool waits = false;
  std::map<std::string, std::unique_ptr<FunctionHandle>> functions;
};
struct FunctionHandle {
  const ModuleHandle* module = nullptr;
  const EmulatedKernel* kernel = nullptr;
  unsigned max_shared = 48u << 10;
};

}  // namespace hone::cuda

namespace hone::emulator {
namespace {

int shared_limit() {
  int bytes = 0;
  cuDeviceGetAttribute(&bytes, kAttributeSharedPerBlock, 0);
  return bytes;
}

// From a file of its own: the loader takes files of the same name for the same library.
void* open_image(const char* bytes, size_t size) {
  std::string path = (std::filesystem::temp_directory_path() / "hone_image_XXXXXX").string();
  const int file = mkstemp(path.data());
  if (file < 0) return nullptr;
  close(file);
  std::ofstream(path, std::ios::binary).write(bytes, static_cast<std::streamsize>(size));
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) report(kErrorInvalidImage, dlerror());
  unlink(path.c_str());
  return library;
}

}  // namespace

const EmulatedKernel* kernel_of(Function f) { return f->kernel; }

Result run_kernel(Function f, const EmulatedDim& grid, const EmulatedDim& block, unsigned shared_bytes,
                  std::vector<void*> parameters) {
  const EmulatedImage& image = *f->module->image;
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  if (threads == 0 || threads > 1024 || grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.y > 65535 || grid.z > 65535)
    return report(kErrorInvalidValue, "a launch of no or too many threads or blocks");
  if (shared_bytes > f->max_shared || shared_bytes > image.dynamic_shared_size)
    return report(kErrorLaunchOutOfResources, "more dynamic shared memory than the kernel may use");
  BlockLaunch launch{f->kernel, parameters.data(), image.position, f->module->waits, false};
  EmulatedPosition& p = *image.position;
  p.grid_dim = grid, p.block_dim = block;
  std::string error;
  for (p.block.z = 0; p.block.z < grid.z; ++p.block.z)
    for (p.block.y = 0; p.block.y < grid.y; ++p.block.y)
      for (p.block.x = 0; p.block.x < grid.x; ++p.block.x) {
        std::memset(image.dynamic_shared, 0xFF, shared_bytes);  // not a number, so that reading it shows
        if (!run_block(launch, &error)) return report(kErrorLaunchFailed, error);
        launch.reversed = !launch.reversed;
      }
  return kSuccess;
}

}  // namespace hone::emulator

namespace hone::cuda {
using namespace hone::emulator;
using Lock = std::lock_guard<std::recursive_mutex>;

extern "C" {

Result cuModuleLoadData(Module* module, const void* image) {
  const Lock l(lock());
  ImageHeader header;
  std::memcpy(&header, image, sizeof(header));
  if (std::memcmp(header.magic, kImageMagic, sizeof(header.magic)) != 0)
    return report(kErrorInvalidImage, "this is not machine code for the emulator");
  auto m = std::make_unique<ModuleHandle>();
  m->library = open_image(static_cast<const char*>(image) + sizeof(header), header.size);
  if (m->library == nullptr) return kErrorInvalidImage;
  const auto get = reinterpret_cast<const EmulatedImage* (*)()>(dlsym(m->library, "hone_emulated_image"));
  if (get == nullptr) return kErrorInvalidImage;
  m->image = get();
  *m->image->services = &services();
  m->waits =
      dlsym(m->library, "hone_emulated_barrier") != nullptr || dlsym(m->library, "hone_emulated_exchange") != nullptr;
  *module = m.release();
  return kSuccess;
}
Result cuModuleUnload(Module module) {
  const Lock l(lock());
  dlclose(module->library);
  delete module;
  return kSuccess;
}
Result cuModuleGetFunction(Function* function, Module module, const char* name) {
  const Lock l(lock());
  auto& f = module->functions[name];
  if (f == nullptr)
    for (unsigned i = 0; i < module->image->kernel_count; ++i)
      if (std::strcmp(module->image->kernels[i].name, name) == 0) {
        f = std::make_unique<FunctionHandle>();
        f->module = module, f->kernel = &module->image->kernels[i];
      }
  *function = f.get();
  return f != nullptr ? kSuccess : kErrorNotFound;
}
Result cuFuncGetAttribute(int* value, int attribute, Function function) {
  if (attribute != kFunctionMaxDynamicShared) return kErrorInvalidValue;
  *value = static_cast<int>(function->max_shared);
  return kSuccess;
}
Result cuFuncSetAttribute(Function function, int attribute, int value) {
  const Lock l(lock());
  if (attribute != kFunctionMaxDynamicShared || value < 0 || value > shared_limit()) return kErrorInvalidValue;
  function->max_shared = static_cast<unsigned>(value);
  return kSuccess;
}
Result cuFuncGetParamInfo(Function function, size_t index, size_t* offset, size_t* size) {
  if (index >= function->kernel->count) return kErrorInvalidValue;
  *offset = 0, *size = function->kernel->sizes[index];
  return kSuccess;
}

}  // extern "C"
}  // namespace hone::cuda

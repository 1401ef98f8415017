// Recipes become kernels: code is compiled or found, arguments are checked against the function's parameters where the
// driver can tell them, and launched without allocating.
#include "backends/cuda/recipe.h"

#include "backends/cuda/gpu.h"
#include "backends/cuda/recipe_kernel.h"

namespace hone::cuda {
namespace {

constexpr size_t kMaxArguments = 256, kMaxMaps = 4;

struct alignas(64) EncodedMap {
  std::array<std::byte, kTensorMapBytes> bytes;
};

bool is_empty(const std::array<unsigned, 3>& grid) { return grid[0] == 0 || grid[1] == 0 || grid[2] == 0; }

void check_launch(const Recipe& r) {
  const uint64_t threads = uint64_t{r.block[0]} * r.block[1] * r.block[2];
  require<InternalError>(threads > 0 && threads <= 1024 && r.block[2] <= 64, "a block of {}x{}x{} threads", r.block[0],
                         r.block[1], r.block[2]);
  require<InternalError>(r.grid[0] <= 0x7fffffffu && r.grid[1] <= 65535 && r.grid[2] <= 65535, "a grid of {}x{}x{}",
                         r.grid[0], r.grid[1], r.grid[2]);
  require<InternalError>(r.shared_bytes <= static_cast<unsigned>(gpu().shared_per_block),
                         "{} bytes of shared memory, a block has {}", r.shared_bytes, gpu().shared_per_block);
  require<InternalError>(r.arguments.size() <= kMaxArguments, "{} arguments", r.arguments.size());
}

bool can_overlap() { return gpu().major >= 9 && driver().launch_ex != nullptr; }

// The map of a tensor that lies at `data` (cuTensorMapEncodeTiled in the manual of the driver API).
Result encode(const TensorMap& m, const void* data, EncodedMap* map) noexcept {
  if (reinterpret_cast<uintptr_t>(data) % 16 != 0) return kErrorMisalignedAddress;
  const auto wide = [](int64_t v) { return static_cast<uint64_t>(v); };
  const uint64_t dims[3] = {wide(m.dims[0]), wide(m.dims[1]), wide(m.dims[2])};
  const uint64_t strides[2] = {wide(m.strides[0]), wide(m.strides[1])};
  const uint32_t box[3] = {64, static_cast<uint32_t>(m.box_rows), 1}, steps[3] = {1, 1, 1};
  return driver().encode_tiled(map, m.type == DType::kF16 ? kMapOfHalf : kMapOfBrainFloat, 3, const_cast<void*>(data),
                               dims, strides, box, steps, kMapInterleaveNone, kMapSwizzle128, kMapPromote256,
                               kMapFillZeros);
}

// A launch that may begin before its predecessor in the stream has ended.
Result launch_overlapping(Function f, const std::array<unsigned, 3>& grid, const std::array<unsigned, 3>& block,
                          unsigned shared_bytes, Stream stream, void** parameters) noexcept {
  LaunchAttribute early{};
  early.id = kLaunchProgrammaticSerialization;
  early.value.number = 1;
  const LaunchConfig config{grid[0], grid[1], grid[2], block[0], block[1], block[2], shared_bytes, stream, &early, 1};
  return driver().launch_ex(&config, f, parameters, nullptr);
}

}  // namespace

void RecipeTactic::compile(const Problem& p) const {
  with_context(
      [&] {
        for (const Recipe& r : recipes(p))
          if (!is_empty(r.grid)) machine_code(r.source);
      },
      [&] { return fmt::format("compiling tactic {}", name()); });
}

std::unique_ptr<Kernel> RecipeTactic::make(const Problem& p, std::span<const Blob> prepared) const {
  return with_context(
      [&]() -> std::unique_ptr<Kernel> {
        return std::make_unique<RecipeKernel>(name(), recipes(p), workspace(p), prepared);
      },
      [&] { return fmt::format("making a kernel of tactic {}", name()); });
}

RecipeKernel::RecipeKernel(std::string_view name, const std::vector<Recipe>& recipes, size_t workspace,
                           std::span<const Blob> prepared)
    : name_(name), workspace_(workspace) {
  for (const Recipe& r : recipes)
    if (!is_empty(r.grid)) steps_.push_back(make_step(r, prepared));
}

RecipeKernel::Step RecipeKernel::make_step(const Recipe& r, std::span<const Blob> prepared) const {
  check_launch(r);
  Step s{load_function(r.source, r.entry, r.shared_bytes),
         machine_code(r.source),
         r.grid,
         r.block,
         r.shared_bytes,
         r.overlaps && can_overlap(),
         {},
         {}};
  for (const Argument& a : r.arguments) s.slots.push_back(make_slot(a, prepared));
  require<InternalError>(r.maps.size() <= kMaxMaps && (r.maps.empty() || gpu().bulk_copies), "{} tensor maps",
                         r.maps.size());
  for (const TensorMap& m : r.maps) s.maps.push_back({make_slot(m.data, prepared), m});
  check_parameters(s, r);
  return s;
}

RecipeKernel::Slot RecipeKernel::make_slot(const Argument& a, std::span<const Blob> prepared) {
  Slot slot{a.kind, a.index, a.offset, a.value};
  if (a.kind == Argument::Kind::kBlob) {
    require<InternalError>(a.index >= 0 && static_cast<size_t>(a.index) < prepared.size(), "argument is blob {} of {}",
                           a.index, prepared.size());
    const std::byte* data = prepared[static_cast<size_t>(a.index)].data + a.offset;
    std::memcpy(slot.value.data(), &data, sizeof(data));
  }
  return slot;
}

const void* RecipeKernel::address(const Slot& slot, const Launch& l) noexcept {
  const auto at = [&](const void* p) -> const void* {
    return p == nullptr ? nullptr : static_cast<const std::byte*>(p) + slot.offset;
  };
  switch (slot.kind) {
    case Argument::Kind::kInput:
      return at(l.inputs[slot.index]);
    case Argument::Kind::kOutput:
      return at(l.outputs[slot.index]);
    case Argument::Kind::kWorkspace:
      return at(l.workspace);
    default: {  // a blob
      const void* data = nullptr;
      std::memcpy(&data, slot.value.data(), sizeof(data));
      return data;
    }
  }
}

void RecipeKernel::check_parameters(const Step& s, const Recipe& r) {
  const auto parameter = driver().function_parameter;
  if (parameter == nullptr) return;
  size_t offset = 0, size = 0;
  for (size_t i = 0; i < r.arguments.size(); ++i) {
    require<InternalError>(parameter(s.function.function, i, &offset, &size) == kSuccess,
                           "kernel '{}' takes {} parameters, the recipe gives {}", r.entry, i, r.arguments.size());
    require<InternalError>(size == r.arguments[i].size, "parameter {} of kernel '{}' has {} bytes, the recipe gives {}",
                           i, r.entry, size, r.arguments[i].size);
  }
  require<InternalError>(parameter(s.function.function, r.arguments.size(), &offset, &size) != kSuccess,
                         "kernel '{}' takes more than the {} parameters that the recipe gives", r.entry,
                         r.arguments.size());
}

Result RecipeKernel::launch(const Step& s, const Launch& l) noexcept {
  std::array<const void*, kMaxArguments> pointers;  // NOLINT: filled as far as used
  std::array<void*, kMaxArguments + 1> parameters;  // NOLINT
  std::array<EncodedMap, kMaxMaps> maps;            // NOLINT
  for (size_t m = 0; m < s.maps.size(); ++m)
    if (const Result r = encode(s.maps[m].shape, address(s.maps[m].data, l), &maps[m]); r != kSuccess) return r;
  size_t i = 0;
  for (const Slot& slot : s.slots) {
    parameters[i] = &pointers[i];
    switch (slot.kind) {
      case Argument::Kind::kTensorMap:
        parameters[i] = &maps[static_cast<size_t>(slot.index)];
        break;
      case Argument::Kind::kBlob:
      case Argument::Kind::kValue:
        parameters[i] = const_cast<std::byte*>(slot.value.data());
        break;
      default:
        pointers[i] = address(slot, l);
    }
    ++i;
  }
  parameters[i] = nullptr;
  const auto stream = static_cast<Stream>(l.stream);
  if (s.overlaps)
    return launch_overlapping(s.function.function, s.grid, s.block, s.shared_bytes, stream, parameters.data());
  return driver().launch(s.function.function, s.grid[0], s.grid[1], s.grid[2], s.block[0], s.block[1], s.block[2],
                         s.shared_bytes, stream, parameters.data(), nullptr);
}

void RecipeKernel::run(const Launch& l) const noexcept {
  Result r = try_enter_context();
  for (size_t i = 0; i < steps_.size() && r == kSuccess; ++i) r = launch(steps_[i], l);
  if (r != kSuccess) note_launch_error(r, name_);
}

void RecipeKernel::collect_code(std::vector<CodeImage>* images) const {
  for (const Step& s : steps_) images->push_back(s.code);
}

}  // namespace hone::cuda

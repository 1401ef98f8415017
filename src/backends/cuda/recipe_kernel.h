// A kernel made of recipes: argument storage prepared once, pointers put in at each launch.
#pragma once

#include <vector>

#include "backends/cuda/modules.h"
#include "backends/cuda/recipe.h"

namespace hone::cuda {

class RecipeKernel final : public Kernel {
 public:
  /// `name` is the tactic's and lives forever.
  RecipeKernel(std::string_view name, const std::vector<Recipe>& recipes, size_t workspace,
               std::span<const Blob> prepared);
  size_t workspace() const override { return workspace_; }
  void run(const Launch& l) const noexcept override;
  void collect_code(std::vector<CodeImage>* images) const override;

 private:
  struct Slot {
    Argument::Kind kind;
    int index;
    int64_t offset;
    alignas(16) std::array<std::byte, 16> value;  // of a value; the address of a blob
  };
  struct Map {
    Slot data;
    TensorMap shape;
  };
  struct Step {
    LoadedFunction function;
    CodeImage code;
    std::array<unsigned, 3> grid, block;
    unsigned shared_bytes;
    bool overlaps;
    std::vector<Slot> slots;
    std::vector<Map> maps;
  };
  static Slot make_slot(const Argument& a, std::span<const Blob> prepared);
  static const void* address(const Slot& slot, const Launch& l) noexcept;
  Step make_step(const Recipe& r, std::span<const Blob> prepared) const;
  static void check_parameters(const Step& s, const Recipe& r);
  static Result launch(const Step& s, const Launch& l) noexcept;

  std::string_view name_;
  size_t workspace_;
  std::vector<Step> steps_;
};

}  // namespace hone::cuda

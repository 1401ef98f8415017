// Damaged plans: the reader refuses them, or what it accepts runs without touching memory that is not its own. Half of
// the cases carry correct checksums, as a forger's would; otherwise the checksums would hide the reader behind them.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>

#include "mutate.h"
#include "plan/header.h"
#include "session.h"

namespace {

/// Makes the head agree with what follows it, as far as that is possible.
void forge(fuzz::Bytes& image) {
  hone::plan::Header h;
  if (image.size() < sizeof(h)) return;
  std::memcpy(&h, image.data(), sizeof(h));
  const uint64_t rest = image.size() - sizeof(h);
  h.meta_size = std::min<uint64_t>(h.meta_size, rest);
  h.data_offset = std::min<uint64_t>((sizeof(h) + h.meta_size + 63) / 64 * 64, image.size() / 64 * 64);
  h.data_size = image.size() - h.data_offset;
  h.meta_checksum = XXH3_64bits(image.data() + sizeof(h), h.meta_size);
  h.data_checksum = XXH3_64bits(image.data() + h.data_offset, h.data_size);
  h.head_checksum = XXH3_64bits(&h, offsetof(hone::plan::Header, head_checksum));
  std::memcpy(image.data(), &h, sizeof(h));
}

}  // namespace

int main(int argc, char** argv) {
  const fuzz::Options options(argc, argv);
  fuzz::SilentLogger logger;
  std::vector<fuzz::Bytes> seeds;
  std::vector<bool> endless;
  for (const auto& file : options.files) {
    const auto model = fuzz::read_file(file);
    const auto plan = fuzz::build(logger, model.data(), model.size());
    if (!plan || !fuzz::load_and_run(logger, plan->data(), plan->size())) {
      std::fprintf(stderr, "%s does not build and run undamaged\n", file.c_str());
      return 1;
    }
    const char* bytes = static_cast<const char*>(plan->data());
    seeds.emplace_back(bytes, bytes + plan->size());
    endless.push_back(file.find("loop") != std::string::npos);
  }
  return fuzz::run("fuzz_plan", options.seed, options.count, options.seconds, options.only,
                   [&](long i, std::mt19937_64& rng) {
                     const size_t which = static_cast<size_t>(i) % seeds.size();
                     auto bytes = fuzz::mutate(seeds[which], rng);
                     if (i % 2 == 0) forge(bytes);
                     return fuzz::load_and_run(logger, bytes.data(), bytes.size(), !endless[which]);
                   });
}

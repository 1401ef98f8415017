// Damaged plans: the reader refuses them, or what it accepts runs without touching memory that is not its own. Half of
// the cases carry correct checksums, as a forger's would; otherwise the checksums would hide the reader behind them.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>

#include "mutate.h"
#include "plan/header.h"
#include "session.h"

namespace {

/// Makes head and checksums agree with the rest, as far as that is possible.
void forge(fuzz::Bytes& image) {
  using namespace hone::plan;
  Header h;
  if (image.size() < sizeof(h)) return;
  std::memcpy(&h, image.data(), sizeof(h));
  const uint64_t size = image.size();
  h.meta_size = std::min<uint64_t>(h.meta_size, size - sizeof(h));
  h.data_offset = std::min<uint64_t>(h.data_offset, size) / 64 * 64;
  h.data_size = size - h.data_offset;
  h.data_used = std::min(h.data_used, h.data_size) / 64 * 64;
  const uint64_t list = list_offset(h.meta_size), entries = list_entries(h.data_size, h.data_used);
  if (list + 8 * entries > h.data_offset) return;
  uint64_t at = list;
  for (const auto& [begin, end] : {std::pair(uint64_t{0}, h.data_used), std::pair(h.data_used, h.data_size)})
    for (uint64_t piece = begin; piece < end; piece += kPiece, at += 8) {
      const uint64_t sum = XXH3_64bits(image.data() + h.data_offset + piece, std::min(kPiece, end - piece));
      std::memcpy(image.data() + at, &sum, 8);
    }
  h.meta_checksum = XXH3_64bits(image.data() + sizeof(h), h.meta_size);
  h.list_checksum = XXH3_64bits(image.data() + list, 8 * entries);
  h.head_checksum = XXH3_64bits(&h, offsetof(Header, head_checksum));
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

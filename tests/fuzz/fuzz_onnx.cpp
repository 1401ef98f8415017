// Damaged ONNX files: the parser and the builder refuse them or make something of them, but never crash or hang.
#include "mutate.h"
#include "session.h"

int main(int argc, char** argv) {
  const fuzz::Options options(argc, argv);
  fuzz::SilentLogger logger;
  std::vector<fuzz::Bytes> seeds;
  for (const auto& file : options.files) {
    seeds.push_back(fuzz::read_file(file));
    if (!fuzz::build(logger, seeds.back().data(), seeds.back().size())) {
      std::fprintf(stderr, "%s does not build undamaged\n", file.c_str());
      return 1;
    }
  }
  return fuzz::run("fuzz_onnx", options.seed, options.count, options.seconds, options.only,
                   [&](long i, std::mt19937_64& rng) {
                     const auto bytes = fuzz::mutate(seeds[static_cast<size_t>(i) % seeds.size()], rng);
                     return fuzz::build(logger, bytes.data(), bytes.size()) != nullptr;
                   });
}

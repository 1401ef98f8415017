// Compiles an ONNX model and compares the engine with the plain evaluation of the imported graph on drawn inputs: one
// line per output with the relative L2 distance; exit status 1 where one is above --tolerance. Checks compiler, kernels
// and runtime without the public interface.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <random>

#include "compile/compile.h"
#include "import/onnx/importer.h"
#include "ir/evaluate.h"
#include "runtime/engine.h"

namespace {

using namespace hone;

Tensor draw(DType type, const Dims& dims, std::mt19937& rng) {
  std::normal_distribution<double> normal;
  Tensor wide(DType::kF64, dims);
  for (double& x : wide.span<double>()) x = is_float(type) ? normal(rng) : static_cast<double>(rng() % 2);
  return wide.to(type);
}

double distance(const Tensor& got, const Tensor& want) {
  const std::vector<double> a = got.as_doubles(), b = want.as_doubles();
  if (a.size() != b.size()) return HUGE_VAL;
  double d = 0, n = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    d += (a[i] - b[i]) * (a[i] - b[i]);
  }
  for (double x : b) n += std::isfinite(x) ? x * x : 0;
  return std::isnan(d) ? HUGE_VAL : n > 0 ? std::sqrt(d / n) : std::sqrt(d);
}

}  // namespace

int main(int argc, char** argv) {
  std::string model;
  int64_t extent = 2;
  int threads = 1, level = 3;
  double tolerance = 1e-4;
  bool verbose = false, skip = false;
  int repeat = 0;
  std::string stop;
  CLI::App app("Engine against plain evaluation");
  app.add_option("model", model)->required();
  app.add_option("--extent", extent, "for dynamic dims");
  app.add_option("--threads", threads);
  app.add_option("--level", level);
  app.add_option("--tolerance", tolerance);
  app.add_option("--repeat", repeat, "time so many runs and print the layers");
  app.add_option("--dump-after", stop, "print the graph after this stage or pass and stop");
  app.add_flag("--verbose", verbose);
  app.add_flag("--skip-reference", skip);
  CLI11_PARSE(app, argc, argv);
  try {
    onnx::ImportResult r = onnx::import_file(model);
    if (!r.ok()) {
      fmt::print("{}\n", import::str(r.errors));
      return 1;
    }
    compile::Options o;
    o.threads = threads;
    o.optimization_level = level;
    if (verbose) o.log = [](int, const std::string& s) { fmt::print("{}\n", s); };
    std::vector<Dims> dims;
    std::vector<plan::ShapeRange> profile;
    bool dynamic = false;
    for (const ir::Value* v : r.graph->inputs()) {
      Dims d;
      for (const Dim& x : v->shape()) {
        d.push_back(x.value_or(extent));
        dynamic = dynamic || !x.is_const();
      }
      profile.push_back({d, d, d, {}, {}, {}});
      dims.push_back(d);
    }
    if (dynamic) o.profiles.push_back(profile);
    if (!stop.empty()) {
      o.stop_after = stop;
      fmt::print("{}", compile::dump(*r.graph, o));
      return 0;
    }
    auto t0 = std::chrono::steady_clock::now();
    auto plan = compile::compile(*r.graph, o);
    auto seconds = [](auto t) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count(); };
    fmt::print("built in {:.2f} s, {} layers\n", seconds(t0), plan->graph.steps.size());
    auto image = std::make_shared<std::vector<std::byte>>(plan::write(*plan));
    auto engine = runtime::Engine::create(plan::read(*image, image), cpu_backend(), threads);
    runtime::Context c(engine);
    std::mt19937 rng(5);
    std::vector<Tensor> in;
    for (size_t i = 0; i < dims.size(); ++i) {
      in.push_back(draw(r.graph->inputs()[i]->type(), dims[i], rng));
      if (auto s = c.set_input_dims(i, dims[i]); !s) throw ModelError(s.error);
      c.set_address(i, in.back().raw());
    }
    if (auto s = c.execute(); !s) throw ModelError(s.error);
    if (repeat > 0) {
      std::vector<std::vector<double>> us(engine->layer_count());
      std::vector<double> whole;
      for (int k = 0; k < repeat; ++k) {
        t0 = std::chrono::steady_clock::now();
        c.execute();
        whole.push_back(1e3 * seconds(t0));
      }
      c.runner().set_step_timer([&](size_t i, double t) { us[i].push_back(t); });
      for (int k = 0; k < repeat; ++k) c.execute();
      auto median = [](std::vector<double>& v) {
        std::nth_element(v.begin(), v.begin() + static_cast<long>(v.size() / 2), v.end());
        return v[v.size() / 2];
      };
      for (size_t i = 0; i < us.size(); ++i)
        fmt::print("{:9.1f} us (tuned {:8.1f}) {:24} {} {}\n", median(us[i]), engine->plan().graph.steps[i].time_us,
                   c.runner().tactic_in_use(i), engine->plan().graph.steps[i].op->name,
                   engine->plan().graph.steps[i].name);
      fmt::print("median {:.3f} ms\n", median(whole));
    }
    if (skip) return 0;
    t0 = std::chrono::steady_clock::now();
    const std::vector<Tensor> want = ir::evaluate(*r.graph, in);
    fmt::print("reference in {:.2f} s\n", seconds(t0));
    int bad = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      const size_t io = dims.size() + i;
      const Tensor got = Tensor::view(engine->io(io).type, c.runner().output_dims(i), c.result(io));
      const double d = distance(got, want[i]);
      bad += d > tolerance || got.dims() != want[i].dims();
      fmt::print("{} {} {} distance {:.2e}\n", d > tolerance ? "BAD" : "ok ", engine->io(io).name, str(got.dims()), d);
    }
    return bad > 0;
  } catch (const std::exception& e) {
    fmt::print("Error: {}\n", e.what());
    return 1;
  }
}

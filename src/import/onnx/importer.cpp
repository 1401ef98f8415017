// Entry points of the importer: nothing that is wrong with a model leaves them as an exception.
#include "import/onnx/importer.h"

#include <new>

#include "base/error.h"
#include "import/onnx/readers.h"
#include "import/onnx/session.h"

namespace hone::onnx {

namespace {

void add_error(ImportResult& r, import::Cause cause, std::string reason) {
  import::Diagnostic d;
  d.cause = cause;
  d.reason = std::move(reason);
  r.errors.push_back(std::move(d));
}

template <class F>
void guarded(ImportResult& r, F&& f) {
  try {
    f();
  } catch (const Unsupported& e) {
    add_error(r, import::Cause::kUnsupported, e.what());
  } catch (const ModelError& e) {
    add_error(r, import::Cause::kModel, e.what());
  } catch (const std::bad_alloc&) {
    add_error(r, import::Cause::kModel, "out of memory while the model was read");
  } catch (const std::exception& e) {
    add_error(r, import::Cause::kInternal, e.what());
  }
}

}  // namespace

ImportResult import_model(const std::shared_ptr<ModelFile>& file, ir::Graph* into) {
  ImportResult r;
  std::unique_ptr<ir::Graph> own = into == nullptr ? std::make_unique<ir::Graph>() : nullptr;
  guarded(r, [&] {
    Session session(file, r);
    session.run(into != nullptr ? *into : *own);
    if (r.ok()) complete_origins(*file, into != nullptr ? *into : *own);
  });
  if (r.ok()) {
    r.graph = std::move(own);
  } else {
    r.node_outputs.clear();
  }
  return r;
}

ImportResult import_file(const std::filesystem::path& path, ir::Graph* into) {
  ImportResult r;
  std::shared_ptr<ModelFile> file;
  guarded(r, [&] { file = ModelFile::open(path); });
  return file != nullptr ? import_model(file, into) : std::move(r);
}

ImportResult import_memory(const void* data, size_t size, const std::filesystem::path& folder, ir::Graph* into) {
  ImportResult r;
  std::shared_ptr<ModelFile> file;
  guarded(r, [&] { file = ModelFile::parse(data, size, folder); });
  return file != nullptr ? import_model(file, into) : std::move(r);
}

}  // namespace hone::onnx

// A tool that NVTX finds through NVTX_INJECTION64_PATH: prints the ranges of all domains to standard error, indented.
#include <nvtx3/nvToolsExt.h>

#include <cstdint>
#include <cstdio>

namespace {

int depth = 0;

nvtxDomainHandle_t create(const char* name) {
  std::fprintf(stderr, "nvtx domain %s\n", name);
  return reinterpret_cast<nvtxDomainHandle_t>(const_cast<char*>(name));
}
int push(nvtxDomainHandle_t, const nvtxEventAttributes_t* e) {
  std::fprintf(stderr, "nvtx %*s%s\n", 2 * depth, "", e->message.ascii);
  return depth++;
}
int pop(nvtxDomainHandle_t) { return --depth; }

template <class F>
void hook(const NvtxFunctionTable& table, int id, F* f) {
  *table[id] = reinterpret_cast<NvtxFunctionPointer>(f);
}

}  // namespace

extern "C" int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t get_table) {
  const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(get_table(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable table = nullptr;
  unsigned size = 0;
  if (callbacks == nullptr || callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &table, &size) == 0) return 0;
  hook(table, NVTX_CBID_CORE2_DomainCreateA, create);
  hook(table, NVTX_CBID_CORE2_DomainRangePushEx, push);
  hook(table, NVTX_CBID_CORE2_DomainRangePop, pop);
  return 1;
}

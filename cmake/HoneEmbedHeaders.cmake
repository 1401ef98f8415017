# cmake -DOUT=file.cpp -DHEADERS=a.cuh;b.cuh -P: writes the texts of the CUDA backend's kernel headers as a table of strings.
set(entries "")
foreach(header ${HEADERS})
  file(READ ${header} text)
  get_filename_component(name ${header} NAME)
  string(APPEND entries "    {\"${name}\", R\"hone_text(${text})hone_text\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"backends/cuda/device_headers.h\"

namespace hone::cuda {
std::span<const DeviceHeader> device_headers() {
  static const DeviceHeader headers[] = {
${entries}    {nullptr, nullptr}};
  return {headers, sizeof(headers) / sizeof(headers[0]) - 1};
}
}  // namespace hone::cuda
")

# Third-party packages. All come from Debian by name, except oneDNN 3 and onnx.proto, which scripts/setup
# installs from PyPI into HONE_DEPS_DIR (default: .deps in the source tree) where the system has none.
if(NOT HONE_DEPS_DIR)
  set(HONE_DEPS_DIR ${CMAKE_SOURCE_DIR}/.deps)
endif()
list(APPEND CMAKE_PREFIX_PATH ${HONE_DEPS_DIR}/venv)

find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(fmt REQUIRED)
find_package(Protobuf REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(dnnl 3 CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
find_program(HONE_FLATC flatc REQUIRED)

file(GLOB HONE_ONNX_PROTO ${HONE_DEPS_DIR}/venv/lib/python3*/site-packages/onnx/onnx-ml.proto)
if(NOT HONE_ONNX_PROTO)
  message(FATAL_ERROR "onnx-ml.proto not found below ${HONE_DEPS_DIR}; run scripts/setup")
endif()
list(GET HONE_ONNX_PROTO 0 HONE_ONNX_PROTO)

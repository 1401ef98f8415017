# The CUDA backend. It needs nothing of NVIDIA to build: driver and libraries are opened at run time, kernels are texts
# that NVRTC compiles on the user's machine.
file(GLOB cuda_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/backends/cuda/device/*.cuh)
set(cuda_embedded ${CMAKE_BINARY_DIR}/generated/cuda/device_headers.cpp)
add_custom_command(
  OUTPUT ${cuda_embedded}
  COMMAND ${CMAKE_COMMAND} "-DOUT=${cuda_embedded}" "-DHEADERS=${cuda_headers}" -P ${CMAKE_SOURCE_DIR}/cmake/HoneEmbedHeaders.cmake
  DEPENDS ${cuda_headers} ${CMAKE_SOURCE_DIR}/cmake/HoneEmbedHeaders.cmake
  VERBATIM)
hone_room(backend_cuda FOLDER backends/cuda DEPENDS backends SOURCES ${cuda_embedded} LIBRARIES ${CMAKE_DL_LIBS})

# The CUDA backend. It needs nothing of NVIDIA to build: driver and libraries are opened at run time, kernels are texts
# that NVRTC compiles on the user's machine.

# The room, with the texts of the kernels' headers embedded.
function(hone_cuda_room)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/backends/cuda/device/*.cuh)
  set(embedded ${CMAKE_BINARY_DIR}/generated/cuda/device_headers.cpp)
  add_custom_command(
    OUTPUT ${embedded}
    COMMAND ${CMAKE_COMMAND} "-DOUT=${embedded}" "-DHEADERS=${headers}" -P ${CMAKE_SOURCE_DIR}/cmake/HoneEmbedHeaders.cmake
    DEPENDS ${headers} ${CMAKE_SOURCE_DIR}/cmake/HoneEmbedHeaders.cmake
    VERBATIM)
  hone_sources_version(version backends/cuda)
  hone_room(backend_cuda FOLDER backends/cuda DEPENDS backends SOURCES ${embedded} ${version} LIBRARIES ${CMAKE_DL_LIBS})
  target_include_directories(hone_backend_cuda PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()

# libhone_cuda: the room's objects; what they use of base, ops and backends is libhone's, so that an operator is the same
# object on both sides.
function(hone_cuda_library)
  add_library(hone_cuda SHARED $<TARGET_OBJECTS:hone_backend_cuda>)
  set_target_properties(hone_cuda PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINKER_LANGUAGE CXX
                                             INSTALL_RPATH "$ORIGIN")
  target_link_libraries(hone_cuda PRIVATE hone fmt::fmt Threads::Threads ${CMAKE_DL_LIBS})
  set(exports ${CMAKE_SOURCE_DIR}/src/backends/cuda/exports.map)
  target_link_options(hone_cuda PRIVATE -Wl,--version-script=${exports})
  if(NOT HONE_SANITIZE)
    target_link_options(hone_cuda PRIVATE -Wl,-z,defs)
  endif()
  set_property(TARGET hone_cuda APPEND PROPERTY LINK_DEPENDS ${exports})
endfunction()

# What `cmake --install` puts into a prefix: headers, libhone with the names that TensorRT's users link with, the CMake
# package, the pkg-config file and the programs. The result can be moved: nothing in it holds an absolute path.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

option(HONE_INSTALL_COMPAT_NAMES "Install libnvinfer.so and its siblings as names of libhone.so" ON)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Hone)

# Libraries. Every public class lives in libhone, so each of TensorRT's library names is a link to it: a program that
# links with -lnvinfer records libhone's own soname and never meets TensorRT's.
set_target_properties(hone PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
                                      EXPORT_NAME hone INSTALL_RPATH "$ORIGIN/hone")
target_include_directories(hone INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS hone EXPORT HoneTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# The CUDA device, which libhone loads from beside itself. Nobody links with it.
install(TARGETS hone_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_SKIP)

if(HONE_INSTALL_COMPAT_NAMES)
  foreach(name nvinfer nvinfer_plugin nvonnxparser)
    install(CODE "
      set(directory \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}\")
      file(CREATE_LINK libhone.so \"\${directory}/lib${name}.so\" SYMBOLIC)
      message(STATUS \"Linked: \${directory}/lib${name}.so -> libhone.so\")")
  endforeach()
endif()

# The host stand-in for the CUDA runtime keeps its own name, so that it never hides the real one.
if(TARGET hone_host_cudart)
  set_target_properties(hone_host_cudart PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  install(TARGETS hone_host_cudart EXPORT HoneTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

# oneDNN from HONE_DEPS_DIR goes along, into a folder that only libhone looks into.
get_target_property(onednn DNNL::dnnl IMPORTED_LOCATION_RELEASE)
if(onednn AND onednn MATCHES "^${HONE_DEPS_DIR}/")
  install(FILES ${onednn} RENAME libdnnl.so.3 DESTINATION ${CMAKE_INSTALL_LIBDIR}/hone
          PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endif()

# Programs.
foreach(program trtexec hone_tool)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

# CMake package, find module and pkg-config file.
install(EXPORT HoneTargets NAMESPACE Hone:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/HoneConfig.cmake.in ${CMAKE_BINARY_DIR}/HoneConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/HoneConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/HoneConfig.cmake ${CMAKE_BINARY_DIR}/HoneConfigVersion.cmake
              ${CMAKE_SOURCE_DIR}/cmake/FindTensorRT.cmake DESTINATION ${package_dir})
file(RELATIVE_PATH HONE_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_SOURCE_DIR}/cmake/hone.pc.in ${CMAKE_BINARY_DIR}/hone.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/hone.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

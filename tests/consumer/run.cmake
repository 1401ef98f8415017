# Installs the build into a fresh folder and builds and runs the consumer project against it three ways: the Hone
# package, the TensorRT find module, pkg-config. Run as cmake -DBUILD=... -DSOURCE=... -DWORK=... -DMODEL=... -P run.cmake
file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)

function(step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what} failed (${status}):\n${text}")
  endif()
  string(STRIP "${text}" text)
  string(REGEX REPLACE ".*\n" "" last "${text}")
  message(STATUS "${what}: ${last}")
endfunction()

step("install" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
foreach(program trtexec hone)
  step("installed ${program}" ${prefix}/bin/${program} --help)
endforeach()
foreach(names OFF ON)
  set(there ${WORK}/tensorrt-names-${names})
  step("configure" ${CMAKE_COMMAND} -S ${SOURCE} -B ${there} -DHone_ROOT=${prefix} -DCONSUMER_USES_TENSORRT_NAMES=${names}
       -DCMAKE_CXX_COMPILER=${CXX})
  step("build" ${CMAKE_COMMAND} --build ${there})
  step("run" ${there}/consumer)
  step("parse" ${there}/consumer ${MODEL})
endforeach()

set(ENV{PKG_CONFIG_PATH} ${prefix}/lib/pkgconfig)
execute_process(COMMAND pkg-config --cflags --libs hone OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
step("build with pkg-config" ${CXX} -std=c++17 ${SOURCE}/main.cpp -o ${WORK}/with-pkg-config ${flags} -Wl,-rpath,${prefix}/lib)
step("run" ${WORK}/with-pkg-config)

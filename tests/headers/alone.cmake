# Compiles every public header as the only include of a C++11 file (older programs are built so), without any other include
# folder, with warnings as
# errors. A header that leans on another one's includes fails here.
file(GLOB_RECURSE headers RELATIVE ${INCLUDE} ${INCLUDE}/*.h)
list(FILTER headers EXCLUDE REGEX "host_cudart/")
set(failed)
foreach(header ${headers})
  file(WRITE ${WORK}/alone.cpp "#include \"${header}\"\n")
  execute_process(COMMAND ${CXX} -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I${INCLUDE} ${WORK}/alone.cpp
                  RESULT_VARIABLE status ERROR_VARIABLE text)
  if(NOT status EQUAL 0)
    list(APPEND failed ${header})
    message("${header}:\n${text}")
  endif()
endforeach()
list(LENGTH headers all)
if(all LESS 100)
  message(FATAL_ERROR "only ${all} headers found below ${INCLUDE}")
endif()
if(failed)
  message(FATAL_ERROR "not includable alone: ${failed}")
endif()
message("${all} headers compile alone")

# hone_room(NAME [DEPENDS rooms...] [LIBRARIES targets...] [EXCLUDE regex]): one static library per room of src/, made
# of every .cpp below the room's folder; *_test.cpp beside them become the test program NAME_test.
function(hone_room name)
  cmake_parse_arguments(R "" "FOLDER;EXCLUDE" "DEPENDS;LIBRARIES;SOURCES" ${ARGN})
  if(NOT R_FOLDER)
    set(R_FOLDER ${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${R_FOLDER}/*.cpp)
  if(R_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX ${R_EXCLUDE})
  endif()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(NOT sources AND NOT R_SOURCES)
    return()
  endif()
  add_library(hone_${name} STATIC ${sources} ${R_SOURCES})
  target_include_directories(hone_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  list(TRANSFORM R_DEPENDS PREPEND hone_)
  target_link_libraries(hone_${name} PUBLIC ${R_DEPENDS} ${R_LIBRARIES})
  if(HONE_BUILD_TESTS AND tests)
    set_property(GLOBAL APPEND PROPERTY HONE_UNIT_TESTS ${name})
    set_property(GLOBAL PROPERTY HONE_UNIT_TEST_SOURCES_${name} "${tests}")
  endif()
endfunction()

# hone_sources_version(OUT folder): a header with a hash of the sources of src/FOLDER, in OUT; it changes where they do.
function(hone_sources_version out folder)
  set(root ${CMAKE_SOURCE_DIR}/src)
  file(GLOB_RECURSE sources RELATIVE ${root} CONFIGURE_DEPENDS ${root}/${folder}/*.cpp ${root}/${folder}/*.h ${root}/${folder}/*.cuh
       ${root}/${folder}/*.def)
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  set(header ${CMAKE_BINARY_DIR}/generated/${folder}/sources_version.h)
  set(script ${CMAKE_SOURCE_DIR}/cmake/HoneSourcesVersion.cmake)
  set(files ${sources})
  list(TRANSFORM files PREPEND ${root}/)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -DOUT=${header} -DROOT=${root} "-DSOURCES=${sources}" -P ${script}
    DEPENDS ${files} ${script}
    VERBATIM)
  set(${out} ${header} PARENT_SCOPE)
endfunction()

# Called from tests/: makes the unit test programs that the rooms announced.
function(hone_unit_tests)
  find_package(GTest REQUIRED)
  get_property(rooms GLOBAL PROPERTY HONE_UNIT_TESTS)
  foreach(room ${rooms})
    get_property(sources GLOBAL PROPERTY HONE_UNIT_TEST_SOURCES_${room})
    add_executable(${room}_test ${sources})
    target_link_libraries(${room}_test PRIVATE hone_${room} GTest::gtest_main)
    add_test(NAME unit.${room} COMMAND ${room}_test)
    set_tests_properties(unit.${room} PROPERTIES LABELS unit TIMEOUT 1800)
  endforeach()
endfunction()

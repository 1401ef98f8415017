# hone_onnx_proto: the ONNX file format as C++ classes, made from the installed onnx-ml.proto. The package is renamed
# so that a program which also links another ONNX reader has no second registration of the same messages, and the lite
# runtime keeps the code small.
set(HONE_ONNX_PROTO_DIR ${CMAKE_BINARY_DIR}/generated/onnx)
file(READ ${HONE_ONNX_PROTO} HONE_ONNX_PROTO_TEXT)
string(REGEX REPLACE "\noption optimize_for[^;]*;" "" HONE_ONNX_PROTO_TEXT "${HONE_ONNX_PROTO_TEXT}")
string(REGEX REPLACE "\npackage onnx[ ]*;" "\npackage hone_onnx;\noption optimize_for = LITE_RUNTIME;"
                     HONE_ONNX_PROTO_TEXT "${HONE_ONNX_PROTO_TEXT}")
if(NOT HONE_ONNX_PROTO_TEXT MATCHES "package hone_onnx;")
  message(FATAL_ERROR "${HONE_ONNX_PROTO} has no 'package onnx;' line")
endif()
file(CONFIGURE OUTPUT ${HONE_ONNX_PROTO_DIR}/hone_onnx.proto CONTENT "\${HONE_ONNX_PROTO_TEXT}")
add_custom_command(
  OUTPUT ${HONE_ONNX_PROTO_DIR}/hone_onnx.pb.cc ${HONE_ONNX_PROTO_DIR}/hone_onnx.pb.h
  COMMAND protobuf::protoc --proto_path=${HONE_ONNX_PROTO_DIR} --cpp_out=${HONE_ONNX_PROTO_DIR} hone_onnx.proto
  DEPENDS ${HONE_ONNX_PROTO_DIR}/hone_onnx.proto protobuf::protoc
  VERBATIM)
add_library(hone_onnx_proto STATIC ${HONE_ONNX_PROTO_DIR}/hone_onnx.pb.cc ${HONE_ONNX_PROTO_DIR}/hone_onnx.pb.h)
target_include_directories(hone_onnx_proto SYSTEM PUBLIC ${HONE_ONNX_PROTO_DIR})
target_link_libraries(hone_onnx_proto PUBLIC protobuf::libprotobuf-lite)
target_compile_options(hone_onnx_proto PRIVATE -w)

# Runs library_test with drivers of every kind and looks at what it says: cmake -DPROGRAM=... -DEMULATOR=... -P this.
function(expect text)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=HONE_CUDA_ARCH HONE_CUDA_DRIVER=${EMULATOR} HONE_NVRTC=${EMULATOR} ${ARGN}
                          ${PROGRAM} OUTPUT_VARIABLE out ERROR_VARIABLE out RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT out MATCHES "${text}")
    message(FATAL_ERROR "with ${ARGN}: expected '${text}', got (${status}): ${out}")
  endif()
  string(STRIP "${out}" out)
  message(STATUS "${out}")
endfunction()

expect("device: cuda Emulated GPU sm_80 4 SMs, tactics: yes, memory: works")
expect("no device: .*there is no NVIDIA driver" HONE_CUDA_DRIVER=/nowhere/libcuda.so.1)
expect("no device: .*finds no GPU" HONE_EMULATED_DEVICES=0)
expect("no device: .*too old: it supports CUDA 11.0, Hone needs 11.4" HONE_EMULATED_DRIVER=11000)
expect("no device: .*compute capability 6.1; Hone's kernels need 7.5" HONE_EMULATED_CAPABILITY=61)
expect("no device: HONE_CUDA_LIBRARY=off" HONE_CUDA_LIBRARY=off)
expect("no device: the CUDA part of Hone is not there" HONE_CUDA_LIBRARY=/nowhere/libhone_cuda.so)
expect("device: cuda" HONE_NVRTC=/nowhere/libnvrtc.so.13)

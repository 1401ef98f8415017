// The two CUDA handles that signatures mention, declared as the CUDA headers declare them, so that nothing here
// needs CUDA. On the CPU device a stream may be null and events are ignored unless the host stand-in made them.
#pragma once

extern "C" {
typedef struct CUstream_st* cudaStream_t;  ///< A CUDA stream, or a stream of Hone's host stand-in.
typedef struct CUevent_st* cudaEvent_t;    ///< A CUDA event, or an event of Hone's host stand-in.
struct cudnnContext;                       ///< cuDNN's handle; only passed on to plugins.
struct cublasContext;                      ///< cuBLAS's handle; only passed on to plugins.
}

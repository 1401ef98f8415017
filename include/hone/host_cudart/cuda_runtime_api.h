// Host stand-in for a subset of the CUDA runtime: the same names and numbers, with ordinary memory in the place of
// device memory, so that programs written for a GPU run on a machine without one. Put this folder on the include path
// in the place of CUDA's and link with libhone_host_cudart in the place of libcudart.
//
// There is one device, number 0. All work is done on the calling thread before the call returns, in the order of the
// calls; a stream only keeps callers of several threads in order. Errors are per thread, as in CUDA.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "driver_types.h"

#define CUDART_VERSION 12040  ///< The release of the CUDA runtime whose names and numbers are used.
#define HONE_HOST_CUDART 1    ///< Defined by this stand-in only.

#ifdef __cplusplus
#define HONE_HOST_CUDART_DEFAULT(value) = value  ///< A default argument, in C++ only.
extern "C" {
#else
#define HONE_HOST_CUDART_DEFAULT(value)
#endif

// The record of properties is not laid out as CUDA's, so the function has a name of its own: an object that was
// compiled with CUDA's header does not link instead of reading the wrong fields.
#define cudaGetDeviceProperties hone_host_cudaGetDeviceProperties

// Errors.

/// The last error of this thread, which is then forgotten.
HONE_HOST_CUDART_API cudaError_t cudaGetLastError(void);
/// The last error of this thread.
HONE_HOST_CUDART_API cudaError_t cudaPeekAtLastError(void);
/// The name of an error, such as "cudaErrorInvalidValue".
HONE_HOST_CUDART_API const char* cudaGetErrorName(cudaError_t error);
/// An error in words.
HONE_HOST_CUDART_API const char* cudaGetErrorString(cudaError_t error);

// Device.

/// The number of devices: 1.
HONE_HOST_CUDART_API cudaError_t cudaGetDeviceCount(int* count);
/// What is known of the device; numbers that a processor does not have are 0.
HONE_HOST_CUDART_API cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp* prop, int device);
/// One number about the device; cudaErrorInvalidValue for an attribute this stand-in does not know.
HONE_HOST_CUDART_API cudaError_t cudaDeviceGetAttribute(int* value, enum cudaDeviceAttr attribute, int device);
/// Chooses the device: only 0.
HONE_HOST_CUDART_API cudaError_t cudaSetDevice(int device);
/// The device in use: 0.
HONE_HOST_CUDART_API cudaError_t cudaGetDevice(int* device);
/// Keeps flags that cudaGetDeviceFlags() gives back; they change nothing.
HONE_HOST_CUDART_API cudaError_t cudaSetDeviceFlags(unsigned int flags);
/// The flags set last.
HONE_HOST_CUDART_API cudaError_t cudaGetDeviceFlags(unsigned int* flags);
/// Waits for all streams.
HONE_HOST_CUDART_API cudaError_t cudaDeviceSynchronize(void);
/// Waits for all streams; memory and streams stay.
HONE_HOST_CUDART_API cudaError_t cudaDeviceReset(void);
/// Lowest and highest stream priority: both 0.
HONE_HOST_CUDART_API cudaError_t cudaDeviceGetStreamPriorityRange(int* leastPriority, int* greatestPriority);
/// CUDART_VERSION, as if a driver of this release were there.
HONE_HOST_CUDART_API cudaError_t cudaDriverGetVersion(int* driverVersion);
/// CUDART_VERSION.
HONE_HOST_CUDART_API cudaError_t cudaRuntimeGetVersion(int* runtimeVersion);

// Memory. Every block is ordinary memory, its address a multiple of 256 bytes.

/// Allocates `size` bytes; null for 0 bytes.
HONE_HOST_CUDART_API cudaError_t cudaMalloc(void** devPtr, size_t size);
/// Frees a block of cudaMalloc() and its like. Null is allowed; anything else that is no block is refused.
HONE_HOST_CUDART_API cudaError_t cudaFree(void* devPtr);
/// Allocates host memory.
HONE_HOST_CUDART_API cudaError_t cudaMallocHost(void** ptr, size_t size);
/// Allocates host memory; flags are checked and change nothing.
HONE_HOST_CUDART_API cudaError_t cudaHostAlloc(void** pHost, size_t size, unsigned int flags);
/// Frees a block of cudaMallocHost() or cudaHostAlloc().
HONE_HOST_CUDART_API cudaError_t cudaFreeHost(void* ptr);
/// The address of host memory as the device sees it: the same.
HONE_HOST_CUDART_API cudaError_t cudaHostGetDevicePointer(void** pDevice, void* pHost, unsigned int flags);
/// Accepts host memory of the program; nothing needs to be done.
HONE_HOST_CUDART_API cudaError_t cudaHostRegister(void* ptr, size_t size, unsigned int flags);
/// Undoes cudaHostRegister().
HONE_HOST_CUDART_API cudaError_t cudaHostUnregister(void* ptr);
/// Allocates memory for host and device.
HONE_HOST_CUDART_API cudaError_t cudaMallocManaged(void** devPtr, size_t size,
                                                   unsigned int flags HONE_HOST_CUDART_DEFAULT(cudaMemAttachGlobal));
/// Allocates in the order of a stream.
HONE_HOST_CUDART_API cudaError_t cudaMallocAsync(void** devPtr, size_t size, cudaStream_t hStream);
/// Frees in the order of a stream.
HONE_HOST_CUDART_API cudaError_t cudaFreeAsync(void* devPtr, cudaStream_t hStream);
/// Allocates `height` rows of `width` bytes; `pitch` receives the distance of rows.
HONE_HOST_CUDART_API cudaError_t cudaMallocPitch(void** devPtr, size_t* pitch, size_t width, size_t height);
/// Free and total memory of the machine in bytes.
HONE_HOST_CUDART_API cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
/// What kind of block an address lies in.
HONE_HOST_CUDART_API cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes* attributes, const void* ptr);

/// Copies `count` bytes; the kind is checked, and otherwise makes no difference.
HONE_HOST_CUDART_API cudaError_t cudaMemcpy(void* dst, const void* src, size_t count, enum cudaMemcpyKind kind);
/// The same in the order of a stream.
HONE_HOST_CUDART_API cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, enum cudaMemcpyKind kind,
                                                 cudaStream_t stream HONE_HOST_CUDART_DEFAULT(0));
/// Copies `height` rows of `width` bytes between blocks whose rows are `dpitch` and `spitch` bytes apart.
HONE_HOST_CUDART_API cudaError_t cudaMemcpy2D(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width,
                                              size_t height, enum cudaMemcpyKind kind);
/// The same in the order of a stream.
HONE_HOST_CUDART_API cudaError_t cudaMemcpy2DAsync(void* dst, size_t dpitch, const void* src, size_t spitch,
                                                   size_t width, size_t height, enum cudaMemcpyKind kind,
                                                   cudaStream_t stream HONE_HOST_CUDART_DEFAULT(0));
/// Sets `count` bytes.
HONE_HOST_CUDART_API cudaError_t cudaMemset(void* devPtr, int value, size_t count);
/// The same in the order of a stream.
HONE_HOST_CUDART_API cudaError_t cudaMemsetAsync(void* devPtr, int value, size_t count,
                                                 cudaStream_t stream HONE_HOST_CUDART_DEFAULT(0));
/// Sets `height` rows of `width` bytes that are `pitch` bytes apart.
HONE_HOST_CUDART_API cudaError_t cudaMemset2D(void* devPtr, size_t pitch, int value, size_t width, size_t height);
/// The same in the order of a stream.
HONE_HOST_CUDART_API cudaError_t cudaMemset2DAsync(void* devPtr, size_t pitch, int value, size_t width, size_t height,
                                                   cudaStream_t stream HONE_HOST_CUDART_DEFAULT(0));

// Streams. Null, cudaStreamLegacy and cudaStreamPerThread are the default stream.

/// Makes a stream.
HONE_HOST_CUDART_API cudaError_t cudaStreamCreate(cudaStream_t* pStream);
/// Makes a stream with flags.
HONE_HOST_CUDART_API cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags);
/// Makes a stream with flags; the priority is cut to the only one, 0.
HONE_HOST_CUDART_API cudaError_t cudaStreamCreateWithPriority(cudaStream_t* pStream, unsigned int flags, int priority);
/// The flags of a stream.
HONE_HOST_CUDART_API cudaError_t cudaStreamGetFlags(cudaStream_t hStream, unsigned int* flags);
/// The priority of a stream.
HONE_HOST_CUDART_API cudaError_t cudaStreamGetPriority(cudaStream_t hStream, int* priority);
/// Waits for the stream and removes it.
HONE_HOST_CUDART_API cudaError_t cudaStreamDestroy(cudaStream_t stream);
/// Waits for the stream.
HONE_HOST_CUDART_API cudaError_t cudaStreamSynchronize(cudaStream_t stream);
/// cudaErrorNotReady while another thread has work in the stream.
HONE_HOST_CUDART_API cudaError_t cudaStreamQuery(cudaStream_t stream);
/// Waits for the event: it has always happened.
HONE_HOST_CUDART_API cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event,
                                                     unsigned int flags HONE_HOST_CUDART_DEFAULT(0));
/// Calls `callback`, now.
HONE_HOST_CUDART_API cudaError_t cudaStreamAddCallback(cudaStream_t stream, cudaStreamCallback_t callback,
                                                       void* userData, unsigned int flags);
/// Calls `fn`, now.
HONE_HOST_CUDART_API cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void* userData);

// Events.

/// Makes an event that keeps time.
HONE_HOST_CUDART_API cudaError_t cudaEventCreate(cudaEvent_t* event);
/// Makes an event with flags.
HONE_HOST_CUDART_API cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags);
/// Notes the time.
HONE_HOST_CUDART_API cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream HONE_HOST_CUDART_DEFAULT(0));
/// Notes the time; flags are checked and change nothing.
HONE_HOST_CUDART_API cudaError_t cudaEventRecordWithFlags(cudaEvent_t event,
                                                          cudaStream_t stream HONE_HOST_CUDART_DEFAULT(0),
                                                          unsigned int flags HONE_HOST_CUDART_DEFAULT(0));
/// Success: a recorded event has always happened.
HONE_HOST_CUDART_API cudaError_t cudaEventQuery(cudaEvent_t event);
/// Waits for the event: it has always happened.
HONE_HOST_CUDART_API cudaError_t cudaEventSynchronize(cudaEvent_t event);
/// Milliseconds between two recorded events that keep time.
HONE_HOST_CUDART_API cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end);
/// Removes an event.
HONE_HOST_CUDART_API cudaError_t cudaEventDestroy(cudaEvent_t event);

// Graphs: not supported. Capturing says so with cudaErrorNotSupported, and the other calls have nothing to work on.

/// cudaErrorNotSupported.
HONE_HOST_CUDART_API cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode);
/// cudaErrorNotSupported.
HONE_HOST_CUDART_API cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* pGraph);
/// cudaStreamCaptureStatusNone.
HONE_HOST_CUDART_API cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus* status);
/// cudaErrorNotSupported.
HONE_HOST_CUDART_API cudaError_t cudaGraphInstantiate(cudaGraphExec_t* pGraphExec, cudaGraph_t graph,
                                                      unsigned long long flags HONE_HOST_CUDART_DEFAULT(0));
/// cudaErrorNotSupported.
HONE_HOST_CUDART_API cudaError_t cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t stream);
/// cudaErrorNotSupported.
HONE_HOST_CUDART_API cudaError_t cudaGraphDestroy(cudaGraph_t graph);
/// cudaErrorNotSupported.
HONE_HOST_CUDART_API cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graphExec);

#ifdef __cplusplus
}
#endif

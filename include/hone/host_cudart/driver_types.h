// Types, flags and error numbers of the host stand-in for the CUDA runtime. Names and numbers are CUDA's; what the
// stand-in has no use for is left out.
#pragma once

#include <stddef.h>

#if defined(_WIN32)
#define HONE_HOST_CUDART_API
#else
#define HONE_HOST_CUDART_API __attribute__((visibility("default")))  ///< Marks a symbol of the stand-in.
#endif

#define CUDART_CB  ///< Calling convention of callbacks.

#define cudaHostAllocDefault 0x00            ///< Flag of cudaHostAlloc().
#define cudaHostAllocPortable 0x01           ///< Flag of cudaHostAlloc().
#define cudaHostAllocMapped 0x02             ///< Flag of cudaHostAlloc().
#define cudaHostAllocWriteCombined 0x04      ///< Flag of cudaHostAlloc().
#define cudaHostRegisterDefault 0x00         ///< Flag of cudaHostRegister().
#define cudaHostRegisterPortable 0x01        ///< Flag of cudaHostRegister().
#define cudaHostRegisterMapped 0x02          ///< Flag of cudaHostRegister().
#define cudaHostRegisterReadOnly 0x08        ///< Flag of cudaHostRegister().
#define cudaMemAttachGlobal 0x01             ///< Flag of cudaMallocManaged().
#define cudaMemAttachHost 0x02               ///< Flag of cudaMallocManaged().
#define cudaStreamDefault 0x00               ///< Flag of streams.
#define cudaStreamNonBlocking 0x01           ///< Flag of streams.
#define cudaEventDefault 0x00                ///< Flag of events.
#define cudaEventBlockingSync 0x01           ///< Flag of events.
#define cudaEventDisableTiming 0x02          ///< Flag of events: keep no time.
#define cudaEventInterprocess 0x04           ///< Flag of events.
#define cudaEventRecordDefault 0x00          ///< Flag of cudaEventRecordWithFlags().
#define cudaEventRecordExternal 0x01         ///< Flag of cudaEventRecordWithFlags().
#define cudaEventWaitDefault 0x00            ///< Flag of cudaStreamWaitEvent().
#define cudaEventWaitExternal 0x01           ///< Flag of cudaStreamWaitEvent().
#define cudaDeviceScheduleAuto 0x00          ///< Flag of cudaSetDeviceFlags().
#define cudaDeviceScheduleSpin 0x01          ///< Flag of cudaSetDeviceFlags().
#define cudaDeviceScheduleYield 0x02         ///< Flag of cudaSetDeviceFlags().
#define cudaDeviceScheduleBlockingSync 0x04  ///< Flag of cudaSetDeviceFlags().
#define cudaDeviceScheduleMask 0x07          ///< The scheduling flags.
#define cudaDeviceMapHost 0x08               ///< Flag of cudaSetDeviceFlags().
#define cudaDeviceMask 0xff                  ///< All flags of cudaSetDeviceFlags().

typedef struct CUstream_st* cudaStream_t;        ///< A stream.
typedef struct CUevent_st* cudaEvent_t;          ///< An event.
typedef struct CUgraph_st* cudaGraph_t;          ///< A graph; there are none here.
typedef struct CUgraphExec_st* cudaGraphExec_t;  ///< An executable graph; there are none here.

#define cudaStreamLegacy ((cudaStream_t)0x1)     ///< The default stream.
#define cudaStreamPerThread ((cudaStream_t)0x2)  ///< The default stream of the thread; here the default stream.

/// Result of a call.
enum cudaError {
  cudaSuccess = 0,                             ///< No error.
  cudaErrorInvalidValue = 1,                   ///< An argument is not allowed.
  cudaErrorMemoryAllocation = 2,               ///< There is not enough memory.
  cudaErrorInitializationError = 3,            ///< The runtime could not start.
  cudaErrorCudartUnloading = 4,                ///< The process is ending.
  cudaErrorInvalidConfiguration = 9,           ///< A launch is too large.
  cudaErrorInvalidPitchValue = 12,             ///< A pitch is smaller than a row.
  cudaErrorInvalidDevicePointer = 17,          ///< Not an address of device memory.
  cudaErrorInvalidMemcpyDirection = 21,        ///< Not a cudaMemcpyKind.
  cudaErrorInsufficientDriver = 35,            ///< The driver is too old.
  cudaErrorNoDevice = 100,                     ///< There is no device.
  cudaErrorInvalidDevice = 101,                ///< There is no device of this number.
  cudaErrorInvalidResourceHandle = 400,        ///< Not a stream or event, or not one for this call.
  cudaErrorNotReady = 600,                     ///< Still at work.
  cudaErrorIllegalAddress = 700,               ///< A kernel used memory it may not.
  cudaErrorHostMemoryAlreadyRegistered = 712,  ///< Already registered.
  cudaErrorHostMemoryNotRegistered = 713,      ///< Not registered.
  cudaErrorLaunchFailure = 719,                ///< A kernel failed.
  cudaErrorNotPermitted = 800,                 ///< Not allowed here.
  cudaErrorNotSupported = 801,                 ///< Not supported on this device.
  cudaErrorStreamCaptureUnsupported = 900,     ///< Not allowed while capturing.
  cudaErrorUnknown = 999                       ///< An error of no other kind.
};
typedef enum cudaError cudaError_t;  ///< Result of a call.

/// Direction of a copy.
enum cudaMemcpyKind {
  cudaMemcpyHostToHost = 0,      ///< Host to host.
  cudaMemcpyHostToDevice = 1,    ///< Host to device.
  cudaMemcpyDeviceToHost = 2,    ///< Device to host.
  cudaMemcpyDeviceToDevice = 3,  ///< Device to device.
  cudaMemcpyDefault = 4          ///< As the addresses say.
};

/// Kind of memory.
enum cudaMemoryType {
  cudaMemoryTypeUnregistered = 0,  ///< Not known to the runtime.
  cudaMemoryTypeHost = 1,          ///< Host memory.
  cudaMemoryTypeDevice = 2,        ///< Device memory.
  cudaMemoryTypeManaged = 3        ///< Memory for both.
};

/// What is known of an address.
struct cudaPointerAttributes {
  enum cudaMemoryType type;  ///< Kind of memory.
  int device;                ///< Device: 0.
  void* devicePointer;       ///< The address for the device, or null.
  void* hostPointer;         ///< The address for the host, or null.
};

/// Mode of a capture.
enum cudaStreamCaptureMode {
  cudaStreamCaptureModeGlobal = 0,       ///< All threads are restricted.
  cudaStreamCaptureModeThreadLocal = 1,  ///< This thread is restricted.
  cudaStreamCaptureModeRelaxed = 2       ///< No thread is restricted.
};

/// State of a capture.
enum cudaStreamCaptureStatus {
  cudaStreamCaptureStatusNone = 0,        ///< Not capturing.
  cudaStreamCaptureStatusActive = 1,      ///< Capturing.
  cudaStreamCaptureStatusInvalidated = 2  ///< Capturing failed.
};

/// Numbers that cudaDeviceGetAttribute() knows.
enum cudaDeviceAttr {
  cudaDevAttrMaxThreadsPerBlock = 1,       ///< Threads of a block.
  cudaDevAttrMaxSharedMemoryPerBlock = 8,  ///< Bytes of shared memory of a block.
  cudaDevAttrWarpSize = 10,                ///< Threads of a warp.
  cudaDevAttrClockRate = 13,               ///< Clock in kHz.
  cudaDevAttrMultiProcessorCount = 16,     ///< Processors; here hardware threads.
  cudaDevAttrIntegrated = 18,              ///< 1 when memory is shared with the host.
  cudaDevAttrCanMapHostMemory = 19,        ///< 1 when host memory can be used.
  cudaDevAttrConcurrentKernels = 31,       ///< 1 when kernels run side by side.
  cudaDevAttrMemoryClockRate = 36,         ///< Clock of memory in kHz.
  cudaDevAttrGlobalMemoryBusWidth = 37,    ///< Bits of the memory bus.
  cudaDevAttrL2CacheSize = 38,             ///< Bytes of second level cache.
  cudaDevAttrUnifiedAddressing = 41,       ///< 1 when host and device share addresses.
  cudaDevAttrComputeCapabilityMajor = 75,  ///< Compute capability, major; 0 here.
  cudaDevAttrComputeCapabilityMinor = 76,  ///< Compute capability, minor; 0 here.
  cudaDevAttrManagedMemory = 83,           ///< 1 when managed memory is there.
  cudaDevAttrMemoryPoolsSupported = 115    ///< 1 when memory can be allocated in stream order.
};

/// 16 bytes that tell devices apart.
struct CUuuid_st {
  char bytes[16];  ///< The bytes.
};
typedef struct CUuuid_st cudaUUID_t;  ///< 16 bytes that tell devices apart.

/// What is known of the device. A subset of CUDA's record, in an order of its own.
struct cudaDeviceProp {
  char name[256];                     ///< "Hone host device".
  cudaUUID_t uuid;                    ///< All zero.
  size_t totalGlobalMem;              ///< Bytes of memory of the machine.
  size_t sharedMemPerBlock;           ///< 0.
  size_t sharedMemPerBlockOptin;      ///< 0.
  size_t sharedMemPerMultiprocessor;  ///< 0.
  size_t totalConstMem;               ///< 0.
  size_t memPitch;                    ///< Largest pitch of a copy.
  size_t textureAlignment;            ///< 0.
  int regsPerBlock;                   ///< 0.
  int regsPerMultiprocessor;          ///< 0.
  int warpSize;                       ///< 1.
  int maxThreadsPerBlock;             ///< 1.
  int maxThreadsPerMultiProcessor;    ///< 1.
  int maxThreadsDim[3];               ///< 1, 1, 1.
  int maxGridSize[3];                 ///< 1, 1, 1.
  int clockRate;                      ///< Highest clock in kHz, 0 when unknown.
  int memoryClockRate;                ///< 0.
  int memoryBusWidth;                 ///< 0.
  int l2CacheSize;                    ///< Bytes of second level cache, 0 when unknown.
  int persistingL2CacheMaxSize;       ///< 0.
  int major;                          ///< Compute capability, major: 0, no GPU.
  int minor;                          ///< Compute capability, minor: 0.
  int multiProcessorCount;            ///< Hardware threads.
  int integrated;                     ///< 1: memory is the host's.
  int canMapHostMemory;               ///< 1.
  int concurrentKernels;              ///< 0.
  int asyncEngineCount;               ///< 0: copies are done in the call.
  int ECCEnabled;                     ///< 0.
  int unifiedAddressing;              ///< 1.
  int managedMemory;                  ///< 1.
  int concurrentManagedAccess;        ///< 1.
  int isMultiGpuBoard;                ///< 0.
  int computeMode;                    ///< 0.
  int pciBusID;                       ///< 0.
  int pciDeviceID;                    ///< 0.
  int pciDomainID;                    ///< 0.
};

typedef void(CUDART_CB* cudaHostFn_t)(void* userData);  ///< A function for cudaLaunchHostFunc().
/// A function for cudaStreamAddCallback().
typedef void(CUDART_CB* cudaStreamCallback_t)(cudaStream_t stream, cudaError_t status, void* userData);

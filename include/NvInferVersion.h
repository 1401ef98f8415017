// Version macros with TensorRT's names. Hone answers to the interface of the version named here; define all three
// numbers before the first include to be taken for another release. They stand in this file, not in one of hone/,
// because build scripts read them from here without a compiler.
#pragma once

#ifndef NV_TENSORRT_MAJOR
#define NV_TENSORRT_MAJOR 10  ///< Major version of the interface.
#define NV_TENSORRT_MINOR 16  ///< Minor version of the interface.
#define NV_TENSORRT_PATCH 0   ///< Patch level of the interface.
#endif
#ifndef NV_TENSORRT_BUILD
#define NV_TENSORRT_BUILD 0  ///< Build number.
#endif

#define NV_TENSORRT_LWS_MAJOR 0  ///< Layer-wise structure version, major; always 0 here.
#define NV_TENSORRT_LWS_MINOR 0  ///< Layer-wise structure version, minor; always 0 here.
#define NV_TENSORRT_LWS_PATCH 0  ///< Layer-wise structure version, patch; always 0 here.

#define TRT_MAJOR_ENTERPRISE NV_TENSORRT_MAJOR  ///< Same as NV_TENSORRT_MAJOR.
#define TRT_MINOR_ENTERPRISE NV_TENSORRT_MINOR  ///< Same as NV_TENSORRT_MINOR.
#define TRT_PATCH_ENTERPRISE NV_TENSORRT_PATCH  ///< Same as NV_TENSORRT_PATCH.
#define TRT_BUILD_ENTERPRISE NV_TENSORRT_BUILD  ///< Same as NV_TENSORRT_BUILD.

#define NV_TENSORRT_SONAME_MAJOR NV_TENSORRT_MAJOR  ///< Number in the library's file name, major.
#define NV_TENSORRT_SONAME_MINOR NV_TENSORRT_MINOR  ///< Number in the library's file name, minor.
#define NV_TENSORRT_SONAME_PATCH NV_TENSORRT_PATCH  ///< Number in the library's file name, patch.

#define NV_TENSORRT_RELEASE_TYPE_EARLY_ACCESS 0          ///< A preview.
#define NV_TENSORRT_RELEASE_TYPE_RELEASE_CANDIDATE 1     ///< A release candidate.
#define NV_TENSORRT_RELEASE_TYPE_GENERAL_AVAILABILITY 2  ///< A finished release.
/// The kind of release that this interface matches.
#define NV_TENSORRT_RELEASE_TYPE NV_TENSORRT_RELEASE_TYPE_GENERAL_AVAILABILITY

/// Packs a version into one integer: 10.16.0 becomes 101600.
#define NV_TENSORRT_VERSION_INT(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))
/// The version of these headers as one integer; usable in #if.
#define NV_TENSORRT_VERSION NV_TENSORRT_VERSION_INT(NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH)

#ifdef __cplusplus
#include <cstdint>

namespace nvinfer1 {
/// The version of these headers, under the name of release 8.
constexpr int32_t kNV_TENSORRT_VERSION_IMPL = NV_TENSORRT_VERSION;
}  // namespace nvinfer1
#endif

// Export, deprecation and must-use macros. Deprecation warnings are off unless HONE_DEPRECATION_WARNINGS is
// defined, so that older programs still build with warnings as errors.
#pragma once

#include "hone/version.h"

#ifndef TENSORRTAPI
#if defined(_WIN32)
#define TENSORRTAPI
#else
#define TENSORRTAPI __attribute__((visibility("default")))  ///< Marks a symbol that the library exports.
#endif
#endif

#ifndef TRTNOEXCEPT
#define TRTNOEXCEPT  ///< Empty; programs of the releases 6 to 8 write it behind callbacks.
#endif
#ifndef _TENSORRT_FINAL
#define _TENSORRT_FINAL final  ///< Spelling of the releases 5 to 7.
#endif
#ifndef _TENSORRT_OVERRIDE
#define _TENSORRT_OVERRIDE override  ///< Spelling of the releases 5 to 7.
#endif

#ifndef TRT_DEPRECATED
#if defined(HONE_DEPRECATION_WARNINGS)
#define TRT_DEPRECATED [[deprecated]]                          ///< Marks what newer programs should not use.
#define TRT_DEPRECATED_BECAUSE(REASON) [[deprecated(REASON)]]  ///< The same, with the reason.
#else
#define TRT_DEPRECATED
#define TRT_DEPRECATED_BECAUSE(REASON)
#endif
#endif
#define TRT_DEPRECATED_ENUM TRT_DEPRECATED             ///< Deprecated enumeration or enumerator.
#define TRT_DEPRECATED_API TRT_DEPRECATED TENSORRTAPI  ///< Deprecated exported function.

#ifndef TRT_NODISCARD
#define TRT_NODISCARD [[nodiscard]]                  ///< The result must be used.
#define TRT_NODISCARD_BECAUSE(REASON) [[nodiscard]]  ///< The result must be used, with the reason.
#endif

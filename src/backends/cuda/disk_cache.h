// Compiled kernels on disk, shared by all processes of a user. $HONE_KERNEL_CACHE names the folder ("off": none);
// default hone/kernels in the user's cache folder. $HONE_KERNEL_CACHE_MIB limits its size, default 1024. Failures to
// read or write only mean that a kernel is compiled again.
#pragma once

#include <string>

#include "backends/backend.h"

namespace hone::cuda {

/// An empty blob when it is not there or damaged.
Blob read_cached(const std::string& name);
void write_cached(const std::string& name, const Blob& image);
/// Removes the least recently used files until the rest is within the limit. write_cached() does so now and then.
void trim_cache();

}  // namespace hone::cuda

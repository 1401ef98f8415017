// What a compiled kernel and the emulator know of each other. Included by both; the kernel's side is prelude.h.
#pragma once

struct EmulatedDim {
  unsigned x, y, z;
};

// Which thread runs: written by the emulator before a thread goes on.
struct EmulatedPosition {
  EmulatedDim thread, block, block_dim, grid_dim;
};

enum { kEmulatedSlot = 64 };  // bytes that a lane can hand to its warp in one exchange

// The emulator's services for a running thread.
struct EmulatedServices {
  // Waits until `threads` threads of the block (0: all that have not left) have come to this barrier.
  void (*barrier)(int id, int threads);
  // Waits until every lane of the mask came with its bytes; then all lanes' slots, valid until the lane's next
  // exchange.
  const char* (*exchange)(unsigned mask, const void* mine, unsigned bytes);
  // Lanes of this thread's warp that have not left.
  unsigned (*live_lanes)();
  // Ends the launch with this message.
  void (*fail)(const char* text);
};

struct EmulatedKernel {
  const char* name;
  void (*call)(void** parameters);
  const unsigned* sizes;  // of the parameters
  unsigned count;
};

// What a compiled kernel exports as function hone_emulated_image.
struct EmulatedImage {
  const EmulatedServices** services;  // filled by the emulator
  EmulatedPosition* position;
  unsigned char* dynamic_shared;
  unsigned dynamic_shared_size;
  const EmulatedKernel* kernels;
  unsigned kernel_count;
};

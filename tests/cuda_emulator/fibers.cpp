// Fibers by hand: a stack each, a switch of the callee-saved registers, barriers and warp exchanges by generation
// counters.
#include "fibers.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace hone::emulator {
namespace {

constexpr size_t kStack = 128 << 10, kPage = 4096;
constexpr int kBarriers = 16;

#if defined(__x86_64__)
// Saves the running context's registers on its stack and its stack pointer in *from, and goes on with `to`.
extern "C" void hone_emulated_switch(void** from, void* to);
asm(R"(
.text
.globl hone_emulated_switch
.hidden hone_emulated_switch
.type hone_emulated_switch,@function
hone_emulated_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size hone_emulated_switch,.-hone_emulated_switch
)");
struct Switcher {
  void* stack_pointer = nullptr;
  void start(char* stack, void (*entry)()) {
    auto* top = reinterpret_cast<uint64_t*>(stack + kStack);
    *--top = 0;  // keeps the stack aligned as after a call
    *--top = reinterpret_cast<uint64_t>(entry);
    for (int i = 0; i < 6; ++i) *--top = 0;
    stack_pointer = top;
  }
  static void go(Switcher* from, Switcher* to) { hone_emulated_switch(&from->stack_pointer, to->stack_pointer); }
};
#else
struct Switcher {
  ucontext_t context;
  void start(char* stack, void (*entry)()) {
    getcontext(&context);
    context.uc_stack.ss_sp = stack, context.uc_stack.ss_size = kStack, context.uc_link = nullptr;
    makecontext(&context, entry, 0);
  }
  static void go(Switcher* from, Switcher* to) { swapcontext(&from->context, &to->context); }
};
#endif

// Stacks with a page that faults below each.
class Stacks {
 public:
  char* get(size_t i) {
    while (stacks_.size() <= i) {
      void* p =
          mmap(nullptr, kStack + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (p == MAP_FAILED) throw std::runtime_error("no memory for stacks");
      mprotect(p, kPage, PROT_NONE);
      stacks_.push_back(static_cast<char*>(p) + kPage);
    }
#if defined(__SANITIZE_ADDRESS__)
    __asan_unpoison_memory_region(stacks_[i], kStack);
#endif
    return stacks_[i];
  }

 private:
  std::vector<char*> stacks_;
};

struct Barrier {
  uint64_t generation = 0;
  int count = 0, expected = 0;  // 0: all that live
};

// A meeting of the lanes of one mask.
struct Meeting {
  unsigned mask = 0;
  uint64_t generation = 0;
  unsigned arrived = 0;
  char slots[2][32][kEmulatedSlot];
};

struct Warp {
  unsigned exists = 0, left = 0;
  std::vector<std::unique_ptr<Meeting>> meetings;
};

struct Fiber {
  Switcher context;
  EmulatedDim thread;
  int warp = 0, lane = 0;
  bool done = false;
  const uint64_t* waits_for = nullptr;  // goes on when this counter has left `seen`
  uint64_t seen = 0;
};

struct Block {
  const BlockLaunch* launch = nullptr;
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  Barrier barriers[kBarriers];
  Switcher scheduler;
  Fiber* running = nullptr;
  int live = 0;
  std::string error;
  sigjmp_buf escape;
  bool can_escape = false;
};

Stacks& stacks() {
  static auto* s = new Stacks;
  return *s;
}
Block* current = nullptr;  // launches are one at a time

[[noreturn]] void fail_launch(const std::string& text) {
  const EmulatedPosition& p = *current->launch->position;
  current->error = text + " (kernel '" + current->launch->kernel->name + "', block " + std::to_string(p.block.x) + "," +
                   std::to_string(p.block.y) + "," + std::to_string(p.block.z) + ", thread " +
                   std::to_string(p.thread.x) + "," + std::to_string(p.thread.y) + "," + std::to_string(p.thread.z) +
                   ")";
  siglongjmp(current->escape, 1);
}

void wait_while(const uint64_t* counter, uint64_t seen) {
  Fiber* f = current->running;
  f->waits_for = counter, f->seen = seen;
  Switcher::go(&f->context, &current->scheduler);
}

void release_full(Barrier* b) {
  const int needed = b->expected == 0 ? current->live : b->expected;
  if (b->count == 0 || b->count < needed) return;
  b->count = 0;
  ++b->generation;
}

void barrier(int id, int threads) {
  if (id < 0 || id >= kBarriers) fail_launch("there is no such barrier");
  Barrier& b = current->barriers[id];
  if (b.count > 0 && b.expected != threads) fail_launch("threads disagree about who comes to a barrier");
  b.expected = threads;
  ++b.count;
  const uint64_t seen = b.generation;
  release_full(&b);
  if (b.generation == seen) wait_while(&b.generation, seen);
}

Meeting& meeting_of(Warp* w, unsigned mask) {
  for (auto& m : w->meetings)
    if (m->mask == mask) return *m;
  w->meetings.push_back(std::make_unique<Meeting>());
  w->meetings.back()->mask = mask;
  return *w->meetings.back();
}

const char* exchange(unsigned mask, const void* mine, unsigned bytes) {
  const Fiber& f = *current->running;
  Warp& w = current->warps[static_cast<size_t>(f.warp)];
  if ((mask >> f.lane & 1u) == 0) fail_launch("a thread is not in the mask of its own warp-wide call");
  mask &= w.exists;
  if ((mask & w.left) != 0) fail_launch("a warp-wide call names threads that have left the kernel");
  Meeting& m = meeting_of(&w, mask);
  auto& slots = m.slots[m.generation & 1];
  if (bytes > 0) std::memcpy(slots[f.lane], mine, bytes);
  m.arrived |= 1u << f.lane;
  const uint64_t seen = m.generation;
  if (m.arrived == mask) {
    m.arrived = 0;
    ++m.generation;
  } else {
    wait_while(&m.generation, seen);
  }
  return slots[0];
}

unsigned live_lanes() {
  const Block& b = *current;
  if (b.running == nullptr) return 1u << (b.launch->position->thread.x % 32);
  const Warp& w = b.warps[static_cast<size_t>(b.running->warp)];
  return w.exists & ~w.left;
}

void fail_text(const char* text) { fail_launch(text); }

void leave() {
  Fiber* f = current->running;
  f->done = true;
  --current->live;
  Warp& w = current->warps[static_cast<size_t>(f->warp)];
  w.left |= 1u << f->lane;
  for (const auto& m : w.meetings)
    if ((m->mask >> f->lane & 1u) != 0 && m->arrived != 0)
      fail_launch("a thread leaves while others of its warp wait for it");
  for (Barrier& b : current->barriers)
    if (b.expected == 0) release_full(&b);
}

void fiber_entry() {
  current->launch->kernel->call(current->launch->parameters);
  leave();
  Switcher::go(&current->running->context, &current->scheduler);
  std::abort();  // a fiber that is done does not come back
}

void start_fibers(Block* b) {
  const EmulatedDim n = b->launch->position->block_dim;
  const size_t count = size_t{n.x} * n.y * n.z;
  b->fibers = std::vector<Fiber>(count);
  b->warps = std::vector<Warp>((count + 31) / 32);
  b->live = static_cast<int>(count);
  for (size_t i = 0; i < count; ++i) {
    Fiber& f = b->fibers[i];
    f.thread = {static_cast<unsigned>(i % n.x), static_cast<unsigned>(i / n.x % n.y),
                static_cast<unsigned>(i / n.x / n.y)};
    f.warp = static_cast<int>(i / 32), f.lane = static_cast<int>(i % 32);
    b->warps[i / 32].exists |= 1u << (i % 32);
    f.context.start(stacks().get(i), fiber_entry);
  }
}

// One turn for every fiber that can go on; false when none could.
bool take_turns(Block* b) {
  bool moved = false;
  const size_t n = b->fibers.size();
  for (size_t k = 0; k < n; ++k) {
    Fiber& f = b->fibers[b->launch->reversed ? n - 1 - k : k];
    if (f.done || (f.waits_for != nullptr && *f.waits_for == f.seen)) continue;
    f.waits_for = nullptr;
    b->running = &f;
    b->launch->position->thread = f.thread;
    Switcher::go(&b->scheduler, &f.context);
    moved = true;
  }
  return moved;
}

void run_fibers(Block* b) {
  start_fibers(b);
  while (b->live > 0)
    if (!take_turns(b))
      fail_launch("threads wait for one another for ever: not all came to a barrier or warp-wide call");
}

void run_loop(const BlockLaunch& l) {
  EmulatedPosition& p = *l.position;
  for (p.thread.z = 0; p.thread.z < p.block_dim.z; ++p.thread.z)
    for (p.thread.y = 0; p.thread.y < p.block_dim.y; ++p.thread.y)
      for (p.thread.x = 0; p.thread.x < p.block_dim.x; ++p.thread.x) l.kernel->call(l.parameters);
}

// Faults inside a kernel become errors of the launch; others go where they went before.
struct sigaction previous_fault;
void on_fault(int, siginfo_t* info, void*) {
  if (current != nullptr && current->can_escape) {
    char text[96];
    snprintf(text, sizeof(text), "access outside of device memory at address %p", info->si_addr);
    current->can_escape = false;
    fail_launch(text);
  }
  sigaction(SIGSEGV, &previous_fault, nullptr);
}

#if !defined(__SANITIZE_ADDRESS__)
void catch_faults() {
  static thread_local std::vector<char> memory(64 << 10);
  stack_t stack{};
  stack.ss_sp = memory.data(), stack.ss_size = memory.size();
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_fault, action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  struct sigaction now {};
  sigaction(SIGSEGV, nullptr, &now);
  if (now.sa_sigaction == on_fault) return;
  previous_fault = now;
  sigaction(SIGSEGV, &action, nullptr);
}
#else
void catch_faults() {}
#endif

}  // namespace

const EmulatedServices& services() {
  static const EmulatedServices s{barrier, exchange, live_lanes, fail_text};
  return s;
}

bool run_block(const BlockLaunch& launch, std::string* error) {
  static auto* block = new Block;  // one at a time; the caller holds the lock
  *error = "";
  block->launch = &launch;
  block->running = nullptr;
  block->error.clear();
  for (Barrier& b : block->barriers) b = {};
  current = block;
  catch_faults();
  bool ok = false;
  if (sigsetjmp(block->escape, 1) == 0) {
    block->can_escape = true;
    if (launch.waits)
      run_fibers(block);
    else
      run_loop(launch);
    ok = true;
  }
  block->can_escape = false;
  current = nullptr;
  if (!ok) *error = block->error;
  return ok;
}

}  // namespace hone::emulator

// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/frame_memory.hpp"

#include <array>
#include <cstdint>
#include <new>

namespace coroute::detail {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool recycle = false;  // so that AddressSanitizer sees every frame's end of life
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool recycle = false;
#else
constexpr bool recycle = true;
#endif
#else
constexpr bool recycle = true;
#endif

constexpr std::size_t granularity = 64;
constexpr std::size_t class_count = 40;        // frames up to 2,560 bytes are recycled
constexpr std::uint32_t kept_per_class = 512;  // what a burst leaves behind stays bounded

struct FreeBlock {
  FreeBlock* next;
};

struct SizeClass {
  FreeBlock* head = nullptr;
  std::uint32_t count = 0;
};

// Trivially destructible, so that access needs no guard; `Reaper` frees the lists when the thread ends.
constinit thread_local std::array<SizeClass, class_count> free_lists{};
constinit thread_local bool reaper_armed = false;
constinit thread_local bool thread_ended = false;
constinit thread_local void* last_allocated = nullptr;

struct Reaper {
  ~Reaper() {
    thread_ended = true;
    for (SizeClass& list : free_lists) {
      while (FreeBlock* block = list.head) {
        list.head = block->next;
        ::operator delete(block);
      }
    }
  }
  void arm() noexcept { reaper_armed = true; }
};

thread_local Reaper reaper;

constexpr std::size_t class_of(std::size_t size) noexcept {
  return (size + granularity - 1) / granularity;
}

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = class_of(size);
  if (!recycle || index >= class_count) return last_allocated = ::operator new(size);
  SizeClass& list = free_lists[index];
  if (FreeBlock* block = list.head) {
    list.head = block->next;
    --list.count;
    return last_allocated = block;
  }
  if (!reaper_armed && !thread_ended) reaper.arm();
  return last_allocated = ::operator new(index * granularity);
}

void release_frame(void* memory, std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  if (!recycle || index >= class_count || thread_ended || free_lists[index].count >= kept_per_class) {
    ::operator delete(memory);
    return;
  }
  SizeClass& list = free_lists[index];
  list.head = ::new (memory) FreeBlock{list.head};
  ++list.count;
  if (!reaper_armed) reaper.arm();
}

void* last_allocated_frame() noexcept {
  return last_allocated;
}

}  // namespace coroute::detail

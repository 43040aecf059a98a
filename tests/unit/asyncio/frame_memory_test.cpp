// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/frame_memory.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

using namespace coroute::detail;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool recycles = false;
#elif defined(__has_feature)
constexpr bool recycles = !__has_feature(address_sanitizer);
#else
constexpr bool recycles = true;
#endif

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("frame_memory: blocks of every size are aligned, writable to their end, and distinct while in use") {
  std::vector<std::pair<void*, std::size_t>> blocks;
  std::set<void*> addresses;
  for (std::size_t size = 1; size <= 4'096; size += 37) {
    void* block = allocate_frame(size);
    CHECK(last_allocated_frame() == block);
    std::memset(block, static_cast<int>(size & 0xff), size);
    blocks.emplace_back(block, size);
    addresses.insert(block);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
  }
  CHECK(addresses.size() == blocks.size());
  bool intact = true;
  for (const auto& [block, size] : blocks) {
    const auto* bytes = static_cast<const unsigned char*>(block);
    intact = intact && bytes[0] == (size & 0xff) && bytes[size - 1] == (size & 0xff);
    release_frame(block, size);
  }
  CHECK(intact);
}

TEST_CASE("frame_memory: a released block serves the next frame of its size class") {
  if (!recycles) return;  // AddressSanitizer sees every frame's end of life instead
  for (const std::size_t size : {1u, 64u, 65u, 500u, 2'496u}) {
    void* const first = allocate_frame(size);
    release_frame(first, size);
    void* const second = allocate_frame(size);
    CHECK(first == second);
    void* const other = allocate_frame(size);
    CHECK(other != second);
    release_frame(second, size);
    release_frame(other, size);
    CHECK(allocate_frame(size) == other);
    release_frame(other, size);
  }
}

TEST_CASE("frame_memory: a size class is 64 bytes wide") {
  if (!recycles) return;
  void* const block = allocate_frame(128);
  release_frame(block, 128);
  void* const larger = allocate_frame(129);
  CHECK(larger != block);
  void* const smaller = allocate_frame(65);
  CHECK(smaller == block);
  release_frame(smaller, 65);
  release_frame(larger, 129);
}

TEST_CASE("frame_memory: large frames and more than are kept come and go") {
  std::vector<void*> blocks;
  for (int i = 0; i < 2'000; ++i)
    blocks.push_back(allocate_frame(100));  // 512 of them are kept
  for (void* block : blocks)
    release_frame(block, 100);
  for (const std::size_t size : {2'559u, 2'560u, 2'561u, 1u << 20}) {
    void* block = allocate_frame(size);
    std::memset(block, 1, size);
    CHECK(last_allocated_frame() == block);
    release_frame(block, size);
  }
}

TEST_CASE("frame_memory: blocks may be released on another thread, and a thread's end frees what it kept") {
  std::vector<void*> blocks;
  for (int i = 0; i < 100; ++i)
    blocks.push_back(allocate_frame(200));
  void* allocated_there = nullptr;
  std::thread([&] {
    for (void* block : blocks)
      release_frame(block, 200);
    allocated_there = allocate_frame(200);
    if (recycles) CHECK(allocated_there == blocks.back());
  }).join();
  REQUIRE(allocated_there != nullptr);
  std::memset(allocated_there, 1, 200);
  release_frame(allocated_there, 200);
}

TEST_CASE("frame_memory: works during the end of a thread, after the recycler is gone") {
  struct Late {
    ~Late() {
      void* block = allocate_frame(96);
      std::memset(block, 1, 96);
      release_frame(block, 96);
      *done = true;
    }
    bool* done = nullptr;
  };
  bool done = false;
  std::thread([&done] {
    static thread_local Late late;  // made first: destroyed after the recycler
    late.done = &done;
    release_frame(allocate_frame(96), 96);
  }).join();
  CHECK(done);
}

TEST_SUITE_END();

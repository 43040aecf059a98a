// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Temporary files that have no name.
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "coroute/asyncio/thread_pool.hpp"

namespace coroute::detail {

/// How a file comes to have no name: the kernel makes it so, or its name is taken away, where the file system can do
/// nothing better.
enum class NamelessBy : unsigned char { Kernel, Unlink };

/// Only this process can get at it, and its bytes are gone with it. What doesn't say otherwise blocks: it belongs on
/// the threads of `file_pool`.
class UnnamedFile : private PoolJob {
 public:
  /// Lets a thread of `file_pool` close it, since freeing the bytes of a large one takes its time.
  struct Close {
    void operator()(UnnamedFile* file) const noexcept;
  };
  using Pointer = std::shared_ptr<UnnamedFile>;

  /// In the directory that TMPDIR names, else in /var/tmp, which is for what is large, or where
  /// that can't be written to in /tmp. std::system_error.
  static Pointer create();
  static Pointer create_in(const std::string& directory, NamelessBy by = NamelessBy::Kernel);
  UnnamedFile(const UnnamedFile&) = delete;
  UnnamedFile& operator=(const UnnamedFile&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  /// At the end; std::system_error.
  void append(std::string_view data);
  std::uint64_t size() const noexcept { return size_; }
  /// So many bytes, which are there; std::system_error.
  void read(std::uint64_t offset, char* out, std::size_t count) const;
  /// The same when the kernel has them all in memory, else false. Doesn't block.
  bool read_cached(std::uint64_t offset, char* out, std::size_t count) const noexcept;
  /// All bytes that were appended before the first call. What the kernel has not kept is read when it is looked at.
  /// std::system_error; belongs to one thread.
  std::string_view map();

 private:
  UnnamedFile(int descriptor, std::string directory) noexcept;
  ~UnnamedFile();

  static void close_on_thread(Runnable& node) noexcept { delete static_cast<UnnamedFile*>(&node); }

  int descriptor_;
  std::string directory_;  // for messages
  std::uint64_t size_ = 0;
  void* mapped_ = nullptr;
  std::size_t mapped_size_ = 0;
};

}  // namespace coroute::detail

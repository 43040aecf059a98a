// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Files that are open for a while: temporary ones, which have no name, and any others.
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
class DiskFile : private PoolJob {
 public:
  /// Lets a thread of `file_pool` close it, since freeing the bytes of a large one takes its time.
  struct Close {
    void operator()(DiskFile* file) const noexcept;
  };
  using Pointer = std::shared_ptr<DiskFile>;

  /// One that only this process can get at, and whose bytes are gone with it: in the directory that TMPDIR names, else
  /// in /var/tmp, which is for what is large, or where that can't be written to in /tmp. std::system_error.
  static Pointer create_temporary();
  static Pointer create_temporary_in(const std::string& directory, NamelessBy by = NamelessBy::Kernel);
  /// To read one that is there. std::system_error when it can't be opened, or is no regular file.
  static Pointer open(const std::string& path);
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  /// At the end of a temporary one; std::system_error.
  void append(std::string_view data);
  std::uint64_t size() const noexcept { return size_; }
  /// So many bytes, which are there; std::system_error.
  void read(std::uint64_t offset, char* out, std::size_t count) const;
  /// The same when the kernel has them all in memory, else false. Doesn't block.
  bool read_cached(std::uint64_t offset, char* out, std::size_t count) const noexcept;
  /// All bytes there were at the first call. Those of a temporary one are mapped: what the kernel has not kept is read
  /// when it is looked at. Others are read, for somebody may make the file shorter. std::system_error; belongs to one
  /// thread.
  std::string_view content();

 private:
  DiskFile(int descriptor, std::string name) noexcept;
  ~DiskFile();

  static void close_on_thread(Runnable& node) noexcept { delete static_cast<DiskFile*>(&node); }

  std::string_view map();

  int descriptor_;
  std::string name_;  // for messages
  bool is_temporary_ = true;
  std::uint64_t size_ = 0;
  std::string content_;  // of one that is not mapped
  void* mapped_ = nullptr;
  std::size_t mapped_size_ = 0;
};

}  // namespace coroute::detail

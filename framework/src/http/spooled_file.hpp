// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Bytes in memory, or on disk when there are many of them.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "http/disk_file.hpp"

namespace coroute::detail {

/// Where those of one form go together, one behind the other: a descriptor for each would be too many.
struct Spool {
  DiskFile::Pointer file;  ///< Null until the first write.
};

/// Python's SpooledTemporaryFile, which doesn't block: what goes to disk is told by `wants_write`, and written by a
/// thread. Until `finish` it is filled, afterwards read. Used by one thread at a time.
class SpooledFile {
 public:
  static constexpr std::size_t write_bytes = 256 * 1024;  ///< So many are collected for a write.

  /// Stays in memory.
  explicit SpooledFile(std::string content) : in_memory_(std::move(content)), is_finished_(true) {}
  /// On disk already, to be read.
  explicit SpooledFile(DiskFile::Pointer file) noexcept
      : file_(std::move(file)), size_on_disk_(file_->size()), is_finished_(true) {}
  /// More than `max_memory` bytes go to `spool`, if what was written before is finished and written.
  explicit SpooledFile(std::size_t max_memory, std::shared_ptr<Spool> spool = std::make_shared<Spool>()) noexcept
      : max_memory_(max_memory), spool_(std::move(spool)) {}

  void append(std::string_view data) { in_memory_ += data; }
  void finish() noexcept;
  /// More is in memory than is meant to be: `write` comes before the next `append`.
  bool wants_write() const noexcept;
  /// Blocks: for the threads of `file_pool`. std::system_error: then it is no good any more.
  void write();

  std::uint64_t size() const noexcept { return in_memory_.size() + size_on_disk_; }
  bool is_in_memory() const noexcept { return !file_; }
  /// Of one that is finished and has nothing to write; mapped when it is on disk.
  std::string_view content() const;
  /// Null for one in memory; else its bytes are there from `offset` on.
  const DiskFile::Pointer& file() const noexcept { return file_; }
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::size_t max_memory_ = static_cast<std::size_t>(-1);
  std::string in_memory_;  // or what is still to be written
  std::shared_ptr<Spool> spool_;
  DiskFile::Pointer file_;
  std::uint64_t offset_ = 0;
  std::uint64_t size_on_disk_ = 0;
  bool is_finished_ = false;
};

/// Bytes of it that are there: at once when they are few and in memory, else a thread reads them. std::system_error.
Async<std::string> read_spooled(std::shared_ptr<const SpooledFile> file, std::uint64_t offset, std::size_t count,
                                std::string buffer = {});

using SpooledFiles = std::vector<std::shared_ptr<SpooledFile>>;

/// Blocks; it belongs on the threads of `file_pool`. Nothing may be appended to `content` any more.
class FileCopy {
 public:
  static constexpr std::uint64_t step_bytes = std::uint64_t{16} << 20U;

  /// To the file `path`, which is made, or else made empty. std::system_error.
  FileCopy(std::shared_ptr<const SpooledFile> content, const std::string& path);
  FileCopy(const FileCopy&) = delete;
  FileCopy& operator=(const FileCopy&) = delete;
  ~FileCopy();

  /// Copies up to `step_bytes` more; false when all is there, and the file closed. std::system_error.
  bool step();

 private:
  bool copy_by_kernel(std::size_t count);
  void copy_by_hand(std::size_t count);
  void write(std::string_view data);

  std::shared_ptr<const SpooledFile> content_;
  std::string path_;
  int descriptor_;
  std::uint64_t done_ = 0;
  bool by_kernel_ = true;
};

}  // namespace coroute::detail

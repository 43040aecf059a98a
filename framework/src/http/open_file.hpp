// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Files as they are opened and read. What doesn't say otherwise blocks: it belongs on the threads of `file_pool`.
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/http/static_files.hpp"

namespace coroute::detail {

/// For files alone: a disk that is slow doesn't keep other work from its threads.
ThreadPool& file_pool();

class FileBecameShorter : public std::runtime_error {
 public:
  FileBecameShorter() : std::runtime_error("a file became shorter while it was sent") {}
};

/// A file or directory, opened for reading. What it says of itself is as it was then.
class OpenFile {
 public:
  /// Any path; std::system_error.
  explicit OpenFile(const std::string& path);
  /// Takes over a descriptor; std::system_error.
  explicit OpenFile(int descriptor);
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile();

  bool is_regular() const noexcept { return is_regular_; }
  bool is_directory() const noexcept { return is_directory_; }
  std::uint64_t size() const noexcept { return size_; }
  std::chrono::system_clock::time_point modified() const noexcept { return modified_; }

  /// So many bytes; FileBecameShorter, std::system_error.
  std::string read(std::uint64_t offset, std::size_t count) const;
  /// Those of these bytes that the kernel has in memory, from the first one on; empty when it would have to wait for a
  /// disk. Doesn't block.
  std::string read_cached(std::uint64_t offset, std::size_t count) const;

  /// For those who have the kernel send the bytes.
  int descriptor() const noexcept { return descriptor_; }
  /// Whether the kernel has these bytes in memory, as far as samples tell: what is between them may be missing when
  /// memory is short. Doesn't block.
  bool is_cached(std::uint64_t offset, std::size_t count) const noexcept;

 private:
  void look_at();

  int descriptor_;
  bool is_regular_ = false;
  bool is_directory_ = false;
  std::uint64_t size_ = 0;
  std::chrono::system_clock::time_point modified_;
};

/// How a path is kept below a directory: by openat2 where the kernel has it, and lets us.
enum class Containment : unsigned char { ByKernel, ByPath };

/// `path`: names with "/" between them, none of them empty, "." or ".."; or "." alone. Nullopt when it isn't there, may
/// not be read or leads outside; std::system_error for other trouble.
std::optional<OpenFile> open_beneath(const std::string& directory, const std::string& path, Symlinks symlinks,
                                     Containment containment = Containment::ByKernel);

}  // namespace coroute::detail

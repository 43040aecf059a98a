// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A file that came with a form.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/headers.hpp"

namespace coroute {

namespace detail {
class SpooledFile;
}

/// A handle: copies share the content and the read position, as Python's file objects do, and the last one frees them.
/// A copy may be kept when the request has ended. Belongs to one loop.
///
/// Up to `FormLimits::spool_max_size` bytes are in memory. Larger files that came with a form are on disk, together in
/// a file without a name, which nobody else can open and which is gone when none of them has a handle any more, or with
/// the process. It is in the directory that the environment variable TMPDIR names, else in /var/tmp, or in /tmp where
/// that can't be written to. Threads of a pool write and read it, so that the loop never waits for a disk.
///
///     const UploadFile& photo = *form.file("photo");
///     while (true) {
///       const std::string_view piece = co_await photo.read(64 * 1024);
///       if (piece.empty()) break;
///       hash.update(piece);
///     }
class UploadFile {
 public:
  static constexpr std::size_t whole = static_cast<std::size_t>(-1);

  /// Without name and content: for arguments that are filled in later.
  UploadFile() : UploadFile(std::string(), std::string()) {}
  /// `content_type`, unless it is empty, becomes a header. std::invalid_argument for one that is no field value.
  UploadFile(std::string filename, std::string content, std::string_view content_type = {}, Headers headers = {});

  /// A file on this machine, to be sent in a form: called by the last name of `path`, with the content type that goes
  /// by it. std::system_error when it can't be opened, or is no regular file.
  static Async<UploadFile> open(std::string path);

  /// As the client says, so it may be empty, a path, have line ends or anything else: never a name to store the file
  /// under.
  const std::string& filename() const noexcept;
  /// As the client says.
  std::optional<std::string_view> content_type() const noexcept { return headers().get("content-type"); }
  /// Of this part of the form.
  const Headers& headers() const noexcept;
  std::uint64_t size() const noexcept;
  /// False for one that is on disk.
  bool is_in_memory() const noexcept;

  /// All bytes, wherever the read position is; valid until `close` or the end of the last copy. A temporary
  /// file is mapped into memory: what the kernel has not kept of it is read on this thread when it is looked at; one of
  /// `open` is read as a whole. So prefer `read` for large ones. RuntimeError once closed, std::system_error when the
  /// disk fails.
  std::string_view content() const;

  /// The next bytes, at most `max_bytes` of them, fewer only at the end, none behind it; valid until the next call.
  /// One reader at a time. RuntimeError once closed, std::system_error when the disk fails. Cancelled: the read
  /// position stays.
  Async<std::string_view> read(std::size_t max_bytes = whole) const;
  /// Writes all bytes to the file `path`, whose content they replace, on threads of a pool; the read position stays.
  /// Don't make the path of what a client sent. RuntimeError once closed, std::system_error when it can't be written.
  /// After an error or a cancellation a part of them may be there.
  Async<void> save(std::string path) const;
  /// Moves the read position, counted from the beginning; beyond the end nothing is left to read. RuntimeError once
  /// closed.
  Async<void> seek(std::uint64_t position) const;
  /// Frees the content for all copies; again is no error. Not needed: the end of the last copy does the same.
  Async<void> close() const;
  bool is_closed() const noexcept;

  // --- for those who read and write forms ---
  UploadFile(std::string filename, Headers headers, std::shared_ptr<detail::SpooledFile> content);
  /// RuntimeError once closed.
  const std::shared_ptr<detail::SpooledFile>& spooled() const;

 private:
  struct State;
  static Async<std::string_view> read_from_disk(std::shared_ptr<State> state, std::size_t count);
  State& open_state() const;

  std::shared_ptr<State> state_;
};

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "http/spooled_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "http/open_file.hpp"

namespace coroute::detail {
namespace {

constexpr mode_t by_the_umask = 0666;
constexpr std::size_t max_inline_bytes = 256 * 1024;  // are copied on the loop when the kernel has them

void read_on_thread(const DiskFile::Pointer& file, std::uint64_t offset, char* out, std::size_t count) {
  file->read(offset, out, count);
}

}  // namespace

void SpooledFile::finish() noexcept {
  is_finished_ = true;
  if (!wants_write()) in_memory_.shrink_to_fit();  // has grown by doubling
}

bool SpooledFile::wants_write() const noexcept {
  if (file_) return is_finished_ ? !in_memory_.empty() : in_memory_.size() >= write_bytes;
  return in_memory_.size() > max_memory_;
}

void SpooledFile::write() {
  if (!spool_->file) spool_->file = DiskFile::create_temporary();
  if (!file_) {
    file_ = spool_->file;
    offset_ = file_->size();
  }
  file_->append(in_memory_);
  size_on_disk_ += in_memory_.size();
  in_memory_.clear();
  // What `max_memory` was for is needed no more.
  if (is_finished_ || in_memory_.capacity() > 2 * write_bytes) std::string().swap(in_memory_);
}

std::string_view SpooledFile::content() const {
  if (!file_) return in_memory_;
  return file_->content().substr(static_cast<std::size_t>(offset_), static_cast<std::size_t>(size_on_disk_));
}

Async<std::string> read_spooled(std::shared_ptr<const SpooledFile> file, std::uint64_t offset, std::size_t count,
                                std::string buffer) {
  if (file->is_in_memory()) {
    buffer.assign(file->content().substr(static_cast<std::size_t>(offset), count));
    co_return buffer;
  }
  const DiskFile::Pointer on_disk = file->file();
  offset += file->offset();
  buffer.resize(count);
  if (count > max_inline_bytes || !on_disk->read_cached(offset, buffer.data(), count)) {
    co_await to_thread(file_pool(), &read_on_thread, on_disk, offset, buffer.data(), count);
  }
  co_return buffer;
}

FileCopy::FileCopy(std::shared_ptr<const SpooledFile> content, const std::string& path)
    : content_(std::move(content)),
      path_(path),
      descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, by_the_umask)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::system_category(), path_);
}

FileCopy::~FileCopy() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool FileCopy::step() {
  const std::uint64_t end = std::min(content_->size(), done_ + step_bytes);
  while (done_ < end) {
    const auto count = static_cast<std::size_t>(end - done_);
    if (!content_->file()) {
      write(content_->content().substr(static_cast<std::size_t>(done_), count));
    } else if (!by_kernel_ || !copy_by_kernel(count)) {
      copy_by_hand(count);
    }
  }
  if (done_ < content_->size()) return true;
  // Some file systems tell only now what went wrong.
  if (close(std::exchange(descriptor_, -1)) != 0) throw std::system_error(errno, std::system_category(), path_);
  return false;
}

/// False when it can't between these file systems.
bool FileCopy::copy_by_kernel(std::size_t count) {
  auto from = static_cast<off64_t>(content_->offset() + done_);
  const ssize_t some = copy_file_range(content_->file()->descriptor(), &from, descriptor_, nullptr, count, 0);
  by_kernel_ = some > 0;
  if (some > 0) done_ += static_cast<std::uint64_t>(some);
  return by_kernel_;
}

void FileCopy::copy_by_hand(std::size_t count) {
  std::string piece(std::min(count, SpooledFile::write_bytes), '\0');
  content_->file()->read(content_->offset() + done_, piece.data(), piece.size());
  write(piece);
}

void FileCopy::write(std::string_view data) {
  while (!data.empty()) {
    const ssize_t some = ::write(descriptor_, data.data(), data.size());
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) throw std::system_error(errno, std::system_category(), path_);
    done_ += static_cast<std::uint64_t>(some);
    data.remove_prefix(static_cast<std::size_t>(some));
  }
}

}  // namespace coroute::detail

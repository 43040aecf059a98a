// SPDX-License-Identifier: BSL-1.0
#include "journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace chat {
namespace {

[[noreturn]] void throw_error(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Journal::Journal(const std::string& path)
    : path_(path), file_(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
  if (file_ < 0) throw_error(path_);
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const std::error_code reason(errno, std::generic_category());
    ::close(file_);
    throw std::system_error(reason, path_ + " is in use by another process");
  }
}

Journal::~Journal() {
  ::close(file_);
}

void Journal::read(const std::function<void(std::string_view line)>& take) {
  std::string text;  // behind the last whole line
  std::string piece(64 * 1024, '\0');
  std::int64_t offset = 0;
  while (const auto bytes = ::pread(file_, piece.data(), piece.size(), offset)) {
    if (bytes < 0) throw_error(path_);
    offset += bytes;
    text.append(piece, 0, static_cast<std::size_t>(bytes));
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      take(std::string_view(text).substr(begin, end - begin));
      begin = end + 1;
    }
    text.erase(0, begin);
    size_ += static_cast<std::int64_t>(begin);
  }
  if (!text.empty()) cut_at(size_);
}

void Journal::append(std::string_view line) {
  std::string text(line);
  text += '\n';
  const auto written = ::write(file_, text.data(), text.size());
  if (written != static_cast<std::int64_t>(text.size())) {
    const std::error_code reason(written < 0 ? errno : ENOSPC, std::generic_category());
    cut_at(size_);
    throw std::system_error(reason, path_);
  }
  size_ += written;
}

std::unique_ptr<Journal> Journal::make_new(const std::string& path) {
  auto journal = std::make_unique<Journal>(path);
  journal->cut_at(0);
  return journal;
}

void Journal::replace(Journal& old) {
  if (::fsync(file_) != 0 || ::rename(path_.c_str(), old.path_.c_str()) != 0) throw_error(path_);
  path_ = old.path_;
  // The name is on disk when its folder is.
  const int folder = ::open(std::filesystem::path(path_).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

void Journal::cut_at(std::int64_t size) {
  if (::ftruncate(file_, size) != 0) throw_error(path_);
}

}  // namespace chat

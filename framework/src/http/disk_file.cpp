// SPDX-License-Identifier: BSL-1.0
#include "http/disk_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "http/open_file.hpp"

namespace coroute::detail {
namespace {

constexpr mode_t for_owner_alone = 0600;

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

/// A container often has nothing but /tmp to write to.
std::string temporary_directory() {
  const char* const chosen = secure_getenv("TMPDIR");
  if (chosen && *chosen) return chosen;
  return access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
}

int create_with_name(const std::string& directory) {
  std::string path = directory + "/coroute-XXXXXX";
  const int descriptor = mkostemp(path.data(), O_CLOEXEC);  // for its owner alone, too
  if (descriptor >= 0) unlink(path.c_str());
  return descriptor;
}

}  // namespace

DiskFile::DiskFile(int descriptor, std::string name) noexcept
    : PoolJob(&close_on_thread), descriptor_(descriptor), name_(std::move(name)) {}

DiskFile::~DiskFile() {
  if (mapped_) munmap(mapped_, mapped_size_);
  close(descriptor_);
}

void DiskFile::Close::operator()(DiskFile* file) const noexcept {
  try {
    file_pool().submit(*file);
  } catch (...) {
    delete file;  // no thread has room for it
  }
}

DiskFile::Pointer DiskFile::create_temporary() {
  return create_temporary_in(temporary_directory());
}

DiskFile::Pointer DiskFile::create_temporary_in(const std::string& directory, NamelessBy by) {
  int descriptor = -1;
  if (by == NamelessBy::Kernel) {
    descriptor = ::open(directory.c_str(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, for_owner_alone);
    // File systems that don't know it, and kernels that take it for the opening of a directory.
    if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) by = NamelessBy::Unlink;
  }
  if (by == NamelessBy::Unlink) descriptor = create_with_name(directory);
  if (descriptor < 0) throw_errno("no temporary file in " + directory);
  return {new DiskFile(descriptor, "a temporary file in " + directory), Close()};
}

DiskFile::Pointer DiskFile::open(const std::string& path) {
  // A FIFO without a writer would block, a terminal become the controlling one.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) throw_errno(path);
  Pointer file(new DiskFile(descriptor, path), Close());
  struct stat about{};
  if (fstat(descriptor, &about) != 0) throw_errno(path);
  if (!S_ISREG(about.st_mode)) {
    throw std::system_error(S_ISDIR(about.st_mode) ? EISDIR : EINVAL, std::system_category(), path);
  }
  file->is_temporary_ = false;
  file->size_ = static_cast<std::uint64_t>(about.st_size);
  return file;
}

void DiskFile::append(std::string_view data) {
  while (!data.empty()) {
    const ssize_t some = pwrite(descriptor_, data.data(), data.size(), static_cast<off_t>(size_));
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) throw_errno("writing " + name_);
    size_ += static_cast<std::uint64_t>(some);
    data.remove_prefix(static_cast<std::size_t>(some));
  }
}

void DiskFile::read(std::uint64_t offset, char* out, std::size_t count) const {
  for (std::size_t done = 0; done < count;) {
    const ssize_t some = pread(descriptor_, out + done, count - done, static_cast<off_t>(offset + done));
    if (some < 0 && errno == EINTR) continue;
    if (some == 0) errno = EIO;  // somebody has made it shorter
    if (some <= 0) throw_errno("reading " + name_);
    done += static_cast<std::size_t>(some);
  }
}

bool DiskFile::read_cached(std::uint64_t offset, char* out, std::size_t count) const noexcept {
  const iovec part{out, count};
  const ssize_t some = preadv2(descriptor_, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  return some >= 0 && static_cast<std::size_t>(some) == count;
}

std::string_view DiskFile::content() {
  if (is_temporary_) return size_ > 0 ? map() : std::string_view();
  if (content_.size() < size_) {
    std::string bytes(static_cast<std::size_t>(size_), '\0');
    read(0, bytes.data(), bytes.size());
    content_ = std::move(bytes);
  }
  return content_;
}

std::string_view DiskFile::map() {
  if (!mapped_) {
    const auto size = static_cast<std::size_t>(size_);
    void* const start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (start == MAP_FAILED) throw_errno("mapping " + name_);
    mapped_ = start;
    mapped_size_ = size;
  }
  return {static_cast<const char*>(mapped_), mapped_size_};
}

}  // namespace coroute::detail

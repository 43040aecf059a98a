// SPDX-License-Identifier: BSL-1.0
#include "http/open_file.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <system_error>
#include <utility>

namespace coroute::detail {
namespace {

// A FIFO without a writer would block, a terminal become the controlling one.
constexpr int open_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int rename_retries = 16;
constexpr std::uint64_t sample_distance = 64 * 1024;
constexpr std::size_t most_queued_jobs = 100'000;  // a request has one at most: connections are the limit

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return value_; }
  int release() noexcept { return std::exchange(value_, -1); }

 private:
  int value_;
};

bool means_not_there(int error) noexcept {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
    case EACCES:
    case ENAMETOOLONG:
    case ENXIO:  // a socket
    case ENODEV:
      return true;
    default:
      return false;
  }
}

/// Where the descriptor's file is; empty when nobody knows.
std::string real_path(int descriptor) {
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  std::array<char, PATH_MAX> target;
  const ssize_t length = readlink(link.c_str(), target.data(), target.size());
  if (length < 0 || static_cast<std::size_t>(length) == target.size()) return {};
  return {target.data(), static_cast<std::size_t>(length)};
}

int open_by_kernel(int directory, const std::string& path, Symlinks symlinks) {
  open_how how{};
  how.flags = open_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (symlinks == Symlinks::Refuse) how.resolve |= RESOLVE_NO_SYMLINKS;
  int descriptor = -1;
  for (int i = 0; i < rename_retries; ++i) {
    descriptor = static_cast<int>(syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how));
    if (descriptor >= 0 || errno != EAGAIN) break;  // a rename meanwhile: the kernel couldn't tell
  }
  if (descriptor < 0 && errno == EAGAIN) errno = EXDEV;
  return descriptor;
}

/// Looks at what was opened, not at what could be changed meanwhile.
int open_by_path(int directory, const std::string& path, Symlinks symlinks) {
  Descriptor opened(openat(directory, path.c_str(), open_flags));
  if (opened.get() < 0) return -1;
  const std::string root = real_path(directory);
  const std::string real = real_path(opened.get());
  const std::string wanted = path == "." ? root : (root == "/" ? root : root + "/") + path;
  const bool is_beneath = real == root || root == "/" || real.starts_with(root + "/");
  const bool is_allowed = symlinks == Symlinks::Refuse ? real == wanted : is_beneath;
  if (!root.empty() && !real.empty() && is_allowed) return opened.release();
  errno = EXDEV;
  return -1;
}

int open_in(int directory, const std::string& path, Symlinks symlinks, Containment containment) {
  if (symlinks == Symlinks::Follow) return openat(directory, path.c_str(), open_flags);
  if (containment == Containment::ByKernel) {
    const int descriptor = open_by_kernel(directory, path, symlinks);
    // Kernels before 5.6 don't know the call, older sandboxes forbid what they don't know.
    if (descriptor >= 0 || (errno != ENOSYS && errno != EPERM)) return descriptor;
  }
  return open_by_path(directory, path, symlinks);
}

}  // namespace

ThreadPool& file_pool() {
  static ThreadPool pool({.name = "files", .threads = 0, .max_queued = most_queued_jobs});
  return pool;
}

OpenFile::OpenFile(const std::string& path) : descriptor_(open(path.c_str(), open_flags)) {
  if (descriptor_ < 0) throw_errno(path);
  look_at();
}

OpenFile::OpenFile(int descriptor) : descriptor_(descriptor) {
  look_at();
}

OpenFile::OpenFile(OpenFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      is_regular_(other.is_regular_),
      is_directory_(other.is_directory_),
      size_(other.size_),
      modified_(other.modified_) {}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void OpenFile::look_at() {
  struct stat about{};
  if (fstat(descriptor_, &about) != 0) {
    close(std::exchange(descriptor_, -1));
    throw_errno("fstat");
  }
  is_regular_ = S_ISREG(about.st_mode);
  is_directory_ = S_ISDIR(about.st_mode);
  size_ = static_cast<std::uint64_t>(about.st_size);
  modified_ = std::chrono::system_clock::time_point(std::chrono::seconds(about.st_mtim.tv_sec) +
                                                    std::chrono::nanoseconds(about.st_mtim.tv_nsec));
}

std::string OpenFile::read(std::uint64_t offset, std::size_t count) const {
  std::string bytes(count, '\0');
  std::size_t done = 0;
  while (done < count) {
    const ssize_t some = pread(descriptor_, bytes.data() + done, count - done, static_cast<off_t>(offset + done));
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) throw_errno("a file that is sent");
    if (some == 0) throw FileBecameShorter();
    done += static_cast<std::size_t>(some);
  }
  return bytes;
}

std::string OpenFile::read_cached(std::uint64_t offset, std::size_t count) const {
  std::string bytes(count, '\0');
  iovec part{bytes.data(), count};
  const ssize_t some = preadv2(descriptor_, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  bytes.resize(some > 0 ? static_cast<std::size_t>(some) : 0);  // what is wrong is found by `read`
  return bytes;
}

/// The kernel takes bytes in, and drops them, by more than a page at a time: so a byte of each sample stands for those
/// around it.
bool OpenFile::is_cached(std::uint64_t offset, std::size_t count) const noexcept {
  char byte = 0;
  iovec part{&byte, 1};
  const std::uint64_t last = offset + count - 1;
  for (std::uint64_t at = offset;; at = std::min(at + sample_distance, last)) {
    if (preadv2(descriptor_, &part, 1, static_cast<off_t>(at), RWF_NOWAIT) != 1) return false;
    if (at == last) return true;
  }
}

std::optional<OpenFile> open_beneath(const std::string& directory, const std::string& path, Symlinks symlinks,
                                     Containment containment) {
  const Descriptor root(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) {
    if (means_not_there(errno)) return std::nullopt;
    throw_errno(directory);
  }
  const int descriptor = open_in(root.get(), path, symlinks, containment);
  if (descriptor >= 0) return OpenFile(descriptor);
  if (means_not_there(errno)) return std::nullopt;
  throw_errno(directory + "/" + path);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "log_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <system_error>

#include "coroute/asyncio/detail/sigpipe_block.hpp"

namespace coroute::detail {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds wait_slice{20};

std::uint64_t count_lines(std::string_view text) {
  std::uint64_t lines = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) {
    if (end + 1 == text.size() || text[end + 1] != ' ') ++lines;
  }
  return lines;
}

/// As much as a pipe that is writable takes without blocking, whole lines if possible: then lines of several processes
/// that share the pipe don't mix.
std::string_view pipe_portion(std::string_view text) {
  if (text.size() <= PIPE_BUF) return text;
  const std::size_t end = text.substr(0, PIPE_BUF).rfind('\n');
  return text.substr(0, end == std::string_view::npos ? std::size_t{PIPE_BUF} : end + 1);
}

}  // namespace

LogWriter::LogWriter(int fd) noexcept : fd_(fd) {
  struct stat status{};
  regular_file_ = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

LogWriter::~LogWriter() {
  close();
}

void LogWriter::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void LogWriter::give_up_at(steady_clock::time_point time) noexcept {
  give_up_at_.store(time.time_since_epoch().count(), std::memory_order_relaxed);
}

std::uint64_t LogWriter::write(std::string_view lines) noexcept {
  const SigpipeBlock blocked;
  if (line_is_torn_ && write_some("\n") == 1) line_is_torn_ = false;
  std::string_view rest = lines;
  while (!rest.empty() && !line_is_torn_) {
    const std::size_t written = write_some(regular_file_ ? rest : pipe_portion(rest));
    if (written == 0) {
      line_is_torn_ = rest.size() < lines.size() && *(rest.data() - 1) != '\n';
      break;
    }
    rest.remove_prefix(written);
  }
  return count_lines(rest);
}

/// 0: failed, or the time to wait is over.
std::size_t LogWriter::write_some(std::string_view text) noexcept {
  while (fd_ >= 0 && (regular_file_ || wait_writable())) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written > 0) return static_cast<std::size_t>(written);
    if (written == 0 || (errno != EINTR && errno != EAGAIN)) return 0;
  }
  return 0;
}

bool LogWriter::wait_writable() const noexcept {
  for (int timeout_ms = 0;; timeout_ms = static_cast<int>(wait_slice.count())) {
    pollfd wait{fd_, POLLOUT, 0};
    const int ready = poll(&wait, 1, timeout_ms);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (steady_clock::now().time_since_epoch().count() >= give_up_at_.load(std::memory_order_relaxed)) return false;
  }
}

int open_log(const std::string& file) {
  if (file.empty()) return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  // O_NONBLOCK: a named pipe without a reader is an error rather than a wait.
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
  if (fd < 0) throw std::system_error(errno, std::system_category(), "cannot open the log file " + file);
  return fd;
}

}  // namespace coroute::detail

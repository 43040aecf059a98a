// SPDX-License-Identifier: BSL-1.0
#include "child_process.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include "coroute/asyncio/detail/signal_block.hpp"

namespace coroute::detail {
namespace {

/// What asyncio reports when somebody else has taken the status.
constexpr int unknown_returncode = 255;

int returncode_of(int status) noexcept {
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

template <class Body>
void start_thread(Body body) {
  const SignalBlock signals_blocked;
  std::thread(std::move(body)).detach();
}

/// Waits for a child that was killed; on a thread, since even that may take a while when it is stuck in the kernel.
void reap_later(pid_t pid) noexcept {
  try {
    start_thread([pid] {
      while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    });
  } catch (const std::system_error&) {
    // No thread to be had: it stays until this process ends.
  }
}

}  // namespace

std::shared_ptr<ChildProcess> ChildProcess::watch(EventLoop& loop, pid_t pid, ChildWatch how) {
  std::shared_ptr<ChildProcess> child;
  try {
    child = std::make_shared<ChildProcess>(loop, pid);
    child->join_loop(loop);
    child->start_watching(how);
  } catch (...) {
    ::kill(pid, SIGKILL);
    reap_later(pid);
    throw;
  }
  child->self_ = child;
  return child;
}

void ChildProcess::start_watching(ChildWatch how) {
  if (how == ChildWatch::Thread || !open_pidfd()) wait_on_thread();
}

bool ChildProcess::open_pidfd() {
  const auto fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (fd < 0) return false;
  pidfd_ = std::make_unique<IoHandle>(*loop_, fd);
  pidfd_->on_ready(&on_ready, this);
  return true;
}

/// Only waits, so that the process id stays the child's until the loop reaps it.
void ChildProcess::wait_on_thread() {
  start_thread([child = shared_from_this()] {
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(child->pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    const std::lock_guard lock(child->mutex_);  // the loop can't end meanwhile
    if (child->loop_) {
      child->loop_->post(*child);
    } else {
      waitpid(child->pid_, nullptr, WNOHANG);
    }
  });
}

void ChildProcess::on_loop_end() noexcept {
  const std::shared_ptr<ChildProcess> alive = std::move(self_);
  const bool watched_by_thread = pidfd_ == nullptr;
  pidfd_.reset();
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  if (!returncode_ && !try_reap() && abandoned_ && !watched_by_thread) reap_later(pid_);
}

void ChildProcess::queue_step() noexcept {
  if (step_queued_ || returncode_) return;
  step_queued_ = true;
  loop_->schedule(*this);
}

void ChildProcess::step() noexcept {
  const std::shared_ptr<ChildProcess> alive = shared_from_this();
  step_queued_ = false;
  if (!returncode_ && !try_reap()) return;
  pidfd_.reset();
  leave_loop();
  ended_.wake_all();
  self_.reset();
}

bool ChildProcess::try_reap() noexcept {
  int status = 0;
  const pid_t result = waitpid(pid_, &status, WNOHANG);
  if (result == 0) return false;
  returncode_ = result == pid_ ? returncode_of(status) : unknown_returncode;
  return true;
}

/// By the pidfd where there is one: where this process ignores SIGCHLD, the id may belong to somebody else by now.
int ChildProcess::signal_child(int signal) noexcept {
  if (pidfd_) return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd_->descriptor(), signal, nullptr, 0));
  return ::kill(pid_, signal);
}

void ChildProcess::send_signal(int signal) {
  if (returncode_) throw std::system_error(ESRCH, std::system_category(), "process " + std::to_string(pid_));
  if (signal_child(signal) != 0) throw std::system_error(errno, std::system_category(), "kill");
}

void ChildProcess::abandon() noexcept {
  if (returncode_ || abandoned_) return;
  abandoned_ = true;
  signal_child(SIGKILL);
  if (!loop_) reap_later(pid_);
}

}  // namespace coroute::detail

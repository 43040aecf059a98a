// SPDX-License-Identifier: BSL-1.0
// The part of a loop that other threads call.
#include "loop_mailbox.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace coroute {
namespace detail {

LiveLoops& live_loops() {
  static auto* const all = new LiveLoops;
  return *all;
}

void wait_for_futex(std::atomic<std::uint32_t>& word, std::uint32_t expected, int timeout_ms) noexcept {
  const timespec limit{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000L};
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, timeout_ms < 0 ? nullptr : &limit, nullptr, 0);
}
void wake_futex(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace detail

void EventLoop::stop() noexcept {
  mailbox_->posters.fetch_add(1, std::memory_order_relaxed);
  mailbox_->stopping.store(true, std::memory_order_seq_cst);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
  if (mailbox_->sleeping.exchange(Mailbox::awake, std::memory_order_seq_cst) == Mailbox::in_futex) {
    detail::wake_futex(mailbox_->sleeping);
  }
  mailbox_->posters.fetch_sub(1, std::memory_order_release);
}

void EventLoop::post(detail::Runnable& node) noexcept {
  mailbox_->posters.fetch_add(1, std::memory_order_relaxed);
  detail::Runnable* head = mailbox_->head.load(std::memory_order_relaxed);
  do {
    node.next = head;
  } while (!mailbox_->head.compare_exchange_weak(head, &node, std::memory_order_seq_cst, std::memory_order_relaxed));
  if (mailbox_->sleeping.load(std::memory_order_seq_cst) != Mailbox::awake) {
    const std::uint32_t in = mailbox_->sleeping.exchange(Mailbox::awake, std::memory_order_relaxed);
    if (in == Mailbox::in_futex) {
      detail::wake_futex(mailbox_->sleeping);
    } else if (in == Mailbox::in_poll) {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
    }
  }
  mailbox_->posters.fetch_sub(1, std::memory_order_release);
}

bool EventLoop::post_if_alive(EventLoop* loop, detail::Runnable& node) noexcept {
  detail::LiveLoops& live = detail::live_loops();
  const std::lock_guard lock(live.mutex);  // held while posting: the loop can't end meanwhile
  if (std::find(live.loops.begin(), live.loops.end(), loop) == live.loops.end()) return false;
  loop->post(node);
  return true;
}

std::vector<EventLoop*> EventLoop::all() {
  detail::LiveLoops& live = detail::live_loops();
  const std::lock_guard lock(live.mutex);
  return live.loops;
}

std::optional<detail::LoopProgress> EventLoop::progress_of(const EventLoop* loop) noexcept {
  detail::LiveLoops& live = detail::live_loops();
  const std::lock_guard lock(live.mutex);
  if (std::find(live.loops.begin(), live.loops.end(), loop) == live.loops.end()) return std::nullopt;
  const Mailbox& box = *loop->mailbox_;
  detail::LoopProgress progress;
  progress.number = box.number;
  progress.turns = box.turns.load(std::memory_order_relaxed);
  progress.thread = box.thread.load(std::memory_order_relaxed);
  progress.waiting = box.sleeping.load(std::memory_order_relaxed);
  return progress;
}

}  // namespace coroute

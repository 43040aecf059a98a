// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/io_handle.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace coroute::detail {

bool IoAwaiter::is_ready() const noexcept {
  switch (direction_) {
    case Direction::Read:
      return handle_->is_readable();
    case Direction::Write:
      return handle_->is_writable();
    case Direction::Either:
      break;
  }
  return handle_->is_readable() || handle_->is_writable();
}

bool IoAwaiter::await_ready() const noexcept {
  return is_ready() && spend_ready_budget();
}

bool IoAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  if (direction_ != Direction::Write) handle_->reader_ = this;
  if (direction_ != Direction::Read) handle_->writer_ = this;
  if (is_ready()) handle_->wake(this);  // ready, but others get a turn first
  return true;
}

bool IoAwaiter::await_resume() const {
  finish();
  return !handle_->is_aborted();
}

CancelOutcome IoAwaiter::cancel() noexcept {
  if (handle_->reader_ != this && handle_->writer_ != this) return CancelOutcome::Refused;  // woken: completion wins
  handle_->forget(*this);
  return CancelOutcome::Aborted;
}

const char* IoAwaiter::describe() const noexcept {
  switch (direction_) {
    case Direction::Read:
      return "readable";
    case Direction::Write:
      return "writable";
    case Direction::Either:
      break;
  }
  return "readable or writable";
}

IoHandle::IoHandle(EventLoop& loop, int descriptor)
    : loop_(&loop), descriptor_(descriptor), poll_descriptor_(loop.poll_descriptor()) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (epoll_ctl(poll_descriptor_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
    const int error = errno;
    close(descriptor);
    throw std::system_error(error, std::system_category(), "epoll_ctl");
  }
}

IoHandle::~IoHandle() {
  // Closing is not enough: a process that another thread is just starting has a copy of the descriptor until its exec,
  // and epoll would go on reporting it to a handle that is gone.
  epoll_ctl(poll_descriptor_, EPOLL_CTL_DEL, descriptor_, nullptr);
  close(descriptor_);
}

void IoHandle::forget(const IoAwaiter& awaiter) noexcept {
  if (reader_ == &awaiter) reader_ = nullptr;
  if (writer_ == &awaiter) writer_ = nullptr;
}

void IoHandle::wake(IoAwaiter* awaiter) noexcept {
  if (!awaiter) return;
  forget(*awaiter);
  awaiter->Suspension::wake();
}

void IoHandle::on_events(std::uint32_t events) noexcept {
  const bool was_closed = is_peer_closed();
  if (events & EPOLLIN) set(readable);
  if (events & EPOLLOUT) set(writable);
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) set(peer_closed);
  if (events & (EPOLLHUP | EPOLLERR)) set(broken);
  if (is_readable()) wake(reader_);
  if (is_writable()) wake(writer_);
  if (ready_callback_) ready_callback_(ready_context_);
  if (is_peer_closed() && !was_closed && hangup_callback_) hangup_callback_(hangup_context_);  // may end the handle
}

void IoHandle::abort_waits() noexcept {
  set(aborted);
  wake(reader_);
  wake(writer_);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Readiness of one non-blocking file descriptor on one loop.
///
/// Registered once, edge-triggered, for everything: no system call is spent on arming a wait. The flags remember edges:
/// `readable` stays set until the owner has seen the end of the data (EAGAIN or a short read) and says so.
#include <cstdint>

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute::detail {

class IoHandle;

/// Waits for a direction of a handle, or for either; gives false when the wait was ended by `IoHandle::abort_waits`.
class IoAwaiter : public Suspension {
 public:
  enum class Direction : unsigned char { Read, Write, Either };
  IoAwaiter(IoHandle& handle, Direction direction) noexcept : handle_(&handle), direction_(direction) {}

  bool await_ready() const noexcept;
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  bool await_resume() const;

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override;

 private:
  friend class IoHandle;
  bool start(FrameBase& frame) noexcept;
  bool is_ready() const noexcept;

  IoHandle* handle_;
  Direction direction_;
};

/// Owns the descriptor. Loop thread only. At most one wait per direction at a time; one for either counts for both.
class IoHandle {
 public:
  /// `descriptor` must be non-blocking; closed by the destructor, also when this throws std::system_error.
  IoHandle(EventLoop& loop, int descriptor);
  ~IoHandle();
  IoHandle(const IoHandle&) = delete;
  IoHandle& operator=(const IoHandle&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  EventLoop& loop() const noexcept { return *loop_; }

  IoAwaiter wait_readable() noexcept { return IoAwaiter(*this, IoAwaiter::Direction::Read); }
  IoAwaiter wait_writable() noexcept { return IoAwaiter(*this, IoAwaiter::Direction::Write); }
  /// For whichever comes first.
  IoAwaiter wait_ready() noexcept { return IoAwaiter(*this, IoAwaiter::Direction::Either); }

  /// The owner has read all there was: the next wait is for a new edge. A closed peer stays readable.
  void clear_readable() noexcept { flags_ &= static_cast<std::uint8_t>(~readable); }
  void clear_writable() noexcept { flags_ &= static_cast<std::uint8_t>(~writable); }
  bool is_readable() const noexcept { return (flags_ & (readable | peer_closed | aborted)) != 0; }
  bool is_writable() const noexcept { return (flags_ & (writable | broken | aborted)) != 0; }
  /// The peer has closed its sending side (a FIN has arrived, perhaps behind unread data) or the connection is broken.
  bool is_peer_closed() const noexcept { return (flags_ & peer_closed) != 0; }
  bool is_broken() const noexcept { return (flags_ & broken) != 0; }

  /// Ends the waits in progress and all later ones.
  void abort_waits() noexcept;
  bool is_aborted() const noexcept { return (flags_ & aborted) != 0; }

  /// Called on the loop when the peer closes or the connection breaks, once; null: nobody.
  using HangupCallback = void (*)(void* context) noexcept;
  void on_hangup(HangupCallback callback, void* context) noexcept {
    hangup_callback_ = callback;
    hangup_context_ = context;
  }

  /// Called on the loop whenever the descriptor has become ready for something, after those who wait were woken; must
  /// not destroy the handle. null: nobody.
  using ReadyCallback = void (*)(void* context) noexcept;
  void on_ready(ReadyCallback callback, void* context) noexcept {
    ready_callback_ = callback;
    ready_context_ = context;
  }

  void on_events(std::uint32_t events) noexcept;

 private:
  friend class IoAwaiter;
  enum Flag : std::uint8_t { readable = 1, writable = 2, peer_closed = 4, broken = 8, aborted = 16 };

  void set(unsigned flags) noexcept { flags_ = static_cast<std::uint8_t>(flags_ | flags); }
  void wake(IoAwaiter* awaiter) noexcept;
  void forget(const IoAwaiter& awaiter) noexcept;

  EventLoop* loop_;
  IoAwaiter* reader_ = nullptr;
  IoAwaiter* writer_ = nullptr;
  HangupCallback hangup_callback_ = nullptr;
  void* hangup_context_ = nullptr;
  ReadyCallback ready_callback_ = nullptr;
  void* ready_context_ = nullptr;
  int descriptor_;
  int poll_descriptor_;  // the loop may be gone when the handle is closed
  std::uint8_t flags_ = 0;
};

}  // namespace coroute::detail

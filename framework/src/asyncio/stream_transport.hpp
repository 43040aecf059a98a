// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One descriptor that bytes go through, with a buffer in each direction: what StreamReader and StreamWriter share.
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/asyncio/detail/loop_resource.hpp"
#include "coroute/asyncio/detail/loop_wait_list.hpp"
#include "coroute/asyncio/detail/read_buffer.hpp"
#include "coroute/asyncio/detail/runnable.hpp"
#include "coroute/asyncio/function.hpp"
#include "stream_address.hpp"

namespace coroute::detail {

/// Reads and flushes as the loop reports readiness, whether or not anybody waits. Loop thread only. Lives until its
/// owners have let go of it and, once closed, what was written is out; the descriptor goes with the loop at the latest.
class StreamTransport final : public std::enable_shared_from_this<StreamTransport>,
                              public LoopResource,
                              private ReadSource,
                              private Runnable {
 public:
  enum class Kind : unsigned char { Socket, ReadPipe, WritePipe };

  static std::shared_ptr<StreamTransport> create(std::unique_ptr<IoHandle> handle, Kind kind, std::size_t limit);
  /// Use `create`.
  StreamTransport(std::unique_ptr<IoHandle> handle, Kind kind, std::size_t limit);
  ~StreamTransport();

  ReadBuffer& input() noexcept { return input_; }
  static std::shared_ptr<ReadBuffer> input_of(const std::shared_ptr<StreamTransport>& transport) noexcept {
    return {transport, &transport->input_};
  }

  /// Dropped when it is closing. RuntimeError after `write_eof`.
  void write(std::string_view bytes);
  void write_eof();
  /// Reads no more, and closes once what was written is out.
  void close() noexcept;
  /// Closes without that.
  void abort() noexcept;

  bool is_closing() const noexcept { return closing_; }
  bool is_closed() const noexcept { return closed_; }
  /// All that was written before `close` has gone out.
  bool closed_cleanly() const noexcept { return closed_ && !aborted_ && !error_; }
  /// What broke the connection, or null.
  const std::exception_ptr& error() const noexcept { return error_; }

  std::size_t unsent() const noexcept { return output_.size() - output_start_; }
  /// More than `high` bytes have been waiting, and not yet fallen to `low`.
  bool writing_paused() const noexcept { return writing_paused_; }
  void set_limits(std::size_t high, std::size_t low) noexcept;

  /// Woken when writing is not paused any more, and when closed.
  LoopWaitList& drained() noexcept { return drained_; }
  LoopWaitList& closed() noexcept { return closed_list_; }
  /// Called once, on the loop, when closed; not when the loop ends first.
  void on_closed(Function<void()> callback) { on_closed_ = std::move(callback); }

  /// -1 when closed.
  int descriptor() const noexcept { return handle_ ? handle_->descriptor() : -1; }
  const StreamAddress& local_address() const noexcept { return local_; }
  const StreamAddress& peer_address() const noexcept { return peer_; }
  bool reading_paused() const noexcept { return reading_paused_; }

 private:
  void resume_reading() noexcept override;
  void on_loop_end() noexcept override;

  static void on_ready(void* self) noexcept;
  static void run_step(Runnable& node) noexcept;
  static void drop_step(Runnable& node) noexcept;
  void queue_step() noexcept;
  void step() noexcept;
  void finish_close() noexcept;

  void read_available() noexcept;
  bool read_once();
  void flush() noexcept;
  std::size_t send_some(std::string_view bytes);
  void after_flush() noexcept;
  void update_writing_paused() noexcept;
  void fail(std::exception_ptr error) noexcept;

  std::unique_ptr<IoHandle> handle_;
  EventLoop* loop_;
  const Kind kind_;
  ReadBuffer input_;
  std::string output_;
  std::size_t output_start_ = 0;
  std::size_t high_water_ = 65'536;
  std::size_t low_water_ = 16'384;
  LoopWaitList drained_;
  LoopWaitList closed_list_;
  std::exception_ptr error_;
  Function<void()> on_closed_;
  StreamAddress local_;
  StreamAddress peer_;
  std::shared_ptr<StreamTransport> self_;  // while closing or queued
  bool reading_paused_ = false;
  bool writing_paused_ = false;
  bool eof_requested_ = false;
  bool closing_ = false;
  bool aborted_ = false;
  bool closed_ = false;
  bool step_queued_ = false;
};

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a stream has received and nobody has read yet, and the one task that waits for more of it.
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

#include "coroute/asyncio/detail/task_state.hpp"

namespace coroute::detail {

class ReadBuffer;

/// Whoever fills a ReadBuffer.
class ReadSource {
 public:
  /// The buffer has room again. Nothing to do when it was never said to be full.
  virtual void resume_reading() noexcept = 0;

 protected:
  ~ReadSource() = default;
};

/// Waits until the buffer holds `wanted` bytes, or ends. Throws the buffer's error.
class DataAwaiter : public Suspension {
 public:
  DataAwaiter(ReadBuffer& buffer, std::size_t wanted, const char* operation) noexcept
      : buffer_(&buffer), wanted_(wanted), operation_(operation) {}
  ~DataAwaiter();

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const;

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return operation_; }

 private:
  friend class ReadBuffer;
  bool start(FrameBase& frame);

  ReadBuffer* buffer_;
  std::size_t wanted_;
  const char* operation_;
};

/// Loop thread only. Bytes leave it when a read completes, so a read that is cancelled loses none.
class ReadBuffer {
 public:
  /// std::invalid_argument when `limit` is 0.
  explicit ReadBuffer(std::size_t limit);
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  std::string_view data() const noexcept { return std::string_view(bytes_).substr(start_); }
  std::size_t size() const noexcept { return bytes_.size() - start_; }
  std::size_t limit() const noexcept { return limit_; }
  bool eof() const noexcept { return eof_; }
  const std::exception_ptr& error() const noexcept { return error_; }
  void check() const {
    if (error_) std::rethrow_exception(error_);
  }

  void feed(std::string_view bytes);
  void feed_eof() noexcept;
  void set_error(std::exception_ptr error) noexcept;

  /// False: it holds more than twice its limit, and nobody waits for still more. The source then stops until it is
  /// resumed.
  bool wants_more() const noexcept;
  void set_source(ReadSource* source) noexcept { source_ = source; }

  /// Removes up to `count` bytes.
  std::string take(std::size_t count);
  void drop(std::size_t count) noexcept;

  /// RuntimeError when another task waits.
  DataAwaiter wait(std::size_t wanted, const char* operation) noexcept { return DataAwaiter(*this, wanted, operation); }

 private:
  friend class DataAwaiter;

  bool has(std::size_t wanted) const noexcept { return size() >= wanted || eof_ || error_; }
  void wake_if_ready() noexcept;
  void resume_source() noexcept;

  std::string bytes_;
  std::size_t start_ = 0;
  std::size_t limit_;
  std::exception_ptr error_;
  DataAwaiter* waiter_ = nullptr;
  ReadSource* source_ = nullptr;
  bool eof_ = false;
};

}  // namespace coroute::detail

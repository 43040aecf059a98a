// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/read_buffer.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace coroute::detail {
namespace {

constexpr std::size_t worth_moving = 4096;

}  // namespace

ReadBuffer::ReadBuffer(std::size_t limit) : limit_(limit) {
  if (limit == 0) throw std::invalid_argument("the limit of a stream must not be 0");
}

void ReadBuffer::feed(std::string_view bytes) {
  if (eof_) throw RuntimeError("feed_data() called after feed_eof()");
  bytes_.append(bytes);
  wake_if_ready();
}

void ReadBuffer::feed_eof() noexcept {
  eof_ = true;
  wake_if_ready();
}

void ReadBuffer::set_error(std::exception_ptr error) noexcept {
  error_ = std::move(error);
  wake_if_ready();
}

void ReadBuffer::wake_if_ready() noexcept {
  if (waiter_ && has(waiter_->wanted_)) std::exchange(waiter_, nullptr)->wake();
}

bool ReadBuffer::wants_more() const noexcept {
  if (eof_ || error_) return false;
  return waiter_ || size() <= limit_ || size() - limit_ <= limit_;
}

std::string ReadBuffer::take(std::size_t count) {
  std::string taken;
  if (start_ == 0 && count >= bytes_.size()) {
    taken = std::move(bytes_);
    bytes_.clear();
    resume_source();
  } else {
    taken = data().substr(0, count);
    drop(taken.size());
  }
  return taken;
}

void ReadBuffer::drop(std::size_t count) noexcept {
  start_ += std::min(count, size());
  if (start_ == bytes_.size()) {
    bytes_.clear();
    start_ = 0;
  } else if (start_ >= worth_moving && start_ >= bytes_.size() / 2) {
    bytes_.erase(0, start_);
    start_ = 0;
  }
  resume_source();
}

void ReadBuffer::resume_source() noexcept {
  if (source_ && size() <= limit_) source_->resume_reading();
}

DataAwaiter::~DataAwaiter() {
  if (buffer_->waiter_ == this) buffer_->waiter_ = nullptr;
}

bool DataAwaiter::start(FrameBase& frame) {
  if (buffer_->waiter_) {
    throw RuntimeError(std::string(operation_) +
                       "() called while another coroutine is already waiting for incoming data");
  }
  if (!begin(frame)) return false;
  buffer_->waiter_ = this;
  // A source that stopped because the buffer was full would leave this task waiting for ever.
  if (buffer_->source_) buffer_->source_->resume_reading();
  buffer_->wake_if_ready();
  return true;
}

void DataAwaiter::await_resume() const {
  finish();
  buffer_->check();
}

CancelOutcome DataAwaiter::cancel() noexcept {
  if (buffer_->waiter_ != this) return CancelOutcome::Refused;  // woken already: completion wins
  buffer_->waiter_ = nullptr;
  return CancelOutcome::Aborted;
}

}  // namespace coroute::detail

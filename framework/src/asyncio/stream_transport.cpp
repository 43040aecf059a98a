// SPDX-License-Identifier: BSL-1.0
#include "stream_transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "coroute/asyncio/detail/sigpipe_block.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute::detail {
namespace {

constexpr int reads_per_turn = 4;  // of a chunk each; then others get a turn
constexpr std::size_t chunk_size = 65'536;
constexpr std::size_t worth_moving = 65'536;

std::exception_ptr system_error(int error, const char* what) {
  return std::make_exception_ptr(std::system_error(error, std::system_category(), what));
}

}  // namespace

std::shared_ptr<StreamTransport> StreamTransport::create(std::unique_ptr<IoHandle> handle, Kind kind,
                                                         std::size_t limit) {
  auto transport = std::make_shared<StreamTransport>(std::move(handle), kind, limit);
  transport->join_loop(*transport->loop_);
  // What arrived before was reported before anybody listened.
  if (transport->handle_->is_readable()) transport->queue_step();
  return transport;
}

StreamTransport::StreamTransport(std::unique_ptr<IoHandle> handle, Kind kind, std::size_t limit)
    : Runnable(&run_step, &drop_step), handle_(std::move(handle)), loop_(&handle_->loop()), kind_(kind), input_(limit) {
  input_.set_source(this);
  handle_->on_ready(&on_ready, this);
  if (kind_ != Kind::Socket) return;
  local_ = StreamAddress::local_of(handle_->descriptor());
  peer_ = StreamAddress::peer_of(handle_->descriptor());
  const int on = 1;
  if (local_.is_tcp()) setsockopt(handle_->descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

StreamTransport::~StreamTransport() = default;

// --- life ---

void StreamTransport::close() noexcept {
  if (closing_) return;
  closing_ = true;
  if (unsent() == 0) {
    queue_step();
  } else {
    self_ = shared_from_this();
  }
}

void StreamTransport::abort() noexcept {
  if (closed_) return;
  closing_ = aborted_ = true;
  output_.clear();
  output_start_ = 0;
  queue_step();
}

void StreamTransport::fail(std::exception_ptr error) noexcept {
  if (!error_) error_ = std::move(error);
  abort();
}

/// Descriptors are closed from the ready queue only, never while the loop goes through its events.
void StreamTransport::queue_step() noexcept {
  if (step_queued_ || closed_) return;
  step_queued_ = true;
  self_ = shared_from_this();
  loop_->schedule(*this);
}

void StreamTransport::run_step(Runnable& node) noexcept {
  static_cast<StreamTransport&>(node).step();
}

void StreamTransport::drop_step(Runnable& node) noexcept {
  auto& self = static_cast<StreamTransport&>(node);
  self.step_queued_ = false;
  const auto last = std::move(self.self_);
}

void StreamTransport::step() noexcept {
  const std::shared_ptr<StreamTransport> alive = shared_from_this();
  step_queued_ = false;
  if (!closing_) {
    read_available();
  } else if (unsent() == 0) {
    finish_close();
  }
  if (!step_queued_ && (closed_ || !closing_)) self_.reset();
}

void StreamTransport::finish_close() noexcept {
  if (closed_) return;
  closed_ = true;
  leave_loop();
  handle_.reset();
  input_.set_source(nullptr);
  if (error_) {
    input_.set_error(error_);
  } else if (!input_.eof()) {
    input_.feed_eof();
  }
  writing_paused_ = false;
  drained_.wake_all();
  closed_list_.wake_all();
  if (!on_closed_) return;
  const Function<void()> callback = std::move(on_closed_);
  try {
    callback();
  } catch (...) {
    call_exception_handler({"exception when a stream was closed", std::current_exception(), {}});
  }
}

void StreamTransport::on_loop_end() noexcept {
  const std::shared_ptr<StreamTransport> last = std::move(self_);
  closing_ = aborted_ = closed_ = true;
  handle_.reset();
  input_.set_source(nullptr);
  loop_ = nullptr;
}

void StreamTransport::on_ready(void* context) noexcept {
  auto& self = *static_cast<StreamTransport*>(context);
  if (self.kind_ == Kind::WritePipe && self.handle_->is_broken()) {  // nobody reads it any more
    if (self.unsent() > 0) {
      self.fail(system_error(EPIPE, "write"));
    } else {
      self.close();
    }
    return;
  }
  if (!self.closing_) self.read_available();
  if (self.unsent() > 0 && self.handle_->is_writable()) self.flush();
}

// --- reading ---

void StreamTransport::resume_reading() noexcept {
  if (!reading_paused_) return;
  reading_paused_ = false;
  if (!closing_) read_available();
}

void StreamTransport::read_available() noexcept {
  if (kind_ == Kind::WritePipe) return;
  try {
    for (int turn = 0; handle_->is_readable() && !closing_ && !input_.eof(); ++turn) {
      reading_paused_ = !input_.wants_more();
      if (reading_paused_) return;
      if (turn == reads_per_turn) return queue_step();
      if (!read_once()) return;
    }
  } catch (...) {
    fail(std::current_exception());
  }
}

/// False: there is no more for now.
bool StreamTransport::read_once() {
  thread_local const auto chunk = std::make_unique_for_overwrite<char[]>(chunk_size);
  const ssize_t count = read(handle_->descriptor(), chunk.get(), chunk_size);
  if (count > 0) {
    const std::string_view bytes(chunk.get(), static_cast<std::size_t>(count));
    input_.feed(bytes);
    if (bytes.size() < chunk_size) handle_->clear_readable();
    return true;
  }
  if (count == 0) {
    input_.feed_eof();
    if (kind_ == Kind::ReadPipe) close();
    return false;
  }
  if (errno == EINTR) return true;
  if (errno != EAGAIN) throw std::system_error(errno, std::system_category(), "read");
  handle_->clear_readable();
  return false;
}

// --- writing ---

void StreamTransport::write(std::string_view bytes) {
  if (eof_requested_) throw RuntimeError("Cannot call write() after write_eof()");
  if (closing_) return;
  try {
    if (unsent() == 0) bytes.remove_prefix(send_some(bytes));
    if (bytes.empty() || closing_) return;
    output_.append(bytes);
  } catch (const std::system_error&) {
    fail(std::current_exception());
    return;
  }
  update_writing_paused();
}

void StreamTransport::write_eof() {
  if (closing_ || eof_requested_) return;
  if (kind_ != Kind::Socket) return close();
  eof_requested_ = true;
  if (unsent() == 0) shutdown(handle_->descriptor(), SHUT_WR);
}

/// Until the kernel takes no more: only then it says when it does again.
std::size_t StreamTransport::send_some(std::string_view bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const std::string_view rest = bytes.substr(total);
    ssize_t sent = 0;
    if (kind_ == Kind::Socket) {
      sent = send(handle_->descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL);
    } else {
      const SigpipeBlock no_signal;
      errno = 0;
      sent = ::write(handle_->descriptor(), rest.data(), rest.size());
    }
    if (sent >= 0) {
      total += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      handle_->clear_writable();
      break;
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::system_category(), "write");
    }
  }
  return total;
}

void StreamTransport::flush() noexcept {
  try {
    output_start_ += send_some(std::string_view(output_).substr(output_start_));
  } catch (...) {
    fail(std::current_exception());
    return;
  }
  after_flush();
}

void StreamTransport::after_flush() noexcept {
  if (unsent() == 0) {
    output_.clear();
    output_start_ = 0;
    if (closing_) {
      queue_step();
    } else if (eof_requested_) {
      shutdown(handle_->descriptor(), SHUT_WR);
    }
  } else if (output_start_ >= worth_moving && output_start_ >= output_.size() / 2) {
    output_.erase(0, output_start_);
    output_start_ = 0;
  }
  update_writing_paused();
}

void StreamTransport::update_writing_paused() noexcept {
  if (!writing_paused_) {
    writing_paused_ = unsent() > high_water_;
  } else if (unsent() <= low_water_) {
    writing_paused_ = false;
    drained_.wake_all();
  }
}

void StreamTransport::set_limits(std::size_t high, std::size_t low) noexcept {
  high_water_ = high;
  low_water_ = low;
  update_writing_paused();
}

}  // namespace coroute::detail

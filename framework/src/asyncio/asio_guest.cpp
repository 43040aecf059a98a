// SPDX-License-Identifier: BSL-1.0
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>

#include "coroute/asio.hpp"

namespace coroute {
namespace {

namespace asio = boost::asio;

/// Runs an io_context inside the loop. While both wait, Asio does, with the loop's own epoll descriptor among the
/// things it waits for.
class AsioGuest final : public detail::LoopGuest {
 public:
  explicit AsioGuest(int loop_descriptor) : work_(context_.get_executor()), loop_events_(context_, loop_descriptor) {}

  ~AsioGuest() override { loop_events_.release(); }  // the loop owns it

  asio::io_context& context() noexcept { return context_; }

  void poll() override { context_.poll(); }

  void block(int timeout_ms) override {
    if (!armed_) {
      armed_ = true;
      loop_events_.async_wait(asio::posix::descriptor_base::wait_read,
                              [this](const boost::system::error_code&) { armed_ = false; });
    }
    if (timeout_ms < 0) {
      context_.run_one();
    } else {
      context_.run_one_for(std::chrono::milliseconds(timeout_ms));
    }
    context_.poll();
  }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::posix::stream_descriptor loop_events_;
  bool armed_ = false;
};

}  // namespace

boost::asio::io_context& asio_context(EventLoop& loop) {
  if (!loop.guest()) loop.set_guest(std::make_unique<AsioGuest>(loop.poll_descriptor()));
  return static_cast<AsioGuest*>(loop.guest())->context();
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/stream_writer.hpp"

#include <stdexcept>
#include <system_error>

#include "coroute/asyncio/sleep.hpp"
#include "stream_transport.hpp"

namespace coroute {
namespace {

using TransportRef = std::shared_ptr<detail::StreamTransport>;

[[noreturn]] void throw_lost(const detail::StreamTransport& transport) {
  if (transport.error()) std::rethrow_exception(transport.error());
  throw std::system_error(ECONNRESET, std::system_category(), "Connection lost");
}

Async<void> drain_of(TransportRef transport) {
  transport->input().check();
  // A connection that was just closed gets the turn in which it learns that; and who writes for ever lets others run.
  if (transport->is_closing() || !detail::spend_ready_budget()) co_await sleep(Clock::duration::zero());
  if (transport->is_closed()) throw_lost(*transport);
  while (transport->writing_paused())
    co_await transport->drained().wait("StreamWriter.drain");
  if (transport->is_closed() && !transport->closed_cleanly()) throw_lost(*transport);
}

Async<void> wait_closed_of(TransportRef transport) {
  while (!transport->is_closed())
    co_await transport->closed().wait("StreamWriter.wait_closed");
  if (transport->error()) std::rethrow_exception(transport->error());
}

}  // namespace

namespace detail {

TransportOwner::~TransportOwner() {
  if (transport_) transport_->close();
}

}  // namespace detail

void StreamWriter::write(std::string_view bytes) {
  transport_.get()->write(bytes);
}
Async<void> StreamWriter::drain() {
  return drain_of(transport_.get());
}
void StreamWriter::write_eof() {
  transport_.get()->write_eof();
}
void StreamWriter::close() noexcept {
  transport_.get()->close();
}
void StreamWriter::abort() noexcept {
  transport_.get()->abort();
}
bool StreamWriter::is_closing() const noexcept {
  return transport_.get()->is_closing();
}
Async<void> StreamWriter::wait_closed() {
  return wait_closed_of(transport_.get());
}

void StreamWriter::set_write_buffer_limits(std::optional<std::size_t> high, std::optional<std::size_t> low) {
  const std::size_t high_water = high ? *high : low ? 4 * *low : 65'536;
  const std::size_t low_water = low ? *low : high_water / 4;
  if (low_water > high_water) {
    throw std::invalid_argument("high (" + std::to_string(high_water) + ") must be >= low (" +
                                std::to_string(low_water) + ")");
  }
  transport_.get()->set_limits(high_water, low_water);
}

std::size_t StreamWriter::write_buffer_size() const noexcept {
  return transport_.get()->unsent();
}
std::string StreamWriter::local_address() const {
  return transport_.get()->local_address().to_string();
}
std::string StreamWriter::peer_address() const {
  return transport_.get()->peer_address().to_string();
}
int StreamWriter::descriptor() const noexcept {
  return transport_.get()->descriptor();
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "worker.hpp"

#include <algorithm>

#include "connection.hpp"
#include "coroute/asyncio/shutdown.hpp"
#include "response_writer.hpp"

namespace coroute::detail {
namespace {

constexpr std::chrono::milliseconds sweep_interval{100};
constexpr std::chrono::milliseconds fixed_fields_lifetime{500};
constexpr std::size_t max_spare_exchanges = 128;
constexpr std::size_t max_spare_output = 64 * 1024;

}  // namespace

/// The step that sends what connections have ready while their handlers go on.
struct Worker::FlushStep : Runnable {
  FlushStep() noexcept : Runnable(&run) {}

  static void run(Runnable& node) noexcept {
    auto& self = static_cast<FlushStep&>(node);
    self.queued = false;
    for (Connection* connection : std::exchange(self.connections, {})) {
      connection->flush_queued_ = false;
      connection->flush_from_loop();
    }
  }

  std::vector<Connection*> connections;
  bool queued = false;
};

Worker::Worker(EventLoop& loop, ServerState& server)
    : loop_(loop), server_(server), flush_step_(std::make_unique<FlushStep>()) {}

Worker::~Worker() = default;

void Worker::add(Connection& connection) {
  connections_.push_back(connection);
  ++connection_count_;
  server_.connections.fetch_add(1, std::memory_order_relaxed);
  schedule_sweep();
}

void Worker::remove(Connection& connection) noexcept {
  if (connection.flush_queued_) std::erase(flush_step_->connections, &connection);
  IntrusiveList<Connection>::remove(connection);
  --connection_count_;
  server_.connections.fetch_sub(1, std::memory_order_relaxed);
}

std::unique_ptr<Exchange> Worker::take_exchange() {
  if (spare_exchanges_.empty()) {
    const ServerLimits& limits = options().limits;
    return std::make_unique<Exchange>(limits.max_request_line_bytes + limits.max_header_bytes +
                                      limits.max_trailer_bytes + limits.max_chunk_extension_bytes +
                                      Exchange::body_room);
  }
  std::unique_ptr<Exchange> exchange = std::move(spare_exchanges_.back());
  spare_exchanges_.pop_back();
  return exchange;
}

void Worker::give_back(std::unique_ptr<Exchange> exchange) noexcept {
  if (spare_exchanges_.size() >= max_spare_exchanges) return;
  exchange->begin = exchange->end = exchange->head_end = 0;
  exchange->request.reset();
  exchange->body.reset();
  exchange->parser.reset();
  exchange->scanner.reset();
  exchange->output.clear();
  if (exchange->output.capacity() > max_spare_output) exchange->output.release();
  spare_exchanges_.push_back(std::move(exchange));
}

std::string_view Worker::fixed_fields() {
  const Clock::time_point now = loop_.time();
  if (now >= fixed_fields_until_ || fixed_fields_.empty()) {
    fixed_fields_ = make_fixed_fields(options().server_name);
    fixed_fields_until_ = now + fixed_fields_lifetime;
  }
  return fixed_fields_;
}

void Worker::flush_soon(Connection& connection) {
  if (connection.flush_queued_) return;
  connection.flush_queued_ = true;
  flush_step_->connections.push_back(&connection);
  if (!std::exchange(flush_step_->queued, true)) loop_.schedule(*flush_step_);
}

void Worker::schedule_sweep() {
  if (std::exchange(sweep_scheduled_, true)) return;
  loop_.call_later(sweep_interval, [this] { sweep(); });
}

void Worker::sweep() {
  sweep_scheduled_ = false;
  const Clock::time_point now = loop_.time();
  const bool drain_ends = now >= drain_ends_at_;
  connections_.for_each([&](Connection& connection) {
    connection.check_deadline(now);
    if (drain_ends) connection.end_drain();
  });
  if (connection_count_ > 0) schedule_sweep();
}

void Worker::drain() {
  draining_ = true;
  announce_shutdown(loop_);
  drain_ends_at_ = loop_.time() + options().timeouts.drain;
  connections_.for_each([](Connection& connection) { connection.begin_drain(); });
  loop_.call_later(options().timeouts.drain_idle,
                   [this] { connections_.for_each([](Connection& connection) { connection.close_if_idle(); }); });
}

void Worker::stop() noexcept {
  draining_ = true;
  connections_.for_each([](Connection& connection) { connection.stop(); });
}

}  // namespace coroute::detail

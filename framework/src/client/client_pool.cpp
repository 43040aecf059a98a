// SPDX-License-Identifier: BSL-1.0
#include "client_pool.hpp"

#include <algorithm>
#include <cstring>

namespace coroute::detail {
namespace {

constexpr std::size_t body_room = 16 * 1024;  // behind the largest head
constexpr std::size_t max_spare_buffers = 64;
constexpr std::size_t max_spare_head = 16 * 1024;
constexpr std::size_t max_resumable = 256;
constexpr std::chrono::milliseconds sweep_interval{1000};

}  // namespace

void InputBuffer::make_room() noexcept {
  if (begin == end) {
    begin = end = 0;
  } else if (end == capacity && begin > 0) {
    std::memmove(data.get(), data.get() + begin, end - begin);
    end -= begin;
    begin = 0;
  }
}

struct ClientPool::Host : HostPool {
  using HostPool::HostPool;
  Hosts::iterator place;
};

ClientPool::ClientPool(EventLoop& loop, const ClientLimits& limits)
    : loop_(&loop), limits_(limits), slots_(limits.max_connections) {}

ClientPool::~ClientPool() {
  close();
}

HostPool& ClientPool::host(std::string_view key) {
  auto found = hosts_.find(key);
  if (found == hosts_.end()) {
    found = hosts_.try_emplace(std::string(key), *this, limits_).first;
    found->second.place = found;
    if (closed_) found->second.stop_keeping();
  }
  return found->second;
}

SslSessionPtr ClientPool::take_resumable(std::string_view key) noexcept {
  const auto found = resumable_.find(key);
  if (found == resumable_.end()) return nullptr;
  SslSessionPtr session = std::move(found->second);
  resumable_.erase(found);
  return session;
}

void ClientPool::keep_resumable(std::string_view key, TlsSession& session) {
  if (resumable_.contains(key)) return;
  SslSessionPtr resumable = session.take_resumable();
  if (!resumable) return;
  if (resumable_.size() >= max_resumable) resumable_.erase(resumable_.begin());
  resumable_.try_emplace(std::string(key), std::move(resumable));
}

std::unique_ptr<InputBuffer> ClientPool::take_buffer() {
  if (spare_buffers_.empty()) return std::make_unique<InputBuffer>(limits_.max_response_head_bytes + body_room);
  std::unique_ptr<InputBuffer> buffer = std::move(spare_buffers_.back());
  spare_buffers_.pop_back();
  return buffer;
}

void ClientPool::give_back(std::unique_ptr<InputBuffer> buffer) noexcept {
  if (spare_buffers_.size() >= max_spare_buffers || buffer->request_head.capacity() > max_spare_head) return;
  buffer->begin = buffer->end = 0;
  spare_buffers_.push_back(std::move(buffer));
}

void ClientPool::close() noexcept {
  closed_ = true;
  if (sweep_timer_.queued()) loop_->remove_timer(sweep_timer_);
  for_each_host([](HostPool& host) {
    host.stop_keeping();
    host.close_idle();
  });
}

bool ClientPool::close_longest_idle() noexcept {
  Host* longest = nullptr;
  for (auto& [key, host] : hosts_) {
    const bool is_idle = host.idle() > 0;
    if (is_idle && (!longest || host.longest_idle_since() < longest->longest_idle_since())) longest = &host;
  }
  if (longest) longest->close_longest_idle();
  return longest != nullptr;
}

void ClientPool::on_idle(HostPool&) noexcept {
  schedule_sweep();
}

void ClientPool::on_unused(HostPool& host) noexcept {
  hosts_.erase(static_cast<Host&>(host).place);
}

void ClientPool::schedule_sweep() noexcept {
  if (closed_ || sweep_timer_.queued()) return;
  sweep_timer_.when = loop_->time() + std::max<Clock::duration>(limits_.keep_alive_expiry / 4, sweep_interval);
  loop_->add_timer(sweep_timer_);
}

void ClientPool::sweep() noexcept {
  const Clock::time_point now = loop_->time();
  bool any_idle = false;
  for_each_host([&](HostPool& host) {
    any_idle = any_idle || host.idle() > 0;
    host.expire(now);
  });
  if (any_idle) schedule_sweep();
}

/// `visit` may make a host unused.
template <class Visit>
void ClientPool::for_each_host(Visit visit) noexcept {
  for (auto host = hosts_.begin(); host != hosts_.end();) {
    const auto current = host++;
    visit(current->second);
  }
}

}  // namespace coroute::detail

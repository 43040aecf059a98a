// SPDX-License-Identifier: BSL-1.0
#pragma once
/// All that one client has on one loop: a HostPool for each host, and buffers.
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/client/options.hpp"
#include "host_pool.hpp"

namespace coroute::detail {

/// Of one exchange: received bytes that are not consumed, and the request's head.
struct InputBuffer {
  explicit InputBuffer(std::size_t size) : data(new char[size]), capacity(size) {}

  std::string_view unread() const noexcept { return {data.get() + begin, end - begin}; }
  /// Room behind `end`: moves what is unread to the front when there is none.
  void make_room() noexcept;

  std::unique_ptr<char[]> data;
  std::string request_head;
  std::size_t capacity;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Loop thread only. Shared by the loop and the requests in progress.
class ClientPool final : public HostPoolOwner {
 public:
  ClientPool(EventLoop& loop, const ClientLimits& limits);
  ~ClientPool();
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;

  EventLoop& loop() const noexcept override { return *loop_; }
  ConnectionSlots& slots() noexcept override { return slots_; }
  /// `key` is the authority of the URL. Valid until its connections are closed and nobody holds or awaits a lease of
  /// it.
  HostPool& host(std::string_view key);
  std::size_t host_count() const noexcept { return hosts_.size(); }

  /// What an earlier connection to this host has agreed on with it by TLS, or null: for one connection.
  SslSessionPtr take_resumable(std::string_view key) noexcept;
  void keep_resumable(std::string_view key, TlsSession& session);

  std::unique_ptr<InputBuffer> take_buffer();
  void give_back(std::unique_ptr<InputBuffer> buffer) noexcept;

  /// The client or the loop ends: idle connections are closed, those in use when their request ends.
  void close() noexcept;

 private:
  struct Host;
  using Hosts = std::map<std::string, Host, std::less<>>;
  struct SweepTimer : Timer {
    explicit SweepTimer(ClientPool& owner) noexcept : Timer(&sweep), pool(&owner) {}
    static void sweep(Timer& timer) noexcept { static_cast<SweepTimer&>(timer).pool->sweep(); }
    ClientPool* pool;
  };

  bool close_longest_idle() noexcept override;
  void on_idle(HostPool& host) noexcept override;
  void on_unused(HostPool& host) noexcept override;
  void schedule_sweep() noexcept;
  void sweep() noexcept;
  template <class Visit>
  void for_each_host(Visit visit) noexcept;

  EventLoop* loop_;
  ClientLimits limits_;
  ConnectionSlots slots_;
  Hosts hosts_;
  std::map<std::string, SslSessionPtr, std::less<>> resumable_;
  std::vector<std::unique_ptr<InputBuffer>> spare_buffers_;
  SweepTimer sweep_timer_{*this};
  bool closed_ = false;
};

}  // namespace coroute::detail

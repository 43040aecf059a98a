// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What all loops share of one client: its options, and the list of loops on which it has a pool.
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "asyncio/stream_address.hpp"
#include "client_pool.hpp"
#include "coroute/client/options.hpp"
#include "coroute/http/url.hpp"
#include "proxy.hpp"
#include "retry_budget.hpp"
#include "tls/context.hpp"

namespace coroute::detail {

class UpstreamCore;

/// Constant but for the list, which is locked; that is touched once by each loop.
class ClientCore : public std::enable_shared_from_this<ClientCore> {
 public:
  /// Throws InvalidUrl, std::invalid_argument.
  explicit ClientCore(ClientOptions options);
  ~ClientCore();
  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;

  const ClientOptions& options() const noexcept { return options_; }
  const std::string& base_url() const noexcept { return base_url_; }
  /// The same, or null when there is none.
  const Url* base() const noexcept { return base_ ? &*base_ : nullptr; }
  const Headers& default_fields() const noexcept { return default_fields_; }
  /// The same as they are sent.
  const std::string& default_lines() const noexcept { return default_lines_; }
  const ProxySettings& proxies() const noexcept { return proxies_; }
  /// Null: hosts are connected to.
  const StreamAddress* unix_socket() const noexcept { return unix_socket_ ? &*unix_socket_ : nullptr; }
  RetryBudget& retry_budget() noexcept { return retry_budget_; }
  /// Null: none. Set before anything is sent.
  UpstreamCore* upstream() const noexcept { return upstream_.get(); }
  void set_upstream(std::unique_ptr<UpstreamCore> upstream);

  /// Made when first asked for; std::invalid_argument when the options can't be used. Any thread.
  const TlsContext& tls();

  /// The pool on the current loop. RuntimeError when there is no loop, or after `close`.
  std::shared_ptr<ClientPool> pool();
  /// The client is gone: every loop closes its connections. Any thread.
  void close() noexcept;

 private:
  class Slot;
  void forget(Slot& slot) noexcept;

  ClientOptions options_;
  std::string base_url_;
  std::optional<Url> base_;
  Headers default_fields_;
  std::string default_lines_;
  ProxySettings proxies_;
  std::optional<StreamAddress> unix_socket_;
  RetryBudget retry_budget_;
  std::unique_ptr<UpstreamCore> upstream_;
  std::once_flag tls_made_;
  std::optional<TlsContext> tls_;
  std::mutex mutex_;
  std::vector<Slot*> slots_;  // guarded by mutex_
  bool closed_ = false;       // guarded by mutex_
};

}  // namespace coroute::detail

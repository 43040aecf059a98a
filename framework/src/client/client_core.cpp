// SPDX-License-Identifier: BSL-1.0
#include "client_core.hpp"

#include <cstdlib>
#include <stdexcept>

#include "coroute/client/errors.hpp"
#include "http/content_decoder.hpp"
#include "outgoing_request.hpp"
#include "upstream_core.hpp"
#include "url_join.hpp"

namespace coroute::detail {
namespace {

std::string checked_base_url(const std::string& text) {
  if (text.empty()) return {};
  try {
    return normalize_base_url(text);
  } catch (const std::invalid_argument& error) {
    throw InvalidUrl("base_url", error.what());
  }
}

Headers make_default_fields(const ClientOptions& options) {
  Headers fields;
  if (!options.headers.contains("accept")) fields.add("accept", "*/*");
  if (!options.headers.contains("user-agent") && !options.user_agent.empty())
    fields.add("user-agent", options.user_agent);
  if (options.decompress && !options.headers.contains("accept-encoding")) {
    fields.add("accept-encoding", known_content_codings);
  }
  for (const HeaderField field : options.headers) {
    check_field_name(field.name);
    fields.add(field.name, field.value);
  }
  return fields;
}

std::optional<StreamAddress> checked_unix_socket(std::string path) {
  if (path.empty()) return std::nullopt;
  if (path.front() == '@') path.front() = '\0';
  return StreamAddress::from_unix_path(path);
}

}  // namespace

/// Sits in the loop and keeps the pool until the client or the loop ends, whichever is first.
class ClientCore::Slot final : public LoopLocal {
 public:
  Slot(std::shared_ptr<ClientCore> client, EventLoop& loop)
      : client_(std::move(client)), loop_(loop), pool_(std::make_shared<ClientPool>(loop, client_->options().limits)) {}
  ~Slot() override {
    client_->forget(*this);
    pool_->close();
  }

  EventLoop& loop() const noexcept { return loop_; }
  const std::shared_ptr<ClientPool>& pool() const noexcept { return pool_; }
  /// From any thread, while the loop can't end.
  void remove_soon() noexcept { loop_.post(removal_); }

 private:
  struct Removal : Runnable {
    explicit Removal(Slot& owner) noexcept : Runnable(&run), slot(&owner) {}
    static void run(Runnable& node) noexcept {
      Slot& slot = *static_cast<Removal&>(node).slot;
      slot.loop_.remove_local(slot.client_.get());
    }
    Slot* slot;
  };

  std::shared_ptr<ClientCore> client_;
  EventLoop& loop_;
  std::shared_ptr<ClientPool> pool_;
  Removal removal_{*this};
};

ClientCore::ClientCore(ClientOptions options)
    : options_(std::move(options)),
      base_url_(checked_base_url(options_.base_url)),
      base_(base_url_.empty() ? std::nullopt : std::optional(Url::parse(base_url_))),
      default_fields_(make_default_fields(options_)),
      default_lines_(field_lines(default_fields_)),
      proxies_(options_, [](const char* name) -> const char* { return std::getenv(name); }),
      unix_socket_(checked_unix_socket(options_.unix_socket)),
      retry_budget_(options_.retries.budget, options_.retries.budget_burst) {
  if (options_.limits.max_connections_per_host == 0) {
    throw std::invalid_argument("max_connections_per_host must not be 0");
  }
  if (options_.limits.max_connections == 0) throw std::invalid_argument("max_connections must not be 0");
  if (options_.retries.max_attempts == 0) throw std::invalid_argument("retries.max_attempts must not be 0");
  if (options_.limits.max_decompression_ratio == 0) {
    throw std::invalid_argument("max_decompression_ratio must not be 0");
  }
  const TlsClientOptions& tls = options_.tls;
  if (!tls.ca_files.empty() || !tls.identity.certificate_file.empty()) this->tls();
}

ClientCore::~ClientCore() = default;

void ClientCore::set_upstream(std::unique_ptr<UpstreamCore> upstream) {
  base_url_ = upstream->first_base_url();
  base_ = Url::parse(base_url_);
  upstream_ = std::move(upstream);
}

const TlsContext& ClientCore::tls() {
  std::call_once(tls_made_, [this] { tls_.emplace(options_.tls, std::vector<std::string>{"http/1.1"}); });
  return *tls_;
}

// A client may end while its loops run, on any thread, and a loop may end first. Whichever does takes the lock before
// it lets go of the slot, so a loop in the list is alive as long as the lock is held.

std::shared_ptr<ClientPool> ClientCore::pool() {
  EventLoop& loop = EventLoop::current();
  if (LoopLocal* slot = loop.local(this)) return static_cast<Slot&>(*slot).pool();
  auto slot = std::make_unique<Slot>(shared_from_this(), loop);
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) slots_.push_back(slot.get());
    if (closed_) throw RuntimeError("a request was sent after its Client was destroyed");
  }
  const std::shared_ptr<ClientPool> pool = slot->pool();
  loop.set_local(this, std::move(slot));
  return pool;
}

void ClientCore::forget(Slot& slot) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase(slots_, &slot);
}

void ClientCore::close() noexcept {
  bool removes_here = false;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (Slot* slot : slots_) {
      if (&slot->loop() == EventLoop::current_or_null()) {
        removes_here = true;
      } else {
        slot->remove_soon();
      }
    }
  }
  if (removes_here) EventLoop::current().remove_local(this);
}

}  // namespace coroute::detail

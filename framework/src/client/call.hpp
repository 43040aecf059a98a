// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One request in progress, from the queue for a connection to the complete response.
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "call_trace.hpp"
#include "client_core.hpp"
#include "client_pool.hpp"
#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/client/client_response.hpp"
#include "coroute/client/transport.hpp"
#include "outgoing_request.hpp"
#include "response_reader.hpp"
#include "upstream_core.hpp"

namespace coroute::detail {

/// Whatever ends it closes the connection in use, unless the response is complete. One operation at a time.
class Call {
 public:
  /// Sends the request and gives the complete response, or throws a ClientError.
  static Async<ClientResponse> perform(std::unique_ptr<OutgoingRequest> request);
  /// With a second request beside it after a while, see ClientHedging.
  static Async<ClientResponse> perform_hedged(std::unique_ptr<OutgoingRequest> request);
  /// Whether the client wants that, and it does no harm.
  static bool may_hedge(const OutgoingRequest& request) noexcept;
  /// The same up to the head of the response.
  static Async<std::unique_ptr<Call>> open(std::unique_ptr<OutgoingRequest> request);

  /// Throws InvalidUrl.
  explicit Call(std::unique_ptr<OutgoingRequest> request);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// After `open`: the next piece of the body, which stands until the next call; empty at the end.
  Async<std::string_view> next_piece();
  /// After `open`.
  Status status() const noexcept { return carried_ ? carried_->status : Status(reader_->response().status_code()); }
  Headers& headers() noexcept { return carried_ ? carried_->headers : reader_->response().headers(); }
  const Headers& headers() const noexcept { return carried_ ? carried_->headers : reader_->response().headers(); }
  /// After the end of the body.
  const Headers& trailers() const noexcept;
  /// After `open` of an upgrade: the complete response.
  ClientResponse take_response();
  /// The same when it was 101: the connection is the caller's, with what has come of the new protocol.
  bool has_connection() const noexcept { return lease_.connection != nullptr; }
  std::unique_ptr<ClientConnection> take_connection() noexcept { return std::move(lease_.connection); }
  std::string_view unread_input() const noexcept { return input_->unread(); }
  const Url& url() const noexcept { return url_; }
  const std::string& method() const noexcept { return request_->method; }
  std::string label() const;

 private:
  class AnswerWatch;
  enum class Phase : unsigned char { Permit, Queue, Dns, Connect, Tunnel, Tls, Produce, Send, Head, Body };
  enum class Answer : unsigned char {
    Begun,
    Nothing,  ///< No byte of a response came: the connection had been closed, or was just then.
  };

  std::size_t max_redirects() const noexcept { return request_->max_redirects.value_or(options_.max_redirects); }
  /// The answer is one that leads elsewhere, and is followed.
  bool redirects() const noexcept;
  /// What it leads to. Throws RedirectError.
  std::unique_ptr<OutgoingRequest> next_request();

  /// `run`, with what it throws of ClientErrors as a value.
  Async<std::exception_ptr> attempt(bool whole_body);
  /// How long to wait before the request is sent again; nothing: it is not.
  std::optional<Clock::duration> pause_before_retry(const std::exception_ptr& error);
  bool is_worth_retrying(const std::exception_ptr& error) const;
  std::optional<Clock::duration> retry_after() const;

  Async<void> enter_upstream(UpstreamCore& upstream);
  UpstreamUse::Outcome outcome_for_upstream(const std::exception_ptr& error) const;

  Async<void> within_limits(Async<void> work);
  Async<void> run(bool whole_body);
  void prepare();
  void propagate();
  void look_at_answer();
  Async<void> run_on(Transport& transport);
  Async<std::string> whole_request_body();
  Async<void> read_carried_stream(Response& response);
  void take_carried_body(std::string_view content);
  /// Up to and with TLS.
  Async<void> connect();
  Async<void> connect_to_host(std::string host, std::uint16_t port, const char* what);
  Async<void> connect_to_socket(const StreamAddress& socket);
  Async<void> open_tunnel();
  Async<void> secure();
  Async<Answer> exchange();
  void expect_answer();
  bool is_answered();
  Async<bool> send(std::string_view head, std::string_view body);
  Async<bool> send_stream(std::string_view head);
  Async<bool> produce(std::optional<std::string>& piece);
  Async<void> read_body(bool all);
  bool is_upgraded() const noexcept { return request_->is_upgrade && status() == Status::SwitchingProtocols; }

  std::string& body() noexcept { return carried_ ? carried_->body : reader_->response().body(); }
  bool is_complete() const noexcept { return carried_ || reader_->is_done(); }

  bool decompresses() const noexcept;
  bool is_repeatable() const noexcept { return is_idempotent(request_->method) && !request_->stream; }
  void drop_dead_connection() noexcept;
  ClientConnection::Outcome send_some(std::string_view& head, std::string_view& body) noexcept;
  bool take_input();
  void finish();
  std::chrono::milliseconds read_limit() const noexcept {
    return request_->read_timeout.value_or(options_.timeout.read);
  }
  static CallTrace::Slot slot_of(Phase phase) noexcept;
  void start_trace();
  void note_failure();
  void end_trace() noexcept;
  void enter(Phase phase);
  void restart(Phase phase);
  std::optional<Clock::time_point> phase_limit(Phase phase) const;

  bool is_secure() const noexcept { return url_.scheme() == "https"; }
  std::string_view pool_key() const noexcept { return key_.empty() ? url_.authority() : key_; }
  [[noreturn]] void throw_response_error(ResponseError error) const;
  [[noreturn]] void throw_wrong_size(const char* which) const;
  [[noreturn]] void throw_not_connected(const std::string& to, int error) const;
  [[noreturn]] void throw_proxy_error(const std::string& reason, std::optional<Status> status = std::nullopt) const;
  [[noreturn]] void throw_timed_out() const;

  /// Of the request as a whole, which is set when there is none yet.
  static std::optional<Clock::time_point> begin_deadline(OutgoingRequest& request, Clock::time_point now);
  void move_to(const UpstreamAddress& address);
  void set_pool_key();

  std::unique_ptr<OutgoingRequest> request_;
  const ClientOptions& options_;
  Url url_;
  std::string key_;  // connections with TLS are kept apart, and those through a proxy
  std::shared_ptr<ClientPool> pool_;
  std::chrono::milliseconds total_;
  std::optional<Clock::time_point> inherited_deadline_;  // of what waits for the answer
  std::optional<Clock::time_point> deadline_;
  std::optional<Timeout> limit_;  // of the operation in progress
  UpstreamUse upstream_use_;
  Lease lease_;
  std::unique_ptr<InputBuffer> input_;
  std::optional<ResponseReader> reader_;
  std::optional<Response> carried_;   // by a transport; then there is no connection and no reader
  std::unique_ptr<CallTrace> trace_;  // null: nobody wants to know
  Phase phase_ = Phase::Queue;
  bool sending_ = false;  // some of the request may have left
  bool sent_ = false;
  bool got_bytes_ = false;
  bool piece_is_used_ = false;  // what is in the body; some of it may come with the head
};

}  // namespace coroute::detail

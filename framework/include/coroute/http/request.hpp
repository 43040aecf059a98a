// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The request that a handler answers.
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/function.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/http/json_fwd.hpp"
#include "coroute/http/method.hpp"
#include "coroute/http/path_params.hpp"
#include "coroute/http/query_params.hpp"

namespace coroute {

class BodySource;
class DependencyOverrides;
class FormData;
struct FormLimits;
struct HandlerError;
struct TlsConnection;
class TlsSource;
class WebSocket;

namespace detail {
class ConnectionUpgrader;
class DependencyStore;
}  // namespace detail

/// Knows the paths of named routes.
class UrlMap {
 public:
  /// std::invalid_argument for an unknown name or values that don't fit.
  virtual std::string url_path_for(std::string_view name, std::span<const PathParam> values) const = 0;

 protected:
  ~UrlMap() = default;
};

/// What a layer above keeps with a request while it lives.
class RequestAttachment {
 public:
  RequestAttachment() = default;
  RequestAttachment(const RequestAttachment&) = delete;
  RequestAttachment& operator=(const RequestAttachment&) = delete;
  virtual ~RequestAttachment() = default;
};

/// What a request knows of the session of its client: SessionMiddleware's part.
class SessionSource {
 public:
  virtual Json& session() = 0;

 protected:
  ~SessionSource() = default;
};

/// Where a connection comes from.
struct PeerAddress {
  std::string host;  ///< Numeric; empty when unknown, as for a unix socket.
  std::uint16_t port = 0;
};

/// What a message parser or a test fills in; views must outlive the Request that is made from it.
struct RequestHead {
  Method method = Method::Get;
  std::string_view method_name = "GET";
  std::string_view target = "/";  ///< Path and query, still encoded.
  HeadersView headers;
  int version = 11;  ///< 10 or 11.
  std::string_view scheme = "http";
};

/// Lives until the handler has ended; every view it gives lives as long. Belongs to the loop of its connection; not
/// copyable, not movable.
class Request {
 public:
  explicit Request(const RequestHead& head, BodySource* body = nullptr, const PeerAddress* peer = nullptr);
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request();

  Method method() const noexcept { return head_.method; }
  /// As sent; tells methods apart that are `Method::Other`.
  std::string_view method_name() const noexcept { return head_.method_name; }
  /// Path and query as sent.
  std::string_view target() const noexcept { return head_.target; }
  /// The path as sent, percent-encoded, below the place where the application is mounted.
  std::string_view path() const noexcept { return path_; }
  /// What a proxy and mounts have taken off the path; starts with "/" or is empty.
  std::string_view root_path() const;
  std::string_view query_string() const noexcept { return query_string_; }
  int version() const noexcept { return head_.version; }
  std::string_view scheme() const noexcept { return head_.scheme; }
  /// The Host field, with port; empty when an HTTP/1.0 client sent none.
  std::string_view host() const noexcept { return header("host").value_or(""); }

  const HeadersView& headers() const noexcept { return head_.headers; }
  std::optional<std::string_view> header(std::string_view name) const noexcept { return head_.headers.get(name); }

  /// Decoded; parsed when first asked for.
  const QueryParams& query_params() const;
  /// The last value of that name.
  std::optional<std::string_view> query(std::string_view name) const { return query_params().get(name); }
  /// From all Cookie fields; the last value of that name.
  std::optional<std::string_view> cookie(std::string_view name) const;
  /// Of all Cookie fields, in order.
  const std::vector<std::pair<std::string, std::string>>& cookies() const;

  /// The value of a placeholder of the route; std::out_of_range when the route has none of that name.
  std::string_view path_param(std::string_view name) const;
  /// The same as a number; what doesn't fit is answered with 422.
  template <class T>
    requires std::integral<T> || std::floating_point<T>
  T path_param(std::string_view name) const;
  const PathParams& path_params() const noexcept { return path_params_; }

  /// The whole body, read from the connection when first asked for. HttpException 413 when it is larger than the route
  /// allows. May be awaited again.
  Async<std::string_view> body();
  /// The body as JSON, which the content type must say it is; anything else is answered with 422 in FastAPI's shape,
  /// what is not UTF-8 with 400.
  Async<Json> json();
  /// The texts and files of a urlencoded or multipart body, by the content type; an empty form for other content types.
  /// May be awaited again: the limits of the first call count, those of the route when it gives none. HttpException 400
  /// for a body that is broken or over a limit, 413 for a file over its limit and as from `body`; std::system_error
  /// when a large file can't be put on disk. The body is taken apart as it arrives and not kept: `body` throws
  /// RuntimeError then, unless it was awaited before. Read it with coroute/http/form_data.hpp.
  Async<const FormData&> form();
  Async<const FormData&> form(FormLimits limits);
  /// The form once it has been read, else null.
  const FormData* form_if_read() const noexcept;
  /// The next piece of the body as it arrives, valid until the next call; nullopt at the end. For bodies that are too
  /// large to hold: the next piece is read only when asked for. Not together with `body` or `form`.
  Async<std::optional<std::string_view>> next_chunk();

  /// The fields that came behind a body sent in chunks, a checksum for instance (RFC 9110 section 6.5). Never among
  /// `headers`, and as unproven as these: whatever their names, the server has decided nothing on them. Empty until the
  /// body has been read to its end, and for a body of announced length.
  const Headers& trailers() const noexcept;

  /// Whether it is the opening handshake of a WebSocket, well-formed or not: a GET whose Upgrade names "websocket" or
  /// which has a Sec-WebSocket-Key.
  bool asks_for_websocket() const noexcept;
  /// What it is to become. RuntimeError for a request that no WebSocket route answers.
  WebSocket& websocket() const;

  const PeerAddress& client() const noexcept;
  /// The TLS of the connection it came on, with the certificate of its client; null: it came on a plain one, as behind
  /// a proxy that speaks TLS itself. Read it with coroute/tls/connection.hpp.
  const TlsConnection* tls() const;
  /// What is kept for the client from request to request, a JSON object: change it, and the answer takes it along.
  /// RuntimeError unless a SessionMiddleware stands around the handler. Needs coroute/json.hpp.
  Json& session();
  /// The absolute URL of a named route of the application that answers this request.
  std::string url_for(std::string_view name, std::initializer_list<PathParam> values = {}) const;
  /// Tells this request from all others in logs: the client's x-request-id when that is a token of at most 128
  /// characters, else 16 hexadecimal digits made when first asked for.
  std::string_view request_id() const;
  /// The declared path of the route that matched, "/items/{item_id}"; empty before and when none did.
  std::string_view route_path() const noexcept { return route_path_; }

  /// Awaited in this order when the answer has been sent; what one throws is logged, and the rest goes on.
  void add_after_response(Async<> work);

  // --- for the router, the server and the parameters ---
  /// Null until something is attached.
  RequestAttachment* attachment() const noexcept { return attachment_.get(); }
  void attach(std::unique_ptr<RequestAttachment> attachment) noexcept { attachment_ = std::move(attachment); }
  /// Of the application that answers, in tests; null: none.
  const DependencyOverrides* dependency_overrides() const noexcept { return dependency_overrides_; }
  void set_dependency_overrides(const DependencyOverrides* overrides) noexcept { dependency_overrides_ = overrides; }
  /// What dependencies made for the whole application that answers; null: it has nothing of that kind.
  detail::DependencyStore* dependency_store() const noexcept { return dependency_store_; }
  void set_dependency_store(detail::DependencyStore* store) noexcept { dependency_store_ = store; }
  SessionSource* session_source() const noexcept { return session_source_; }
  void set_session_source(SessionSource* source) noexcept { session_source_ = source; }
  void set_tls_source(TlsSource* source) noexcept { tls_source_ = source; }
  /// Null when the connection can't be used for anything but HTTP.
  detail::ConnectionUpgrader* upgrader() const noexcept { return upgrader_; }
  void set_upgrader(detail::ConnectionUpgrader* upgrader) noexcept { upgrader_ = upgrader; }
  void set_websocket(std::shared_ptr<WebSocket> websocket) noexcept { websocket_ = std::move(websocket); }
  /// Called when the connection has become something else than HTTP, the last one added first: what bounds the answer
  /// ends there. Whatever it refers to lives until the handler has ended.
  void add_on_upgrade(Function<void()> callback);
  void notify_upgraded();
  /// The same behind all of that, in this order: what belongs to the request, as the ends of its dependencies.
  void add_last(Async<> work);
  bool has_work_after_response() const noexcept { return !after_response_.empty() || !last_.empty(); }
  Async<> run_after_response();
  PathParams& mutable_path_params() noexcept { return path_params_; }
  void set_route_path(std::string_view path) noexcept { route_path_ = path; }
  /// Takes the first `length` characters off the path.
  void enter_mount(std::size_t length) noexcept {
    root_path_ = {root_path_.data() ? root_path_.data() : path_.data(), root_path_.size() + length};
    path_.remove_prefix(length);
  }
  /// What a proxy has taken off the path, or would have: then it is taken off here. Outlives the request.
  void set_root_path(std::string_view path) noexcept;
  void set_url_map(const UrlMap& map) noexcept { url_map_ = &map; }
  void set_max_body_bytes(std::uint64_t limit) noexcept;
  /// Before the body is read.
  void set_body_timeout(std::chrono::milliseconds limit) noexcept;
  /// For `form` without any; they outlive the request.
  void set_form_limits(const FormLimits& limits) noexcept { form_limits_ = &limits; }
  /// Whether the handler is cancelled when the client leaves; true unless the route says otherwise.
  void set_cancel_on_disconnect(bool cancel) noexcept { cancel_on_disconnect_ = cancel; }
  bool cancel_on_disconnect() const noexcept { return cancel_on_disconnect_; }
  /// Errors are answered with problem details.
  void use_problem_details() noexcept { problem_details_ = true; }
  bool problem_details() const noexcept { return problem_details_; }
  /// What nobody expected is told to the client.
  void show_errors() noexcept { shows_errors_ = true; }
  bool shows_errors() const noexcept { return shows_errors_; }
  /// The handler threw, and the application answers: what it started is cancelled as after an error that nobody caught.
  void set_handler_threw() noexcept { handler_threw_ = true; }
  bool handler_threw() const noexcept { return handler_threw_; }
  /// Notes an error that the application answers with a 500 itself: whoever called it logs it. Call it in the task in
  /// which it was thrown.
  void add_failure(const std::exception_ptr& error);
  const std::vector<HandlerError>& failures() const noexcept;

 private:
  struct Parsed;
  Parsed& parsed() const;
  Async<std::string_view> read_whole_body();

  RequestHead head_;
  std::string_view path_;
  std::string_view proxy_path_;
  std::string_view root_path_;  // below that
  std::string_view query_string_;
  std::string_view route_path_;
  mutable std::string request_id_;
  PathParams path_params_;
  const UrlMap* url_map_ = nullptr;
  BodySource* body_source_;
  const FormLimits* form_limits_ = nullptr;
  const PeerAddress* peer_;
  std::string body_storage_;  // only when the body is not one piece of the connection's buffer
  std::string_view whole_body_;
  bool body_read_ = false;
  bool form_took_body_ = false;
  bool cancel_on_disconnect_ = true;
  bool problem_details_ = false;
  bool shows_errors_ = false;
  bool handler_threw_ = false;
  mutable std::unique_ptr<Parsed> parsed_;  // what is only made when asked for
  detail::ConnectionUpgrader* upgrader_ = nullptr;
  std::shared_ptr<WebSocket> websocket_;  // dependencies may refer to it
  std::unique_ptr<RequestAttachment> attachment_;
  const DependencyOverrides* dependency_overrides_ = nullptr;
  detail::DependencyStore* dependency_store_ = nullptr;
  SessionSource* session_source_ = nullptr;
  TlsSource* tls_source_ = nullptr;
  std::vector<Async<>> last_;            // may refer to the attachment: gone before it
  std::vector<Async<>> after_response_;  // the same
};

/// Where the bytes of a request body come from. A connection, or memory in tests.
class BodySource {
 public:
  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;

  /// The rest of the body when all of it is in memory already: then no coroutine is needed.
  virtual std::optional<std::string_view> buffered() = 0;
  /// The next piece, valid until the next call; nullopt at the end. Throws HttpException for a body over the limit or
  /// one that breaks the protocol.
  virtual Async<std::optional<std::string_view>> next() = 0;
  /// What came behind it; empty before its end.
  virtual const Headers& trailers() const noexcept = 0;
  virtual void set_limit(std::uint64_t max_bytes) noexcept = 0;
  /// For all of it; memory takes no time.
  virtual void set_timeout(std::chrono::milliseconds) noexcept {}
};

// Implementation

namespace detail {
[[noreturn]] void throw_bad_path_number(std::string_view name, std::string_view value, bool integer);
}

template <class T>
  requires std::integral<T> || std::floating_point<T>
T Request::path_param(std::string_view name) const {
  const std::string_view value = path_param(name);
  T number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) {
    detail::throw_bad_path_number(name, value, std::integral<T>);
  }
  return number;
}

}  // namespace coroute

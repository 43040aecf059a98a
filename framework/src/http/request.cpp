// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/request.hpp"

#include <random>
#include <stdexcept>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/http/access_record.hpp"
#include "coroute/http/cookie.hpp"
#include "coroute/http/form_data.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/http/media_type.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"
#include "coroute/tls/connection.hpp"
#include "form_reader.hpp"
#include "json_error.hpp"

namespace coroute {
namespace {

constexpr std::size_t max_request_id_length = 128;

/// Unique rather than secret: a random start for each thread, then counting through a permutation of the numbers.
std::string make_request_id() {
  thread_local std::uint64_t next = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  const std::uint64_t id = next++ * 0x9E3779B97F4A7C15U;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = digits[(id >> (60 - 4 * i)) & 0xF];
  return text;
}

}  // namespace

struct Request::Parsed {
  std::optional<QueryParams> query;
  std::optional<std::vector<std::pair<std::string, std::string>>> cookies;
  std::unique_ptr<detail::FormReader> form;
  std::string root_path;  // of proxy and mounts together
  std::vector<HandlerError> failures;
  std::vector<Function<void()>> on_upgrade;
};

Request::Request(const RequestHead& head, BodySource* body, const PeerAddress* peer)
    : head_(head), body_source_(body), peer_(peer) {
  const std::size_t question = head.target.find('?');
  path_ = head.target.substr(0, question);
  if (question != std::string_view::npos) query_string_ = head.target.substr(question + 1);
}

Request::~Request() = default;

Request::Parsed& Request::parsed() const {
  if (!parsed_) parsed_ = std::make_unique<Parsed>();
  return *parsed_;
}

std::string_view Request::root_path() const {
  if (proxy_path_.empty()) return root_path_;
  if (root_path_.empty()) return proxy_path_;
  std::string& whole = parsed().root_path;
  whole.assign(proxy_path_).append(root_path_);
  return whole;
}

void Request::set_root_path(std::string_view path) noexcept {
  proxy_path_ = path;
  if (path_.starts_with(path) && path_.substr(path.size()).starts_with('/')) path_.remove_prefix(path.size());
}

const QueryParams& Request::query_params() const {
  static const QueryParams none;
  if (query_string_.empty()) return none;
  Parsed& cache = parsed();
  if (!cache.query) cache.query.emplace(query_string_);
  return *cache.query;
}

const std::vector<std::pair<std::string, std::string>>& Request::cookies() const {
  Parsed& cache = parsed();
  if (!cache.cookies) {
    cache.cookies.emplace();
    for (const std::string_view field : head_.headers.get_all("cookie")) {
      for (auto& pair : parse_cookies(field))
        cache.cookies->push_back(std::move(pair));
    }
  }
  return *cache.cookies;
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : cookies()) {
    if (key == name) found = value;
  }
  return found;
}

std::string_view Request::path_param(std::string_view name) const {
  const std::optional<std::string_view> value = path_params_.get(name);
  if (!value) throw std::out_of_range("the route has no placeholder {" + std::string(name) + "}");
  return *value;
}

const PeerAddress& Request::client() const noexcept {
  static const PeerAddress unknown;
  return peer_ ? *peer_ : unknown;
}

const TlsConnection* Request::tls() const {
  return tls_source_ ? &tls_source_->tls_connection() : nullptr;
}

Json& Request::session() {
  if (!session_source_) throw RuntimeError("Request::session: no SessionMiddleware stands around this handler");
  return session_source_->session();
}

std::string Request::url_for(std::string_view name, std::initializer_list<PathParam> values) const {
  if (!url_map_) throw std::invalid_argument("url_for: this request was not routed");
  std::string url(scheme());
  url.append("://").append(host()).append(root_path());
  return url + url_map_->url_path_for(name, std::span(values.begin(), values.size()));
}

std::string_view Request::request_id() const {
  if (request_id_.empty()) {
    const std::string_view sent = header("x-request-id").value_or("");
    request_id_ = is_token(sent) && sent.size() <= max_request_id_length ? std::string(sent) : make_request_id();
  }
  return request_id_;
}

bool Request::asks_for_websocket() const noexcept {
  if (method() != Method::Get) return false;
  return headers().has_token("upgrade", "websocket") || header("sec-websocket-key");
}

WebSocket& Request::websocket() const {
  if (!websocket_) throw RuntimeError("Request::websocket: only the routes of App::websocket have a WebSocket");
  return *websocket_;
}

void Request::set_max_body_bytes(std::uint64_t limit) noexcept {
  if (body_source_) body_source_->set_limit(limit);
}

void Request::set_body_timeout(std::chrono::milliseconds limit) noexcept {
  if (body_source_) body_source_->set_timeout(limit);
}

void Request::add_after_response(Async<> work) {
  after_response_.push_back(std::move(work));
}

void Request::add_last(Async<> work) {
  last_.push_back(std::move(work));
}

/// Throws nothing, Cancelled neither: whoever cancels the task ends the work in progress, and what comes after it is
/// cancelled at its first wait.
Async<> Request::run_after_response() {
  detail::TaskState& task = *detail::TaskState::current();
  while (has_work_after_response()) {
    std::vector<Async<>>& queue = after_response_.empty() ? last_ : after_response_;
    Async<> work = std::move(queue.front());
    queue.erase(queue.begin());
    try {
      co_await std::move(work);
    } catch (...) {
      call_exception_handler({"exception in work after the response", std::current_exception(), {}});
    }
    if (task.cancelling() > 0 && has_work_after_response()) task.cancel(CancelReason::Shutdown);
  }
}

Async<std::string_view> Request::body() {
  if (form_took_body_) throw RuntimeError("Request::body: form() has read the body and not kept it");
  if (!body_read_ && !body_source_) body_read_ = true;
  if (!body_read_) {
    const std::optional<std::string_view> all = body_source_->buffered();
    if (!all) return read_whole_body();
    whole_body_ = *all;
    body_read_ = true;
  }
  return Async<std::string_view>::ready(whole_body_);
}

Async<std::string_view> Request::read_whole_body() {
  while (true) {
    const std::optional<std::string_view> chunk = co_await body_source_->next();
    if (!chunk) break;
    body_storage_.append(*chunk);
  }
  whole_body_ = body_storage_;
  body_read_ = true;
  co_return whole_body_;
}

const FormData* Request::form_if_read() const noexcept {
  return parsed_ && parsed_->form && parsed_->form->is_complete() ? &parsed_->form->form() : nullptr;
}

Async<const FormData&> Request::form() {
  return form(form_limits_ ? *form_limits_ : FormLimits());
}

// What has been read stays in the reader, so a form whose reading was cancelled can be read on.
Async<const FormData&> Request::form(FormLimits limits) {
  if (!parsed().form) {
    parsed().form = std::make_unique<detail::FormReader>(header("content-type").value_or(""), limits);
  }
  detail::FormReader& reader = *parsed().form;
  if (!reader.wants_body()) co_return reader.form();
  if (body_read_ || !body_storage_.empty()) {
    const std::string_view all = co_await body();
    if (!reader.has_begun()) reader.feed(all);
  } else {
    form_took_body_ = true;
    while (true) {
      // Before more is taken from the connection.
      while (reader.wants_write())
        co_await reader.write();
      const std::optional<std::string_view> piece = co_await next_chunk();
      if (!piece) break;
      reader.feed(*piece);
    }
  }
  while (reader.wants_write())
    co_await reader.write();
  reader.finish();
  co_return reader.form();
}

Async<std::optional<std::string_view>> Request::next_chunk() {
  if (!body_source_) return Async<std::optional<std::string_view>>::ready(std::nullopt);
  return body_source_->next();
}

const Headers& Request::trailers() const noexcept {
  static const Headers none;
  return body_source_ ? body_source_->trailers() : none;
}

Async<Json> Request::json() {
  const std::string_view text = co_await body();
  if (text.empty()) throw RequestValidationError({{"missing", {"body"}, "Field required"}});
  if (!is_json_media_type(header("content-type").value_or(""))) {
    throw RequestValidationError({{"model_attributes_type",
                                   {"body"},
                                   "Input should be a valid dictionary or object to extract fields from",
                                   json_quoted(text)}},
                                 text);
  }
  try {
    co_return parse_json(text);
  } catch (const JsonParseError& error) {
    if (error.kind() == JsonParseError::Kind::Encoding)
      throw HttpException(Status::BadRequest, "There was an error parsing the body");
    throw RequestValidationError({detail::json_invalid(text, error, {"body"})}, text);
  }
}

void Request::add_on_upgrade(Function<void()> callback) {
  parsed().on_upgrade.push_back(std::move(callback));
}

void Request::notify_upgraded() {
  if (!parsed_) return;
  std::vector<Function<void()>> callbacks = std::exchange(parsed_->on_upgrade, {});
  for (auto callback = callbacks.rbegin(); callback != callbacks.rend(); ++callback)
    (*callback)();
}

void Request::add_failure(const std::exception_ptr& error) {
  set_handler_threw();
  parsed().failures.push_back({this, error, exception_stack(error)});
}

const std::vector<HandlerError>& Request::failures() const noexcept {
  static const std::vector<HandlerError> none;
  return parsed_ ? parsed_->failures : none;
}

namespace detail {

void throw_bad_path_number(std::string_view name, std::string_view value, bool integer) {
  throw RequestValidationError({{integer ? "int_parsing" : "float_parsing",
                                 {"path", std::string(name)},
                                 integer ? "Input should be a valid integer, unable to parse string as an integer"
                                         : "Input should be a valid number, unable to parse string as a number",
                                 json_quoted(value)}});
}

}  // namespace detail
}  // namespace coroute

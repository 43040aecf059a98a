// SPDX-License-Identifier: BSL-1.0
#include "test_exchange.hpp"

#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/shield.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/http/access_record.hpp"
#include "coroute/http/error_response.hpp"
#include "http/byte_set.hpp"
#include "http/exception_response.hpp"
#include "http/framing.hpp"
#include "http/scope_join.hpp"
#include "http/trailers.hpp"
#include "memory_pipe.hpp"
#include "test_client_core.hpp"

namespace coroute::detail {
namespace {

/// Follows what a handler starts, so that what is left behind can be told from what the test itself runs.
struct Origin {
  const TestClientCore* client;
  std::string label;
};
const ContextVar<Origin>& origin() {
  static const ContextVar<Origin> variable{"coroute.testing.origin"};
  return variable;
}

std::string lower_case(std::string_view name) {
  std::string text(name);
  for (char& c : text)
    c = ascii_lower(c);
  return text;
}

/// As server/response_writer sends them.
Headers received_fields(const Response& response) {
  Headers fields;
  const std::string_view type = response.headers.contains("content-type") ? "" : response.implied_content_type();
  if (has_body(response.status)) {
    std::optional<std::uint64_t> length = response.content().size();
    if (response.is_streamed()) length = response.trailers() ? std::nullopt : response.stream_length();
    if (length) fields.add("content-length", std::to_string(*length));
    if (!type.empty()) fields.add("content-type", type);
  } else if (response.status == Status::ResetContent) {
    fields.add("content-length", "0");
  }
  for (const HeaderField field : response.headers) {
    if (!is_framing_field(field.name)) fields.add(lower_case(field.name), field.value);
  }
  return fields;
}

}  // namespace

TestExchange::TestExchange(std::shared_ptr<TestClientCore> client, const OutgoingTestRequest& request, Url url)
    : client_(std::move(client)),
      method_(request.method),
      url_(std::move(url)),
      headers_(request.fields_for(url_, client_->cookies().header_for(url_))),
      fields_(headers_.begin(), headers_.end()),
      body_(request.pieces, request.chunked, request.trailers, client_->options().max_body_bytes) {}

TestExchange::~TestExchange() {
  if (failure_)
    call_exception_handler({"exception in the handler of a WebSocket", failure_, exception_stack(failure_)});
}

std::string TestExchange::label() const {
  return method_ + ' ' + std::string(url_.target().substr(0, url_.target().find('?')));
}

std::optional<std::string> TestExchange::origin_of(const TaskState& task, const TestClientCore& client) {
  ContextRef context = task.context;
  const ContextSwap swap(context);
  const std::shared_ptr<const Origin> found = origin().find();
  return found && found->client == &client ? std::optional(found->label) : std::nullopt;
}

Async<void> TestExchange::perform(std::shared_ptr<TestExchange> exchange) {
  const Task<void> task = exchange->start(exchange);
  std::exception_ptr cancelled;
  try {
    co_await shield(task);
  } catch (const Cancelled&) {
    cancelled = std::current_exception();
  }
  if (!cancelled) co_return;
  if (exchange->leave(task)) {
    try {
      co_await shield(task);
    } catch (const Cancelled&) {
      // It had not begun, or the test doesn't want to wait for its cleanup either.
    }
  }
  std::rethrow_exception(cancelled);
}

Async<Task<void>> TestExchange::perform_upgrade(std::shared_ptr<TestExchange> exchange) {
  exchange->takes_upgrade_ = true;
  Task<void> task = exchange->start(exchange);
  std::exception_ptr cancelled;
  try {
    co_await exchange->decided_.wait();
    if (!exchange->is_upgraded_) co_await shield(task);
  } catch (const Cancelled&) {
    cancelled = std::current_exception();
  }
  if (!cancelled) co_return task;
  exchange->leave(task);
  std::rethrow_exception(cancelled);
}

/// The client leaves. True: the task has been cancelled.
bool TestExchange::leave(const Task<void>& task) {
  client_left_ = true;
  if (!ends_with_client()) return false;
  if (!works_after_response_) return task.cancel(CancelReason::Disconnect);
  // As server/connection has it: the work goes on.
  client_->loop().cancel_tasks_of(scope_, CancelReason::Disconnect);
  return false;
}

Upgrade TestExchange::upgrade(const Response& head) {
  MemoryPipe::Ends ends = client_->new_pipe()->ends();
  client_end_ = std::move(ends.first);
  upgrade_fields_ = head.headers;
  is_upgraded_ = true;
  decided_.set();
  return {std::move(ends.second), {}, {}};
}

std::exception_ptr TestExchange::take_failure() noexcept {
  return std::exchange(failure_, nullptr);
}

Task<void> TestExchange::start(std::shared_ptr<TestExchange> self) {
  const Context context;
  context.run([this] { origin().set(Origin{client_.get(), label()}); });
  began_ = answered_ = client_->loop().time();
  TaskOptions options(label());
  options.context(context).without_deadline();
  return start_task(client_->loop(), serve(std::move(self)), std::move(options), nullptr);
}

Async<void> TestExchange::serve(std::shared_ptr<TestExchange> exchange) {
  TaskState::current()->scope = &exchange->scope_;
  RequestHead head;
  head.method = parse_method(exchange->method_);
  head.method_name = exchange->method_;
  head.target = exchange->url_.target();
  head.headers = HeadersView(exchange->fields_);
  head.scheme = exchange->url_.scheme();
  exchange->request_.emplace(head, &exchange->body_, &exchange->client_->options().client);
  exchange->request_->set_tls_source(exchange->client_->tls_source());
  if (exchange->takes_upgrade_) exchange->request_->set_upgrader(exchange.get());
  try {
    exchange->response_ = co_await exchange->client_->handler()(*exchange->request_);
  } catch (...) {
    exchange->error_ = std::current_exception();
  }
  if (!exchange->error_) {
    exchange->received_ = received_fields(exchange->response_);
    if (exchange->response_.is_streamed()) co_await exchange->run_stream();
  }
  exchange->after_handler();
  exchange->decided_.set();
  exchange->works_after_response_ = true;
  co_await exchange->request_->run_after_response();
  exchange->works_after_response_ = false;
  if (exchange->scope_.running > 0) co_await ScopeJoin(exchange->scope_, exchange->client_->loop());
}

/// As server/connection_stream has it run.
Async<void> TestExchange::run_stream() {
  const std::optional<std::uint64_t> length = response_.stream_length();
  AsyncGenerator<std::string> pieces = response_.take_stream();
  if (is_bodiless(response_.status)) co_return;
  try {
    std::uint64_t received = 0;
    while (const std::optional<std::string> piece = co_await pieces.next()) {
      if (piece->empty()) continue;
      received += piece->size();
      if (length && received > *length) throw RuntimeError("a streamed body is longer than its content-length");
      pieces_.push_back(*piece);
    }
    if (length && received < *length) throw RuntimeError("a streamed body ended before its content-length");
    if (response_.trailers()) take_trailers(*response_.trailers());
  } catch (...) {
    stream_error_ = std::current_exception();
  }
  if (!stream_error_) co_return;
  try {
    co_await pieces.aclose();
  } catch (...) {
    // The first error is the one that counts.
  }
}

void TestExchange::take_trailers(const Headers& trailers) {
  for (const HeaderField field : trailers) {
    check_trailer(field.name);
    trailers_.add(lower_case(field.name), field.value);
  }
}

void TestExchange::after_handler() {
  TaskState& task = *TaskState::current();
  // A cancellation that the handler outran was meant for it, not for its tasks.
  while (task.cancelling() > 0)
    task.uncancel();
  task.scope = nullptr;
  answered_ = task.loop().time();
  if (error_ || stream_error_ || client_left_ || is_upgraded_) task.loop().cancel_tasks_of(scope_);
  if (is_upgraded_ && !request_->failures().empty() && client_->options().raise_server_exceptions) {
    failure_ = request_->failures().front().error;
  }
  if (client_left_ && error_ && !response_for(*request_, error_, true)) {
    call_exception_handler({"exception in the handler of a client that has left", error_, exception_stack(error_)});
  }
}

ClientResponse TestExchange::response() const {
  Response failed;
  if (error_) {
    std::optional<Response> meant = response_for(*request_, error_, false);
    if (!meant && client_->options().raise_server_exceptions) std::rethrow_exception(error_);
    failed = meant ? *std::move(meant) : internal_error_response(*request_, error_);
  } else if (!request_->failures().empty() && client_->options().raise_server_exceptions) {
    std::rethrow_exception(request_->failures().front().error);
  }
  if (stream_error_) {
    if (client_->options().raise_server_exceptions) std::rethrow_exception(stream_error_);
    throw ConnectionClosed(label(), "the connection ended before the body did");
  }
  const Response& response = error_ ? failed : response_;
  std::string body;
  if (!is_bodiless(response.status)) body = response.content();
  for (const std::string& piece : pieces_)
    body += piece;
  return ClientResponse(method_, url_, response.status, error_ ? received_fields(failed) : received_, std::move(body),
                        trailers_);
}

}  // namespace coroute::detail

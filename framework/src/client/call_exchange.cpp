// SPDX-License-Identifier: BSL-1.0
// One request over a connection, and its response.
#include <array>
#include <charconv>

#include "call.hpp"
#include "http/trailers.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t max_joined_body = 8 * 1024;

std::string chunk_of(const std::string& piece) {
  std::array<char, 20> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
  std::string chunk(size.data(), end);
  return chunk.append("\r\n").append(piece).append("\r\n");
}

}  // namespace

Async<Call::Answer> Call::exchange() {
  ClientConnection& connection = *lease_.connection;
  sending_ = true;
  if (!input_) input_ = pool_->take_buffer();
  expect_answer();
  std::string& head = input_->request_head;
  head.clear();
  append_request_head(head, *request_, url_, request_->client->default_fields(), request_->client->default_lines());
  if (request_->stream) {
    sent_ = co_await send_stream(head);
  } else {
    std::string_view body = request_->body;
    if (is_secure() && body.size() <= max_joined_body) {  // one record instead of two
      head.append(body);
      body = {};
    }
    std::string_view unsent = head;
    const auto outcome = send_some(unsent, body);
    sent_ = outcome == ClientConnection::Outcome::Progress;
    if (outcome == ClientConnection::Outcome::WouldBlock) sent_ = co_await send(unsent, body);
  }

  restart(Phase::Head);
  while (true) {
    if (reader_->error() == ResponseError::EndedEarly && !got_bytes_) co_return Answer::Nothing;
    if (reader_->error() != ResponseError::None) throw_response_error(reader_->error());
    if (reader_->has_final_head()) co_return Answer::Begun;
    if (take_input()) co_await connection.wait_readable();
  }
}

void Call::expect_answer() {
  reader_.emplace(options_.limits, request_->method == "HEAD", request_->max_body_bytes, decompresses());
  if (request_->is_upgrade) reader_->allow_upgrade();
  got_bytes_ = false;
}

/// Looked at between two pieces of the request. Not all that comes is the answer or the end: a TLS ticket isn't, nor is
/// an interim response (RFC 9110 section 15.2).
bool Call::is_answered() {
  while (!reader_->has_final_head() && reader_->error() == ResponseError::None) {
    if (!lease_.connection->has_input() || take_input()) return false;
  }
  return true;
}

bool Call::decompresses() const noexcept {
  return options_.decompress && !options_.headers.contains("accept-encoding") &&
         !request_->headers.contains("accept-encoding");
}

ClientConnection::Outcome Call::send_some(std::string_view& head, std::string_view& body) noexcept {
  const std::size_t before = head.size() + body.size();
  const auto outcome = lease_.connection->send(head, body);
  if (trace_) trace_->sent(before - head.size() - body.size());
  return outcome;
}

/// False: the peer wants no more of the request, it has answered or closed. That is looked at also while it takes
/// nothing, so the wait is for either direction; the time-out goes on then, since no byte has been taken.
Async<bool> Call::send(std::string_view head, std::string_view body) {
  ClientConnection& connection = *lease_.connection;
  bool waits = false;
  while (true) {
    const std::size_t unsent = head.size() + body.size();
    const auto outcome = send_some(head, body);
    if (outcome != ClientConnection::Outcome::WouldBlock) co_return outcome == ClientConnection::Outcome::Progress;
    if (is_answered()) co_return false;
    if (!waits || head.size() + body.size() < unsent) restart(Phase::Send);
    waits = true;
    co_await connection.wait_ready();
  }
}

/// While it lives, a look is taken at whatever comes, and an answer or the end of the connection ends the wait that
/// `limit` is around.
class Call::AnswerWatch {
 public:
  AnswerWatch(Call& call, Timeout& limit) noexcept : call_(call), limit_(limit) {
    call_.lease_.connection->on_ready(&AnswerWatch::on_ready, this);
  }
  ~AnswerWatch() { call_.lease_.connection->on_ready(nullptr, nullptr); }
  AnswerWatch(const AnswerWatch&) = delete;
  AnswerWatch& operator=(const AnswerWatch&) = delete;

 private:
  static void on_ready(void* context) noexcept {
    const auto& self = *static_cast<AnswerWatch*>(context);
    if (!self.limit_.expired() && self.call_.is_answered()) self.limit_.reschedule(self.call_.pool_->loop().time());
  }

  Call& call_;
  Timeout& limit_;
};

/// The next piece of the body; none: that was all. False: the peer wants no more, and the generator has been cancelled.
Async<bool> Call::produce(std::optional<std::string>& piece) {
  restart(Phase::Produce);
  if (is_answered()) co_return false;
  Timeout limit(std::nullopt);
  const AnswerWatch watch(*this, limit);
  try {
    piece = co_await request_->stream->next();
    // A generator may take its cancellation for a reason to end well: that is not the end of the body.
    const bool is_interrupted = limit.when().has_value();
    limit.exit(false);
    co_return !is_interrupted;
  } catch (const Cancelled&) {
    const bool is_answered = limit.exit(true);
    if (!is_answered) throw;
  }
  co_return false;
}

/// The body as its generator makes it: so much as was announced, or in chunks (RFC 9112 section 7.1).
Async<bool> Call::send_stream(std::string_view head) {
  const bool chunked = request_->is_chunked();
  bool wanted = co_await send(head, {});
  std::uint64_t left = request_->stream_size.value_or(0);
  while (wanted) {
    std::optional<std::string> piece;
    wanted = co_await produce(piece);
    if (!wanted || !piece) break;
    if (piece->empty()) continue;
    if (is_answered()) co_return false;
    if (request_->stream_size) {
      if (piece->size() > left) throw_wrong_size("more");
      left -= piece->size();
    }
    const std::string sent = chunked ? chunk_of(*piece) : *std::move(piece);
    wanted = co_await send(sent, {});
  }
  if (!wanted) co_return false;
  if (left > 0) throw_wrong_size("less");
  if (!chunked) co_return true;
  const std::string end = last_chunk(request_->trailers.get());
  wanted = co_await send(end, {});
  co_return wanted;
}

/// Until something of it is there, or all of it is.
Async<void> Call::read_body(bool all) {
  while (!reader_->is_done() && (all || reader_->response().body().empty())) {
    const bool blocked = take_input();
    if (reader_->error() != ResponseError::None) throw_response_error(reader_->error());
    if (!blocked) continue;
    restart(Phase::Body);
    co_await lease_.connection->wait_readable();
  }
}

/// True: nothing was there, wait.
bool Call::take_input() {
  input_->make_room();
  const auto received = lease_.connection->receive(input_->data.get() + input_->end, input_->capacity - input_->end);
  if (received.outcome == ClientConnection::Outcome::WouldBlock) return true;
  if (received.outcome == ClientConnection::Outcome::Closed) {
    reader_->feed_end(lease_.connection->is_properly_closed());
    return false;
  }
  got_bytes_ = true;
  if (trace_) trace_->received(received.size);
  input_->end += received.size;
  input_->begin += reader_->feed(input_->unread());
  return false;
}

/// The response is complete: the connection is free for another request.
void Call::finish() {
  if (!lease_.connection) return;
  const bool clean = sent_ && input_->begin == input_->end;  // bytes behind the response belong to nobody
  if (TlsSession* const tls = lease_.connection->tls()) pool_->keep_resumable(pool_key(), *tls);
  const Headers& sent =
      request_->headers.contains("connection") ? request_->headers : request_->client->default_fields();
  if (clean && !sent.has_token("connection", "close") && reader_->response().is_reusable()) {
    lease_.give_back();
  } else {
    lease_ = Lease();
  }
}

}  // namespace coroute::detail

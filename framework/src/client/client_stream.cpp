// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/client_stream.hpp"

#include <utility>

#include "call.hpp"
#include "coroute/client/errors.hpp"

namespace coroute {
namespace {

AsyncGenerator<std::string> lines_of(ClientStream stream, std::unique_ptr<std::string> label, std::size_t max_bytes) {
  std::string line;
  while (true) {
    const std::optional<std::string_view> piece = co_await stream.next();
    if (!piece) break;
    std::string_view rest = *piece;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      line.append(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      if (line.ends_with('\r')) line.pop_back();
      if (line.size() > max_bytes) break;
      co_yield std::exchange(line, std::string());
    }
    line.append(rest);
    if (line.size() > max_bytes) {
      throw ResponseTooLarge(*label, "a line has more than " + std::to_string(max_bytes) + " bytes");
    }
  }
  if (!line.empty()) co_yield std::move(line);
}

}  // namespace

ClientStream::ClientStream(std::unique_ptr<detail::Call> call) noexcept : call_(std::move(call)) {}
ClientStream::ClientStream(ClientStream&&) noexcept = default;
ClientStream& ClientStream::operator=(ClientStream&&) noexcept = default;
ClientStream::~ClientStream() = default;

Status ClientStream::status() const noexcept {
  return call_->status();
}

const Headers& ClientStream::headers() const noexcept {
  return call_->headers();
}

const Headers& ClientStream::trailers() const noexcept {
  return call_->trailers();
}

const Url& ClientStream::url() const noexcept {
  return call_->url();
}

const ClientStream& ClientStream::raise_for_status() const {
  if (!ok()) throw HttpStatusError(ClientResponse(call_->method(), url(), status(), headers(), {}));
  return *this;
}

Async<std::optional<std::string_view>> ClientStream::next() {
  const std::string_view piece = co_await call_->next_piece();
  if (piece.empty()) co_return std::nullopt;
  co_return piece;
}

Async<std::string> ClientStream::read(std::size_t max_bytes) {
  std::string body;
  while (true) {
    const std::string_view piece = co_await call_->next_piece();
    if (piece.empty()) co_return body;
    if (piece.size() > max_bytes - body.size()) {
      throw ResponseTooLarge(call_->label(), "the body has more than " + std::to_string(max_bytes) + " bytes");
    }
    body.append(piece);
  }
}

AsyncGenerator<std::string> ClientStream::lines(std::size_t max_line_bytes) && {
  auto label = std::make_unique<std::string>(call_->label());
  return lines_of(std::move(*this), std::move(label), max_line_bytes);
}

}  // namespace coroute

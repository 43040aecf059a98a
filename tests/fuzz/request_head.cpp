// SPDX-License-Identifier: BSL-1.0
// A connection's bytes: head scanner, request parser, body decoding, then an application. How the bytes were cut into
// pieces makes no difference.
#include <algorithm>
#include <optional>

#include "checks.hpp"
#include "coroute/coroute.hpp"
#include "support/parsed_head.hpp"
#include "targets.hpp"

namespace coroute::fuzz {
namespace {

using detail::HeadScanner;
using detail::RequestParser;

constexpr ServerLimits limits{.max_request_line_bytes = 256,
                              .max_header_bytes = 512,
                              .max_header_count = 8,
                              .max_chunk_extension_bytes = 32,
                              .max_chunk_extension_total_bytes = 64,
                              .max_trailer_bytes = 64,
                              .max_trailer_count = 2,
                              .max_body_bytes = 1024};

/// Where the head begins and ends; nullopt unless it is there and accepted.
struct Head {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const Head&) const = default;
};

std::optional<Head> find_head(std::string_view bytes, std::size_t step) {
  HeadScanner scanner(limits);
  for (std::size_t size = std::min(step, bytes.size());; size = std::min(size + step, bytes.size())) {
    const HeadScanner::Result result = scanner.scan(bytes.data(), size);
    if (result == HeadScanner::Result::Refused) return std::nullopt;
    if (result == HeadScanner::Result::Complete) break;
    if (size == bytes.size()) return std::nullopt;
  }
  const Head head{scanner.head_begin(), scanner.head_end()};
  const testing::ParsedHead parsed(std::string(bytes.substr(0, head.end)), limits);
  return parsed.refusal() == testing::accepted ? std::optional(head) : std::nullopt;
}

struct Body {
  std::string data;
  std::optional<Status> refusal;
  bool is_done = false;

  bool operator==(const Body&) const = default;
};

/// Receives `step` bytes more whenever the parser needs them, as a connection does.
Body decode(RequestParser& parser, std::string_view bytes, std::size_t step) {
  Body body;
  for (std::size_t consumed = 0, received = 0; !parser.is_done();) {
    RequestParser::BodyStep piece;
    piece.need_more = true;
    const std::string unread(bytes.substr(consumed, received - consumed));
    if (!unread.empty()) piece = parser.parse_body(unread);
    check(piece.consumed <= unread.size(), "no more is consumed than there is");
    consumed += piece.consumed;
    body.data += piece.data;
    body.refusal = piece.refusal;
    if (piece.refusal || (piece.need_more && received == bytes.size())) break;
    if (piece.need_more) received = std::min(bytes.size(), received + step);
  }
  body.is_done = parser.is_done();
  return body;
}

Handler make_app() {
  App app;
  app.get("/", [] { return "root"; });
  app.get("/items/{id}", [](Path<int, "id"> id, Query<std::optional<std::string>, "q">, HttpBearer) { return *id; });
  app.post("/echo", [](Request& request) -> Async<std::string> {
    const std::string_view body = co_await request.body();
    co_return std::to_string(body.size());
  });
  app.mount("/inner", App());
  return std::move(app).handler();
}

void dispatch(const RequestHead& head, const Body& body) {
  static const Handler handler = make_app();
  testing::TestRequest request(head.method_name, head.target);
  request.without_headers().version(head.version).scheme(head.scheme).body({body.data});
  for (const HeaderField field : head.headers)
    request.header(field.name, field.value);
  static_cast<void>(answer_to(handler, request));
}

}  // namespace

void request_head(std::string_view input) {
  const std::optional<Head> whole = find_head(input, input.size() + 1);
  const std::size_t step = 1 + input.size() % 5;
  check(find_head(input, step) == whole, "pieces make no difference to the head", input);
  if (!whole) return;
  const std::string head(input.substr(0, whole->end));
  const std::string_view rest = input.substr(whole->end);
  testing::ParsedHead first(head, limits);
  const Body body = decode(first.parser(), rest, rest.size());
  testing::ParsedHead second(head, limits);
  const Body in_pieces = decode(second.parser(), rest, step);
  check(!body.is_done || in_pieces == body, "pieces make no difference to the body", input);
  if (body.is_done) dispatch(first.head(), body);
}

}  // namespace coroute::fuzz

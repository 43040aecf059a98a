// SPDX-License-Identifier: BSL-1.0
#include "compressed_body.hpp"

#include <optional>
#include <utility>

#include "coroute/asyncio/generator.hpp"
#include "middleware/buffered_body.hpp"
#include "middleware/content_encoder.hpp"

namespace coroute::detail {
namespace {

/// A strong ETag becomes a weak one: it named other bytes, as ranges would.
void set_encoding(Response& response, std::string_view coding) {
  response.headers.set("content-encoding", coding);
  response.headers.remove("accept-ranges");
  const auto etag = response.headers.get("etag");
  if (etag && etag->starts_with('"')) response.headers.set("etag", "W/" + std::string(*etag));
}

AsyncGenerator<std::string> compressed_pieces(AsyncGenerator<std::string> pieces, std::string coding, int level) {
  const auto encoder = content_encoder(coding, level, std::nullopt);
  bool is_closed = false;
  try {
    while (auto piece = co_await pieces.next()) {
      if (piece->empty()) continue;
      std::string packed;
      encoder->flush(*piece, packed);
      co_yield std::move(packed);
    }
    std::string rest;
    encoder->finish({}, rest);
    co_yield std::move(rest);
  } catch (const GeneratorExit&) {
    is_closed = true;  // who makes the pieces may have to await its cleanup
  }
  if (is_closed) co_await pieces.aclose();
}

}  // namespace

std::string compressed(std::string_view body, std::string_view coding, int level) {
  std::string packed;
  content_encoder(coding, level, body.size())->finish(body, packed);
  return packed;
}

void put_compressed(Response& response, std::string packed, std::string_view coding) {
  if (packed.empty() || packed.size() >= response.content().size()) return;
  replace_body(response, std::move(packed));
  set_encoding(response, coding);
}

void compress_stream(Response& response, std::string_view coding, int level) {
  response.set_stream(compressed_pieces(response.take_stream(), std::string(coding), level));
  set_encoding(response, coding);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
// A WebSocket's bytes into messages: how they were cut into pieces makes no difference, and nothing passes a limit. The
// first byte says which side reads, and with compression or without.
#include <optional>
#include <string>

#include "checks.hpp"
#include "http/utf8.hpp"
#include "targets.hpp"
#include "websocket/handshake.hpp"
#include "websocket/message_reader.hpp"

namespace coroute::fuzz {
namespace {

using detail::MessageReader;
using Event = MessageReader::Event;

constexpr std::size_t max_message_bytes = 300;

struct Settings {
  detail::WebSocketRole role;
  std::optional<detail::CompressionTerms> compression;
};

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto match = detail::match_utf8(text);
    if (!match.valid) return false;
    text.remove_prefix(match.bytes);
  }
  return true;
}

std::string checked_message(MessageReader& reader) {
  const WebSocketMessage message = reader.take_message();
  check(message.data().size() <= max_message_bytes, "a message over the limit", message.data());
  check(message.is_binary() || is_utf8(message.data()), "a text that is not UTF-8", message.data());
  return (message.is_text() ? "text " : "binary ") + message.data() + '\n';
}

/// All that came out, up to the first failure.
std::string events_of(std::string_view bytes, std::size_t step, const Settings& settings) {
  MessageReader reader(settings.role, max_message_bytes, settings.compression);
  std::string all;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string_view piece = bytes.substr(at, step);
    while (!piece.empty()) {
      const Event event = reader.next(piece);
      check(event != Event::None || piece.empty(), "bytes were left");
      if (event == Event::Message) all += checked_message(reader);
      if (event == Event::Ping) all += "ping " + reader.payload() + '\n';
      if (event == Event::Pong) all += "pong " + reader.payload() + '\n';
      if (event == Event::Close) {
        check(is_utf8(reader.payload()), "a close reason that is not UTF-8", reader.payload());
        return all + "close " + std::to_string(to_number(reader.close_code())) + ' ' + reader.payload();
      }
      // Of a compressed message more than one thing may be wrong; which shows first depends on the pieces.
      if (event == Event::Failed) return all + "failed " + (settings.compression ? "" : reader.failure().text);
    }
  }
  return all;
}

}  // namespace

void websocket(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  if ((choice & 4U) != 0) {
    const auto extensions = detail::parse_extensions(input);
    if (!extensions) return;
    for (const detail::WebSocketExtension& extension : *extensions)
      static_cast<void>(detail::accept_compression_answer(extension, {}));
    const auto made = detail::accept_compression_offer(*extensions, {});
    if (!made) return;
    const auto answer = detail::parse_extensions(made->answer);
    check(detail::accept_compression_answer(answer->front(), {}).has_value(), "an answer no client takes",
          made->answer);
    return;
  }
  Settings settings{(choice & 1U) != 0 ? detail::WebSocketRole::Server : detail::WebSocketRole::Client, std::nullopt};
  if ((choice & 2U) != 0) settings.compression.emplace();
  const std::string whole = events_of(input, std::max<std::size_t>(input.size(), 1), settings);
  check(events_of(input, 1, settings) == whole, "one byte at a time differs", input);
  check(events_of(input, 7, settings) == whole, "seven bytes at a time differ", input);
}

}  // namespace coroute::fuzz

// SPDX-License-Identifier: BSL-1.0
// RFC 6455, section by section, as a server has to keep it: what a client sends to an echo over a real socket, and all
// that comes back until the end of the connection.
#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/app/app.hpp"
#include "support/raw_websocket.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::string_literals;
using coroute::detail::WebSocketOpcode;

namespace {

constexpr std::size_t limit = 1024 * 1024;  // of a message, by default

Async<void> echo(WebSocket& ws) {
  co_await ws.accept();
  while (auto message = co_await ws.receive()) {
    if (message->is_text()) {
      co_await ws.send_text(message->data());
    } else {
      co_await ws.send_bytes(message->data());
    }
  }
}

Handler echo_handler() {
  App app;
  app.websocket("/", echo);
  return std::move(app).handler();
}

struct Case {
  std::string name;
  std::string sent;
  std::string expected;   ///< Events, without the reason of a Close; long payloads as their size.
  bool in_one_go = true;  ///< Else byte by byte.
  /// What is sent once the answers to `sent` have come; by default a Close with 1000.
  std::string then = client_frame(WebSocketOpcode::Close, close_payload(1000));
};

// --- frames ---

std::string text(std::string_view payload) {
  return client_frame(WebSocketOpcode::Text, payload);
}
std::string binary(std::string_view payload) {
  return client_frame(WebSocketOpcode::Binary, payload);
}
std::string ping(std::string_view payload) {
  return client_frame(WebSocketOpcode::Ping, payload);
}
/// Not the last of its message.
std::string first_of(WebSocketOpcode opcode, std::string_view payload) {
  return client_frame(static_cast<unsigned>(opcode), payload);
}
std::string next_of(std::string_view payload) {
  return client_frame(0U, payload);
}
std::string last_of(std::string_view payload) {
  return client_frame(WebSocketOpcode::Continuation, payload);
}
std::string closing(std::string_view payload) {
  return client_frame(WebSocketOpcode::Close, payload);
}
/// With a mask of our choice, and the length in 1, 3 or 9 bytes.
std::string made_frame(unsigned first, std::string_view payload, int length_bytes, std::string_view mask) {
  std::string frame(1, static_cast<char>(first));
  const unsigned flag = mask.empty() ? 0U : 0x80U;
  const std::size_t size = payload.size();
  if (length_bytes == 1) frame += static_cast<char>(flag | size);
  if (length_bytes == 3) frame += static_cast<char>(flag | 126U);
  if (length_bytes == 9) frame += static_cast<char>(flag | 127U);
  for (int i = length_bytes - 2; i >= 0; --i)
    frame += static_cast<char>(i >= 8 ? 0 : size >> (8 * static_cast<unsigned>(i)) & 0xFFU);
  frame += mask;
  for (std::size_t i = 0; i < size; ++i)
    frame += static_cast<char>(mask.empty() ? payload[i] : payload[i] ^ mask[i % 4]);
  return frame;
}

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  unsigned state = 12345;
  for (char& c : bytes) {
    state = state * 1103515245U + 12345U;
    c = static_cast<char>('a' + (state >> 16U) % 26);
  }
  return bytes;
}

// --- the sections ---

using Cases = std::vector<Case>;

/// An event of a long payload is told by its size and a sum.
std::string shortened(const std::string& event) {
  if (event.starts_with("close ")) return event.substr(0, event.find(' ', 6));
  if (event.size() < 200) return event;
  unsigned sum = 0;
  for (const char c : event)
    sum = sum * 31 + static_cast<unsigned char>(c);
  return event.substr(0, event.find(' ')) + " of " + std::to_string(event.size()) + " bytes, sum " +
         std::to_string(sum);
}

std::string echoed(const std::string& type, const std::string& payload) {
  return shortened(type + ' ' + payload) + ", ";
}

const std::string good_end = "close 1000, end";

void add_lengths(Cases& all) {
  for (const std::size_t size : std::initializer_list<std::size_t>{
           0, 1, 2, 7, 8, 124, 125, 126, 127, 128, 255, 256, 1000, 16384, 65534, 65535, 65536, 65537, 200'000, limit}) {
    const std::string payload = noise(size);
    all.push_back({"5.2 text of " + std::to_string(size), text(payload), echoed("text", payload) + good_end});
    all.push_back({"5.2 binary of " + std::to_string(size), binary(payload), echoed("binary", payload) + good_end});
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{125}}) {
    const std::string frame = made_frame(0x81, noise(size), 3, "mask");
    all.push_back({"5.2 a length of " + std::to_string(size) + " in 2 bytes", frame, "close 1002, end"});
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{126}, std::size_t{65535}}) {
    const std::string frame = made_frame(0x82, noise(size), 9, "mask");
    all.push_back({"5.2 a length of " + std::to_string(size) + " in 8 bytes", frame, "close 1002, end"});
  }
  all.push_back({"5.2 a length beyond 63 bits", "\x82\xFF\x80\0\0\0\0\0\0\0mask"s, "close 1002, end"});
  all.push_back(
      {"5.2 the largest length there is", "\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFmask"s, "close 1009, end"});
  all.push_back({"10.4 a byte over the limit", binary(noise(limit + 1)), "close 1009, end"});
  all.push_back({"10.4 a byte over the limit in fragments",
                 first_of(WebSocketOpcode::Text, noise(limit)) + last_of("x"), "close 1009, end"});
  all.push_back({"10.4 the limit in fragments",
                 first_of(WebSocketOpcode::Text, noise(limit).substr(0, 9)) + last_of(noise(limit).substr(9)),
                 echoed("text", noise(limit)) + good_end});
  all.push_back({"10.4 an announced length over the limit", "\x82\xFF\0\0\0\0\0\x10\0\1mask"s, "close 1009, end"});
}

void add_reserved(Cases& all) {
  for (unsigned bits = 1; bits < 8; ++bits) {
    for (const unsigned opcode : {0x1U, 0x2U, 0x8U, 0x9U, 0xAU}) {
      all.push_back({"5.2 RSV " + std::to_string(bits) + " on opcode " + std::to_string(opcode),
                     client_frame(0x80U | bits << 4U | opcode, opcode == 8 ? "\x03\xE8" : "x"), "close 1002, end"});
    }
    all.push_back({"5.2 RSV " + std::to_string(bits) + " on a continuation",
                   first_of(WebSocketOpcode::Text, "a") + client_frame(0x80U | bits << 4U, "b"), "close 1002, end"});
  }
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    const std::string name = "5.2 opcode " + std::to_string(opcode);
    all.push_back({name, client_frame(0x80U | opcode, ""), "close 1002, end"});
    all.push_back({name + " with a payload", client_frame(0x80U | opcode, "payload"), "close 1002, end"});
    all.push_back({name + " behind a message", text("hello"), "text hello, close 1002, end", true,
                   client_frame(0x80U | opcode, "")});
  }
}

void add_masking(Cases& all) {
  for (const unsigned opcode : {0x1U, 0x2U, 0x8U, 0x9U, 0xAU}) {
    all.push_back({"5.1 no mask on opcode " + std::to_string(opcode),
                   made_frame(0x80U | opcode, opcode == 8 ? "\x03\xE8" : "hello", 1, ""), "close 1002, end"});
  }
  for (std::size_t size = 0; size < 18; ++size) {
    const std::string payload = noise(size);
    all.push_back({"5.3 a mask over " + std::to_string(size) + " bytes",
                   made_frame(0x82, payload, 1, "\x37\xFA\x21\x3D"), echoed("binary", payload) + good_end});
  }
  all.push_back({"5.3 a mask of zeros", made_frame(0x81, "hello", 1, "\0\0\0\0"s), "text hello, " + good_end});
  all.push_back(
      {"5.7 the RFC's own example", "\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58", "text Hello, " + good_end});
}

void add_fragments(Cases& all) {
  const std::string a = first_of(WebSocketOpcode::Text, "frag");
  const std::string middle = next_of("men");
  const std::string z = last_of("ted");
  all.push_back({"5.4 two fragments", a + z, "text fragted, " + good_end});
  all.push_back({"5.4 three fragments", a + middle + z, "text fragmented, " + good_end});
  all.push_back({"5.4 binary fragments", first_of(WebSocketOpcode::Binary, "\x01") + last_of("\xFF"),
                 "binary \x01\xFF, " + good_end});
  all.push_back(
      {"5.4 empty fragments", first_of(WebSocketOpcode::Text, "") + next_of("") + last_of(""), "text , " + good_end});
  all.push_back(
      {"5.4 an empty first fragment", first_of(WebSocketOpcode::Text, "") + last_of("x"), "text x, " + good_end});
  all.push_back({"5.4 an empty last fragment", a + last_of(""), "text frag, " + good_end});
  all.push_back({"5.4 a ping between fragments", a + ping("now") + z, "pong now, text fragted, " + good_end});
  all.push_back(
      {"5.4 a pong between fragments", a + client_frame(WebSocketOpcode::Pong, "") + z, "text fragted, " + good_end});
  all.push_back({"5.4 a Close between fragments", a + closing("\x03\xE8"), good_end});
  all.push_back({"5.4 a text inside of a message", a + text("x"), "close 1002, end"});
  all.push_back({"5.4 a binary inside of a message", a + binary("x"), "close 1002, end"});
  all.push_back({"5.4 a first fragment inside of a message", a + a, "close 1002, end"});
  all.push_back({"5.4 a continuation of nothing", z, "close 1002, end"});
  all.push_back({"5.4 a continuation of nothing that is not the last", middle, "close 1002, end"});
  all.push_back({"5.4 a continuation behind a whole message", text("hi"), "text hi, close 1002, end", true, z});
  all.push_back(
      {"5.4 two messages in fragments", a + z + a + middle + z, "text fragted, text fragmented, " + good_end});
  std::string many = first_of(WebSocketOpcode::Text, "");
  for (int i = 0; i < 1000; ++i)
    many += next_of("x");
  all.push_back({"5.4 a thousand fragments", many + last_of(""), echoed("text", std::string(1000, 'x')) + good_end});
  all.push_back({"5.4 fragments byte by byte", a + ping("p") + z, "pong p, text fragted, " + good_end, false});
}

void add_control_frames(Cases& all) {
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 124, 125}) {
    all.push_back(
        {"5.5.2 a ping of " + std::to_string(size), ping(noise(size)), echoed("pong", noise(size)) + good_end});
  }
  for (const unsigned opcode : {8U, 9U, 10U}) {
    const std::string name = "opcode " + std::to_string(opcode);
    all.push_back({"5.5 126 bytes in " + name, made_frame(0x80U | opcode, noise(126), 3, "mask"), "close 1002, end"});
    all.push_back({"5.5 fragments of " + name, client_frame(opcode, "\x03\xE8"), "close 1002, end"});
  }
  std::string pings;
  std::string pongs;
  for (int i = 0; i < 10; ++i) {
    pings += ping(std::to_string(i));
    pongs += "pong " + std::to_string(i) + ", ";
  }
  all.push_back({"5.5.2 ten pings", pings, pongs + good_end});
  all.push_back({"5.5.2 a ping of bytes that are no UTF-8", ping("\xFF\xFE"), "pong \xFF\xFE, " + good_end});
  all.push_back({"5.5.2 a ping byte by byte", ping("slowly"), "pong slowly, " + good_end, false});
  all.push_back({"5.5.3 a pong that nobody asked for", client_frame(WebSocketOpcode::Pong, "x"), good_end});
  all.push_back(
      {"5.5.3 a pong with 8 bytes that nobody asked for", client_frame(WebSocketOpcode::Pong, noise(8)), good_end});
  all.push_back({"5.5.1 a Close without a code", closing(""), "close 1005, end"});
  all.push_back({"5.5.1 a Close of one byte", closing("\x03"), "close 1002, end"});
  all.push_back({"5.5.1 a reason of 123 bytes", closing(close_payload(1000, noise(123))), good_end});
  all.push_back({"5.5.1 a reason that is no UTF-8", closing(close_payload(1000, "\xFF")), "close 1007, end"});
  all.push_back(
      {"5.5.1 a reason cut inside of a character", closing(close_payload(1000, "\xE2\x82")), "close 1007, end"});
  all.push_back({"5.5.1 a message behind a Close", closing("\x03\xE8") + text("late"), good_end});
  all.push_back({"5.5.1 a ping behind a Close", closing("\x03\xE8") + ping("late"), good_end});
  all.push_back({"5.5.1 what is no frame behind a Close", closing("\x03\xE8") + "\xFF\xFF\xFF\xFF", good_end});
  all.push_back({"5.5.1 a Close behind answers", text("a") + text("b"), "text a, text b, " + good_end});
  all.push_back({"5.5.1 a Close byte by byte", closing(close_payload(1001, "bye")), "close 1001, end", false});
}

void add_close_codes(Cases& all) {
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U, 1014U, 3000U,
                              3999U, 4000U, 4999U}) {
    all.push_back({"7.4 Close with " + std::to_string(code), closing(close_payload(code, "why")),
                   "close " + std::to_string(code) + ", end"});
  }
  for (const unsigned code : {0U, 1U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U}) {
    all.push_back({"7.4 Close with " + std::to_string(code), closing(close_payload(code)), "close 1002, end"});
  }
}

void add_texts(Cases& all) {
  const std::vector<std::string> good = {"",
                                         "Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!",
                                         "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",
                                         "\0"s,
                                         "\x7F",
                                         "\xC2\x80",
                                         "\xDF\xBF",
                                         "\xE0\xA0\x80",
                                         "\xED\x9F\xBF",
                                         "\xEE\x80\x80",
                                         "\xEF\xBF\xBF",
                                         "\xEF\xBF\xBD",
                                         "\xF0\x90\x80\x80",
                                         "\xF4\x8F\xBF\xBF",
                                         "\xF0\x9F\x98\x80"};
  const std::vector<std::string> bad = {"\x80",
                                        "\xBF",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xC2",
                                        "\xC2 ",
                                        "\xE0\x80\x80",
                                        "\xE0\x9F\xBF",
                                        "\xE2\x82",
                                        "\xED\xA0\x80",
                                        "\xED\xBF\xBF",
                                        "\xF0\x80\x80\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF0\x9F\x98",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xF8\x88\x80\x80\x80",
                                        "\xFC\x84\x80\x80\x80\x80",
                                        "\xFE",
                                        "\xFF",
                                        "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80\x65\x64"};
  for (std::size_t i = 0; i < good.size(); ++i) {
    const std::string number = std::to_string(i);
    std::string pieces = first_of(WebSocketOpcode::Text, "");
    for (const char c : good[i])
      pieces += next_of({&c, 1});
    all.push_back({"8.1 good text " + number, text(good[i]), "text " + good[i] + ", " + good_end});
    all.push_back({"8.1 good text in fragments " + number, pieces + last_of(""), "text " + good[i] + ", " + good_end});
  }
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const std::string number = std::to_string(i);
    std::string pieces = first_of(WebSocketOpcode::Text, "fine so far ");
    for (const char c : bad[i])
      pieces += next_of({&c, 1});
    all.push_back({"8.1 bad text " + number, text(bad[i]), "close 1007, end"});
    all.push_back({"8.1 bad text in fragments " + number, pieces + last_of(""), "close 1007, end"});
    all.push_back({"8.1 no text but binary " + number, binary(bad[i]), "binary " + bad[i] + ", " + good_end});
  }
  // Seen before the message is complete: nothing more is sent.
  all.push_back(
      {"8.1 bad text is refused at once", first_of(WebSocketOpcode::Text, "\xED\xA0"), "close 1007, end", true, ""});
  all.push_back({"8.1 bad text in half a frame", "\x81\xFE\x10\0\0\0\0\0 \xFF"s, "close 1007, end", true, ""});
}

void add_streams_of_bytes(Cases& all) {
  const std::string long_text = noise(300);
  all.push_back({"6.2 a text byte by byte", text("hello"), "text hello, " + good_end, false});
  all.push_back({"6.2 a long text byte by byte", text(long_text), echoed("text", long_text) + good_end, false});
  std::string many;
  std::string echoes;
  for (int i = 0; i < 200; ++i) {
    many += i % 3 == 0 ? binary(std::to_string(i)) : text(std::to_string(i));
    echoes += (i % 3 == 0 ? "binary " : "text ") + std::to_string(i) + ", ";
  }
  all.push_back({"6.2 many messages in one segment", many, echoes + good_end});
  all.push_back({"6.2 no message", "", good_end});
  all.push_back({"7.1.1 the server ends the connection", "", good_end});
}

Cases all_cases() {
  Cases all;
  add_lengths(all);
  add_reserved(all);
  add_masking(all);
  add_fragments(all);
  add_control_frames(all);
  add_close_codes(all);
  add_texts(all);
  add_streams_of_bytes(all);
  return all;
}

bool is_last(std::string_view event) {
  return event == "end" || event == "reset" || event.starts_with("failed");
}

void send_bytes(RawWebSocket& ws, std::string_view bytes, bool in_one_go) {
  // A server that has refused what came before may not take the rest.
  for (std::size_t i = 0; i < bytes.size(); i += in_one_go ? bytes.size() : 1) {
    if (!ws.connection().try_send(bytes.substr(i, in_one_go ? bytes.size() : 1))) return;
  }
}

/// What comes back. Once a Close has come a server has nothing more to say: it is sent behind the last answer.
std::string outcome_of(const Case& one, std::uint16_t port) {
  RawWebSocket ws(port);
  std::string events;
  const auto next = [&] {
    const std::string event = shortened(ws.next());
    events.append(events.empty() ? "" : ", ").append(event);
    return !is_last(event);
  };
  send_bytes(ws, one.sent, one.in_one_go);
  if (!one.then.empty()) {
    const std::string answers = one.expected.substr(0, one.expected.rfind("close "));
    while (events.size() + 2 < answers.size()) {
      if (!next()) return events;
    }
    send_bytes(ws, one.then, true);
  }
  while (next()) {
  }
  return events;
}

}  // namespace

TEST_SUITE_BEGIN("server");

TEST_CASE("websocket RFC 6455: each case ends as the section says") {
  const TestServer server(echo_handler());
  const Cases cases = all_cases();
  CHECK(cases.size() >= 200);
  MESSAGE(cases.size(), " cases");
  for (const Case& one : cases) {
    CAPTURE(one.name);
    CHECK(outcome_of(one, server.port()) == one.expected);
  }
}

TEST_SUITE_END();

// SPDX-License-Identifier: BSL-1.0
#include "observe/log_line.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "coroute/json.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

constexpr auto some_time = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 17h + 12min + 123ms;

std::string line(LogFormat format, std::string_view message, std::initializer_list<LogField> fields = {},
                 const std::vector<StackEntry>& stack = {}) {
  std::string body;
  detail::append_log_body(body, format, message, fields, stack);
  std::string out;
  detail::append_log_line(out, format, LogLevel::Info, some_time, body);
  return out;
}

std::string text_body(std::string_view message, std::initializer_list<LogField> fields = {},
                      const std::vector<StackEntry>& stack = {}) {
  std::string body;
  detail::append_log_body(body, LogFormat::Text, message, fields, stack);
  return body;
}

Json json_line(std::string_view message, std::initializer_list<LogField> fields = {},
               const std::vector<StackEntry>& stack = {}) {
  const std::string text = line(LogFormat::Json, message, fields, stack);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  return parse_json(text);
}

}  // namespace

TEST_SUITE("observe") {
  TEST_CASE("log line: text has time, level, message and fields") {
    CHECK(line(LogFormat::Text, "MESSAGE", {{"key", "value"}, {"other", "va lue"}}) ==
          "2026-11-22T17:12:00.123Z INFO MESSAGE key=value other=\"va lue\"\n");
  }

  TEST_CASE("log line: JSON has the same as members") {
    CHECK(line(LogFormat::Json, "MESSAGE", {{"key", "value"}, {"n", 7}, {"ok", true}}) ==
          "{\"time\":\"2026-11-22T17:12:00.123Z\",\"level\":\"info\",\"message\":\"MESSAGE\",\"key\":\"value\",\"n\":7,"
          "\"ok\":true}\n");
  }

  TEST_CASE("log line: the time is padded and cut to milliseconds") {
    std::string out;
    const auto early = std::chrono::sys_days{std::chrono::year{2027} / 1 / 2} + 3h + 4min + 5s + 6999us;
    detail::append_log_line(out, LogFormat::Text, LogLevel::Error, early, "x");
    CHECK(out == "2027-01-02T03:04:05.006Z ERROR x\n");
  }

  TEST_CASE("log line: every level has its name") {
    std::string out;
    for (const LogLevel level : {LogLevel::Trace, LogLevel::Debug, LogLevel::Warning, LogLevel::Critical}) {
      detail::append_log_line(out, LogFormat::Text, level, some_time, "x");
    }
    CHECK(out ==
          "2026-11-22T17:12:00.123Z TRACE x\n2026-11-22T17:12:00.123Z DEBUG x\n"
          "2026-11-22T17:12:00.123Z WARNING x\n2026-11-22T17:12:00.123Z CRITICAL x\n");
  }

  TEST_CASE("log line: a text value gets quotes only when it needs them") {
    CHECK(text_body("m", {{"k", "/a/b?c&d,e:[f]{g}'h'"}}) == "m k=/a/b?c&d,e:[f]{g}'h'");
    CHECK(text_body("m", {{"k", ""}}) == "m k=\"\"");
    CHECK(text_body("m", {{"k", "a=b"}}) == "m k=\"a=b\"");
    CHECK(text_body("m", {{"k", "say \"hi\" \\ now"}}) == R"(m k="say \"hi\" \\ now")");
    CHECK(text_body("m", {{"a key", "v"}}) == "m \"a key\"=v");
    CHECK(text_body("a \"quoted\" \\ message") == "a \"quoted\" \\ message");
  }

  TEST_CASE("log line: a control character can't begin a line of its own") {
    CHECK(text_body("a\r\n2026-11-22T17:12:00.123Z ERROR forged") == "a\\r\\n2026-11-22T17:12:00.123Z ERROR forged");
    CHECK(text_body("m", {{"k", std::string_view("\0\t\x1b[31m\x7f", 8)}}) == "m k=\"\\u0000\\t\\u001b[31m\\u007f\"");
    CHECK(text_body("m", {{"k\n", "v"}}) == "m \"k\\n\"=v");
  }

  TEST_CASE("log line: invisible characters beyond ASCII are escaped, others stay") {
    CHECK(text_body("\xC2\x9B"
                    "31m \xE2\x80\xA8 \xE2\x80\xAE \xE2\x81\xA6") == "\\u009b31m \\u2028 \\u202e \\u2066");
    CHECK(text_body("Gr\xC3\xBC\xC3\x9F"
                    "e \xE2\x82\xAC \xF0\x9F\x98\x80") ==
          "Gr\xC3\xBC\xC3\x9F"
          "e \xE2\x82\xAC \xF0\x9F\x98\x80");
  }

  TEST_CASE("log line: what is not UTF-8 is replaced") {
    CHECK(text_body("a\xFF"
                    "b\xC3") ==
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD");
    CHECK(json_line("\xED\xA0\x80")["message"] == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  }

  TEST_CASE("log line: JSON gives every text back as it was") {
    std::string all;
    for (int c = 0; c < 128; ++c)
      all += static_cast<char>(c);
    all += "\xC2\x9B\xE2\x80\xA8\xE2\x82\xAC";
    const Json parsed = json_line(all, {{all, all}});
    CHECK(parsed["message"] == all);
    CHECK(parsed[all] == all);
  }

  TEST_CASE("log line: numbers keep their value") {
    CHECK(text_body("m", {{"low", std::numeric_limits<std::int64_t>::min()},
                          {"high", std::numeric_limits<std::uint64_t>::max()},
                          {"byte", std::uint8_t{200}},
                          {"half", 0.5},
                          {"whole", 12.0},
                          {"single", 0.25F},
                          {"no", false}}) ==
          "m low=-9223372036854775808 high=18446744073709551615 byte=200 half=0.5 whole=12 single=0.25 no=false");
  }

  TEST_CASE("log line: JSON writes null for what is no number") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(json_line("m", {{"x", infinity}})["x"].is_null());
    CHECK(json_line("m", {{"x", std::numeric_limits<double>::quiet_NaN()}})["x"].is_null());
    CHECK(json_line("m", {{"x", 1e300}})["x"] == 1e300);
    CHECK(text_body("m", {{"x", -infinity}}) == "m x=-inf");
  }

  TEST_CASE("log line: a field can't replace a member that every JSON line has") {
    const Json parsed = json_line("m", {{"level", "x"}, {"time", "x"}, {"message", "x"}, {"stack", "x"}});
    CHECK(parsed["level"] == "info");
    CHECK(parsed["message"] == "m");
    CHECK(parsed["level_"] == "x");
    CHECK(parsed["time_"] == "x");
    CHECK(parsed["message_"] == "x");
    CHECK(parsed["stack_"] == "x");
  }

  TEST_CASE("log line: a text is cut beyond 8 KiB") {
    const std::size_t limit = detail::max_log_text_bytes;
    const std::string fits(limit, 'a');
    CHECK(text_body("m", {{"k", std::string(limit - 1, 'a')}}) == "m k=" + std::string(limit - 1, 'a'));
    CHECK(text_body("m", {{"k", fits}}) == "m k=" + fits);
    CHECK(text_body("m", {{"k", fits + "b"}}) == "m k=\"" + fits + "...\"");
    CHECK(json_line(fits + "b")["message"] == fits + "...");
  }

  TEST_CASE("log line: a stack follows as lines that begin with spaces, or as an array in JSON") {
    const std::vector<StackEntry> stack{{"fetch()", "shop.cpp", 12}, {"quote\n()", "shop.cpp", 40}};
    CHECK(text_body("m", {{"k", 1}}, stack) == "m k=1\n  at fetch() (shop.cpp:12)\n  at quote\\n() (shop.cpp:40)");
    CHECK(json_line("m", {}, stack)["stack"] == Json::array({"fetch() (shop.cpp:12)", "quote\n() (shop.cpp:40)"}));
    CHECK_FALSE(json_line("m").contains("stack"));
  }

  TEST_CASE("log line: a function whose file is not known stands alone") {
    CHECK(text_body("x", {}, {{"nanosleep", "", 0}}) == "x\n  at nanosleep");
    CHECK(json_line("x", {}, {{"nanosleep", "", 0}})["stack"] == Json::array({"nanosleep"}));
  }

  TEST_CASE("log line: a request id is the last field, before the stack") {
    std::string text;
    detail::append_log_body(text, LogFormat::Text, "x", {{"key", "value"}}, {{"f", "a.cpp", 1}}, "order 7");
    CHECK(text == "x key=value request_id=\"order 7\"\n  at f (a.cpp:1)");
    std::string json;
    detail::append_log_body(json, LogFormat::Json, "x", {}, {{"f", "a.cpp", 1}}, "order \"7");
    CHECK(json == "\"message\":\"x\",\"request_id\":\"order \\\"7\",\"stack\":[\"f (a.cpp:1)\"]}");
  }

  TEST_CASE("format_stack: one line for each entry") {
    CHECK(format_stack({}).empty());
    CHECK(format_stack({{"a()", "a.cpp", 1}, {"b()", "b.cpp", 22}}) == "  at a() (a.cpp:1)\n  at b() (b.cpp:22)");
  }
}

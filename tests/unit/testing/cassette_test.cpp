// SPDX-License-Identifier: BSL-1.0
#include "testing/cassette.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "support/temporary_file.hpp"

using namespace coroute;
using namespace coroute::detail;
using coroute::test::TemporaryFile;

namespace {

Cassette two_interactions() {
  Cassette cassette;
  Interaction first;
  first.method = "POST";
  first.url = "http://h/a?b=1";
  first.request_headers.add("x-one", "1");
  first.request_headers.add("x-one", "2");
  first.request_body = "caf\xC3\xA9";
  first.request_trailers.add("x-sum", "5");
  first.status = Status::Created;
  first.response_headers.add("content-type", "image/png");
  first.response_body = std::string("\x89PNG\0\xFF", 6);
  first.response_trailers.add("x-sum", "6");
  Interaction second;
  second.method = "GET";
  second.url = "http://h/";
  cassette.interactions = {first, second};
  return cassette;
}

std::string refusal_of(std::string_view text) {
  try {
    Cassette::parse(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_SUITE_BEGIN("testing");

TEST_CASE("cassette: what is written can be read by people and is read again as it was") {
  const Cassette cassette = two_interactions();
  const std::string text = cassette.to_text();
  CHECK(text.starts_with(R"({
  "version": 1,
  "interactions": [
    {
      "request": {
        "method": "POST",
        "url": "http://h/a?b=1",
        "headers": [)"));
  CHECK(text.find("\"body\": \"caf\xC3\xA9\"") != std::string::npos);
  CHECK(text.find(R"("body_base64": "iVBORwD/")") != std::string::npos);
  const Cassette again = Cassette::parse(text);
  REQUIRE(again.interactions.size() == 2);
  const Interaction& first = again.interactions[0];
  CHECK(first.label() == "POST http://h/a?b=1");
  CHECK(first.request_headers.get_all("x-one").size() == 2);
  CHECK(first.request_body == "caf\xC3\xA9");
  CHECK(first.status == Status::Created);
  CHECK(first.response_headers.get("content-type") == "image/png");
  CHECK(first.response_body == cassette.interactions[0].response_body);
  CHECK(again.interactions[1].label() == "GET http://h/");
  CHECK(again.to_text() == text);
}

TEST_CASE("cassette: what is none is refused") {
  CHECK(refusal_of("") != "none");
  CHECK(refusal_of("{}") != "none");
  CHECK(refusal_of(R"({"version": 2, "interactions": []})") == "its version is not 1");
  CHECK(refusal_of(R"({"version": 1, "interactions": []})") == "none");
  CHECK(refusal_of(R"({"version": 1, "interactions": [{}]})") != "none");
  const std::string begin = R"({"version": 1, "interactions": [{"request": {"method": "GET", "url": "http://h/",
      "headers": [], "body": ""}, "response": )";
  CHECK(refusal_of(begin + R"({"status": 200, "headers": [], "body": ""}}]})") == "none");
  CHECK(refusal_of(begin + R"({"status": 2000, "headers": [], "body": ""}}]})") != "none");
  CHECK(refusal_of(begin + R"({"status": 200, "headers": [["a b", ""]], "body": ""}}]})") != "none");
  CHECK(refusal_of(begin + R"({"status": 200, "headers": [["a"]], "body": ""}}]})") != "none");
  CHECK(refusal_of(begin + R"({"status": 200, "headers": [], "body_base64": "x"}}]})") ==
        "a body_base64 is not base64");
  CHECK(refusal_of(begin + R"({"status": 200, "headers": []}}]})") != "none");
}

TEST_CASE("cassette: values of fields that are not UTF-8 are read again as they were") {
  Cassette cassette = two_interactions();
  cassette.interactions[0].response_headers.add("x-name", "caf\xE9");
  cassette.interactions[1].request_headers.add("x-name", "\xFF");
  const std::string text = cassette.to_text();
  CHECK(text.find(R"("Y2Fm6Q==")") != std::string::npos);
  const Cassette again = Cassette::parse(text);
  CHECK(again.interactions.at(0).response_headers.get("x-name") == "caf\xE9");
  CHECK(again.interactions.at(1).request_headers.get("x-name") == "\xFF");
  const std::string wrong = R"({"version": 1, "interactions": [{"request": {"method": "GET", "url": "http://h/",
      "headers": [["a", "=", "base64"]], "body": ""}, "response": {"status": 200, "headers": [], "body": ""}}]})";
  CHECK(refusal_of(wrong) == "the value of a field is not base64");
}

TEST_CASE("cassette: what can't be written is a runtime_error") {
  Cassette cassette = two_interactions();
  cassette.interactions[0].method = "\xFF";
  CHECK_THROWS_AS(cassette.to_text(), std::runtime_error);
}

TEST_CASE("cassette: a file that can't be used is named") {
  const TemporaryFile file;
  CHECK_THROWS_WITH_AS(Cassette::load(file.path()), ("cannot read the cassette " + file.path()).c_str(),
                       std::runtime_error);
  file.write(R"({"version": 3})");
  CHECK_THROWS_WITH_AS(Cassette::load(file.path()),
                       ("the cassette " + file.path() + " can't be used: its version is not 1").c_str(),
                       std::runtime_error);
  two_interactions().save(file.path());
  CHECK(Cassette::load(file.path()).interactions.size() == 2);
  CHECK_THROWS_WITH_AS(Cassette().save("/no-such-folder/x"), "cannot write the cassette /no-such-folder/x",
                       std::runtime_error);
}

TEST_CASE("cassette: redact replaces the values of fields by name, however that is written") {
  Headers headers;
  headers.add("Authorization", "Bearer secret");
  headers.add("set-cookie", "a=1");
  headers.add("set-cookie", "b=2");
  headers.add("accept", "x");
  const Headers redacted = redact(headers, {"authorization", "Set-Cookie"});
  CHECK(redacted.get("authorization") == "[redacted]");
  CHECK(redacted.get_all("set-cookie") == std::vector<std::string_view>{"[redacted]", "[redacted]"});
  CHECK(redacted.get("accept") == "x");
}

TEST_SUITE_END();

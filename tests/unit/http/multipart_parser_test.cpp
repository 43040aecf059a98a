// SPDX-License-Identifier: BSL-1.0
#include "http/multipart_parser.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/http/http_exception.hpp"

using namespace coroute;
using coroute::detail::MultipartParser;
using coroute::detail::MultipartSink;

namespace {

/// Writes what it is told: "{name: value;|data}" for each part, without "}" while the part has not ended.
class Recorder final : public MultipartSink {
 public:
  void on_part_begin(Headers headers) override {
    text += '{';
    for (const auto [name, value] : headers)
      text.append(name).append(": ").append(value).append(";");
    text += '|';
  }
  void on_part_data(std::string_view data) override {
    ++data_calls;
    text += data;
  }
  void on_part_end() override { text += '}'; }

  std::string text;
  std::size_t data_calls = 0;
};

struct Outcome {
  std::string text;  ///< What was recorded, then " refused" if it was.
  std::uint64_t bytes_examined = 0;
  std::size_t data_calls = 0;
};

Outcome run_parser(const std::vector<std::string_view>& pieces, std::string_view boundary, const FormLimits& limits) {
  Recorder recorder;
  MultipartParser parser(boundary, limits, recorder);
  std::string verdict;
  try {
    for (const std::string_view piece : pieces)
      parser.feed(piece);
    parser.finish();
  } catch (const HttpException& error) {
    CHECK(error.status() == Status::BadRequest);
    CHECK(error.detail_json() == R"("There was an error parsing the body")");
    verdict = " refused";
  }
  return {recorder.text + verdict, parser.bytes_examined(), recorder.data_calls};
}

std::string parse(std::string_view body, std::string_view boundary = "b", const FormLimits& limits = {}) {
  return run_parser({body}, boundary, limits).text;
}

/// Whatever `body` is cut into, two cuts and single bytes, it must give what it gives whole.
void check_every_split(std::string_view body, std::string_view boundary = "b") {
  const std::string whole = parse(body, boundary);
  CAPTURE(whole);
  std::vector<std::string_view> bytes;
  for (std::size_t first = 0; first <= body.size(); ++first) {
    if (first < body.size()) bytes.push_back(body.substr(first, 1));
    for (std::size_t second = first; second <= body.size(); ++second) {
      const std::string cut =
          run_parser({body.substr(0, first), body.substr(first, second - first), body.substr(second)}, boundary, {})
              .text;
      if (cut == whole) continue;
      CAPTURE(first);
      CAPTURE(second);
      CHECK(cut == whole);
    }
  }
  CHECK(run_parser(bytes, boundary, {}).text == whole);
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

std::string part_with_headers(std::size_t count) {
  return "--b\r\n" + repeat("h: v\r\n", count) + "\r\nx\r\n--b--";
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("multipart parser: gives the headers and the content of each part") {
    CHECK(parse("--b\r\nA: 1\r\nB: 2\r\n\r\nhello\r\n--b\r\nC: 3\r\n\r\nworld\r\n--b--\r\n") ==
          "{A: 1;B: 2;|hello}{C: 3;|world}");
  }

  TEST_CASE("multipart parser: a part may lack headers and content") {
    CHECK(parse("--b\r\n\r\nx\r\n--b--") == "{|x}");
    CHECK(parse("--b\r\nA: 1\r\n\r\n\r\n--b--") == "{A: 1;|}");
    CHECK(parse("--b\r\n\r\n\r\n--b--") == "{|}");
  }

  TEST_CASE("multipart parser: a body may have no parts") {
    CHECK(parse("--b--") == "");
    CHECK(parse("--b--\r\n") == "");
    CHECK(parse("\r\n--b--\r\n") == "");
  }

  TEST_CASE("multipart parser: preamble and epilogue are skipped") {
    CHECK(parse("preamble\r\nb\r\n--bx\r\n--b\r\n\r\nx\r\n--b--") == "{|x}");
    CHECK(parse("\r\n\r\n--b\r\n\r\nx\r\n--b--") == "{|x}");
    CHECK(parse("--b\r\n\r\nx\r\n--b--epilogue\r\n--b\r\n\r\ny\r\n--b--") == "{|x}");
    CHECK(parse("--b\r\n\r\nx\r\n--b-- \t\r\n\n\r") == "{|x}");
  }

  TEST_CASE("multipart parser: a boundary begins a line") {
    CHECK(parse("x--b\r\n\r\ny\r\n--b\r\n\r\nx\r\n--b--") == "{|x}");
    CHECK(parse("--b\r\n\r\nx--b\r\ny\r\n--b--") == "{|x--b\r\ny}");
    CHECK(parse("--b\r\n\r\n--b\r\ny\r\n--b--") == "{|--b\r\ny}");
    CHECK(parse("--b\r\n\r\nx\r\r\n--b--") == "{|x\r}");
    CHECK(parse("--b\r\n\r\nx\n\r\n--b--") == "{|x\n}");
  }

  TEST_CASE("multipart parser: a line that only begins with the boundary is content") {
    CHECK(parse("--b\r\n\r\nx\r\n--bc\r\n--b-x\r\n--b.\r\n--b--") == "{|x\r\n--bc\r\n--b-x\r\n--b.}");
    CHECK(parse("--b\r\n\r\nx\r\n--b-\r\n--b--") == "{|x\r\n--b-}");
    CHECK(parse("--b\r\n\r\n\r\n--\r\n-\r\n--B\r\n--b--") == "{|\r\n--\r\n-\r\n--B}");
  }

  TEST_CASE("multipart parser: blanks behind a boundary are skipped") {
    CHECK(parse("--b \t \r\n\r\nx\r\n--b\t\r\n\r\ny\r\n--b--") == "{|x}{|y}");
    CHECK(parse("--b " + std::string(100'000, ' ') + "\r\n\r\nx\r\n--b--") == "{|x}");
    CHECK(parse("--b\r\n\r\nx\r\n--b y\r\n--b--") == "{|x refused");
    CHECK(parse("--b\r\n\r\nx\r\n--b --\r\n--b--") == "{|x refused");
  }

  TEST_CASE("multipart parser: lines end with CR LF and nothing else") {
    CHECK(parse("--b\n\nx\n--b--") == " refused");
    CHECK(parse("--b\r\r\n\r\nx\r\n--b--") == " refused");
    CHECK(parse("--b\r\nA: 1\n\r\nx\r\n--b--") == " refused");
    CHECK(parse("--b\r\nA: 1\n\nx\r\n--b--") == " refused");
    CHECK(parse("--b\r\nA: 1\r\r\n\r\nx\r\n--b--") == " refused");
    CHECK(parse("--b\r\nA: 1\r\n\rx\r\n--b--") == " refused");
    CHECK(parse("--b\r\nA: 1\r\n\nx\r\n--b--") == " refused");
    CHECK(parse("--b\r\n\r\nx\r\n--b\n\r\ny\r\n--b--") == "{|x refused");
    CHECK(parse("--b\r\n\r\nx\r\n--b\ry\r\n--b--") == "{|x refused");
    CHECK(parse("--b\r\n\r\nx\n--b--") == "{|x\n--b-- refused");
    CHECK(parse("--b \n\r\nx\r\n--b--") == " refused");
  }

  TEST_CASE("multipart parser: a body without its final boundary is refused") {
    const std::string_view body = "--b\r\nA: 1\r\n\r\nx\r\n--b--";
    for (std::size_t length = 0; length < body.size(); ++length) {
      CAPTURE(length);
      CHECK(parse(body.substr(0, length)).ends_with("refused"));
    }
    CHECK(parse(body) == "{A: 1;|x}");
    CHECK(parse("--b\r\n\r\nx\r\n--b\r\n") == "{|x} refused");
    CHECK(parse("no boundary at all") == " refused");
  }

  TEST_CASE("multipart parser: blanks around a header value don't count") {
    CHECK(parse("--b\r\nA:1\r\nB: \t 2 \t\r\nC:\r\n\r\n\r\n--b--") == "{A: 1;B: 2;C: ;|}");
    CHECK(parse("--b\r\nA: x:y\r\n\r\n\r\n--b--") == "{A: x:y;|}");
  }

  TEST_CASE("multipart parser: a broken header is refused") {
    for (const std::string_view line :
         {"A", ": 1", "A : 1", "A B: 1", " A: 1", "A: 1\r\n folded", "A\xC3\xA9: 1", "--b--", "A\t: 1", "\"A\": 1"}) {
      CAPTURE(line);
      CHECK(parse("--b\r\n" + std::string(line) + "\r\n\r\nx\r\n--b--") == " refused");
    }
  }

  TEST_CASE("multipart parser: a control character in a header is refused") {
    for (const int code : {0, 1, 8, 11, 31, 127}) {
      CAPTURE(code);
      const std::string bad(1, static_cast<char>(code));
      CHECK(parse("--b\r\nA: x" + bad + "y\r\n\r\n\r\n--b--") == " refused");
      CHECK(parse("--b\r\nA" + bad + ": x\r\n\r\n\r\n--b--") == " refused");
    }
    CHECK(parse("--b\r\nA: x\xFFy\r\n\r\n\r\n--b--") == "{A: x\xFFy;|}");
  }

  TEST_CASE("multipart parser: content may be any bytes") {
    std::string all;
    for (int code = 0; code < 256; ++code)
      all += static_cast<char>(code);
    CHECK(parse("--b\r\n\r\n" + all + "\r\n--b--") == "{|" + all + "}");
  }

  TEST_CASE("multipart parser: a boundary may have any length up to 70 and special characters") {
    for (const std::string& boundary :
         {std::string(70, 'x'), std::string("----WebKitFormBoundary7MA4YWxkTrZu0gW"), std::string("'()+_,-./:=? x"),
          std::string("-"), std::string("--"), std::string("aaab")}) {
      CAPTURE(boundary);
      const std::string near = "\r\n--" + boundary.substr(0, boundary.size() - 1);
      const std::string body = "--" + boundary + "\r\n\r\nx" + near + "\r\n--" + boundary + "--";
      const std::string expected = boundary.size() == 1 ? "{|x\r\n--}" : "{|x" + near + "}";
      CHECK(parse(body, boundary) == expected);
    }
  }

  TEST_CASE("multipart parser: the parts don't depend on how the body is cut") {
    check_every_split("--b\r\nA: 1\r\nB: 2\r\n\r\nhello\r\n--b\r\n\r\n\r\n--b--\r\nepi");
    check_every_split("pre\r\n--b \r\n\r\n\r\n--\r\n--bc\r\n--b-x\r\r\n\r\n--b\t\r\n\r\n--b\r\n--b--");
    check_every_split("\r\n--bound\r\n\r\n\r\n--boun\r\n--boundx\r\n--bound\r\n\r\n\r\r\n--bound--", "bound");
  }

  TEST_CASE("multipart parser: a refusal doesn't depend on how the body is cut") {
    check_every_split("--b\n\nx\n--b--");
    check_every_split("--b\r\nA: 1\n\r\nx\r\n--b--");
    check_every_split("--b\r\n\r\nx\r\n--b\r\nA\r\n\r\n--b--");
    check_every_split("--b\r\n\r\nx\r\n--b\ry");
    check_every_split("--b\r\n\r\nx\r\n--b z");
    check_every_split("--b\r\n\r\nx\r\n--b");
  }

  TEST_CASE("multipart parser: a part may have as many headers as the limit says and not more") {
    const FormLimits limits{.max_part_headers = 2};
    CHECK(parse(part_with_headers(1), "b", limits) == "{h: v;|x}");
    CHECK(parse(part_with_headers(2), "b", limits) == "{h: v;h: v;|x}");
    CHECK(parse(part_with_headers(3), "b", limits) == " refused");
    CHECK(parse(part_with_headers(7)).ends_with("|x}"));
    CHECK(parse(part_with_headers(8)).ends_with("|x}"));
    CHECK(parse(part_with_headers(9)) == " refused");
    const std::string two_parts = "--b\r\nh: v\r\nh: v\r\n\r\n\r\n" + part_with_headers(2);
    CHECK(parse(two_parts, "b", limits) == "{h: v;h: v;|}{h: v;h: v;|x}");
  }

  TEST_CASE("multipart parser: the headers of a part may have as many bytes as the limit says and not more") {
    const FormLimits limits{.max_part_header_bytes = 8};
    CHECK(parse("--b\r\nA: 4567\r\n\r\n\r\n--b--", "b", limits) == "{A: 4567;|}");
    CHECK(parse("--b\r\nA: 45678\r\n\r\n\r\n--b--", "b", limits) == "{A: 45678;|}");
    CHECK(parse("--b\r\nA: 456789\r\n\r\n\r\n--b--", "b", limits) == " refused");
    CHECK(parse("--b\r\nA: 4\r\nB: 4\r\n\r\n\r\n--b--", "b", limits) == "{A: 4;B: 4;|}");
    CHECK(parse("--b\r\nA: 4\r\nB: 45\r\n\r\n\r\n--b--", "b", limits) == " refused");
    const std::string_view two_parts = "--b\r\nA: 45678\r\n\r\n\r\n--b\r\nA: 45678\r\n\r\n\r\n--b--";
    CHECK(parse(two_parts, "b", limits) == "{A: 45678;|}{A: 45678;|}");
  }

  TEST_CASE("multipart parser: by default the headers of a part may have 16 KiB") {
    const std::string value(16 * 1024 - 2, 'v');
    CHECK(parse("--b\r\nA:" + value + "\r\n\r\n\r\n--b--") == "{A: " + value + ";|}");
    CHECK(parse("--b\r\nA:" + value + "v\r\n\r\n\r\n--b--") == " refused");
  }

  TEST_CASE("multipart parser: a header without end is refused before it fills the memory") {
    Recorder recorder;
    MultipartParser parser("b", {.max_part_header_bytes = 100}, recorder);
    parser.feed("--b\r\n");
    parser.feed(std::string(100, 'x'));
    CHECK_THROWS_AS(parser.feed("x"), HttpException);
  }

  TEST_CASE("multipart parser: content is handed out as it comes, not held back") {
    Recorder recorder;
    MultipartParser parser("bound", {}, recorder);
    parser.feed("--bound\r\n\r\n");
    CHECK(recorder.text == "{|");
    parser.feed("abc");
    CHECK(recorder.text == "{|abc");
    parser.feed("def\r\n--bo");
    CHECK(recorder.text == "{|abcdef");
    parser.feed("x");
    CHECK(recorder.text == "{|abcdef\r\n--box");
    parser.feed("\r\n--bound");
    CHECK(recorder.text == "{|abcdef\r\n--box");
    parser.feed("-");
    parser.feed("-");
    CHECK(recorder.text == "{|abcdef\r\n--box}");
  }

  TEST_CASE("multipart parser: content with many line ends is handed out in one piece") {
    const Outcome outcome = run_parser({"--b\r\n\r\n" + repeat("a,b,c\r\n", 1000) + "\r\n--b--"}, "b", {});
    CHECK(outcome.data_calls == 1);
    CHECK(outcome.text == "{|" + repeat("a,b,c\r\n", 1000) + "}");
  }

  TEST_CASE("multipart parser: the work is proportional to the body, however hostile its lines") {
    const std::string boundary = std::string(69, 'b') + "x";
    for (const std::string& line :
         {std::string("\r"), std::string("\r\n"), std::string("\r\n-"), std::string("\r\n--"),
          "\r\n--" + boundary.substr(0, 69), "\r\n--" + boundary + "y", "\r\n--" + boundary + "-y",
          "\r\r\n--" + boundary.substr(0, 40), std::string("-"), std::string("b"), std::string("\n")}) {
      CAPTURE(line);
      const std::string content = repeat(line, 300'000 / line.size());
      const std::string body = "--" + boundary + "\r\n\r\n" + content + "\r\n--" + boundary + "--";
      const Outcome whole = run_parser({body}, boundary, {});
      CHECK(whole.text == "{|" + content + "}");
      CHECK(whole.bytes_examined <= 3 * body.size());
      std::vector<std::string_view> pieces;
      for (std::string_view rest = body; !rest.empty(); rest.remove_prefix(pieces.back().size()))
        pieces.push_back(rest.substr(0, 7));
      const Outcome cut = run_parser(pieces, boundary, {});
      CHECK(cut.text == whole.text);
      CHECK(cut.bytes_examined <= 3 * body.size());
      CHECK(cut.data_calls <= 2 * pieces.size());
    }
  }

  TEST_CASE("multipart parser: the work is proportional to the preamble, the heads and the padding too") {
    const std::string preamble = repeat("\r\n--boundar", 30'000);
    CHECK(run_parser({preamble}, "boundary", {}).bytes_examined <= 3 * preamble.size());
    const std::string padding = "--b" + std::string(300'000, ' ');
    CHECK(run_parser({padding}, "b", {}).bytes_examined <= 3 * padding.size());
    const std::string parts = repeat("--b\r\nA: 1\r\nB: 2\r\n\r\n\r\n", 10'000) + "--b--";
    const Outcome outcome = run_parser({parts}, "b", {});
    CHECK(outcome.text == repeat("{A: 1;B: 2;|}", 10'000));
    CHECK(outcome.bytes_examined <= 3 * parts.size());
  }
}

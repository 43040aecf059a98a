// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/form_encoding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/query_params.hpp"
#include "http/form_reader.hpp"
#include "support/async_test.hpp"
#include "support/temporary_directory.hpp"

using namespace coroute;

namespace {

FormData parse(std::string_view content_type, std::string_view body) {
  detail::FormReader reader(content_type, {});
  reader.feed(body);
  reader.finish();
  return reader.form();
}

std::string dump(const FormData& form) {
  std::string out;
  for (const auto& [name, value] : form) {
    out += '[' + name + '=';
    if (const UploadFile* file = value.file()) {
      out += '<' + file->filename() + '|' + std::string(file->content_type().value_or("-")) + '|';
      out.append(file->content()).append(">");
    } else {
      out += *value.text();
    }
    out += ']';
  }
  return out;
}

std::string written_name(std::string_view name) {
  MultipartWriter writer("b");
  const std::string body = writer.add(name, "").finish();
  const std::size_t begin = body.find("name=") + 5;
  return body.substr(begin, body.find("\r\n\r\n") - begin);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("form encoding: pairs become a urlencoded body") {
    CHECK(encode_urlencoded({}) == "");
    CHECK(encode_urlencoded({{"a b", "c+d&e"}, {"a b", ""}, {"\xC3\xA9", "=\r\n"}}) ==
          "a+b=c%2Bd%26e&a+b=&%C3%A9=%3D%0D%0A");
    const std::pair<std::string_view, std::string_view> pairs[] = {{"a", "1"}, {"b", "2"}};
    CHECK(encode_urlencoded(pairs) == "a=1&b=2");
  }

  TEST_CASE("form encoding: what was urlencoded is read back") {
    std::string all;
    for (int code = 0; code < 128; ++code)
      all += static_cast<char>(code);
    const FormData form = parse("application/x-www-form-urlencoded", encode_urlencoded({{all, all}, {"", ""}}));
    CHECK(dump(form) == '[' + all + '=' + all + "][=]");
  }

  TEST_CASE("multipart writer: writes texts and files") {
    MultipartWriter writer("b0und");
    writer.add("token", "foo").add_file("file", "test.txt", "<file content>", "text/plain");
    CHECK(writer.content_type() == "multipart/form-data; boundary=b0und");
    CHECK(writer.finish() ==
          "--b0und\r\ncontent-disposition: form-data; name=\"token\"\r\n\r\nfoo\r\n"
          "--b0und\r\ncontent-disposition: form-data; name=\"file\"; filename=\"test.txt\"\r\n"
          "content-type: text/plain\r\n\r\n<file content>\r\n--b0und--\r\n");
  }

  TEST_CASE("multipart writer: an empty body is only the final boundary") {
    MultipartWriter writer("b");
    CHECK(writer.finish() == "--b--\r\n");
  }

  TEST_CASE("multipart writer: can be used again after finish") {
    MultipartWriter writer("b");
    writer.add("a", "1").finish();
    CHECK(dump(parse(writer.content_type(), writer.add("b", "2").finish())) == "[b=2]");
  }

  TEST_CASE("multipart writer: names are escaped as browsers do and backslashes doubled") {
    CHECK(written_name("plain name") == "\"plain name\"");
    CHECK(written_name("a\"b") == "\"a%22b\"");
    CHECK(written_name("a\r\nb\nc\rd") == "\"a%0D%0Ab%0Ac%0Dd\"");
    CHECK(written_name("a\\b\\") == "\"a\\\\b\\\\\"");
    CHECK(written_name("100%") == "\"100%\"");
    CHECK(written_name("\xC3\xA9\t;=") == "\"\xC3\xA9\t;=\"");
    CHECK(written_name("") == "\"\"");
  }

  TEST_CASE("multipart writer: a name with another control character is refused and nothing written") {
    for (const int code : {0, 1, 8, 11, 12, 31, 127}) {
      CAPTURE(code);
      const std::string name = std::string("a") + static_cast<char>(code);
      MultipartWriter writer("b");
      CHECK_THROWS_AS(writer.add(name, "x"), std::invalid_argument);
      CHECK_THROWS_AS(writer.add_file(name, "f", "x"), std::invalid_argument);
      CHECK_THROWS_AS(writer.add_file("a", name, "x"), std::invalid_argument);
      CHECK_THROWS_AS(writer.add_file("a", UploadFile(name, "x")), std::invalid_argument);
      CHECK(writer.finish() == "--b--\r\n");
    }
  }

  TEST_CASE("multipart writer: a content type that would break out of its line is refused") {
    MultipartWriter writer("b");
    CHECK_THROWS_AS(writer.add_file("a", "f", "x", "text/plain\r\nx: y"), std::invalid_argument);
    CHECK(writer.finish() == "--b--\r\n");
  }

  TEST_CASE("multipart writer: a given boundary within a content is refused") {
    MultipartWriter writer("b0und");
    CHECK_THROWS_AS(writer.add("a", "x\r\n--b0und--"), std::invalid_argument);
    CHECK_THROWS_AS(writer.add_file("a", "f", "--b0undx"), std::invalid_argument);
    CHECK_THROWS_AS(writer.add_file("a", UploadFile("f", "--b0und")), std::invalid_argument);
    writer.add("a", "b0und --b0un");
    CHECK(dump(parse(writer.content_type(), writer.finish())) == "[a=b0und --b0un]");
  }

  TEST_CASE("multipart writer: a boundary has 1 to 70 of the allowed characters") {
    CHECK_THROWS_AS(MultipartWriter(""), std::invalid_argument);
    CHECK_THROWS_AS(MultipartWriter(std::string(71, 'b')), std::invalid_argument);
    CHECK_THROWS_AS(MultipartWriter("b "), std::invalid_argument);
    CHECK_THROWS_AS(MultipartWriter("b\""), std::invalid_argument);
    CHECK_THROWS_AS(MultipartWriter("b\r\n"), std::invalid_argument);
    CHECK_THROWS_AS(MultipartWriter("b;c"), std::invalid_argument);
    CHECK_THROWS_AS(MultipartWriter("\xC3\xA9"), std::invalid_argument);
    for (const std::string& boundary : {std::string("b"), std::string(69, 'b'), std::string(70, 'b'),
                                        std::string("'()+_,-./:=? b"), std::string("----WebKitFormBoundaryX")}) {
      CAPTURE(boundary);
      MultipartWriter writer(boundary);
      CHECK(writer.boundary() == boundary);
      writer.add("a", "x");
      CHECK(dump(parse(writer.content_type(), writer.finish())) == "[a=x]");
    }
  }

  TEST_CASE("multipart writer: quotes a boundary that needs it") {
    CHECK(MultipartWriter("a-b_c.'+").content_type() == "multipart/form-data; boundary=a-b_c.'+");
    CHECK(MultipartWriter("a b").content_type() == "multipart/form-data; boundary=\"a b\"");
    CHECK(MultipartWriter("a=b").content_type() == "multipart/form-data; boundary=\"a=b\"");
  }

  TEST_CASE("multipart writer: its own boundaries differ") {
    std::set<std::string> boundaries;
    for (int i = 0; i < 100; ++i)
      boundaries.insert(MultipartWriter().boundary());
    CHECK(boundaries.size() == 100);
    CHECK(boundaries.begin()->size() == 32);
  }

  TEST_CASE("multipart writer: a file keeps its headers") {
    MultipartWriter writer("b");
    writer.add_file("f", UploadFile("n", "x", "a/b", Headers{{"content-disposition", "attachment"}, {"x-id", "7"}}));
    const FormData form = parse(writer.content_type(), writer.finish());
    REQUIRE(form.file("f"));
    CHECK(form.file("f")->headers().size() == 3);
    CHECK(form.file("f")->headers().get("x-id") == "7");
    CHECK(form.file("f")->content_type() == "a/b");
  }

  TEST_CASE("form encoding: a form is read back from its multipart body as it was") {
    std::string all;
    for (int code = 0; code < 256; ++code)
      all += static_cast<char>(code);
    FormData form;
    form.add("a", "1");
    form.add("a", "");
    form.add("\"quoted\"\r\n\\ \xC3\xA9", "text\r\n--\r\n\xE2\x82\xAC");
    form.add("file", UploadFile("..\\x\"y\".bin", all, "application/octet-stream"));
    form.add("", UploadFile("", ""));
    const FormData back = parse("multipart/form-data; boundary=xyz", encode_multipart(form, "xyz"));
    CHECK(dump(back) == dump(form));
  }

  ASYNC_TEST_CASE("form encoding: a closed file can't be encoded") {
    FormData form;
    form.add("f", UploadFile("f", "x"));
    co_await form.file("f")->close();
    CHECK_THROWS_AS(encode_multipart(form, "b"), RuntimeError);
  }

  ASYNC_TEST_CASE("multipart writer: files on disk are written whole and in pieces as those in memory are") {
    const coroute::test::TemporaryDirectory directory;
    const std::string large(600'000, 'x');
    const UploadFile on_disk = co_await UploadFile::open(directory.write("a.txt", large));
    const UploadFile empty = co_await UploadFile::open(directory.write("b.txt", ""));
    const auto write = [&](MultipartWriter& writer) {
      writer.add("before", "1").add_file("a", on_disk).add_file("b", empty).add("after", "2").add_file("a", on_disk);
    };
    MultipartWriter whole;
    CHECK(whole.is_in_memory());
    write(whole);
    CHECK_FALSE(whole.is_in_memory());
    const std::uint64_t size = whole.size();
    const std::string body = whole.finish();
    CHECK(body.size() == size);
    CHECK(whole.is_in_memory());
    CHECK(whole.finish() == "--" + whole.boundary() + "--\r\n");
    const bool is_same = dump(parse(whole.content_type(), body)) ==
                         "[before=1][a=<a.txt|text/plain|" + large +
                             ">][b=<b.txt|text/plain|>][after=2][a=<a.txt|text/plain|" + large + ">]";
    CHECK(is_same);
    write(whole);
    AsyncGenerator<std::string> pieces = whole.finish_in_pieces();
    CHECK(whole.is_in_memory());
    std::string joined;
    std::size_t longest = 0;
    while (true) {
      const std::optional<std::string> piece = co_await pieces.next();
      if (!piece) break;
      longest = std::max(longest, piece->size());
      joined += *piece;
    }
    const bool is_same_in_pieces = joined == body;
    CHECK(is_same_in_pieces);
    CHECK(longest == 256 * 1024);
  }

  ASYNC_TEST_CASE(
      "multipart writer: a file on disk is sent from its beginning, also when it was read or is closed meanwhile") {
    const coroute::test::TemporaryDirectory directory;
    const UploadFile file = co_await UploadFile::open(directory.write("a.txt", "hello"));
    co_await file.seek(3);
    MultipartWriter writer;
    writer.add_file("a", file);
    co_await file.close();
    CHECK(dump(parse(writer.content_type(), writer.finish())) == "[a=<a.txt|text/plain|hello>]");
    CHECK_THROWS_AS(writer.add_file("a", file), RuntimeError);
  }

  ASYNC_TEST_CASE("multipart writer: a given boundary is looked for in files on disk too") {
    const coroute::test::TemporaryDirectory directory;
    const UploadFile file = co_await UploadFile::open(directory.write("a.txt", "x --b y"));
    MultipartWriter writer("b");
    CHECK_THROWS_AS(writer.add_file("a", file), std::invalid_argument);
    CHECK(writer.size() == 7);
  }
}

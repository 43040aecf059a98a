// SPDX-License-Identifier: BSL-1.0
#include "http/multipart_form.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/http_exception.hpp"

using namespace coroute;
using coroute::detail::Charset;
using coroute::detail::MultipartForm;

namespace {

constexpr std::string_view broken = R"(400 "There was an error parsing the body")";
#ifdef __OPTIMIZE__
constexpr std::size_t many_parts = 1'000'000;
#else
constexpr std::size_t many_parts = 50'000;
#endif

constexpr std::string_view nameless = R"(400 "The Content-Disposition header field \"name\" must be provided.")";

struct Outcome {
  FormData form;
  std::string error;
};

Outcome read(std::string_view body, const FormLimits& limits = {}, Charset charset = Charset::Utf8) {
  Outcome outcome;
  MultipartForm parser("b", charset, limits, outcome.form);
  try {
    parser.feed(body);
    parser.finish();
  } catch (const HttpException& error) {
    outcome.error = std::to_string(error.status().code()) + ' ' + error.detail_json();
  }
  return outcome;
}

/// "[name=text]" and "[name=<filename|content type|content>]", or the error.
std::string parse(std::string_view body, const FormLimits& limits = {}, Charset charset = Charset::Utf8) {
  const Outcome outcome = read(body, limits, charset);
  if (!outcome.error.empty()) return outcome.error;
  std::string out;
  for (const auto& [name, value] : outcome.form) {
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

/// A part with these header lines.
std::string part(std::string_view headers, std::string_view content = "x") {
  return "--b\r\n" + std::string(headers) + "\r\n\r\n" + std::string(content) + "\r\n";
}
std::string text(std::string_view name, std::string_view content) {
  return part("Content-Disposition: form-data; name=\"" + std::string(name) + '"', content);
}
std::string upload(std::string_view name, std::string_view filename, std::string_view content) {
  return part(
      "Content-Disposition: form-data; name=\"" + std::string(name) + "\"; filename=\"" + std::string(filename) + '"',
      content);
}

/// What one part with this Content-Disposition gives.
std::string disposed(std::string_view disposition, Charset charset = Charset::Utf8) {
  return parse(part("Content-Disposition: " + std::string(disposition)) + "--b--", {}, charset);
}

std::string many(std::string_view one, int count) {
  std::string body;
  for (int i = 0; i < count; ++i)
    body += one;
  return body + "--b--";
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("multipart form: a part with a filename is a file, one without is a text") {
    CHECK(parse(part("Content-Disposition: form-data; name=\"file\"; filename=\"test.txt\"\r\n"
                     "Content-Type: text/plain",
                     "<file content>") +
                text("token", "foo") + "--b--\r\n") == "[file=<test.txt|text/plain|<file content>>][token=foo]");
  }

  TEST_CASE("multipart form: a body without bytes is an empty form") {
    CHECK(parse("") == "");
    CHECK(parse("--b--\r\n") == "");
    CHECK(parse("\r\n") == broken);
  }

  TEST_CASE("multipart form: repeated names and empty values are kept in their order") {
    CHECK(parse(text("a", "1") + upload("a", "f", "") + text("b", "") + text("a", "2") + text("", "") + "--b--") ==
          "[a=1][a=<f|-|>][b=][a=2][=]");
  }

  TEST_CASE("multipart form: a file knows all headers of its part") {
    const Outcome outcome =
        read(part("content-disposition: form-data; name=f; filename=g\r\nX-Id: 7\r\nx-id: 8\r\nContent-Type: a/b") +
             "--b--");
    REQUIRE(outcome.form.file("f"));
    const UploadFile& file = *outcome.form.file("f");
    CHECK(file.filename() == "g");
    CHECK(file.content_type() == "a/b");
    CHECK(file.headers().size() == 4);
    CHECK(file.headers().get_all("X-ID") == std::vector<std::string_view>{"7", "8"});
    CHECK(file.headers().get("Content-Disposition") == "form-data; name=f; filename=g");
    CHECK(file.size() == 1);
  }

  TEST_CASE("multipart form: headers of one part don't reach the next") {
    const Outcome outcome = read(part("Content-Disposition: form-data; name=a; filename=f\r\nContent-Type: a/b") +
                                 upload("b", "g", "y") + "--b--");
    REQUIRE(outcome.form.file("b"));
    CHECK(outcome.form.file("b")->headers().size() == 1);
    CHECK(outcome.form.file("b")->content() == "y");
  }

  TEST_CASE("multipart form: a part without a name is refused") {
    CHECK(disposed("form-data") == nameless);
    CHECK(disposed("form-data; filename=\"t.bin\"") == nameless);
    CHECK(disposed("form-data; name") == nameless);
    CHECK(disposed("name=\"x\"") == nameless);
    CHECK(disposed("") == nameless);
    CHECK(parse(part("Content-Type: text/plain") + "--b--") == nameless);
    CHECK(parse("--b\r\n\r\nx\r\n--b--") == nameless);
  }

  TEST_CASE("multipart form: a name may be empty, unquoted or of any case") {
    CHECK(disposed("form-data; name=\"\"") == "[=x]");
    CHECK(disposed("form-data; name=a") == "[a=x]");
    CHECK(disposed("form-data; NAME=a; FileName=\"f\"") == "[a=<f|-|x>]");
    CHECK(disposed("FORM-DATA;name=\"a;b=c\"") == "[a;b=c=x]");
  }

  TEST_CASE("multipart form: a disposition that two readers could read differently is refused") {
    CHECK(disposed("form-data; name=a; name=b") == broken);
    CHECK(disposed("form-data; name=a; filename=f; filename=g") == broken);
    CHECK(disposed("form-data; name=\"a") == broken);
    CHECK(disposed("form-data; name=\"a\"b") == broken);
    CHECK(parse(part("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b") + "--b--") ==
          broken);
  }

  TEST_CASE("multipart form: an empty filename makes a file, as browsers send for none chosen") {
    CHECK(disposed("form-data; name=a; filename=\"\"") == "[a=<|-|x>]");
  }

  TEST_CASE("multipart form: quotes in names come escaped with a backslash or as browsers write them") {
    CHECK(disposed(R"(form-data; name="a\"b\\c"; filename="d\"e")") == R"([a"b\c=<d"e|-|x>])");
    CHECK(disposed("form-data; name=\"a%22b\"; filename=\"c%0D%0Ad%0a%0d\"") == "[a\"b=<c\r\nd\n\r|-|x>]");
  }

  TEST_CASE("multipart form: other percent signs in names stay") {
    CHECK(disposed("form-data; name=\"100%\"; filename=\"%41%2%0%0c%%22\"") == "[100%=<%41%2%0%0c%\"|-|x>]");
    CHECK(disposed("form-data; name=\"a%00b\"") == "[a%00b=x]");
  }

  TEST_CASE("multipart form: a NUL in a name is refused, one in a text is not") {
    CHECK(disposed(std::string_view("form-data; name=\"a\0b\"", 21)) == broken);
    CHECK(parse(text("a", std::string_view("x\0y", 3)) + "--b--") == std::string("[a=x\0y]", 7));
  }

  TEST_CASE("multipart form: a Windows path is cut down to the file's name") {
    CHECK(disposed(R"(form-data; name=a; filename="C:\dir\file.txt")") == "[a=<file.txt|-|x>]");
    CHECK(disposed(R"(form-data; name=a; filename="\\\\server\share\file.txt")") == "[a=<file.txt|-|x>]");
    CHECK(disposed(R"(form-data; name=a; filename="a\b.txt")") == "[a=<a\\b.txt|-|x>]");
    CHECK(disposed(R"(form-data; name=a; filename="../b.txt")") == "[a=<../b.txt|-|x>]");
    CHECK(disposed(R"(form-data; name=a; filename="C:\ ")") == "[a=< |-|x>]");
    CHECK(disposed("form-data; name=a; filename=C:\\") == "[a=<|-|x>]");
    CHECK(disposed("form-data; name=a; filename=C:") == "[a=<C:|-|x>]");
    CHECK(disposed(R"(form-data; name="C:\x")") == "[C:\\x=x]");
  }

  TEST_CASE("multipart form: the extended filename counts when it is the only one") {
    CHECK(disposed("form-data; name=a; filename*=utf-8''%E2%82%AC.txt") == "[a=<\xE2\x82\xAC.txt|-|x>]");
    CHECK(disposed("form-data; name=a; filename*=UTF-8'en'a%20b") == "[a=<a b|-|x>]");
    CHECK(disposed("form-data; name=a; filename*=iso-8859-1''%E9") == "[a=<\xC3\xA9|-|x>]");
    CHECK(disposed("form-data; name=a; filename*=utf-8''x; filename=y") == "[a=<y|-|x>]");
    CHECK(disposed("form-data; name=a; filename=y; filename*=nonsense") == "[a=<y|-|x>]");
  }

  TEST_CASE("multipart form: a broken extended filename is refused") {
    for (const std::string_view value :
         {"x", "utf-8'x", "utf-8''%E2%82", "utf-8''%zz", "utf-8''%", "utf-16''x", "''x", "utf-8''%FF"}) {
      CAPTURE(value);
      CHECK(disposed("form-data; name=a; filename*=" + std::string(value)) == broken);
    }
  }

  TEST_CASE("multipart form: an extended name is no name") {
    CHECK(disposed("form-data; name*=utf-8''a") == nameless);
  }

  TEST_CASE("multipart form: texts and names are UTF-8, else Latin-1") {
    CHECK(parse(text("\xC3\xA9", "\xE2\x82\xAC") + "--b--") == "[\xC3\xA9=\xE2\x82\xAC]");
    CHECK(parse(text("\xE9", "\xFF") + "--b--") == "[\xC3\xA9=\xC3\xBF]");
    CHECK(parse(upload("a", "\xE9", "\xFF") + "--b--") == "[a=<\xC3\xA9|-|\xFF>]");
  }

  TEST_CASE("multipart form: the charset of the request holds for names and texts, not for files") {
    CHECK(parse(text("\xC3\xA9", "\xC3\xA9") + "--b--", {}, Charset::Latin1) == "[\xC3\x83\xC2\xA9=\xC3\x83\xC2\xA9]");
    CHECK(parse(upload("a", "\xC3\xA9", "\xC3\xA9") + "--b--", {}, Charset::Latin1) ==
          "[a=<\xC3\x83\xC2\xA9|-|\xC3\xA9>]");
  }

  TEST_CASE("multipart form: the charset of a part holds for its text") {
    const auto with_type = [](std::string_view type) {
      return part("Content-Disposition: form-data; name=a\r\nContent-Type: " + std::string(type), "\xC3\xA9");
    };
    CHECK(parse(with_type("text/plain; charset=ISO-8859-1") + text("b", "\xC3\xA9") + "--b--") ==
          "[a=\xC3\x83\xC2\xA9][b=\xC3\xA9]");
    CHECK(parse(with_type("text/plain; charset=\"utf-8\"") + "--b--", {}, Charset::Latin1) == "[a=\xC3\xA9]");
    CHECK(parse(with_type("text/plain") + "--b--") == "[a=\xC3\xA9]");
    CHECK(parse(with_type("text/plain; charset=utf-16") + "--b--") == broken);
    CHECK(parse(with_type("text/plain; charset=\"x") + "--b--") == broken);
  }

  TEST_CASE("multipart form: the content type of a file is taken as it is") {
    CHECK(parse(part("Content-Disposition: form-data; name=a; filename=f\r\n"
                     "Content-Type: text/plain; charset=utf-16; \"") +
                "--b--") == "[a=<f|text/plain; charset=utf-16; \"|x>]");
  }

  TEST_CASE("multipart form: a _charset_ field holds for all that follows it") {
    CHECK(parse(text("a", "\xC3\xA9") + text("_charset_", "iso-8859-1") + text("b", "\xC3\xA9") +
                text("_charset_", "utf-8") + text("c", "\xC3\xA9") + "--b--") ==
          "[a=\xC3\xA9][_charset_=iso-8859-1][b=\xC3\x83\xC2\xA9][_charset_=utf-8][c=\xC3\xA9]");
    CHECK(parse(text("_charset_", "shift_jis") + "--b--") == broken);
    CHECK(parse(upload("_charset_", "f", "shift_jis") + "--b--") == "[_charset_=<f|-|shift_jis>]");
  }

  TEST_CASE("multipart form: only transfer encodings that change nothing are taken") {
    const auto encoded = [](std::string_view encoding) {
      return parse(
          part("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: " + std::string(encoding)) +
          "--b--");
    };
    CHECK(encoded("7bit") == "[a=x]");
    CHECK(encoded("8BIT") == "[a=x]");
    CHECK(encoded("binary") == "[a=x]");
    CHECK(encoded("base64") == broken);
    CHECK(encoded("Quoted-Printable") == broken);
    CHECK(encoded("x-gzip") == broken);
    CHECK(encoded("") == broken);
    CHECK(encoded("binary\r\nContent-Transfer-Encoding: base64") == broken);
  }

  TEST_CASE("multipart form: there may be as many texts as the limit says and not more") {
    const FormLimits limits{.max_fields = 2, .max_files = 0};
    CHECK(parse(many(text("a", "x"), 1), limits) == "[a=x]");
    CHECK(parse(many(text("a", "x"), 2), limits) == "[a=x][a=x]");
    CHECK(parse(many(text("a", "x"), 3), limits) == R"(400 "Too many fields. Maximum number of fields is 2.")");
  }

  TEST_CASE("multipart form: there may be as many files as the limit says and not more") {
    const FormLimits limits{.max_fields = 0, .max_files = 2};
    CHECK(parse(many(upload("a", "f", "x"), 1), limits) == "[a=<f|-|x>]");
    CHECK(parse(many(upload("a", "f", "x"), 2), limits) == "[a=<f|-|x>][a=<f|-|x>]");
    CHECK(parse(many(upload("a", "f", "x"), 3), limits) == R"(400 "Too many files. Maximum number of files is 2.")");
  }

  TEST_CASE("multipart form: by default there may be 1000 texts and 1000 files") {
    const std::string files = many(upload("f", "f", ""), 1000);
    const std::string both = files.substr(0, files.size() - 5) + many(text("a", ""), 1000);
    CHECK(read(both).form.size() == 2000);
    CHECK(parse(many(text("a", ""), 1001)) == R"(400 "Too many fields. Maximum number of fields is 1000.")");
    CHECK(parse(many(upload("a", "f", ""), 1001)) == R"(400 "Too many files. Maximum number of files is 1000.")");
  }

  TEST_CASE("multipart form: a text may have as many bytes as the limit says and not more") {
    const FormLimits limits{.max_part_size = 2048};
    const auto sized = [&](std::size_t size) { return parse(text("a", std::string(size, 'x')) + "--b--", limits); };
    constexpr std::string_view too_large = R"(400 "Part exceeded maximum size of 2KB.")";
    CHECK(sized(2047) == "[a=" + std::string(2047, 'x') + "]");
    CHECK(sized(2048) == "[a=" + std::string(2048, 'x') + "]");
    CHECK(sized(2049) == too_large);
    CHECK(parse(text("a", std::string(2048, 'x')) + text("b", std::string(2048, 'x')) + "--b--", limits).size() > 4096);
  }

  TEST_CASE("multipart form: by default a text may have 1 MiB") {
    const std::string largest(1024 * 1024, 'x');
    CHECK(read(text("a", largest) + "--b--").form.text("a") == largest);
    CHECK(parse(text("a", largest + "x") + "--b--") == R"(400 "Part exceeded maximum size of 1024KB.")");
  }

  TEST_CASE("multipart form: a file may be larger than a text") {
    const std::string content(1024 * 1024 + 1, 'x');
    const Outcome outcome = read(upload("a", "f", content) + "--b--");
    REQUIRE(outcome.form.file("a"));
    CHECK(outcome.form.file("a")->content() == content);
  }

  TEST_CASE("multipart form: all texts together may have as many bytes as the limit says and not more") {
    const FormLimits limits{.max_fields_size = 2000};
    const auto sized = [&](std::size_t size) {
      return read(text("a", std::string(999, 'x')) + text("b", std::string(size, 'x')) + "--b--", limits);
    };
    CHECK(sized(998).form.size() == 2);
    CHECK(sized(999).form.size() == 2);
    CHECK(sized(1000).error == R"(400 "Fields exceeded maximum size of 1KB.")");
    CHECK(read(upload("a", "f", std::string(9000, 'x')) + "--b--", limits).form.size() == 1);
    const std::string many_texts = many(text("a", std::string(1024 * 1024 - 1, 'x')), 16);
    CHECK(read(many_texts).form.size() == 16);
    CHECK(read(text("b", "") + many_texts).error == R"(400 "Fields exceeded maximum size of 16384KB.")");
  }

  TEST_CASE("multipart form: a file may have as many bytes as the limit says and not more") {
    const FormLimits limits{.max_file_size = 2000};
    const auto sized = [&](std::size_t size) {
      return parse(upload("a", "f", std::string(size, 'x')) + "--b--", limits);
    };
    CHECK(sized(1999) == "[a=<f|-|" + std::string(1999, 'x') + ">]");
    CHECK(sized(2000) == "[a=<f|-|" + std::string(2000, 'x') + ">]");
    CHECK(sized(2001) == R"(413 "File exceeded maximum size of 2000 bytes.")");
    const std::string largest = upload("a", "f", std::string(2000, 'x'));
    CHECK(read(largest + largest + text("b", std::string(2001, 'x')) + "--b--", limits).form.size() == 3);
  }

  TEST_CASE("multipart form: a file over the limit is refused while it comes") {
    FormData form;
    MultipartForm parser("b", Charset::Utf8, {.max_file_size = 10}, form);
    parser.feed("--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n");
    parser.feed("1234567890");
    CHECK_THROWS_AS(parser.feed("1"), HttpException);
  }

  TEST_CASE("multipart form: without a limit of its own a file is not refused for its size") {
    FormData form;
    MultipartForm parser("b", Charset::Utf8, {.spool_max_size = 0}, form);
    parser.feed("--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n");
    const std::string piece(1024 * 1024, 'x');
    for (int i = 0; i < 20; ++i)
      parser.feed(piece);
    parser.feed("\r\n--b--");
    REQUIRE(form.file("a"));
    CHECK(form.file("a")->size() == 20 * piece.size());
  }

  TEST_CASE("multipart form: a name may be as long as the limit says and not longer") {
    const auto named = [&](std::size_t length, const FormLimits& limits) {
      return parse(text(std::string(length, 'n'), "x") + "--b--", limits);
    };
    CHECK(named(9, {.max_name_length = 10}) == "[" + std::string(9, 'n') + "=x]");
    CHECK(named(10, {.max_name_length = 10}) == "[" + std::string(10, 'n') + "=x]");
    CHECK(named(11, {.max_name_length = 10}) == R"(400 "Name exceeded maximum length of 10 bytes.")");
    CHECK(named(256, {}) == "[" + std::string(256, 'n') + "=x]");
    CHECK(named(257, {}) == R"(400 "Name exceeded maximum length of 256 bytes.")");
  }

  TEST_CASE("multipart form: the name of a file may be longer than that of a field") {
    CHECK(parse(upload("a", std::string(1000, 'f'), "x") + "--b--") == "[a=<" + std::string(1000, 'f') + "|-|x>]");
  }

  TEST_CASE("multipart form: a text over the limit is refused while it comes") {
    FormData form;
    MultipartForm parser("b", Charset::Utf8, {.max_part_size = 10}, form);
    parser.feed("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n");
    parser.feed("1234567890");
    CHECK_THROWS_AS(parser.feed("1"), HttpException);
  }

  TEST_CASE("multipart form: a million small parts are refused at the first over the limit") {
    FormData form;
    MultipartForm parser("b", Charset::Utf8, {}, form);
    const std::string one = text("a", "x");
    int taken = 0;
    try {
      for (; taken < 1'000'000; ++taken)
        parser.feed(one);
    } catch (const HttpException&) {
    }
    CHECK(taken == 1000);
    CHECK(form.size() == 1000);
  }

  TEST_CASE("multipart form: a million small parts are read when the limit allows them") {
    FormData form;
    MultipartForm parser("b", Charset::Utf8, {.max_fields = many_parts}, form);
    const std::string one = "--b\r\nContent-Disposition:;name=a\r\n\r\nx\r\n";
    for (std::size_t i = 0; i < many_parts; ++i)
      parser.feed(one);
    parser.feed("--b--");
    parser.finish();
    CHECK(form.size() == many_parts);
    CHECK(form.text("a") == "x");
  }
}

// SPDX-License-Identifier: BSL-1.0
// Mutated form bodies: whatever comes gives a form or a 400, the same however the body is cut.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/form_encoding.hpp"
#include "coroute/http/http_exception.hpp"
#include "http/charset.hpp"
#include "http/form_reader.hpp"

using namespace coroute;

namespace {

using Random = std::mt19937;

#ifdef __OPTIMIZE__
constexpr std::size_t rounds = 200'000;
#else
constexpr std::size_t rounds = 20'000;
#endif

std::size_t below(Random& random, std::size_t limit) {
  return random() % limit;
}

struct Sample {
  std::string content_type;
  std::string body;
};

std::vector<Sample> samples() {
  const std::string type = "multipart/form-data; boundary=b";
  return {
      {type,
       "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; "
       "name=\"f\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\nline\r\nline\r\n--b--\r\n"},
      {type,
       "--b \r\nContent-Disposition:;name=_charset_\r\n\r\nlatin-1\r\n--b\r\nContent-Disposition:;name=\"\xE9\\\"%22\""
       "\r\nContent-Type: a; charset=utf-8\r\n\r\n\r\n--bb\r\n--b-x\r\n--b--"},
      {type + "; charset=utf-8",
       "pre\r\n--b\r\nContent-Disposition: form-data; name=a; filename*=utf-8''%C3%A9\r\n"
       "Content-Transfer-Encoding: binary\r\n\r\n\r\n--b--epi"},
      {"application/x-www-form-urlencoded", "a=1&b=%C3%A9+x&&c&=d&%zz=%"},
  };
}

/// Pieces that matter to the grammar hit more than random bytes do.
void mutate(std::string& text, Random& random) {
  static constexpr std::string_view dictionary[] = {"\r\n",
                                                    "\r",
                                                    "\n",
                                                    "--b",
                                                    "--",
                                                    "\r\n--b",
                                                    "\r\n--b--",
                                                    "\r\n\r\n",
                                                    "\"",
                                                    "\\",
                                                    ";",
                                                    "=",
                                                    ":",
                                                    "%22",
                                                    "%",
                                                    "&",
                                                    "+",
                                                    "\xC3\xA9",
                                                    "\xFF",
                                                    "; name=a",
                                                    "filename=f",
                                                    "filename*=''",
                                                    " ",
                                                    "Content-Type: ",
                                                    "charset=latin-1",
                                                    "_charset_",
                                                    "base64"};
  const std::size_t at = below(random, text.size() + 1);
  switch (below(random, 5)) {
    case 0:
      text.insert(at, dictionary[below(random, std::size(dictionary))]);
      break;
    case 1:
      text.erase(at, 1 + below(random, 8));
      break;
    case 2:
      if (at < text.size()) text[at] = static_cast<char>(random());
      break;
    case 3: {
      const std::string copy = text.substr(below(random, text.size() + 1), below(random, 40));
      text.insert(at, copy);
      break;
    }
    default:
      text.resize(at);
  }
}

/// Every value, or the error.
std::string outcome_of(const Sample& sample, const FormLimits& limits, Random* cuts) {
  std::string out;
  try {
    detail::FormReader reader(sample.content_type, limits);
    for (std::string_view rest = sample.body; !rest.empty();) {
      const std::size_t length = cuts ? 1 + below(*cuts, std::min<std::size_t>(rest.size(), 20)) : rest.size();
      const std::string piece(rest.substr(0, length));  // so that a view kept too long shows under ASan
      reader.feed(piece);
      rest.remove_prefix(length);
    }
    reader.finish();
    for (const auto& [name, value] : reader.form()) {
      const UploadFile* file = value.file();
      CHECK_MESSAGE(detail::is_valid_utf8(name), "a name is not UTF-8");
      CHECK_MESSAGE((file || detail::is_valid_utf8(*value.text())), "a text is not UTF-8");
      out.append(name).append(1, '=').append(file ? file->filename() + '|' : "");
      out.append(file ? file->content() : *value.text()).append(1, '&');
    }
  } catch (const HttpException& error) {
    CHECK(error.status() == Status::BadRequest);
    out = error.detail_json();
  }
  return out;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("form mutations: a mutated body gives a form or a 400, however it is cut") {
    Random random(20240607);
    const std::vector<Sample> originals = samples();
    std::size_t forms = 0;
    std::size_t refusals = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
      Sample sample = originals[below(random, originals.size())];
      for (std::size_t count = below(random, 4); count > 0; --count)
        mutate(below(random, 8) == 0 ? sample.content_type : sample.body, random);
      const FormLimits limits{.max_fields = 1 + below(random, 6), .max_part_size = 1 + below(random, 60)};
      const std::string whole = outcome_of(sample, limits, nullptr);
      const std::string cut = outcome_of(sample, limits, &random);
      if (whole != cut) {
        CAPTURE(sample.content_type);
        CAPTURE(sample.body);
        REQUIRE(cut == whole);
      }
      ++(whole.starts_with('"') ? refusals : forms);
    }
    CHECK(forms > rounds / 4);
    CHECK(refusals > rounds / 4);
  }

  TEST_CASE("form mutations: random forms are read back from their multipart bodies") {
    Random random(7);
    const auto random_text = [&](std::string_view letters, std::size_t longest) {
      std::string text;
      for (std::size_t size = below(random, longest + 1); size > 0; --size)
        text += letters[below(random, letters.size())];
      return text;
    };
    for (int round = 0; round < 2'000; ++round) {
      FormData form;
      for (std::size_t count = below(random, 5); count > 0; --count) {
        std::string name = random_text("ab\"\\;= \r\n", 6);
        if (below(random, 2) == 0) {
          form.add(std::move(name), random_text("ab-\r\n", 20));
        } else {
          form.add(std::move(name), UploadFile(random_text("ab.\"", 6), random_text("\r\n--x\xFF", 30)));
        }
      }
      const std::string boundary = "-boundary-";
      detail::FormReader reader("multipart/form-data; boundary=" + boundary, {});
      reader.feed(encode_multipart(form, boundary));
      reader.finish();
      REQUIRE(reader.form().size() == form.size());
      REQUIRE(std::equal(form.begin(), form.end(), reader.form().begin(), [](const FormField& a, const FormField& b) {
        if (a.name != b.name || a.value.is_file() != b.value.is_file()) return false;
        if (!a.value.is_file()) return a.value.text() == b.value.text();
        const UploadFile& file = *a.value.file();
        return file.filename() == b.value.file()->filename() && file.content() == b.value.file()->content();
      }));
    }
  }
}

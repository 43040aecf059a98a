// SPDX-License-Identifier: BSL-1.0
#include "openapi/docs_file_handler.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/gzip.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::answer;
using coroute::testing::gzipped;
using coroute::testing::TestRequest;

namespace {

const std::string content(5000, 'x');
const std::string packed = gzipped(content);
const detail::DocsFile file{"ui@1", "ui.js", "text/javascript; charset=utf-8", packed, content.size(), "c0ffee"};

bool accepts(std::vector<std::string_view> values) {
  std::vector<HeaderField> fields{{"host", "x"}};
  for (std::string_view value : values)
    fields.push_back({"Accept-Encoding", value});
  return detail::accepts_gzip(HeadersView(fields));
}

bool has_c0ffee(std::vector<std::string_view> values) {
  std::vector<HeaderField> fields{{"host", "x"}};
  for (std::string_view value : values)
    fields.push_back({"If-None-Match", value});
  return detail::has_etag(HeadersView(fields), R"("c0ffee")");
}

Response fetch(std::string_view accept_encoding, std::string_view if_none_match = {}) {
  static const Handler handler = detail::docs_file_handler(file);
  TestRequest request("GET", "/docs/ui@1/ui.js");
  if (!accept_encoding.empty()) request.header("accept-encoding", accept_encoding);
  if (!if_none_match.empty()) request.header("if-none-match", if_none_match);
  return answer(handler, request);
}

std::string_view header(const Response& response, std::string_view name) {
  return response.headers.get(name).value_or("none");
}

}  // namespace

TEST_SUITE("openapi") {
  TEST_CASE("docs file: gzip is accepted by its name in any case, also as x-gzip, anywhere in a list") {
    CHECK(accepts({"gzip"}));
    CHECK(accepts({"GZip"}));
    CHECK(accepts({"x-gzip"}));
    CHECK(accepts({"deflate, gzip, br"}));
    CHECK(accepts({"br,\tgzip "}));
    CHECK(accepts({"br", "gzip"}));
  }

  TEST_CASE("docs file: a client that names no coding that means gzip does not accept it") {
    CHECK_FALSE(accepts({}));
    CHECK_FALSE(accepts({""}));
    CHECK_FALSE(accepts({"br"}));
    CHECK_FALSE(accepts({"identity"}));
    CHECK_FALSE(accepts({"gzipped"}));
    CHECK_FALSE(accepts({"notgzip, gzi"}));
    CHECK_FALSE(accepts({",,,"}));
  }

  TEST_CASE("docs file: a weight of zero refuses, any other accepts") {
    CHECK(accepts({"gzip;q=1"}));
    CHECK(accepts({"gzip; q=0.001"}));
    CHECK(accepts({"gzip ; Q=0.5"}));
    CHECK(accepts({"gzip;level=9"}));
    CHECK_FALSE(accepts({"gzip;q=0"}));
    CHECK_FALSE(accepts({"gzip;q=0.000"}));
    CHECK_FALSE(accepts({"gzip;level=9;q=0"}));
  }

  TEST_CASE("docs file: what is no weight refuses, so that plain content is sent") {
    CHECK_FALSE(accepts({"gzip;q="}));
    CHECK_FALSE(accepts({"gzip;q=high"}));
    CHECK_FALSE(accepts({"gzip;q=-1"}));
    CHECK_FALSE(accepts({"gzip;q=."}));
  }

  TEST_CASE("docs file: a star stands for gzip unless gzip is named itself") {
    CHECK(accepts({"*"}));
    CHECK(accepts({"br, *;q=0.1"}));
    CHECK_FALSE(accepts({"*;q=0"}));
    CHECK_FALSE(accepts({"*, gzip;q=0"}));
    CHECK_FALSE(accepts({"gzip;q=0, *"}));
    CHECK(accepts({"*;q=0, gzip"}));
  }

  TEST_CASE("docs file: an entity tag is known alone, in a list, as a weak one, and by a star") {
    CHECK(has_c0ffee({R"("c0ffee")"}));
    CHECK(has_c0ffee({R"("a" , "c0ffee","b")"}));
    CHECK(has_c0ffee({R"("a")", R"("c0ffee")"}));
    CHECK(has_c0ffee({R"(W/"c0ffee")"}));
    CHECK(has_c0ffee({"*"}));
  }

  TEST_CASE("docs file: other entity tags are not known") {
    CHECK_FALSE(has_c0ffee({}));
    CHECK_FALSE(has_c0ffee({""}));
    CHECK_FALSE(has_c0ffee({"c0ffee"}));
    CHECK_FALSE(has_c0ffee({R"("c0ffee-gzip")"}));
    CHECK_FALSE(has_c0ffee({R"("C0FFEE")"}));
    CHECK_FALSE(has_c0ffee({R"(w/"c0ffee")"}));
    CHECK_FALSE(has_c0ffee({R"("c0ffee)"}));
  }

  TEST_CASE("docs file: a client that takes gzip gets the embedded bytes as they are") {
    const Response response = fetch("gzip, deflate, br");
    CHECK(response.status == Status::Ok);
    CHECK(response.content() == packed);
    CHECK(response.content().data() == packed.data());
    CHECK(header(response, "content-encoding") == "gzip");
    CHECK(header(response, "etag") == R"("c0ffee-gzip")");
    CHECK(response.content_type() == "text/javascript; charset=utf-8");
  }

  TEST_CASE("docs file: any other client gets the content unpacked") {
    for (std::string_view accepted : {"", "br", "gzip;q=0"}) {
      CAPTURE(accepted);
      const Response response = fetch(accepted);
      CHECK(response.status == Status::Ok);
      CHECK(response.content() == content);
      CHECK(header(response, "content-encoding") == "none");
      CHECK(header(response, "etag") == R"("c0ffee")");
      CHECK(response.content_type() == "text/javascript; charset=utf-8");
    }
  }

  TEST_CASE("docs file: it is unpacked once for all") {
    const Response first = fetch("");
    const Response second = fetch("");
    CHECK(first.content().data() == second.content().data());
  }

  TEST_CASE("docs file: caches may keep it for ever, each coding for itself") {
    for (std::string_view accepted : {"", "gzip"}) {
      const Response response = fetch(accepted);
      CHECK(header(response, "cache-control") == "public, max-age=31536000, immutable");
      CHECK(header(response, "vary") == "accept-encoding");
      CHECK(header(response, "x-content-type-options") == "nosniff");
    }
  }

  TEST_CASE("docs file: a client that has it gets 304, without content but with what its cache needs") {
    for (std::string_view accepted : {"", "gzip"}) {
      CAPTURE(accepted);
      const std::string etag(header(fetch(accepted), "etag"));
      const Response response = fetch(accepted, etag);
      CHECK(response.status == Status::NotModified);
      CHECK(response.content().empty());
      CHECK(header(response, "etag") == etag);
      CHECK(header(response, "cache-control") == "public, max-age=31536000, immutable");
      CHECK(header(response, "vary") == "accept-encoding");
      CHECK(header(response, "content-encoding") == "none");
      CHECK(response.content_type().empty());
    }
  }

  TEST_CASE("docs file: the tag of one coding is not that of the other") {
    CHECK(fetch("gzip", R"("c0ffee")").status == Status::Ok);
    CHECK(fetch("", R"("c0ffee-gzip")").status == Status::Ok);
  }

  TEST_CASE("docs file: a file that does not unpack to its size is an error of the build") {
    for (detail::DocsFile broken :
         {detail::DocsFile{"ui@1", "ui.js", "text/plain", packed, content.size() - 1, "1"},
          detail::DocsFile{"ui@1", "ui.js", "text/plain", packed, content.size() + 1, "1"},
          detail::DocsFile{"ui@1", "ui.js", "text/plain", std::string_view(packed).substr(0, packed.size() - 1),
                           content.size(), "1"},
          detail::DocsFile{"ui@1", "ui.js", "text/plain", "no gzip", 7, "1"},
          detail::DocsFile{"ui@1", "ui.js", "text/plain", "", 0, "1"}}) {
      const Handler handler = detail::docs_file_handler(broken);
      CHECK_THROWS_WITH_AS(answer(handler, "GET", "/"), "an embedded file is damaged: ui.js", std::runtime_error);
    }
  }

  TEST_CASE("docs file: an empty file can be embedded") {
    const std::string nothing = gzipped("");
    const Handler handler = detail::docs_file_handler({"ui@1", "empty", "text/plain", nothing, 0, "1"});
    CHECK(answer(handler, "GET", "/").content().empty());
  }
}

// SPDX-License-Identifier: BSL-1.0
// Addresses and percent-encoding: what is accepted is in its normal form, which a client can connect to.
#include <stdexcept>

#include "checks.hpp"
#include "coroute/http/percent_encoding.hpp"
#include "coroute/http/url.hpp"
#include "coroute/params/http_url.hpp"
#include "targets.hpp"

namespace coroute::fuzz {
namespace {

void check_percent_encoding(std::string_view text) {
  check(percent_decode(percent_encode(text)) == text, "a text is the same when encoded and decoded", text);
  const std::string lossy = percent_decode_lossy(text, true);
  if (const auto strict = percent_decode(text)) check(strict->size() <= text.size(), "decoding never makes longer");
  check(percent_decode_lossy(percent_encode(lossy), true) == lossy, "what was decoded can be sent again", lossy);
}

void check_http_url(std::string_view text) {
  HttpUrl url;
  if (value_from_text(text, url)) return;
  HttpUrl again;
  check(!value_from_text(url.text(), again), "a normal form is a URL", url.text());
  check(again == url, "a normal form is its own", url.text());
  check(!url.url().host().empty(), "a URL has a host", url.text());
}

void check_url(std::string_view text) {
  try {
    const Url url = Url::parse(text);
    check(Url::parse(url.to_string()) == url, "a URL is the same when written and read", url.to_string());
    static_cast<void>(Url::parse("http://example.com/a/b?c").resolve(text));
  } catch (const std::invalid_argument&) {  // it is none
  }
}

}  // namespace

void urls(std::string_view input) {
  check_percent_encoding(input);
  check_http_url(input);
  check_url(input);
}

}  // namespace coroute::fuzz

// SPDX-License-Identifier: BSL-1.0
#include "outgoing_test_request.hpp"

#include <algorithm>
#include <array>

#include "client/url_join.hpp"
#include "coroute/http/cookie.hpp"
#include "coroute/http/form_encoding.hpp"
#include "http/byte_set.hpp"

namespace coroute::detail {
namespace {

constexpr auto hex_digits = [] {
  ByteSet set;
  for (const char c : std::string_view("0123456789abcdefABCDEF"))
    set.add(c);
  return set;
}();
constexpr auto url_bytes = ByteSet::alphanumeric_and("-._~!$&'()*+,;=:@/?#");
constexpr std::array<std::string_view, 3> methods_with_content{"POST", "PUT", "PATCH"};

bool is_escape(std::string_view text) noexcept {
  return text.size() >= 3 && text[0] == '%' && hex_digits.contains(text[1]) && hex_digits.contains(text[2]);
}

/// Brackets stand for themselves in an authority alone.
std::size_t authority_end(std::string_view reference) noexcept {
  const std::size_t slashes = reference.find("//");
  const bool has_authority =
      slashes == 0 || (slashes != std::string_view::npos && slashes > 0 && reference.find_first_of("/?#") == slashes &&
                       reference[slashes - 1] == ':');
  if (!has_authority) return 0;
  return std::min(reference.find_first_of("/?#", slashes + 2), reference.size());
}

bool is_same_origin(const Url& a, const Url& b) noexcept {
  return a.scheme() == b.scheme() && a.host() == b.host() && a.port() == b.port();
}

bool is_upgrade(const Url& from, const Url& to) noexcept {
  return from.host() == to.host() && from.scheme() == "http" && from.port() == 80 && to.scheme() == "https" &&
         to.port() == 443;
}

std::string_view cookie_name(std::string_view text) noexcept {
  std::string_view name = text.substr(0, text.find_first_of("=;"));
  name.remove_prefix(std::min(name.find_first_not_of(" \t"), name.size()));
  return name.substr(0, name.find_last_not_of(" \t") + 1);
}

/// The pairs of `kept` whose names are none of those of `given`, then `given`.
std::string merged_cookies(std::string_view kept, const std::vector<TextPair>& given) {
  std::string text;
  const auto add = [&](std::string_view pair) { text.append(text.empty() ? "" : "; ").append(pair); };
  while (!kept.empty()) {
    std::string_view pair = kept.substr(0, kept.find(';'));
    kept.remove_prefix(std::min(pair.size() + 1, kept.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(" \t"), pair.size()));
    const bool replaced = pair.empty() || std::any_of(given.begin(), given.end(), [&](const TextPair& one) {
                            return one.name == cookie_name(pair);
                          });
    if (!replaced) add(pair);
  }
  for (const TextPair& one : given)
    add(cookie_text(one));
  return text;
}

}  // namespace

void OutgoingTestRequest::prepare(const Headers& defaults) {
  if (!files.empty()) {
    pieces.assign(1, multipart_body());
  } else if (!form.empty()) {
    pieces.assign(1, form.to_string());
  }
  Headers all;
  for (const HeaderField field : defaults) {
    if (!headers.contains(field.name)) all.add(field.name, field.value);
  }
  for (const HeaderField field : headers)
    all.add(field.name, field.value);
  headers = std::move(all);
}

std::string OutgoingTestRequest::multipart_body() {
  MultipartWriter writer;
  for (const auto& [name, value] : form)
    writer.add(name, value);
  for (const TestFile& file : files)
    writer.add_file(file.name, file.filename, file.content, file.content_type);
  content_type = writer.content_type();
  return writer.finish();
}

Headers OutgoingTestRequest::fields_for(const Url& to, std::string_view cookies_kept) const {
  Headers fields;
  fields.add("host", headers.get("host").value_or(to.authority()));
  for (const HeaderField field : headers) {
    if (!iequals(field.name, "host") && !iequals(field.name, "cookie")) fields.add(field.name, field.value);
  }
  // A Cookie field that the test writes itself stands for the jar.
  const std::string cookie = merged_cookies(headers.get("cookie").value_or(cookies_kept), cookies);
  if (!cookie.empty()) fields.add("cookie", cookie);
  if (!content_type.empty() && !headers.contains("content-type")) fields.add("content-type", content_type);
  std::size_t size = 0;
  for (const std::string& piece : pieces)
    size += piece.size();
  if (chunked) {
    fields.add("transfer-encoding", "chunked");
  } else if (has_body || std::find(methods_with_content.begin(), methods_with_content.end(), method) !=
                             methods_with_content.end()) {
    fields.add("content-length", std::to_string(size));
  }
  return fields;
}

void OutgoingTestRequest::forget_cookie(std::string_view set_cookie) {
  std::erase_if(cookies, [&](const TextPair& cookie) { return cookie.name == cookie_name(set_cookie); });
}

void OutgoingTestRequest::redirect(Status status, const Url& from, const Url& to) {
  const bool by_get = status == Status::SeeOther || status == Status::Found;
  const bool post_moved = status == Status::MovedPermanently && method == "POST";
  if ((by_get && method != "HEAD") || post_moved) {
    method = "GET";
    pieces.clear();
    trailers.clear();
    content_type.clear();
    has_body = chunked = false;
    for (const char* const name : {"content-type", "content-encoding", "content-language", "content-location"})
      headers.remove(name);
  }
  if (is_same_origin(from, to)) return;
  headers.remove("host");
  if (is_upgrade(from, to)) return;
  for (const char* const name : {"authorization", "proxy-authorization", "cookie"})
    headers.remove(name);
  cookies.clear();
}

std::string cookie_text(const TextPair& pair) {
  SetCookie cookie;
  cookie.name = pair.name;
  cookie.value = pair.value;
  cookie.path.clear();
  cookie.same_site.reset();
  return cookie.to_string();
}

std::string quoted_reference(std::string_view reference) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const std::size_t begin = authority_end(reference);
  std::string text(reference.substr(0, begin));
  for (std::size_t i = begin; i < reference.size(); ++i) {
    const char c = reference[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool is_control = byte < 0x20 || byte == 0x7F;
    if (is_control || url_bytes.contains(c) || is_escape(reference.substr(i))) {
      text += c;
    } else {
      text.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 0xF]);
    }
  }
  return text;
}

Url test_url(std::string_view base, std::string_view reference, const QueryParams& query) {
  std::string text = joined_text(base, quoted_reference(reference));
  if (!query.empty()) {
    text.resize(std::min(text.find('#'), text.size()));
    text.append(1, text.find('?') == std::string::npos ? '?' : '&').append(query.to_string());
  }
  return Url::parse(text);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a TestRequestBuilder has gathered, and how it changes from redirect to redirect.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/headers.hpp"
#include "coroute/http/url.hpp"
#include "coroute/testing/test_request.hpp"

namespace coroute::detail {

struct OutgoingTestRequest {
  std::shared_ptr<TestClientCore> client;
  std::string method;
  std::string url;
  QueryParams query;
  Headers headers;
  std::vector<TextPair> cookies;
  QueryParams form;
  std::vector<TestFile> files;
  std::vector<std::string> pieces;  ///< Of the body.
  std::string content_type;         ///< Implied by the body.
  bool has_body = false;
  bool chunked = false;
  Headers trailers;  ///< Behind the pieces.
  std::optional<bool> follow_redirects;

  /// To be called once: what was gathered becomes fields and body. `defaults` are sent unless the request has fields of
  /// the same name.
  void prepare(const Headers& defaults);
  /// Of the form and its files; sets the content type.
  std::string multipart_body();
  /// The header section for `url`; `cookies_kept` is the jar's Cookie value.
  Headers fields_for(const Url& url, std::string_view cookies_kept) const;
  /// What a Set-Cookie of that name in an answer replaces is not sent any more.
  void forget_cookie(std::string_view set_cookie);
  /// Becomes the request that follows a redirect, as browsers and httpx have it: without a body where the method
  /// becomes GET, without credentials on another origin.
  void redirect(Status status, const Url& from, const Url& to);
};

/// "name=value", quoted where it must be; std::invalid_argument for a bad name or value.
std::string cookie_text(const TextPair& cookie);

/// `reference` with what a URL can't have percent-encoded: spaces, quotes, bytes above 0x7E, a `%` that is no escape.
/// Control characters stay, for Url to refuse.
std::string quoted_reference(std::string_view reference);

/// Throws std::invalid_argument.
Url test_url(std::string_view base, std::string_view reference, const QueryParams& query);

}  // namespace coroute::detail

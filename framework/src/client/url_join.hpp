// SPDX-License-Identifier: BSL-1.0
#pragma once
/// From what the caller wrote to the URL that is requested.
#include <optional>
#include <string>
#include <string_view>

#include "coroute/http/url.hpp"

namespace coroute::detail {

/// "scheme://...", of whatever scheme.
bool is_absolute(std::string_view reference) noexcept;

/// A base ready for `join_url`, without a slash at its end. Throws std::invalid_argument for what is no http URL, and
/// for a query or fragment, which would end up in the middle of every URL.
std::string normalize_base_url(std::string_view base);

/// An absolute `reference` stands alone, anything else is appended to `base` (a normal one, null: there is none) with
/// exactly one slash between them; it can't change the host, whatever it begins with. Then `query` is added. Throws
/// std::invalid_argument.
Url join_url(const Url* base, std::string_view reference, const QueryParams& query);

/// An absolute `reference`, or both with one slash, unchecked.
std::string joined_text(std::string_view base, std::string_view reference);

/// The same for people: never fails, without what is behind `?`, and without user info.
std::string printable_url(std::string_view base, std::string_view reference);

/// `ws` and `wss` as `http` and `https`, which they are but for what is spoken then; anything else as it is.
std::string http_url_of(std::string_view url);

}  // namespace coroute::detail

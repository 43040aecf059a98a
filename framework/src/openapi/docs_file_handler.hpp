// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Serves an embedded file: packed to clients that take gzip, cached for ever, 304 to those that have it.
#include <string_view>

#include "coroute/http/handler.hpp"
#include "openapi/docs_files.hpp"

namespace coroute::detail {

/// Whether Accept-Encoding names gzip with a weight above zero (RFC 9110 section 12.5.3). A client that says nothing
/// gets plain content: it may not know gzip.
bool accepts_gzip(const HeadersView& headers) noexcept;

/// Whether If-None-Match (RFC 9110 section 13.1.2) is "*" or has `etag`, quotes included, weak or strong.
bool has_etag(const HeadersView& headers, std::string_view etag) noexcept;

/// The handler throws std::runtime_error when the file is not gzip of that size: the build is broken.
Handler docs_file_handler(const DocsFile& file);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The files of Swagger UI and ReDoc that were built into the library.
#include <cstddef>
#include <span>
#include <string_view>

namespace coroute::detail {

struct DocsFile {
  std::string_view directory;  ///< "swagger-ui-dist@1f2e3d4c5b6a": changes with any file of the package.
  std::string_view name;
  std::string_view content_type;
  std::string_view gzip;  ///< The content, RFC 1952.
  std::size_t size;       ///< Of the content.
  std::string_view hash;  ///< Hexadecimal digits that change with the content.
};

/// All files of one directory.
using DocsPackage = std::span<const DocsFile>;

/// "swagger-ui-dist" or "redoc"; empty when the library was built without it.
DocsPackage embedded_docs_package(std::string_view name) noexcept;

}  // namespace coroute::detail

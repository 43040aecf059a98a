// SPDX-License-Identifier: BSL-1.0
#include "openapi/docs_files.hpp"

#ifdef COROUTE_DOCS_UI_LIST  // the header that cmake/CorouteDocsUi.cmake writes: one DOCS_FILE for each

#include <algorithm>
#include <iterator>

// .incbin, since a compiler takes seconds for an array of a million numbers.
#define DOCS_FILE(symbol, directory, name, content_type, path, size, hash)                                             \
  __asm__(".pushsection .rodata\n.global " #symbol ", " #symbol "_end\n.hidden " #symbol ", " #symbol "_end\n" #symbol \
          ":\n.incbin \"" path "\"\n" #symbol "_end:\n.popsection\n");                                                 \
  extern "C" const char symbol[];                                                                                      \
  extern "C" const char symbol##_end[];
#include COROUTE_DOCS_UI_LIST
#undef DOCS_FILE

namespace coroute::detail {

DocsPackage embedded_docs_package(std::string_view name) noexcept {
#define DOCS_FILE(symbol, directory, name, content_type, path, size, hash) \
  {directory, name, content_type, {symbol, static_cast<std::size_t>(symbol##_end - symbol)}, size, hash},
  static const DocsFile files[] = {
#include COROUTE_DOCS_UI_LIST
  };
#undef DOCS_FILE
  const auto belongs = [&](const DocsFile& file) {
    return file.directory.starts_with(name) && file.directory.substr(name.size()).starts_with('@');
  };
  const DocsFile* const first = std::find_if(std::begin(files), std::end(files), belongs);
  return {first, std::find_if_not(first, std::end(files), belongs)};
}

}  // namespace coroute::detail

#else

namespace coroute::detail {

DocsPackage embedded_docs_package(std::string_view) noexcept {
  return {};
}

}  // namespace coroute::detail

#endif

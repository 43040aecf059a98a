// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The files below a directory.
///
///     app.mount("/static", StaticFiles("static"));
///     app.mount("/", StaticFiles("dist", {.html = true, .fallback = "index.html"}));   // a single-page application
#include <cstddef>
#include <memory>
#include <string>

#include "coroute/http/handler.hpp"

namespace coroute {

/// Which symbolic links below the directory are followed; the directory itself may always be one.
enum class Symlinks : unsigned char {
  Refuse,
  Beneath,  ///< Relative ones whose target is below the directory, as a mounted ConfigMap has them.
  Follow    ///< Wherever they lead: for directories that only you can write to.
};

struct StaticFilesOptions {
  /// `index.html` answers for a directory, which is redirected to with a slash at its end; `404.html`, with 404, for
  /// what isn't there.
  bool html = false;
  /// Answers, with 200, for what isn't there, when the client accepts text/html: the page of an application that has
  /// its routes in the browser. Empty: none.
  std::string fallback = {};
  /// Sends `x.js.br`, `x.js.zst` or `x.js.gz` instead of `x.js` to clients that accept it.
  bool precompressed = false;
  Symlinks symlinks = Symlinks::Beneath;
  std::string cache_control = {};  ///< A field of every file; empty: none.
  std::size_t max_ranges = 32;     ///< Of one request. Above: all of the file.
};

/// GET and HEAD as FileResponse answers them: entity tags, conditions, ranges; anything else is refused with 405. What
/// isn't there, isn't a regular file, can't be read or would be outside is a 404, an HttpException as a handler's. The
/// path is decoded once; "." and ".." in it lead nowhere, and the kernel is asked to stay below the directory
/// (openat2), so that no rename or link meanwhile gets around that. Files are looked up on a pool of threads.
class StaticFiles {
 public:
  /// std::invalid_argument when there is no such directory.
  explicit StaticFiles(std::string directory, StaticFilesOptions options = {});

  Async<Response> operator()(Request& request) const;

 private:
  struct Settings;
  std::shared_ptr<const Settings> settings_;
};

}  // namespace coroute

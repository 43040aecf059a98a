// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/static_files.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/http/http_exception.hpp"
#include "coroute/http/media_type.hpp"
#include "coroute/http/percent_encoding.hpp"
#include "http/accept_encoding.hpp"
#include "http/file_answer.hpp"

namespace coroute {

struct StaticFiles::Settings {
  std::string directory;
  StaticFilesOptions options;
};

namespace {

using detail::OpenFile;

/// What a client that likes several equally gets first.
struct Variant {
  std::string_view ending;
  std::string_view coding;
};
constexpr std::array<Variant, 3> variants{{{".br", "br"}, {".zst", "zstd"}, {".gz", "gzip"}}};

/// Where a request's path leads to below the directory.
struct Place {
  std::string path;  ///< "." for the directory itself.
  bool ends_with_slash;
};

/// Nullopt: nowhere.
std::optional<Place> place_of(std::string_view request_path) {
  std::optional<std::string> decoded = percent_decode(request_path);
  if (!decoded || decoded->find('\0') != std::string::npos) return std::nullopt;
  std::string_view rest = *decoded;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.empty()) return Place{".", true};
  Place place{std::string(rest), rest.ends_with('/')};
  if (place.ends_with_slash) place.path.pop_back();
  for (rest = place.path;;) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return std::nullopt;
    if (slash == rest.size()) return place;
    rest.remove_prefix(slash + 1);
  }
}

std::string below(const std::string& directory, std::string_view name) {
  return directory == "." ? std::string(name) : directory + "/" + std::string(name);
}

bool accepts_html(const Request& request) noexcept {
  return request.header("accept").value_or("").find("text/html") != std::string_view::npos;
}

/// Absolute when the client said which host it means; else without a second slash in front, which would be another one.
Response redirect_to_directory(const Request& request) {
  std::string path(request.root_path());
  path.append(request.path());
  if (path.starts_with("//")) path.erase(0, path.find_first_not_of('/') - 1);
  std::string location;
  if (!request.host().empty()) location.append(request.scheme()).append("://").append(request.host());
  location.append(path).append("/");
  if (!request.query_string().empty()) location.append("?").append(request.query_string());
  return redirect(location);
}

/// One request, on a thread of the pool.
class Lookup {
 public:
  Lookup(const Request& request, const std::string& directory, const StaticFilesOptions& options)
      : request_(request), directory_(directory), options_(options) {}

  Response answer() const {
    const std::optional<Place> place = place_of(request_.path());
    if (place) {
      if (std::optional<Response> response = answer_at(*place)) return std::move(*response);
    }
    if (!options_.fallback.empty() && accepts_html(request_)) {
      if (std::optional<Response> response = file(options_.fallback, Status::Ok)) return std::move(*response);
    }
    if (options_.html) {
      if (std::optional<Response> response = file("404.html", Status::NotFound)) return std::move(*response);
    }
    throw HttpException(Status::NotFound);
  }

 private:
  std::optional<OpenFile> open(const std::string& path) const {
    return detail::open_beneath(directory_, path, options_.symlinks);
  }

  std::optional<Response> answer_at(const Place& place) const {
    std::optional<OpenFile> found = open(place.path);
    if (!found) return std::nullopt;
    if (found->is_regular() && !place.ends_with_slash) return send(place.path, std::move(*found), Status::Ok);
    if (!found->is_directory() || !options_.html) return std::nullopt;
    std::optional<Response> index = file(below(place.path, "index.html"), Status::Ok);
    if (index && !place.ends_with_slash) return redirect_to_directory(request_);
    return index;
  }

  std::optional<Response> file(const std::string& path, Status status) const {
    std::optional<OpenFile> found = open(path);
    if (!found || !found->is_regular()) return std::nullopt;
    return send(path, std::move(*found), status);
  }

  Response send(const std::string& path, OpenFile plain, Status status) const {
    detail::FileDescription description;
    description.media_type = detail::with_charset(guess_media_type(path));
    description.status = status;
    description.max_ranges = options_.max_ranges;
    if (!options_.cache_control.empty()) description.headers.set("cache-control", options_.cache_control);
    if (options_.precompressed) {
      description.headers.set("vary", "Accept-Encoding");
      for (const Variant& variant : wanted_variants()) {
        std::optional<OpenFile> packed = open(path + std::string(variant.ending));
        if (!packed || !packed->is_regular()) continue;
        description.coding = variant.coding;
        return detail::file_answer(request_, std::move(*packed), std::move(description));
      }
    }
    return detail::file_answer(request_, std::move(plain), std::move(description));
  }

  /// Those that the client takes, best first.
  std::vector<Variant> wanted_variants() const {
    const std::string_view field = request_.header("accept-encoding").value_or("");
    const auto quality = [field](const Variant& variant) { return detail::coding_quality(field, variant.coding); };
    std::vector<Variant> wanted;
    for (const Variant& variant : variants) {
      const auto place = std::find_if(wanted.begin(), wanted.end(),
                                      [&](const Variant& other) { return quality(other) < quality(variant); });
      if (quality(variant) > 0) wanted.insert(place, variant);
    }
    return wanted;
  }

  const Request& request_;
  const std::string& directory_;
  const StaticFilesOptions& options_;
};

}  // namespace

StaticFiles::StaticFiles(std::string directory, StaticFilesOptions options)
    : settings_(std::make_shared<const Settings>(Settings{std::move(directory), std::move(options)})) {
  const std::optional<OpenFile> found = detail::open_beneath(settings_->directory, ".", Symlinks::Follow);
  if (!found) throw std::invalid_argument("StaticFiles: there is no directory " + settings_->directory);
}

Async<Response> StaticFiles::operator()(Request& request) const {
  if (request.method() != Method::Get && request.method() != Method::Head) {
    throw HttpException(Status::MethodNotAllowed, "Method Not Allowed", {{"allow", "GET, HEAD"}});
  }
  const std::shared_ptr<const Settings> settings = settings_;
  const auto look_up = [&] { return Lookup(request, settings->directory, settings->options).answer(); };
  Response response = co_await to_thread(detail::file_pool(), look_up);
  co_return response;
}

}  // namespace coroute

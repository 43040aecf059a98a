// SPDX-License-Identifier: BSL-1.0
// What files are by the ends of their names: IANA's registrations, and what browsers expect.
#include <algorithm>
#include <array>

#include "coroute/http/headers.hpp"
#include "coroute/http/media_type.hpp"

namespace coroute {
namespace {

struct Ending {
  std::string_view text;
  std::string_view media_type;
};

constexpr std::array endings{
    Ending{"7z", "application/x-7z-compressed"},
    Ending{"aac", "audio/aac"},
    Ending{"apng", "image/apng"},
    Ending{"avi", "video/x-msvideo"},
    Ending{"avif", "image/avif"},
    Ending{"bin", "application/octet-stream"},
    Ending{"bmp", "image/bmp"},
    Ending{"br", "application/x-brotli"},
    Ending{"bz2", "application/x-bzip2"},
    Ending{"cjs", "text/javascript"},
    Ending{"css", "text/css"},
    Ending{"csv", "text/csv"},
    Ending{"doc", "application/msword"},
    Ending{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    Ending{"eot", "application/vnd.ms-fontobject"},
    Ending{"epub", "application/epub+zip"},
    Ending{"flac", "audio/flac"},
    Ending{"gif", "image/gif"},
    Ending{"gz", "application/gzip"},
    Ending{"htm", "text/html"},
    Ending{"html", "text/html"},
    Ending{"ico", "image/vnd.microsoft.icon"},
    Ending{"ics", "text/calendar"},
    Ending{"jpeg", "image/jpeg"},
    Ending{"jpg", "image/jpeg"},
    Ending{"js", "text/javascript"},
    Ending{"json", "application/json"},
    Ending{"jsonl", "application/jsonl"},
    Ending{"jsonld", "application/ld+json"},
    Ending{"jxl", "image/jxl"},
    Ending{"m4a", "audio/mp4"},
    Ending{"m4v", "video/mp4"},
    Ending{"map", "application/json"},
    Ending{"md", "text/markdown"},
    Ending{"mjs", "text/javascript"},
    Ending{"mkv", "video/matroska"},
    Ending{"mov", "video/quicktime"},
    Ending{"mp3", "audio/mpeg"},
    Ending{"mp4", "video/mp4"},
    Ending{"mpeg", "video/mpeg"},
    Ending{"oga", "audio/ogg"},
    Ending{"ogg", "audio/ogg"},
    Ending{"ogv", "video/ogg"},
    Ending{"opus", "audio/ogg"},
    Ending{"otf", "font/otf"},
    Ending{"parquet", "application/vnd.apache.parquet"},
    Ending{"pdf", "application/pdf"},
    Ending{"png", "image/png"},
    Ending{"ppt", "application/vnd.ms-powerpoint"},
    Ending{"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    Ending{"rss", "application/rss+xml"},
    Ending{"rtf", "application/rtf"},
    Ending{"sh", "application/x-sh"},
    Ending{"svg", "image/svg+xml"},
    Ending{"tar", "application/x-tar"},
    Ending{"tif", "image/tiff"},
    Ending{"tiff", "image/tiff"},
    Ending{"toml", "application/toml"},
    Ending{"ts", "video/mp2t"},
    Ending{"tsv", "text/tab-separated-values"},
    Ending{"ttf", "font/ttf"},
    Ending{"txt", "text/plain"},
    Ending{"vtt", "text/vtt"},
    Ending{"wasm", "application/wasm"},
    Ending{"wav", "audio/wav"},
    Ending{"weba", "audio/webm"},
    Ending{"webm", "video/webm"},
    Ending{"webmanifest", "application/manifest+json"},
    Ending{"webp", "image/webp"},
    Ending{"woff", "font/woff"},
    Ending{"woff2", "font/woff2"},
    Ending{"xhtml", "application/xhtml+xml"},
    Ending{"xls", "application/vnd.ms-excel"},
    Ending{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    Ending{"xml", "application/xml"},
    Ending{"yaml", "application/yaml"},
    Ending{"yml", "application/yaml"},
    Ending{"zip", "application/zip"},
    Ending{"zst", "application/zstd"},
};

}  // namespace

std::string_view guess_media_type(std::string_view filename) noexcept {
  const std::size_t dot = filename.rfind('.');
  if (dot != std::string_view::npos) {
    const auto found = std::find_if(endings.begin(), endings.end(), [&](const Ending& ending) noexcept {
      return iequals(ending.text, filename.substr(dot + 1));
    });
    if (found != endings.end()) return found->media_type;
  }
  return "application/octet-stream";
}

}  // namespace coroute

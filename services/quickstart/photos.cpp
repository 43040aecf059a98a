// SPDX-License-Identifier: BSL-1.0
#include "coroute/coroute.hpp"
#include "tour.hpp"

using namespace coroute;

namespace tour {
namespace {

struct PhotoInfo {
  std::string filename;
  std::optional<std::string> content_type;
  std::uint64_t bytes;
  std::uint32_t checksum;  ///< FNV-1a
  std::optional<std::string> title;
};

Async<PhotoInfo> upload_photo(File<UploadFile, "photo", description<"The picture itself">> photo,
                              Form<std::optional<std::string>, "title", max_length(100)> title) {
  PhotoInfo info{photo->filename(), std::nullopt, photo->size(), 2166136261U, title};
  if (const auto type = photo->content_type()) info.content_type = std::string(*type);
  while (true) {
    const std::string_view piece = co_await photo->read(64 * 1024);
    if (piece.empty()) break;
    for (const char c : piece)
      info.checksum = (info.checksum ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  co_return info;
}

}  // namespace

Router photos_router() {
  Router router("/photos", {.tags = {"photos"}});
  router.post("", upload_photo,
              {.status = 201,
               .name = "upload_photo",
               .description = "Takes a picture of at most 5 MB and tells what came; nothing is kept.",
               .max_body_bytes = 5'000'000});
  return router;
}

}  // namespace tour

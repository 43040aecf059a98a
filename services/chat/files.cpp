// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "app.hpp"
#include "coroute/coroute.hpp"
#include "rooms.hpp"
#include "users.hpp"

using namespace coroute;

namespace chat {
namespace {

constexpr std::uint64_t max_file_bytes = 16 * 1024 * 1024;
constexpr std::size_t longest_signature = 12;  // that of WebP

/// What the page shows; all else is for saving. By what stands in the file, whatever the client calls it: a picture
/// can't run, but a page or an SVG that a member has sent could, with everybody's rights.
std::string media_type_of(std::string_view begin) {
  using namespace std::string_view_literals;
  if (begin.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (begin.starts_with("\xff\xd8\xff"sv)) return "image/jpeg";
  if (begin.starts_with("GIF87a"sv) || begin.starts_with("GIF89a"sv)) return "image/gif";
  if (begin.starts_with("RIFF"sv) && begin.substr(std::min<std::size_t>(8, begin.size())).starts_with("WEBP"sv))
    return "image/webp";
  return "application/octet-stream";
}

/// Of a new file, which goes away again unless it is kept.
class Leftover {
 public:
  explicit Leftover(std::string path) : path_(std::move(path)) {}
  ~Leftover() {
    if (!is_kept_) std::remove(path_.c_str());
  }
  Leftover(const Leftover&) = delete;
  Leftover& operator=(const Leftover&) = delete;

  void keep(bool kept = true) noexcept { is_kept_ = kept; }

 private:
  std::string path_;
  bool is_kept_ = false;
};

/// The last part of what may be a path, and not too long.
std::string display_name(std::string_view filename) {
  constexpr std::size_t longest = 100;
  filename.remove_prefix(filename.find_last_of("/\\") + 1);
  if (filename.empty() || filename.size() > longest) return "file";
  return std::string(filename);
}

/// Keeps the file, then tells the room of it.
Async<Message> upload_file(Depends<known_room> room, Depends<current_user> user,
                           File<UploadFile, "file", description<"At most 16 MiB">> file,
                           Form<std::string, "text", defaulted, max_length(2000)> text, Singleton<the_chat> chat) {
  count_message(**chat, *user);
  if (file->size() == 0) throw HttpException(Status::BadRequest, "The file is empty");
  Store& store = (*chat)->store;
  const std::string_view begin = co_await file->read(longest_signature);
  FileInfo info{Uuid::random(), display_name(file->filename()), media_type_of(begin), file->size()};
  const std::string path = store.path_of(info.id);
  Leftover stored(path);
  co_await file->save(path);
  Message message{.room = *room, .username = user->username, .text = *text, .file = std::move(info)};
  stored.keep();  // even if the client leaves now: the message that names it will be there
  try {
    co_return co_await store.post(std::move(message));
  } catch (const std::system_error&) {
    stored.keep(false);  // nothing names it: the journal can't be written
    throw;
  }
}

/// Without a token, which an <img> can't send: the id is as hard to guess.
Async<Response> download_file(Request& request, Path<Uuid, "file_id"> file_id, Singleton<the_chat> chat) {
  const std::optional<FileInfo> info = (*chat)->store.find_file(*file_id);
  if (!info) throw HttpException(Status::NotFound, "No such file");
  const bool is_picture = info->media_type.starts_with("image/");
  FileResponse file((*chat)->store.path_of(info->id));
  file.media_type(info->media_type).filename(info->name, is_picture ? "inline" : "attachment");
  file.header("content-security-policy", "default-src 'none'; sandbox");
  file.header("cache-control", "private, max-age=31536000, immutable");
  try {
    co_return co_await file.answer(request);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
  }
  throw HttpException(Status::NotFound, "No such file");  // forgotten in this moment
}

}  // namespace

Router files_router() {
  const DocumentedResponse not_found{.description = "No such file", .schema = schema_of<Error>};
  Router router({}, {.tags = {"files"}});
  // Who asks is known before the file is taken.
  router.post("/rooms/{room}/files", upload_file,
              {.status = 201,
               .name = "upload_file",
               .dependencies = {depends<current_user>(), depends<known_room>()},
               .max_body_bytes = max_file_bytes});
  router.get(
      "/files/{file_id}", download_file,
      {.name = "download_file", .response_media_type = "application/octet-stream", .responses = {{"404", not_found}}});
  return router;
}

}  // namespace chat

// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
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
constexpr std::size_t piece_bytes = 64 * 1024;

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

/// A new file; it goes away again unless it is kept. Blocks: for threads.
class NewFile {
 public:
  explicit NewFile(std::string path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wbxe")) {
    if (!file_) fail();
  }
  ~NewFile() {
    if (file_) std::fclose(file_);
    if (!is_kept_) std::remove(path_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view piece) {
    if (std::fwrite(piece.data(), 1, piece.size(), file_) != piece.size()) fail();
  }
  void close() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail();
  }
  void keep() noexcept { is_kept_ = true; }

 private:
  [[noreturn]] void fail() const { throw std::system_error(errno, std::generic_category(), path_); }

  std::string path_;
  std::FILE* file_;
  bool is_kept_ = false;
};

std::unique_ptr<NewFile> open_new(const std::string& path) {
  return std::make_unique<NewFile>(path);
}

/// The last part of what may be a path, and not too long.
std::string display_name(std::string_view filename) {
  constexpr std::size_t longest = 100;
  filename.remove_prefix(filename.find_last_of("/\\") + 1);
  if (filename.empty() || filename.size() > longest) return "file";
  return std::string(filename);
}

/// Takes the file piece by piece, then tells the room of it.
Async<Message> upload_file(Depends<known_room> room, Depends<current_user> user,
                           File<UploadFile, "file", description<"At most 16 MiB">> file,
                           Form<std::string, "text", defaulted, max_length(2000)> text, Singleton<the_chat> chat) {
  count_message(**chat, *user);
  Store& store = (*chat)->store;
  FileInfo info{Uuid::random(), display_name(file->filename()), {}, 0};
  const std::unique_ptr<NewFile> stored = co_await to_thread(open_new, store.path_of(info.id));
  while (true) {
    const std::string_view piece = co_await file->read(piece_bytes);
    if (piece.empty()) break;
    if (info.bytes == 0) info.media_type = media_type_of(piece);
    info.bytes += piece.size();
    co_await to_thread(&NewFile::write, stored.get(), piece);
  }
  if (info.bytes == 0) throw HttpException(Status::BadRequest, "The file is empty");
  co_await to_thread(&NewFile::close, stored.get());
  Message message{.room = *room, .username = user->username, .text = *text, .file = std::move(info)};
  stored->keep();  // even if the client leaves now: the message that names it will be there
  co_return co_await store.post(std::move(message));
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
  co_return co_await file.answer(request);
}

}  // namespace

Router files_router() {
  const DocumentedResponse not_found{.description = "No such file", .schema = schema_of<Error>};
  Router router({}, {.tags = {"files"}});
  router.post("/rooms/{room}/files", upload_file,
              {.status = 201, .name = "upload_file", .max_body_bytes = max_file_bytes});
  router.get(
      "/files/{file_id}", download_file,
      {.name = "download_file", .response_media_type = "application/octet-stream", .responses = {{"404", not_found}}});
  return router;
}

}  // namespace chat

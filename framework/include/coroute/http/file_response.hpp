// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A file as the answer.
#include <cstddef>
#include <string>
#include <string_view>

#include "coroute/http/handler.hpp"

namespace coroute {

/// Starlette's FileResponse. Made in a handler, or a handler itself:
///
///     Async<Response> report(Request& request, Path<int, "year"> year) {
///       return FileResponse("reports/" + std::to_string(*year) + ".pdf").filename("report.pdf").answer(request);
///     }
///     app.get("/favicon.ico", FileResponse("favicon.ico"));
///
/// With status 200 it has an entity tag, a date, and the answers that go with them: 304 and 412 to conditional
/// requests, 206 to Range (several ranges as multipart/byteranges) unless If-Range says otherwise, 416 when nothing of
/// the range is there. HEAD doesn't read the file. Small files are sent from memory, others in pieces as the client
/// takes them. It is opened on a thread of a pool, and read there unless the kernel has it in memory. One that becomes
/// shorter meanwhile ends the connection.
class FileResponse {
 public:
  /// Any file, as the path says: don't make it of what a client sent, but see StaticFiles.
  explicit FileResponse(std::string path) : path_(std::move(path)) {}

  /// What the client is to save it as: a content-disposition of "attachment", or of another type.
  FileResponse& filename(std::string name, std::string_view disposition = "attachment");
  /// Else by the end of the path. Text gets the charset UTF-8, unless it says one.
  FileResponse& media_type(std::string_view type);
  FileResponse& status(Status status);
  /// Replaces the file's own field of that name.
  FileResponse& header(std::string_view name, std::string_view value);
  /// Of one request. Above: all of the file.
  FileResponse& max_ranges(std::size_t count);

  /// `request` must live as long as the answer is awaited. std::system_error when the file can't be opened, or is none.
  Async<Response> answer(const Request& request) const;
  Async<Response> operator()(Request& request) const { return answer(request); }

 private:
  std::string path_;
  std::string media_type_;
  Headers headers_;
  Status status_ = Status::Ok;
  std::size_t max_ranges_ = 32;
};

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/file_response.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "coroute/http/media_type.hpp"
#include "coroute/http/percent_encoding.hpp"
#include "http/file_answer.hpp"

namespace coroute {
namespace {

Response open_and_answer(const Request* request, const std::string& path, const detail::FileDescription& description) {
  detail::OpenFile file(path);
  if (!file.is_regular()) {
    const int error = file.is_directory() ? EISDIR : EINVAL;
    throw std::system_error(error, std::system_category(), path);
  }
  return detail::file_answer(*request, std::move(file), description);
}

Async<Response> answer_on_thread(const Request* request, std::string path, detail::FileDescription description) {
  Response response =
      co_await to_thread(detail::file_pool(), &open_and_answer, request, std::move(path), std::move(description));
  co_return response;
}

}  // namespace

FileResponse& FileResponse::filename(std::string name, std::string_view disposition) {
  const std::string encoded = percent_encode(name);
  std::string value(disposition);
  if (encoded == name) {
    value.append("; filename=\"").append(name).append("\"");
  } else {
    value.append("; filename*=utf-8''").append(encoded);
  }
  return header("content-disposition", value);
}

FileResponse& FileResponse::media_type(std::string_view type) {
  media_type_ = type;
  return *this;
}

FileResponse& FileResponse::status(Status status) {
  status_ = status;
  return *this;
}

FileResponse& FileResponse::header(std::string_view name, std::string_view value) {
  headers_.set(name, value);
  return *this;
}

FileResponse& FileResponse::max_ranges(std::size_t count) {
  max_ranges_ = count;
  return *this;
}

Async<Response> FileResponse::answer(const Request& request) const {
  detail::FileDescription description;
  description.media_type = detail::with_charset(media_type_.empty() ? guess_media_type(path_) : media_type_);
  description.headers = headers_;
  description.status = status_;
  description.max_ranges = max_ranges_;
  return answer_on_thread(&request, path_, std::move(description));
}

}  // namespace coroute

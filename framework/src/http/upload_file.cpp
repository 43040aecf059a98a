// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/upload_file.hpp"

#include <algorithm>
#include <utility>

#include "coroute/asyncio/errors.hpp"

namespace coroute {

struct UploadFile::State {
  std::string filename;
  Headers headers;
  std::string content;
  std::uint64_t size = 0;
  std::uint64_t position = 0;
  bool closed = false;
};

UploadFile::UploadFile(std::string filename, std::string content, std::string_view content_type, Headers headers)
    : state_(std::make_shared<State>()) {
  if (!content_type.empty()) headers.set("content-type", content_type);
  state_->filename = std::move(filename);
  state_->headers = std::move(headers);
  state_->content = std::move(content);
  state_->size = state_->content.size();
}

UploadFile::State& UploadFile::open_state() const {
  if (state_->closed) throw RuntimeError("UploadFile: the file is closed");
  return *state_;
}

const std::string& UploadFile::filename() const noexcept {
  return state_->filename;
}

const Headers& UploadFile::headers() const noexcept {
  return state_->headers;
}

std::uint64_t UploadFile::size() const noexcept {
  return state_->size;
}

bool UploadFile::is_closed() const noexcept {
  return state_->closed;
}

std::string_view UploadFile::content() const {
  return open_state().content;
}

Async<std::string_view> UploadFile::read(std::size_t max_bytes) const {
  State& state = open_state();
  const std::string_view content = state.content;
  const std::string_view piece =
      content.substr(static_cast<std::size_t>(std::min(state.position, state.size)), max_bytes);
  state.position += piece.size();
  return Async<std::string_view>::ready(piece);
}

Async<void> UploadFile::seek(std::uint64_t position) const {
  open_state().position = position;
  return Async<void>::ready();
}

Async<void> UploadFile::close() const {
  state_->closed = true;
  std::string().swap(state_->content);
  return Async<void>::ready();
}

}  // namespace coroute

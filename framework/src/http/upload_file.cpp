// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/upload_file.hpp"

#include <algorithm>
#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/media_type.hpp"
#include "http/open_file.hpp"
#include "http/spooled_file.hpp"

namespace coroute {
namespace {

std::unique_ptr<detail::FileCopy> begin_copy(const std::shared_ptr<const detail::SpooledFile>& content,
                                             const std::string& path) {
  return std::make_unique<detail::FileCopy>(content, path);
}

/// A step at a time, so that a cancellation has to wait for one alone.
Async<void> copy_to(std::shared_ptr<const detail::SpooledFile> content, std::string path) {
  const std::unique_ptr<detail::FileCopy> copy =
      co_await to_thread(detail::file_pool(), &begin_copy, std::move(content), std::move(path));
  while (true) {
    const bool has_more = co_await to_thread(detail::file_pool(), &detail::FileCopy::step, copy.get());
    if (!has_more) break;
  }
}

}  // namespace

struct UploadFile::State {
  std::string filename;
  Headers headers;
  std::shared_ptr<detail::SpooledFile> content;  // null: closed
  std::uint64_t size;
  std::uint64_t position = 0;
  std::string piece;  // that was read last
};

UploadFile::UploadFile(std::string filename, Headers headers, std::shared_ptr<detail::SpooledFile> content)
    : state_(std::make_shared<State>()) {
  state_->filename = std::move(filename);
  state_->headers = std::move(headers);
  state_->size = content->size();
  state_->content = std::move(content);
}

UploadFile::UploadFile(std::string filename, std::string content, std::string_view content_type, Headers headers)
    : UploadFile(std::move(filename), std::move(headers), std::make_shared<detail::SpooledFile>(std::move(content))) {
  if (!content_type.empty()) state_->headers.set("content-type", content_type);
}

namespace {

std::shared_ptr<detail::SpooledFile> open_on_thread(const std::string& path) {
  return std::make_shared<detail::SpooledFile>(detail::DiskFile::open(path));
}

}  // namespace

Async<UploadFile> UploadFile::open(std::string path) {
  std::shared_ptr<detail::SpooledFile> content = co_await to_thread(detail::file_pool(), &open_on_thread, path);
  Headers headers;
  headers.set("content-type", guess_media_type(path));
  co_return UploadFile(path.substr(path.rfind('/') + 1), std::move(headers), std::move(content));
}

const std::shared_ptr<detail::SpooledFile>& UploadFile::spooled() const {
  return open_state().content;
}

UploadFile::State& UploadFile::open_state() const {
  if (!state_->content) throw RuntimeError("UploadFile: the file is closed");
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

bool UploadFile::is_in_memory() const noexcept {
  return !state_->content || state_->content->is_in_memory();
}

bool UploadFile::is_closed() const noexcept {
  return !state_->content;
}

std::string_view UploadFile::content() const {
  return open_state().content->content();
}

Async<std::string_view> UploadFile::read(std::size_t max_bytes) const {
  State& state = open_state();
  const std::uint64_t rest = state.size - std::min(state.position, state.size);
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(rest, max_bytes));
  if (count == 0) return Async<std::string_view>::ready(std::string_view());
  if (!state.content->is_in_memory()) return read_from_disk(state_, count);
  const std::string_view piece = state.content->content().substr(static_cast<std::size_t>(state.position), count);
  state.position += count;
  return Async<std::string_view>::ready(piece);
}

/// Into bytes of its own: whoever closes the file meanwhile, or reads too, does no harm.
Async<std::string_view> UploadFile::read_from_disk(std::shared_ptr<State> state, std::size_t count) {
  if (!state->content) throw RuntimeError("UploadFile: the file is closed");
  const std::uint64_t offset = state->position;
  std::string buffer = std::exchange(state->piece, std::string());
  state->piece = co_await detail::read_spooled(state->content, offset, count, std::move(buffer));
  state->position = offset + count;
  co_return state->piece;
}

Async<void> UploadFile::save(std::string path) const {
  open_state();
  return copy_to(state_->content, std::move(path));
}

Async<void> UploadFile::seek(std::uint64_t position) const {
  open_state().position = position;
  return Async<void>::ready();
}

Async<void> UploadFile::close() const {
  state_->content.reset();
  std::string().swap(state_->piece);
  return Async<void>::ready();
}

}  // namespace coroute

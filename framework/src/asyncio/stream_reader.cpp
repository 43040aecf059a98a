// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/stream_reader.hpp"

#include <algorithm>
#include <limits>

#include "coroute/asyncio/detail/read_buffer.hpp"
#include "coroute/asyncio/sleep.hpp"

namespace coroute {
namespace {

using detail::ReadBuffer;
using BufferRef = std::shared_ptr<ReadBuffer>;

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

constexpr const char* separator_not_found = "Separator is not found, and chunk exceed the limit";
constexpr const char* separator_too_far = "Separator is found, but chunk is longer than limit";

struct Match {
  std::size_t start;
  std::size_t end;
};

/// Looks for the separator that ends first, and not again where it has looked before.
class SeparatorSearch {
 public:
  explicit SeparatorSearch(std::vector<std::string> separators) : separators_(std::move(separators)) {
    if (separators_.empty()) throw std::invalid_argument("Separator should contain at least one element");
    std::sort(separators_.begin(), separators_.end(), [](const std::string& a, const std::string& b) {
      return a.size() < b.size();  // of two that end at once the shorter one is found
    });
    if (separators_.front().empty()) throw std::invalid_argument("Separator should be at least one-byte string");
  }

  std::optional<Match> find(std::string_view data) {
    std::optional<Match> found;
    for (const std::string& separator : separators_) {
      const std::size_t start = data.find(separator, free_);
      if (start == data.npos || (found && start + separator.size() >= found->end)) continue;
      found = Match{start, start + separator.size()};
    }
    const std::size_t longest = separators_.back().size();
    if (!found && data.size() >= longest) free_ = data.size() - longest + 1;
    return found;
  }

  /// Bytes in front that no separator begins in.
  std::size_t free() const noexcept { return free_; }

 private:
  std::vector<std::string> separators_;
  std::size_t free_ = 0;
};

Async<std::string> read_all(BufferRef buffer) {
  if (!detail::spend_ready_budget()) co_await sleep(Clock::duration::zero());
  buffer->check();
  while (!buffer->eof())
    co_await buffer->wait(everything, "StreamReader.read");
  co_return buffer->take(everything);
}

Async<std::string> read_some(BufferRef buffer, std::size_t count) {
  if (!detail::spend_ready_budget()) co_await sleep(Clock::duration::zero());
  buffer->check();
  if (count == 0) co_return std::string();
  while (buffer->size() == 0 && !buffer->eof())
    co_await buffer->wait(1, "StreamReader.read");
  co_return buffer->take(count);
}

Async<std::string> read_exactly(BufferRef buffer, std::size_t count) {
  if (!detail::spend_ready_budget()) co_await sleep(Clock::duration::zero());
  buffer->check();
  while (buffer->size() < count) {
    if (buffer->eof()) throw IncompleteReadError(buffer->take(everything), count);
    co_await buffer->wait(count, "StreamReader.readexactly");
  }
  co_return count == 0 ? std::string() : buffer->take(count);
}

Async<std::string> read_until(BufferRef buffer, std::vector<std::string> separators) {
  if (!detail::spend_ready_budget()) co_await sleep(Clock::duration::zero());
  SeparatorSearch search(std::move(separators));
  buffer->check();
  std::optional<Match> found = search.find(buffer->data());
  while (!found) {
    if (search.free() > buffer->limit()) throw LimitOverrunError(separator_not_found, search.free());
    if (buffer->eof()) throw IncompleteReadError(buffer->take(everything), std::nullopt);
    co_await buffer->wait(buffer->size() + 1, "StreamReader.readuntil");
    found = search.find(buffer->data());
  }
  if (found->start > buffer->limit()) throw LimitOverrunError(separator_too_far, found->start);
  co_return buffer->take(found->end);
}

Async<std::string> read_line(BufferRef buffer) {
  if (!detail::spend_ready_budget()) co_await sleep(Clock::duration::zero());
  buffer->check();
  std::size_t searched = 0;
  std::size_t end = buffer->data().find('\n');
  while (end == std::string_view::npos && !buffer->eof() && buffer->size() <= buffer->limit()) {
    searched = buffer->size();
    co_await buffer->wait(searched + 1, "StreamReader.readline");
    end = buffer->data().find('\n', searched);
  }
  const bool complete = end != std::string_view::npos;
  if (!complete && buffer->size() <= buffer->limit()) co_return buffer->take(everything);
  if (complete && end <= buffer->limit()) co_return buffer->take(end + 1);
  buffer->drop(complete ? end + 1 : everything);
  throw std::invalid_argument(complete ? separator_too_far : separator_not_found);
}

Async<std::optional<std::string>> next_line_of(BufferRef buffer) {
  std::string line = co_await read_line(std::move(buffer));
  if (line.empty()) co_return std::nullopt;
  co_return std::optional<std::string>(std::move(line));
}

std::string incomplete_text(std::size_t got, std::optional<std::size_t> expected) {
  return std::to_string(got) + " bytes read on a total of " + (expected ? std::to_string(*expected) : "undefined") +
         " expected bytes";
}

}  // namespace

IncompleteReadError::IncompleteReadError(std::string partial, std::optional<std::size_t> expected)
    : std::runtime_error(incomplete_text(partial.size(), expected)),
      partial_(std::move(partial)),
      expected_(expected) {}

StreamReader::StreamReader(std::size_t limit) : buffer_(std::make_shared<ReadBuffer>(limit)) {}

Async<std::string> StreamReader::read() {
  return read_all(buffer_);
}
Async<std::string> StreamReader::read(std::size_t count) {
  return read_some(buffer_, count);
}
Async<std::string> StreamReader::readexactly(std::size_t count) {
  return read_exactly(buffer_, count);
}
Async<std::string> StreamReader::readline() {
  return read_line(buffer_);
}
Async<std::optional<std::string>> StreamReader::next_line() {
  return next_line_of(buffer_);
}
Async<std::string> StreamReader::readuntil(std::string_view separator) {
  return read_until(buffer_, {std::string(separator)});
}
Async<std::string> StreamReader::readuntil(std::vector<std::string> separators) {
  return read_until(buffer_, std::move(separators));
}

bool StreamReader::at_eof() const noexcept {
  return buffer_->eof() && buffer_->size() == 0;
}
std::exception_ptr StreamReader::exception() const noexcept {
  return buffer_->error();
}
std::string_view StreamReader::buffered() const noexcept {
  return buffer_->data();
}
std::size_t StreamReader::limit() const noexcept {
  return buffer_->limit();
}
void StreamReader::feed_data(std::string_view bytes) {
  buffer_->feed(bytes);
}
void StreamReader::feed_eof() noexcept {
  buffer_->feed_eof();
}
void StreamReader::set_exception(std::exception_ptr error) noexcept {
  buffer_->set_error(std::move(error));
}

}  // namespace coroute

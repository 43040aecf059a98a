// SPDX-License-Identifier: BSL-1.0
#include "http/file_body.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/async_test.hpp"
#include "support/temporary_directory.hpp"

using namespace coroute;
using namespace coroute::detail;
using coroute::test::TemporaryDirectory;

namespace {

AsyncGenerator<std::string> one_piece() {
  co_yield std::string("piece");
}

/// "head" and bytes 2 to 5, "between" and all of the rest, "tail".
std::shared_ptr<const FileBody> body_of(const std::string& path) {
  OpenFile file(path);
  const std::uint64_t size = file.size();
  std::vector<FileBody::Section> sections{{"head", 2, 4}, {"between", 6, size - 6}, {"tail", 0, 0}};
  return std::make_shared<const FileBody>(std::move(file), std::move(sections));
}

}  // namespace

TEST_SUITE_BEGIN("http");

ASYNC_TEST_CASE("file body: at once and in pieces it is the same bytes") {
  const TemporaryDirectory directory;
  for (const std::size_t size : {7UL, FileBody::piece_bytes + 6, 2 * FileBody::piece_bytes + 7}) {
    std::string content(size, 'x');
    for (std::size_t i = 0; i < size; ++i)
      content[i] = static_cast<char>('a' + i % 23);
    const auto body = body_of(directory.write("file", content));
    const std::string expected = "head" + content.substr(2, 4) + "between" + content.substr(6) + "tail";
    CHECK(body->size() == expected.size());
    CHECK(body->read() == expected);
    Response response;
    FileBody::stream(response, body);
    CHECK(response.stream_length() == expected.size());
    co_await response.read();
    CHECK(response.content() == expected);
  }
}

TEST_CASE("file body: a response has it until somebody takes its stream") {
  const TemporaryDirectory directory;
  const auto body = body_of(directory.write("file", "0123456789"));
  Response response;
  CHECK(FileBody::of(response) == nullptr);
  CHECK(FileBody::of(text("text")) == nullptr);
  CHECK(FileBody::of(stream(one_piece())) == nullptr);
  FileBody::stream(response, body);
  CHECK(FileBody::of(response) == body);
  CHECK(FileBody::of(Response(response)) == body);
  response.set_stream(response.take_stream());
  CHECK(response.is_streamed());
  CHECK(FileBody::of(response) == nullptr);
}

ASYNC_TEST_CASE("file body: a file that became shorter is an error, not other bytes") {
  const TemporaryDirectory directory;
  const auto body = body_of(directory.write("file", "0123456789"));
  directory.write("file", "0123");
  CHECK_THROWS_AS(body->read(), FileBecameShorter);
  Response response;
  FileBody::stream(response, body);
  AsyncGenerator<std::string> pieces = response.take_stream();
  std::string taken;
  bool thrown = false;
  try {
    while (const auto piece = co_await pieces.next())
      taken += *piece;
  } catch (const FileBecameShorter&) {
    thrown = true;
  }
  CHECK(thrown);
  CHECK((taken == "head" || taken == "head23"));
}

TEST_SUITE_END();

// SPDX-License-Identifier: BSL-1.0
#include "http/spooled_file.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>

#include "support/async_test.hpp"
#include "support/temporary_directory.hpp"

using namespace coroute;
using coroute::detail::FileCopy;
using coroute::detail::read_spooled;
using coroute::detail::SpooledFile;
using coroute::test::TemporaryDirectory;

namespace {

std::string patterned(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + (i + i / 4099) % 26);
  return text;
}

std::shared_ptr<SpooledFile> on_disk(const std::string& content) {
  auto file = std::make_shared<SpooledFile>(std::size_t{0});
  file->append(content);
  file->finish();
  if (file->wants_write()) file->write();
  return file;
}

std::string copied(std::shared_ptr<const SpooledFile> file, const std::string& path) {
  FileCopy copy(std::move(file), path);
  while (copy.step()) {
  }
  std::ifstream input(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("spooled file: of a text is finished and stays in memory") {
    const SpooledFile file(std::string("hello"));
    CHECK(file.is_in_memory());
    CHECK_FALSE(file.wants_write());
    CHECK(file.size() == 5);
    CHECK(file.content() == "hello");
    CHECK_FALSE(file.file());
  }

  TEST_CASE("spooled file: wants to be written when it has more than it may have in memory, and not before") {
    for (const std::size_t size : {3U, 4U, 5U}) {
      SpooledFile file(std::size_t{4});
      file.append(patterned(size));
      CHECK(file.wants_write() == (size > 4));
      file.finish();
      CHECK(file.wants_write() == (size > 4));
      if (file.wants_write()) file.write();
      CHECK_FALSE(file.wants_write());
      CHECK(file.is_in_memory() == (size <= 4));
      CHECK(file.size() == size);
      CHECK(file.content() == patterned(size));
    }
  }

  TEST_CASE("spooled file: on disk it collects bytes for a write, and writes the rest at the end") {
    const std::string content = patterned(3 * SpooledFile::write_bytes);
    SpooledFile file(std::size_t{10});
    file.append(std::string_view(content).substr(0, 11));
    file.write();
    file.append(std::string_view(content).substr(11, SpooledFile::write_bytes - 1));
    CHECK_FALSE(file.wants_write());
    file.append(std::string_view(content).substr(SpooledFile::write_bytes + 10, 1));
    CHECK(file.wants_write());
    file.write();
    file.append(std::string_view(content).substr(SpooledFile::write_bytes + 11, 7));
    CHECK_FALSE(file.wants_write());
    CHECK(file.size() == SpooledFile::write_bytes + 18);
    file.finish();
    CHECK(file.wants_write());
    file.write();
    CHECK(file.content() == std::string_view(content).substr(0, SpooledFile::write_bytes + 18));
  }

  TEST_CASE("spooled file: nothing is never written") {
    CHECK(on_disk("")->is_in_memory());
    CHECK(on_disk("")->content() == "");
  }

  ASYNC_TEST_CASE("spooled file: any of its bytes are read, from memory and from disk, few and many") {
    const std::string content = patterned(700'000);
    const std::shared_ptr<const SpooledFile> both[] = {std::make_shared<SpooledFile>(content), on_disk(content)};
    for (const std::shared_ptr<const SpooledFile>& file : both) {
      const std::string few = co_await read_spooled(file, 5, 7);
      CHECK(few == content.substr(5, 7));
      const std::string many = co_await read_spooled(file, 1, 699'999, "overwritten");
      const bool is_same = many == content.substr(1);
      CHECK(is_same);
    }
  }

  TEST_CASE("file copy: has the bytes of a file in memory and of one on disk, whatever was there before") {
    const TemporaryDirectory directory;
    const std::string content = patterned(700'000);
    const std::string path = directory.write("copy", std::string(800'000, 'x'));
    CHECK(copied(std::make_shared<SpooledFile>(content), path) == content);
    CHECK(copied(on_disk(content), path) == content);
    CHECK(copied(on_disk("short"), path) == "short");
    CHECK(copied(std::make_shared<SpooledFile>(std::string()), directory.path("empty")) == "");
  }

  TEST_CASE("file copy: a large one takes several steps") {
    const TemporaryDirectory directory;
    const auto file = on_disk(std::string(FileCopy::step_bytes + 1, 'x'));
    FileCopy copy(file, directory.path("copy"));
    CHECK(copy.step());
    CHECK_FALSE(copy.step());
    CHECK(std::filesystem::file_size(directory.path("copy")) == FileCopy::step_bytes + 1);
  }

  TEST_CASE("file copy: what the kernel doesn't copy is copied by hand") {
    CHECK_THROWS_AS(copied(on_disk("hello"), "/dev/full"), std::system_error);
    CHECK(copied(on_disk("hello"), "/dev/null") == "");
  }

  TEST_CASE("file copy: a path that can't be written to is an error that names it") {
    const TemporaryDirectory directory;
    CHECK_THROWS_WITH_AS(FileCopy(on_disk("x"), directory.path("none/copy")),
                         doctest::Contains(directory.path("none/copy").c_str()), std::system_error);
    CHECK_THROWS_AS(FileCopy(on_disk("x"), directory.path()), std::system_error);
  }
}

// SPDX-License-Identifier: BSL-1.0
#include "http/disk_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "support/environment.hpp"
#include "support/open_descriptors.hpp"
#include "support/temporary_directory.hpp"

using namespace coroute;
using coroute::detail::DiskFile;
using coroute::detail::NamelessBy;
using coroute::test::all_closed;
using coroute::test::open_descriptors;
using coroute::test::TemporaryDirectory;

namespace {

constexpr NamelessBy both[] = {NamelessBy::Kernel, NamelessBy::Unlink};

std::string read(const DiskFile& file, std::uint64_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  file.read(offset, bytes.data(), count);
  return bytes;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("disk file: gives back what was appended, from any place") {
    const TemporaryDirectory directory;
    for (const NamelessBy by : both) {
      const DiskFile::Pointer file = DiskFile::create_temporary_in(directory.path(), by);
      CHECK(file->size() == 0);
      file->append("hello ");
      file->append("");
      file->append("world");
      CHECK(file->size() == 11);
      CHECK(read(*file, 0, 11) == "hello world");
      CHECK(read(*file, 4, 3) == "o w");
      CHECK(file->content() == "hello world");
      CHECK(file->content().data() == file->content().data());
    }
  }

  TEST_CASE("disk file: what was just written is in memory, what isn't there is not") {
    const TemporaryDirectory directory;
    const DiskFile::Pointer file = DiskFile::create_temporary_in(directory.path());
    file->append("hello");
    std::string bytes(6, '-');
    CHECK_FALSE(file->read_cached(0, bytes.data(), 6));
    CHECK_THROWS_AS(file->read(0, bytes.data(), 6), std::system_error);
  }

  TEST_CASE("disk file: has no name, is for its owner alone and is not inherited by other programs") {
    const TemporaryDirectory directory;
    for (const NamelessBy by : both) {
      const DiskFile::Pointer file = DiskFile::create_temporary_in(directory.path(), by);
      CHECK(std::filesystem::is_empty(directory.path()));
      struct stat about{};
      REQUIRE(fstat(file->descriptor(), &about) == 0);
      CHECK(about.st_nlink == 0);
      CHECK((about.st_mode & 0777U) == 0600U);
      CHECK((fcntl(file->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
    }
  }

  TEST_CASE("disk file: is closed by a thread when nobody has it any more") {
    const TemporaryDirectory directory;
    DiskFile::Pointer file = DiskFile::create_temporary_in(directory.path());
    file->append("hello");
    CHECK(file->content() == "hello");
    DiskFile::Pointer other = file;
    file.reset();
    CHECK(open_descriptors(directory.path()) == 1);
    other.reset();
    CHECK(all_closed(directory.path()));
  }

  TEST_CASE("disk file: is in the directory that TMPDIR names") {
    const TemporaryDirectory directory;
    const coroute::testing::EnvironmentVariable variable("TMPDIR", directory.path());
    const DiskFile::Pointer file = DiskFile::create_temporary();
    CHECK(open_descriptors(directory.path()) == 1);
  }

  TEST_CASE("disk file: is in /var/tmp or /tmp when TMPDIR is empty") {
    const coroute::testing::EnvironmentVariable variable("TMPDIR", "");
    const std::size_t before = open_descriptors("/var/tmp/") + open_descriptors("/tmp/");
    const DiskFile::Pointer file = DiskFile::create_temporary();
    CHECK(open_descriptors("/var/tmp/") + open_descriptors("/tmp/") == before + 1);
  }

  TEST_CASE("disk file: a directory that isn't there is an error that names it") {
    const TemporaryDirectory directory;
    for (const NamelessBy by : both) {
      CHECK_THROWS_WITH_AS((void)DiskFile::create_temporary_in(directory.path("none"), by),
                           doctest::Contains(directory.path("none").c_str()), std::system_error);
    }
  }

  TEST_CASE("disk file: one that is there is opened to be read, and closed by a thread") {
    const TemporaryDirectory directory;
    DiskFile::Pointer file = DiskFile::open(directory.write("file", "hello"));
    CHECK(file->size() == 5);
    CHECK(read(*file, 1, 3) == "ell");
    CHECK(file->content() == "hello");
    file.reset();
    CHECK(all_closed(directory.path()));
    CHECK(DiskFile::open(directory.write("empty", ""))->content() == "");
  }

  TEST_CASE("disk file: one that somebody makes shorter is an error, not a crash") {
    const TemporaryDirectory directory;
    const std::string path = directory.write("file", std::string(100'000, 'x'));
    const DiskFile::Pointer file = DiskFile::open(path);
    const DiskFile::Pointer read_before = DiskFile::open(path);
    const std::string_view content = read_before->content();
    std::filesystem::resize_file(path, 10);
    std::string bytes(100, '-');
    CHECK_THROWS_AS(file->read(0, bytes.data(), 100), std::system_error);
    CHECK_THROWS_AS((void)file->content(), std::system_error);
    const bool is_kept = content == std::string(100'000, 'x') && read_before->content() == content;
    CHECK(is_kept);
  }

  TEST_CASE("disk file: nothing, a directory and a pipe are no files to open") {
    const TemporaryDirectory directory;
    REQUIRE(mkfifo(directory.path("pipe").c_str(), 0600) == 0);
    for (const std::string& path : {directory.path("none"), directory.path(), directory.path("pipe")}) {
      CHECK_THROWS_WITH_AS((void)DiskFile::open(path), doctest::Contains(path.c_str()), std::system_error);
    }
  }
}

// SPDX-License-Identifier: BSL-1.0
#include "http/open_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "support/temporary_directory.hpp"

using namespace coroute;
using namespace coroute::detail;
using coroute::test::TemporaryDirectory;
using namespace std::chrono_literals;

namespace {

/// What is read of a file; "directory", "special", or "nothing" when it can't be opened.
std::string found(const std::string& directory, const std::string& path, Symlinks symlinks, Containment containment) {
  const std::optional<OpenFile> file = open_beneath(directory, path, symlinks, containment);
  if (!file) return "nothing";
  if (file->is_directory()) return "directory";
  if (!file->is_regular()) return "special";
  return file->read(0, static_cast<std::size_t>(file->size()));
}

/// A directory with a secret beside it.
struct Site {
  Site() {
    outer.write("secret", "secret");
    outer.write("site/page", "page");
    outer.write("site/sub/page", "sub page");
    outer.link("site/inside", "sub/page");
    outer.link("site/inside-dir", "sub");
    outer.link("site/up-and-down", "sub/../page");
    outer.link("site/outside", "../secret");
    outer.link("site/outside-dir", "..");
    outer.link("site/absolute", outer.path("secret"));
    outer.link("site/dangling", "nowhere");
    outer.link("site/loop", "loop");
    outer.link("link-to-site", "site");
    root = outer.path("site");
  }
  TemporaryDirectory outer;
  std::string root;
};

constexpr Containment both[] = {Containment::ByKernel, Containment::ByPath};

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("open file: knows its size, its time and its bytes") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("file", "0123456789");
  constexpr auto time = std::chrono::sys_days(2024y / 1 / 2) + 3h;
  directory.set_time("file", time);
  const OpenFile file(path);
  CHECK(file.is_regular());
  CHECK(file.size() == 10);
  CHECK(file.modified() == time);
  CHECK(file.read(3, 4) == "3456");
  CHECK(file.read(10, 0).empty());
}

TEST_CASE("open file: what isn't there, and what became shorter, is an error") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(OpenFile(directory.path("none")), std::system_error);
  const std::string path = directory.write("file", "0123456789");
  const OpenFile file(path);
  std::filesystem::resize_file(path, 5);
  CHECK(file.read(0, 5) == "01234");
  CHECK_THROWS_AS(file.read(0, 6), std::runtime_error);
}

TEST_CASE("open file: what the kernel has in memory is read at once, and nothing beyond the end") {
  const TemporaryDirectory directory;
  const OpenFile file(directory.write("file", "0123456789"));  // just written: it is there, where the kernel can tell
  const std::string cached = file.read_cached(3, 4);
  CHECK((cached == "3456" || cached.empty()));
  CHECK(std::string("89").starts_with(file.read_cached(8, 100)));
  CHECK(file.read_cached(10, 1).empty());
}

TEST_CASE("open file: names below a directory are found, others are not") {
  const Site site;
  for (const Containment containment : both) {
    for (const Symlinks symlinks : {Symlinks::Refuse, Symlinks::Beneath, Symlinks::Follow}) {
      CHECK(found(site.root, "page", symlinks, containment) == "page");
      CHECK(found(site.root, "sub/page", symlinks, containment) == "sub page");
      CHECK(found(site.root, "sub", symlinks, containment) == "directory");
      CHECK(found(site.root, ".", symlinks, containment) == "directory");
      CHECK(found(site.outer.path("link-to-site"), "page", symlinks, containment) == "page");
      for (const char* const path : {"none", "page/none", "none/page", "dangling", "loop"}) {
        CAPTURE(path);
        CHECK(found(site.root, path, symlinks, containment) == "nothing");
      }
      CHECK(found(site.root, std::string(300, 'x'), symlinks, containment) == "nothing");
      CHECK(found(site.outer.path("no-site"), "page", symlinks, containment) == "nothing");
    }
  }
}

TEST_CASE("open file: links are refused, followed below the directory, or followed anywhere") {
  const Site site;
  for (const Containment containment : both) {
    CHECK(found(site.root, "inside", Symlinks::Refuse, containment) == "nothing");
    CHECK(found(site.root, "inside-dir/page", Symlinks::Refuse, containment) == "nothing");
    CHECK(found(site.root, "inside", Symlinks::Beneath, containment) == "sub page");
    CHECK(found(site.root, "inside-dir/page", Symlinks::Beneath, containment) == "sub page");
    CHECK(found(site.root, "up-and-down", Symlinks::Beneath, containment) == "page");
    CHECK(found(site.root, "outside", Symlinks::Follow, containment) == "secret");
    CHECK(found(site.root, "absolute", Symlinks::Follow, containment) == "secret");
  }
}

TEST_CASE("open file: nothing leads outside, not even a path with dots") {
  const Site site;
  for (const Containment containment : both) {
    for (const Symlinks symlinks : {Symlinks::Refuse, Symlinks::Beneath}) {
      for (const char* const path : {"outside", "outside-dir/secret", "absolute", "../secret", "sub/../../secret"}) {
        CAPTURE(path);
        CHECK(found(site.root, path, symlinks, containment) == "nothing");
      }
    }
  }
}

TEST_CASE("open file: a directory whose name begins like another's is outside of it") {
  const TemporaryDirectory outer;
  outer.write("site/page", "page");
  outer.write("site-private/page", "private");
  outer.link("site/other", "../site-private/page");
  for (const Containment containment : both)
    CHECK(found(outer.path("site"), "other", Symlinks::Beneath, containment) == "nothing");
}

TEST_CASE("open file: a FIFO that nobody writes to is opened without a wait, and is no regular file") {
  const TemporaryDirectory directory;
  REQUIRE(mkfifo(directory.path("fifo").c_str(), 0600) == 0);
  for (const Containment containment : both)
    CHECK(found(directory.path(), "fifo", Symlinks::Beneath, containment) == "special");
}

TEST_CASE("open file: what was just read is in memory, as far as the file system can tell; what isn't there isn't") {
  const TemporaryDirectory directory;
  const OpenFile file(directory.write("file", std::string(200'000, 'x')));
  CHECK(file.read(0, 200'000).size() == 200'000);
  const bool can_tell = !file.read_cached(0, 1).empty();
  CHECK(file.is_cached(0, 200'000) == can_tell);
  CHECK(file.is_cached(199'999, 1) == can_tell);
  CHECK_FALSE(file.is_cached(0, 200'001));
  CHECK_FALSE(file.is_cached(200'000, 1));
  CHECK_THROWS_AS(file.read(0, 200'001), FileBecameShorter);
}

TEST_SUITE_END();

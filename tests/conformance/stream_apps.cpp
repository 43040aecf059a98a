// SPDX-License-Identifier: BSL-1.0
// Answers that come piece by piece, and files.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "conformance_apps.hpp"

namespace coroute::conformance {
namespace {

using namespace std::chrono_literals;

struct Ev {
  std::string name;
  int n;
};

AsyncGenerator<Ev> json_lines() {
  for (int n = 0; n < 3; ++n) {
    const Ev event{"é", n};
    co_yield event;
  }
}

AsyncGenerator<ServerSentEvent> events() {
  const Json first{{"a", 1}};
  const Json third{{"k", "v"}};
  co_yield first;
  co_yield "hi";
  co_yield ServerSentEvent().data(third).event("upd").id("7").retry(1500ms).comment("c1\nc2");
  co_yield ServerSentEvent().raw_data("line1\nline2");
}

AsyncGenerator<std::string> chunks() {
  co_yield std::string("ab");
  co_yield std::string("cd");
}

/// The files that the cases ask for, as long as the program runs.
class Files {
 public:
  Files() {
    if (!mkdtemp(path_.data())) throw std::runtime_error("mkdtemp");
    write("hello.txt", "hello static file\n");
    std::string big;
    for (int i = 0; i < 10; ++i)
      big += "0123456789";
    write("big.txt", big);
    write("404.html", "nothing");
    write("sub/index.html", "sub");
    const timespec time{std::chrono::system_clock::to_time_t(std::chrono::sys_days(2024y / 1 / 2) + 3h + 4min + 5s), 0};
    const timespec both[2] = {time, time};
    utimensat(AT_FDCWD, path("big.txt").c_str(), both, 0);
  }
  ~Files() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  void write(std::string_view name, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << content;
  }

  std::string path_ = "/tmp/coroute-conformance-XXXXXX";
};

}  // namespace

App stream_app() {
  static const Files files;
  FileResponse greeting(files.path("hello.txt"));
  greeting.filename("h\xC3\xA9.txt");
  App app;
  app.get("/file", greeting);
  app.mount("/static", StaticFiles(files.path()));
  app.mount("/site", StaticFiles(files.path(), {.html = true}));
  app.get("/jsonl", json_lines);
  app.get("/sse", events);
  app.get("/chunks", chunks);
  return app;
}

}  // namespace coroute::conformance

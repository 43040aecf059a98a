// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/asyncio.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include "coroute/coroute.hpp"

#include "support/raw_client.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// Stands for curl_easy_perform and its like: returns when the whole answer is there.
std::string blocking_get(std::uint16_t port, const std::string& path) {
  RawClient connection(port);
  return connection.request("GET " + path + " HTTP/1.1\r\nhost: x\r\n\r\n").body;
}

// [blocking_client]
Async<std::string> page_by_blocking_client(std::uint16_t port, std::string path) {
  co_return blocking_get(port, path);  // the thread waits in recv(): so does everything else on this loop
}

Async<void> looks_concurrent(std::uint16_t port) {
  co_await gather(page_by_blocking_client(port, "/1"), page_by_blocking_client(port, "/2"),
                  page_by_blocking_client(port, "/3"));  // one after the other
}
// [/blocking_client]

// [client_in_thread]
Async<void> concurrent_by_threads(std::uint16_t port) {
  co_await gather(to_thread(blocking_get, port, "/1"), to_thread(blocking_get, port, "/2"),
                  to_thread(blocking_get, port, "/3"));  // a thread each: fine for a few
}
// [/client_in_thread]

// [client]
Async<void> concurrent(const Client& client) {
  co_await gather(client.get("/1").send(), client.get("/2").send(), client.get("/3").send());
}
// [/client]

// [download]
void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("can't write " + path.string());
}

Async<void> download(const Client& client, Semaphore& slots, std::string page, std::filesystem::path folder) {
  const Permit slot = co_await slots.acquire();
  const ClientResponse response = co_await client.get("/" + page).timeout(5s);
  response.raise_for_status();
  co_await to_thread(write_file, folder / page, std::string(response.text()));  // disks block too
}

Async<void> download_all(const Client& client, std::vector<std::string> pages, std::filesystem::path folder) {
  Semaphore slots(8);  // polite: at most 8 at once, however many pages
  co_await task_group([&](TaskGroup& group) -> Async<void> {
    for (const std::string& page : pages)
      group.create_task(download(client, slots, page, folder), page);
    co_return;
  });
}
// [/download]

/// Answers each page once as many as `together` are being asked for, and notes how many were at most.
class Gathering {
 public:
  explicit Gathering(int together) : together_(together) {}
  Async<Response> operator()(Request& request) {
    const int now = ++inside_;
    int most = most_.load();
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
    if (now >= together_) all_here_.set();
    const std::string path(request.path());
    if (together_ > 1) co_await all_here_.wait();
    --inside_;
    co_return text("page " + path);
  }
  int most() const { return most_; }

 private:
  const int together_;
  Event all_here_;
  std::atomic<int> inside_{0};
  std::atomic<int> most_{0};
};

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("guide: a blocking client in coroutines asks for one page after the other") {
  Gathering pages(1);
  const TestServer server([&](Request& request) { return pages(request); });
  run(looks_concurrent(server.port()));
  CHECK(pages.most() == 1);
}

TEST_CASE("guide: threads, or the client of coroute, ask for all at once") {
  Gathering by_threads(3);
  {
    const TestServer server([&](Request& request) { return by_threads(request); });
    run(concurrent_by_threads(server.port()));
  }
  CHECK(by_threads.most() == 3);
  Gathering by_client(3);
  const TestServer server([&](Request& request) { return by_client(request); });
  const Client client(ClientOptions{.base_url = "http://127.0.0.1:" + std::to_string(server.port())});
  run(concurrent(client));
  CHECK(by_client.most() == 3);
}

TEST_CASE("guide: several pages are downloaded to files, at most 8 at a time") {
  Gathering source(8);
  const TestServer server([&](Request& request) { return source(request); });
  const Client client(ClientOptions{.base_url = "http://127.0.0.1:" + std::to_string(server.port())});
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("coroute_guide_" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  std::vector<std::string> pages;
  for (int i = 0; i < 24; ++i)
    pages.push_back("p" + std::to_string(i));
  run(download_all(client, pages, folder));
  for (const std::string& page : pages)
    CHECK(content_of(folder / page) == "page /" + page);
  CHECK(source.most() == 8);
  std::filesystem::remove_all(folder);
}

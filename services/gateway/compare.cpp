// SPDX-License-Identifier: BSL-1.0
#include "compare.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/coroute.hpp"

namespace gateway {
namespace {

using namespace coroute;
using namespace std::chrono_literals;

constexpr std::size_t default_downloads = 5;
constexpr std::size_t max_downloads = 20;

struct Job {
  Job(Backend& backend, std::string path, Url url, std::size_t downloads)
      : backend(&backend), path(std::move(path)), url(std::move(url)), downloads(downloads) {}
  Backend* backend;
  std::string path;
  Url url;
  std::size_t downloads;
};

/// The mistake itself: an HTTP client that blocks its thread until the answer is there.
std::size_t blocking_get(const Url& url) {
  struct Socket {
    ~Socket() {
      if (fd >= 0) close(fd);
    }
    int fd = -1;
  } socket;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* addresses = nullptr;
  const std::string port = std::to_string(url.port());
  if (getaddrinfo(std::string(url.host()).c_str(), port.c_str(), &hints, &addresses) != 0) {
    throw HttpException(502, "the backend's name has no address");
  }
  socket.fd = ::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = socket.fd >= 0 && connect(socket.fd, addresses->ai_addr, addresses->ai_addrlen) == 0;
  freeaddrinfo(addresses);
  if (!connected) throw HttpException(502, "the backend accepts no connection");
  const std::string request = "GET " + std::string(url.target()) +
                              " HTTP/1.1\r\nhost: " + std::string(url.authority()) + "\r\nconnection: close\r\n\r\n";
  if (send(socket.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0)
    throw HttpException(502, "the backend takes no request");
  std::size_t received = 0;
  char buffer[16 * 1024];
  while (true) {
    const ssize_t count = recv(socket.fd, buffer, sizeof buffer, 0);
    if (count <= 0) return received;
    received += static_cast<std::size_t>(count);
  }
}

Async<void> download(const Job& job) {
  co_await job.backend->upstream.get(job.path);
}

Async<void> sequential(const Job& job) {
  for (std::size_t i = 0; i < job.downloads; ++i)
    co_await download(job);
}

Async<void> concurrent(const Job& job) {
  std::vector<Async<void>> downloads;
  for (std::size_t i = 0; i < job.downloads; ++i)
    downloads.push_back(download(job));
  co_await gather(std::move(downloads));
}

Async<void> blocking_in_the_loop(const Job& job) {
  for (std::size_t i = 0; i < job.downloads; ++i)
    blocking_get(job.url);
  co_return;
}

Async<void> on_threads(const Job& job) {
  std::vector<Async<std::size_t>> downloads;
  for (std::size_t i = 0; i < job.downloads; ++i)
    downloads.push_back(to_thread(blocking_get, job.url));
  co_await gather(std::move(downloads));
}

/// Another user of the same loop: notes how long the longest wait for its turn was. Beats until it is cancelled;
/// `longest` is shared, since the work that it accompanies may fail and be gone before.
Async<void> beat(std::shared_ptr<Clock::duration> longest) {
  constexpr Clock::duration interval = 1ms;
  Clock::time_point last = Clock::now();
  while (true) {
    co_await sleep(interval);
    const Clock::time_point now = Clock::now();
    *longest = std::max(*longest, now - last - interval);
    last = now;
  }
}

double to_ms(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

Async<Json> measure(std::string_view name, Async<void> (*way)(const Job&), const Job& job) {
  const auto longest_stall = std::make_shared<Clock::duration>();
  Task<void> beating = create_task(beat(longest_stall));
  co_await sleep(2ms);  // the heart beats before the work begins
  const Clock::time_point began = Clock::now();
  co_await way(job);
  const double ms = to_ms(Clock::now() - began);
  co_await sleep(2ms);  // a beat that was held up comes now
  beating.cancel();
  try {
    co_await beating;
  } catch (const Cancelled&) {
  }
  co_return Json{{"way", name}, {"ms", ms}, {"loop_stalled_ms", to_ms(*longest_stall)}};
}

Job read_job(const Backends& backends, Request& request) {
  const auto name = request.query("backend");
  Backend* backend = name ? backends.find(*name) : &backends.first();
  if (!backend) throw HttpException(422, "no backend has the name '" + std::string(*name) + "'");
  const std::string path(request.query("path").value_or("/slow/100"));
  Url url = backend->url_of(path);
  std::size_t downloads = default_downloads;
  if (const auto n = request.query("n")) {
    const auto [end, error] = std::from_chars(n->data(), n->data() + n->size(), downloads);
    if (error != std::errc() || end != n->data() + n->size() || downloads == 0 || downloads > max_downloads) {
      throw HttpException(422, "'n' is a number from 1 to 20");
    }
  }
  return Job(*backend, path, std::move(url), downloads);
}

}  // namespace

Async<Json> compare(const Backends& backends, Request& request) {
  const Job job = read_job(backends, request);
  Json ways = Json::array();
  try {
    ways.push_back(co_await measure("sequential", sequential, job));
    ways.push_back(co_await measure("concurrent", concurrent, job));
    ways.push_back(co_await measure("blocking in the loop", blocking_in_the_loop, job));
    ways.push_back(co_await measure("to_thread", on_threads, job));
  } catch (const ClientTimeout&) {
    throw HttpException(504, "the backend gave no answer in time");
  } catch (const ClientError&) {
    throw HttpException(502, "the backend is unreachable or its answer can't be used");
  }
  co_return Json{
      {"downloads", job.downloads},
      {"of", job.backend->name + ":" + job.path},
      {"ways", std::move(ways)},
      {"lesson",
       "Awaited calls can wait together; a call that blocks the loop stalls everybody on it for as long as it "
       "takes; a blocking call belongs on a thread."}};
}

}  // namespace gateway

// SPDX-License-Identifier: BSL-1.0
// What one gets from Boost.Beast by following its awaitable client example and keeping the connections: each belongs to
// a coroutine, which takes the requests from a queue.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <queue>
#include <utility>

#include "load.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Stream = asio::use_awaitable_t<>::as_default_on_t<beast::tcp_stream>;

/// The times at which the requests in the queue began.
using Waiting = std::queue<bench::Clock::time_point>;

http::request<http::string_body> make_request(const bench::Options& options) {
  http::request<http::string_body> request{options.body.empty() ? http::verb::get : http::verb::post, options.path, 11};
  request.set(http::field::host, "127.0.0.1:" + options.port);
  request.set(http::field::user_agent, "beast");
  request.set(http::field::accept, "*/*");
  if (!options.body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = options.body;
  }
  request.prepare_payload();
  return request;
}

asio::awaitable<void> work(Stream& stream, const bench::Options& options, bench::Load& load, Waiting& waiting) {
  beast::flat_buffer buffer;
  buffer.reserve(64 * 1024);  // else a large answer is read in pieces of 512 bytes
  while (!waiting.empty()) {
    const bench::Clock::time_point began = waiting.front();
    waiting.pop();
    stream.expires_after(std::chrono::seconds(30));
    const http::request<http::string_body> request = make_request(options);
    co_await http::async_write(stream, request);
    http::response<http::string_body> response;
    co_await http::async_read(stream, buffer, response);
    load.end(began, static_cast<int>(response.result_int()), response.body().size());
    bench::Clock::time_point next;
    if (load.begin(next)) waiting.push(next);
  }
}

class BeastClient {
 public:
  explicit BeastClient(const bench::Options& options) : options_(options) {
    const tcp::endpoint server{asio::ip::make_address("127.0.0.1"),
                               static_cast<unsigned short>(std::stoul(options.port))};
    for (std::size_t i = 0; i < std::min(options.connections, options.concurrent); ++i) {
      Stream& stream = streams_.emplace_back(context_);
      stream.socket().connect(server);
      stream.socket().set_option(tcp::no_delay(true));
    }
  }

  void run(bench::Load& load) {
    Waiting waiting;
    bench::Clock::time_point began;
    for (std::size_t i = 0; i < options_.concurrent && load.begin(began); ++i)
      waiting.push(began);
    for (Stream& stream : streams_) {
      asio::co_spawn(context_, work(stream, options_, load, waiting), [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
      });
    }
    context_.restart();
    context_.run();
  }

 private:
  const bench::Options& options_;
  asio::io_context context_{1};
  std::vector<Stream> streams_;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::parse_options(argc, argv);
  BeastClient client(options);
  bench::Load warm_up = bench::Load::warm_up(options);
  client.run(warm_up);
  bench::Load load = bench::Load::measured(options);
  client.run(load);
  load.print();
}

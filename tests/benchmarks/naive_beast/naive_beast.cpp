// SPDX-License-Identifier: BSL-1.0
// What one gets from Boost.Beast by following its awaitable server example: the figure to beat, and the proof
// that the benchmark's ratios mean something.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Json = nlohmann::json;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using Stream = asio::use_awaitable_t<>::as_default_on_t<beast::tcp_stream>;

struct Dimensions {
  double w, h, d;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Dimensions, w, h, d)

struct Item {
  std::string name;
  std::string sku;
  double price;
  int quantity;
  bool active;
  std::vector<std::string> tags;
  std::string description;
  Dimensions dimensions;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Item, name, sku, price, quantity, active, tags, description, dimensions)

/// The Date header's text, made anew once a second.
const std::string& http_date() {
  static std::time_t made_at = 0;
  static std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char buffer[32];
    text.assign(buffer, std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    made_at = now;
  }
  return text;
}

Response make_response(const Request& request, http::status status, const char* content_type, std::string body) {
  Response response{status, request.version()};
  response.set(http::field::date, http_date());
  response.set(http::field::server, "naive-beast");
  response.set(http::field::content_type, content_type);
  response.keep_alive(request.keep_alive());
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

Response json_response(const Request& request, const Json& body) {
  return make_response(request, http::status::ok, "application/json", body.dump());
}

std::optional<long> parse_number(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> find_query(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.substr(0, pair.find('=')) == name) {
      return std::string(pair.substr(std::min(pair.size(), name.size() + 1)));
    }
  }
  return std::nullopt;
}

Response read_item(const Request& request, std::string_view id_text, std::string_view query) {
  const std::optional<long> id = parse_number(id_text);
  if (!id) {
    return make_response(request, http::status::unprocessable_entity, "text/plain", "item_id: not an integer");
  }
  const std::optional<std::string> q = find_query(query, "q");
  return json_response(request, Json{{"item_id", *id}, {"q", q ? Json(*q) : Json(nullptr)}});
}

Response create_item(const Request& request) {
  try {
    const Item item = Json::parse(request.body()).get<Item>();
    if (item.name.empty() || item.price < 0 || item.quantity < 0) {
      throw std::invalid_argument("name, price or quantity out of bounds");
    }
    return json_response(request, Json(item));
  } catch (const std::exception& error) {
    return make_response(request, http::status::unprocessable_entity, "text/plain", error.what());
  }
}

Response read_bytes(const Request& request, std::string_view size_text) {
  const std::optional<long> size = parse_number(size_text);
  if (!size || *size < 0 || *size > 10'000'000) {
    return make_response(request, http::status::unprocessable_entity, "text/plain", "n: out of bounds");
  }
  return make_response(request, http::status::ok, "application/octet-stream",
                       std::string(static_cast<std::size_t>(*size), 'x'));
}

Response handle(const Request& request) {
  constexpr std::string_view items = "/items/";
  constexpr std::string_view bytes = "/bytes/";
  const std::string_view target{request.target().data(), request.target().size()};
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = target.substr(std::min(target.size(), path.size() + 1));
  const bool get = request.method() == http::verb::get;
  if (get && path == "/plaintext") {
    return make_response(request, http::status::ok, "text/plain; charset=utf-8", "Hello, World!");
  }
  if (get && path == "/json") {
    return json_response(request, Json{{"message", "Hello, World!"}});
  }
  if (get && path.starts_with(items)) {
    return read_item(request, path.substr(items.size()), query);
  }
  if (request.method() == http::verb::post && path == "/items") {
    return create_item(request);
  }
  if (get && path.starts_with(bytes)) {
    return read_bytes(request, path.substr(bytes.size()));
  }
  return make_response(request, http::status::not_found, "text/plain", "not found");
}

asio::awaitable<void> serve_connection(Stream stream) {
  beast::flat_buffer buffer;
  try {
    for (;;) {
      stream.expires_after(std::chrono::seconds(30));
      Request request;
      co_await http::async_read(stream, buffer, request);
      Response response = handle(request);
      const bool keep_alive = response.keep_alive();
      co_await http::async_write(stream, response);
      if (!keep_alive) {
        break;
      }
    }
  } catch (const boost::system::system_error&) {
    co_return;
  }
  beast::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> listen(tcp::endpoint endpoint) {
  auto acceptor = asio::use_awaitable_t<>::as_default_on(tcp::acceptor(co_await asio::this_coro::executor));
  acceptor.open(endpoint.protocol());
  acceptor.set_option(asio::socket_base::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen(4096);
  for (;;) {
    Stream stream{co_await acceptor.async_accept()};
    stream.socket().set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve_connection(std::move(stream)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int port = argc == 3 && std::string_view(argv[1]) == "--port" ? std::atoi(argv[2]) : 0;
  if (port <= 0 || port > 65535) {
    std::fputs("usage: naive_beast --port N\n", stderr);
    return 2;
  }
  asio::io_context context{1};
  asio::signal_set signals{context, SIGTERM, SIGINT};
  signals.async_wait([&](beast::error_code, int) { context.stop(); });
  const tcp::endpoint endpoint{asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(port)};
  asio::co_spawn(context, listen(endpoint), [](std::exception_ptr error) {
    if (error) {
      std::rethrow_exception(error);
    }
  });
  context.run();
  return 0;
}

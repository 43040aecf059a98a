// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/client.hpp"

#include <stdexcept>

#include "client_core.hpp"
#include "url_join.hpp"

namespace coroute {

Client::Client(ClientOptions options) : core_(std::make_shared<detail::ClientCore>(std::move(options))) {}

Client::Client(Client&&) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}

Client::~Client() {
  if (core_) core_->close();
}

RequestBuilder Client::get(std::string_view url) const {
  return request("GET", url);
}
RequestBuilder Client::head(std::string_view url) const {
  return request("HEAD", url);
}
RequestBuilder Client::options(std::string_view url) const {
  return request("OPTIONS", url);
}
RequestBuilder Client::post(std::string_view url) const {
  return request("POST", url);
}
RequestBuilder Client::put(std::string_view url) const {
  return request("PUT", url);
}
RequestBuilder Client::patch(std::string_view url) const {
  return request("PATCH", url);
}
RequestBuilder Client::del(std::string_view url) const {
  return request("DELETE", url);
}

RequestBuilder Client::request(Method method, std::string_view url) const {
  if (method == Method::Other) throw std::invalid_argument("give the name of the method, Method::Other has none");
  return request(to_string(method), url);
}

RequestBuilder Client::request(std::string_view method, std::string_view url) const {
  return RequestBuilder(core_, method, url);
}

WebSocketBuilder Client::websocket(std::string_view url) const {
  return WebSocketBuilder(get(detail::http_url_of(url)));
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/client_response.hpp"

#include "coroute/client/errors.hpp"
#include "coroute/json.hpp"
#include "coroute/params/json_value.hpp"

namespace coroute {

struct ClientResponse::Content {
  Content(std::string&& method, Url&& url, Status status, Headers&& headers, std::string&& body,
          Headers&& trailers) noexcept
      : method(std::move(method)),
        url(std::move(url)),
        status(status),
        headers(std::move(headers)),
        body(std::move(body)),
        trailers(std::move(trailers)) {}

  std::string method;
  Url url;
  Status status;
  Headers headers;
  std::string body;
  Headers trailers;
};

ClientResponse::ClientResponse(std::string method, Url url, Status status, Headers headers, std::string body,
                               Headers trailers)
    : content_(std::make_shared<Content>(std::move(method), std::move(url), status, std::move(headers), std::move(body),
                                         std::move(trailers))) {}

Status ClientResponse::status() const noexcept {
  return content_->status;
}

bool ClientResponse::ok() const noexcept {
  return content_->status.code() < 400;
}

const Headers& ClientResponse::headers() const noexcept {
  return content_->headers;
}

std::optional<std::string_view> ClientResponse::header(std::string_view name) const noexcept {
  return content_->headers.get(name);
}

const Headers& ClientResponse::trailers() const noexcept {
  return content_->trailers;
}

const std::string& ClientResponse::text() const& noexcept {
  return content_->body;
}

std::string ClientResponse::text() && {
  return content_->body;  // not moved out: copies of this response may be read on other threads
}

Json ClientResponse::json() const {
  return parse_json(content_->body);
}

void ClientResponse::read_as(void* value, const detail::TypeOperations& type) const {
  try {
    detail::read_json_value(content_->body, value, type);
  } catch (const ValidationError& error) {
    throw ResponseDecodeError(*this, error);
  }
}

const ClientResponse& ClientResponse::raise_for_status() const& {
  if (!ok()) throw HttpStatusError(*this);
  return *this;
}

ClientResponse ClientResponse::raise_for_status() && {
  if (!ok()) throw HttpStatusError(*this);
  return std::move(*this);
}

const std::string& ClientResponse::method() const noexcept {
  return content_->method;
}

const Url& ClientResponse::url() const noexcept {
  return content_->url;
}

}  // namespace coroute

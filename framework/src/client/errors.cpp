// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/errors.hpp"

#include "coroute/client/client_response.hpp"
#include "coroute/http/validation_error.hpp"
#include "response_error.hpp"
#include "url_join.hpp"

namespace coroute {
namespace {

std::string request_text(const ClientResponse& response) {
  return response.method() + ' ' + detail::printable_url({}, response.url().to_string());
}

}  // namespace

ClientError::ClientError(std::string_view request, std::string_view reason)
    : std::runtime_error(std::string(request).append(": ").append(reason)) {}

ResponseDecodeError::ResponseDecodeError(const ClientResponse& response, const ValidationError& error)
    : ClientError(request_text(response), std::string("the answer has ") + error.what()), errors_(error.errors()) {}

HttpStatusError::HttpStatusError(const ClientResponse& response)
    : ClientError(request_text(response), "status " + detail::status_text(response.status())),
      response_(std::make_shared<const ClientResponse>(response)),
      status_(response.status()) {}

WebSocketHandshakeError::WebSocketHandshakeError(const ClientResponse& response, std::string_view reason)
    : ClientError(request_text(response),
                  std::string(reason).append(": status ").append(detail::status_text(response.status()))),
      response_(std::make_shared<const ClientResponse>(response)),
      status_(response.status()) {}

}  // namespace coroute

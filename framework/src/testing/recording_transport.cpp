// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/recording_transport.hpp"

#include <stdexcept>
#include <utility>

#include "cassette.hpp"

namespace coroute {

RecordingTransport::RecordingTransport(std::string file, std::shared_ptr<Transport> transport,
                                       std::vector<std::string> redacted)
    : file_(std::move(file)), transport_(std::move(transport)), redacted_(std::move(redacted)) {
  if (!transport_) throw std::invalid_argument("a RecordingTransport needs a transport to record");
  save();
}

RecordingTransport::~RecordingTransport() {
  try {
    save();
  } catch (const std::exception&) {  // who has to know calls `save`
  }
}

void RecordingTransport::save() const {
  detail::Cassette cassette;
  const std::lock_guard lock(mutex_);
  for (const auto& interaction : recorded_) {
    if (interaction) cassette.interactions.push_back(*interaction);
  }
  cassette.save(file_);
}

std::vector<std::string> RecordingTransport::default_redacted() {
  return {"authorization", "cookie", "proxy-authorization", "set-cookie"};
}

Async<Response> RecordingTransport::send(TransportRequest request) {
  request.headers.remove("accept-encoding");
  auto interaction = std::make_unique<detail::Interaction>();
  interaction->method = request.method;
  interaction->url = request.url.to_string();
  interaction->request_headers = detail::redact(request.headers, redacted_);
  interaction->request_body = request.body;
  interaction->request_trailers = detail::redact(request.trailers, redacted_);
  std::size_t place = 0;
  {
    const std::lock_guard lock(mutex_);
    place = recorded_.size();
    recorded_.emplace_back();
  }
  Response response = co_await transport_->send(std::move(request));
  interaction->status = response.status;
  Headers headers = response.headers;
  const std::string_view type = response.content_type();
  if (!type.empty() && !headers.contains("content-type")) headers.add("content-type", type);
  interaction->response_headers = detail::redact(headers, redacted_);
  interaction->response_body = response.content();
  if (response.trailers()) interaction->response_trailers = detail::redact(*response.trailers(), redacted_);
  const std::lock_guard lock(mutex_);
  recorded_[place] = std::move(interaction);
  co_return response;
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "response_store.hpp"

#include "middleware/buffered_body.hpp"

namespace coroute::detail {

std::optional<StoredResponse> StoredResponse::of(const Response& response) {
  const auto body = buffered_body(response);
  if (!body) return std::nullopt;
  StoredResponse stored{response.status, response.headers, std::make_shared<const std::string>(*body)};
  if (!response.content_type().empty()) stored.headers.set("content-type", response.content_type());
  return stored;
}

Response StoredResponse::response() const {
  Response response = shared_bytes(body, {}, status);
  response.headers = headers;
  return response;
}

std::size_t StoredResponse::size() const noexcept {
  std::size_t size = body->size();
  for (const HeaderField field : headers)
    size += field.name.size() + field.value.size();
  return size;
}

ResponseStore::Ticket ResponseStore::enter(const std::string& key, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (const auto* const entry = entries_.find(key)) {
    if (now < (*entry)->expires_at) return {*entry, nullptr, false};
    entries_.erase(key);
  }
  std::shared_ptr<Flight>& flight = flights_[key];
  const bool leads = !flight;
  if (leads) flight = std::make_shared<Flight>();
  return {nullptr, flight, leads};
}

bool ResponseStore::put(const std::string& key, Entry entry) {
  constexpr std::size_t overhead = 256;  // of the nodes and objects around the texts
  const std::size_t size = overhead + 2 * key.size() + entry.fingerprint.size();
  const std::size_t weight = size + (entry.response ? entry.response->size() : 0);
  auto shared = std::make_shared<const Entry>(std::move(entry));
  const std::lock_guard lock(mutex_);
  return entries_.put(key, std::move(shared), weight);
}

void ResponseStore::erase_with_variants(const std::string& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase_with_variants(key);
}

void ResponseStore::land(const std::string& key, Flight& flight) {
  {
    const std::lock_guard lock(mutex_);
    flights_.erase(key);
  }
  flight.landed.set();
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "cassette.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "coroute/json.hpp"
#include "crypto/base64.hpp"
#include "http/utf8.hpp"

namespace coroute::detail {
namespace {

constexpr int version = 1;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Match match = match_utf8(text);
    if (!match.valid) return false;
    text.remove_prefix(match.bytes);
  }
  return true;
}

/// ["name", "value"], and ["name", "dmFsdWU=", "base64"] for a value that is not UTF-8.
Json json_of(const Headers& headers) {
  Json fields = Json::array();
  for (const HeaderField field : headers) {
    if (is_utf8(field.value)) {
      fields.push_back(Json::array({std::string(field.name), std::string(field.value)}));
    } else {
      fields.push_back(Json::array({std::string(field.name), base64(field.value), "base64"}));
    }
  }
  return fields;
}

std::string value_of(const Json& field) {
  auto value = field.at(1).get<std::string>();
  if (field.size() < 3) return value;
  std::optional<std::string> decoded = base64_decode(value);
  if (!decoded || field.at(2) != "base64") throw std::runtime_error("the value of a field is not base64");
  return *std::move(decoded);
}

Headers headers_of(const Json& fields) {
  Headers headers;
  for (const Json& field : fields)
    headers.add(field.at(0).get<std::string>(), value_of(field));
  return headers;
}

void write_body(Json& message, const std::string& body, const Headers& trailers) {
  if (!trailers.empty()) message["trailers"] = json_of(trailers);
  if (is_utf8(body)) {
    message["body"] = body;
  } else {
    message["body_base64"] = base64(body);
  }
}

std::string body_of(const Json& message) {
  if (message.contains("body")) return message.at("body").get<std::string>();
  auto body = base64_decode(message.at("body_base64").get<std::string>());
  if (!body) throw std::runtime_error("a body_base64 is not base64");
  return std::move(*body);
}

Headers trailers_of(const Json& message) {
  return message.contains("trailers") ? headers_of(message.at("trailers")) : Headers();
}

Interaction interaction_of(const Json& recorded) {
  const Json& request = recorded.at("request");
  const Json& response = recorded.at("response");
  return {request.at("method").get<std::string>(),
          request.at("url").get<std::string>(),
          headers_of(request.at("headers")),
          body_of(request),
          trailers_of(request),
          Status(response.at("status").get<int>()),
          headers_of(response.at("headers")),
          body_of(response),
          trailers_of(response)};
}

}  // namespace

Cassette Cassette::parse(std::string_view text) {
  try {
    const Json whole = Json::parse(text);
    if (whole.at("version") != version) throw std::runtime_error("its version is not 1");
    Cassette cassette;
    for (const Json& recorded : whole.at("interactions"))
      cassette.interactions.push_back(interaction_of(recorded));
    return cassette;
  } catch (const Json::exception& error) {
    throw std::runtime_error(error.what());
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(error.what());
  } catch (const std::out_of_range& error) {
    throw std::runtime_error(error.what());
  }
}

Cassette Cassette::load(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) throw std::runtime_error("cannot read the cassette " + file);
  const std::string text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  try {
    return parse(text);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("the cassette " + file + " can't be used: " + error.what());
  }
}

std::string Cassette::to_text() const {
  Json recorded = Json::array();
  for (const Interaction& each : interactions) {
    Json request{{"method", each.method}, {"url", each.url}, {"headers", json_of(each.request_headers)}};
    write_body(request, each.request_body, each.request_trailers);
    Json response{{"status", each.status.code()}, {"headers", json_of(each.response_headers)}};
    write_body(response, each.response_body, each.response_trailers);
    recorded.push_back(Json{{"request", std::move(request)}, {"response", std::move(response)}});
  }
  try {
    return Json{{"version", version}, {"interactions", std::move(recorded)}}.dump(2) + '\n';
  } catch (const Json::exception& error) {
    throw std::runtime_error(error.what());  // a method or URL that is not UTF-8
  }
}

/// Another file first, so that one which is there is replaced as a whole.
void Cassette::save(const std::string& file) const {
  const std::string next = file + ".new";
  std::ofstream output(next, std::ios::binary);
  output << to_text();
  output.close();
  std::error_code error;
  if (output) std::filesystem::rename(next, file, error);
  if (!output || error) throw std::runtime_error("cannot write the cassette " + file);
}

Headers redact(const Headers& headers, const std::vector<std::string>& names) {
  Headers result;
  for (const HeaderField field : headers) {
    const bool is_secret =
        std::any_of(names.begin(), names.end(), [&](const std::string& name) { return iequals(name, field.name); });
    result.add(field.name, is_secret ? Cassette::redacted_value : field.value);
  }
  return result;
}

}  // namespace coroute::detail

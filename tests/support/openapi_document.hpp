// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Documents of a few operations, as JSON to look into, and models for them.
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/openapi/document.hpp"
#include "coroute/params/parameter.hpp"

namespace coroute::testing {

struct Item {
  int id;
};
struct Amount {
  Decimal value;
};
struct Paging {
  int skip = 0;
  std::optional<int> limit;
  std::string secret;
  std::string order_by;
  static constexpr auto schema =
      fields(field<&Paging::skip>(defaulted, ge(0), description<"how many to leave out">, deprecated),
             field<&Paging::secret>(hidden));
};
struct Credentials {
  std::string user;
  std::string note = "none";
  static constexpr auto schema = fields(field<&Credentials::note>(defaulted));
};
struct Attachment {
  std::string name;
  UploadFile file;
};
struct ValidationError {
  int code;
};

inline nlohmann::json operator""_j(const char* text, std::size_t size) {
  return nlohmann::json::parse(std::string_view(text, size));
}

inline nlohmann::json document_of(std::vector<Operation> operations, const OpenApiInfo& info = {}) {
  return nlohmann::json::parse(openapi_document(info, operations));
}

/// The operation object of GET /x with `change` made to it.
template <class F>
nlohmann::json get_x(F change, std::string method = "get") {
  Operation operation{.method = method, .path = "/x", .name = "x"};
  change(operation);
  return document_of({operation})["paths"]["/x"][method];
}

template <class... P>
nlohmann::json parameters() {
  return get_x([](Operation& operation) { operation.parameters = {&P::info()...}; })["parameters"];
}

template <class... P>
nlohmann::json document_with_body(bool embeds = false) {
  return document_of(
      {{.method = "post", .path = "/x", .name = "x", .parameters = {&P::info()...}, .embeds_body = embeds}});
}
template <class... P>
nlohmann::json request_body(bool embeds = false) {
  return document_with_body<P...>(embeds)["paths"]["/x"]["post"]["requestBody"];
}

inline std::string message_of(const std::vector<Operation>& operations, const OpenApiInfo& info = {}) {
  try {
    openapi_document(info, operations);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

inline nlohmann::json media(const std::string& type, nlohmann::json schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

}  // namespace coroute::testing

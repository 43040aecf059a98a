// SPDX-License-Identifier: BSL-1.0
#include "coroute/openapi/document.hpp"

#include <string_view>
#include <utility>

#include "openapi/document_context.hpp"
#include "openapi/operation_description.hpp"

namespace coroute {
namespace {

void add(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

void add(Json& object, const char* key, Json value) {
  if (!value.empty()) object[key] = std::move(value);
}

Json describe(const ApiContact& contact) {
  Json object = Json::object();
  add(object, "name", contact.name);
  add(object, "url", contact.url);
  add(object, "email", contact.email);
  return object;
}

Json describe(const ApiLicense& license) {
  Json object = Json::object();
  add(object, "name", license.name);
  add(object, "identifier", license.identifier);
  add(object, "url", license.url);
  return object;
}

Json describe(const ApiExternalDocs& docs) {
  Json object = Json::object();
  add(object, "description", docs.description);
  add(object, "url", docs.url);
  return object;
}

Json describe(const ApiServer& server) {
  Json object = Json::object();
  object["url"] = server.url;
  add(object, "description", server.description);
  return object;
}

Json describe(const ApiTag& tag) {
  Json object = Json::object();
  object["name"] = tag.name;
  add(object, "description", tag.description);
  add(object, "externalDocs", describe(tag.external_docs));
  return object;
}

template <class T>
Json describe_each(const std::vector<T>& all) {
  Json array = Json::array();
  for (const T& each : all)
    array.push_back(describe(each));
  return array;
}

Json describe_info(const OpenApiInfo& info) {
  Json object = Json::object();
  object["title"] = info.title;
  add(object, "summary", info.summary);
  add(object, "description", info.description);
  add(object, "termsOfService", info.terms_of_service);
  add(object, "contact", describe(info.contact));
  add(object, "license", describe(info.license));
  object["version"] = info.version;
  return object;
}

Json describe_paths(std::span<const Operation> operations, detail::DocumentContext& context) {
  Json paths = Json::object();
  for (const Operation* operation : detail::documented(operations))
    paths[operation->path][operation->method] = detail::describe_operation(*operation, context);
  return paths;
}

}  // namespace

std::string openapi_document(const OpenApiInfo& info, std::span<const Operation> operations) {
  const detail::OperationIds ids(operations, info.webhooks);
  SchemaBuilder schemas(info.separate_input_output_schemas);
  detail::DocumentContext context{schemas, ids};
  context.combine_security_schemes = info.combine_security_schemes;
  context.problem_details = info.problem_details;
  Json document = Json::object();
  document["openapi"] = info.openapi_version;
  document["info"] = describe_info(info);
  add(document, "servers", describe_each(info.servers));
  document["paths"] = describe_paths(operations, context);
  add(document, "webhooks", describe_paths(info.webhooks, context));
  Json components = Json::object();
  add(components, "schemas", schemas.finish(document));
  add(components, "securitySchemes", std::move(context.security_schemes));
  add(document, "components", std::move(components));
  add(document, "tags", describe_each(info.tags));
  add(document, "externalDocs", describe(info.external_docs));
  return to_json_text(document);
}

}  // namespace coroute

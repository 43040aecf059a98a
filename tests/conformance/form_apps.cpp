// SPDX-License-Identifier: BSL-1.0
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conformance_apps.hpp"
#include "coroute/json.hpp"

namespace coroute::conformance {
namespace {

struct Upload {
  std::string filename;
  std::optional<std::string> content_type;
  std::uint64_t size;
  std::uint64_t len;
  std::optional<std::string> token;
};

struct User {
  std::string username;
  std::optional<std::string> full_name;
};

}  // namespace

App form_app() {
  App app;
  app.post("/login/", [](Form<std::string, "username"> username, Form<std::string, "password">) {
    return Json{{"username", *username}};
  });
  app.post("/uploadfile/",
           [](File<UploadFile, "file"> file, Form<std::optional<std::string>, "token"> token) -> Async<Upload> {
             const std::string_view bytes = co_await file->read();
             Upload upload{file->filename(), std::nullopt, file->size(), bytes.size(), *token};
             if (const auto type = file->content_type()) upload.content_type = std::string(*type);
             co_return upload;
           });
  app.post("/files/", [](File<std::vector<UploadFile>, "files"> files) {
    std::vector<std::string> names;
    for (const UploadFile& file : *files)
      names.push_back(file.filename());
    return names;
  });
  app.post("/fm", [](Form<User> user) { return *user; });
  app.post("/filebytes", [](File<std::string, "file"> file) { return Json{{"file_size", file->size()}}; });
  return app;
}

}  // namespace coroute::conformance

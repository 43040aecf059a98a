// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The chat service in a test's process, with a folder of its own.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "app.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/temporary_directory.hpp"

namespace coroute::test {

class ChatHouse {
 public:
  explicit ChatHouse(chat::Settings settings = {}) : settings_(std::move(settings)) {
    settings_.data = folder_.path();
    open();
  }

  TestClient& client() { return *client_; }
  const TemporaryDirectory& folder() const { return folder_; }
  void close() { client_.reset(); }
  void open() { client_ = std::make_unique<TestClient>(chat::make_app(settings_)); }
  void restart() {
    close();
    open();
  }

  TestResponse sign_up(const std::string& name, const std::string& password = "long enough") {
    return client().post("/register", {.json = Json{{"username", name}, {"password", password}}});
  }
  TestResponse log_in(const std::string& name, const std::string& password = "long enough") {
    return client().post("/login", {.form = {{"username", name}, {"password", password}}});
  }
  /// Registers and logs in; gives the token.
  std::string join(const std::string& name) {
    REQUIRE(sign_up(name).status_code() == 201);
    return log_in(name).json()["access_token"];
  }
  static Headers bearer(const std::string& token) { return {{"authorization", "Bearer " + token}}; }

  TestResponse get(const std::string& token, const std::string& path) {
    return client().get(path, {.headers = bearer(token)});
  }
  TestResponse post(const std::string& token, const std::string& path, const Json& value) {
    return client().post(path, {.headers = bearer(token), .json = value});
  }
  TestResponse make_room(const std::string& token, const std::string& name) {
    return post(token, "/rooms", {{"name", name}});
  }
  TestResponse say(const std::string& token, const std::string& room, const std::string& text) {
    return post(token, "/rooms/" + room + "/messages", {{"text", text}});
  }
  TestWebSocket talk(const std::string& token, const std::string& room) {
    return client().websocket_connect("/rooms/" + room + "/ws", {.subprotocols = {"chat.v1", "bearer." + token}});
  }
  /// A form with one file.
  TestResponse upload(const std::string& token, const std::string& room, const std::string& name,
                      const std::string& content, const std::string& type = "application/octet-stream") {
    Headers headers = bearer(token);
    headers.set("content-type", "multipart/form-data; boundary=b0und");
    const std::string body =
        "--b0und\r\ncontent-disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\ncontent-type: " + type +
        "\r\n\r\n" + content +
        "\r\n--b0und\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nlook\r\n--b0und--\r\n";
    return client().post("/rooms/" + room + "/files", {.headers = headers, .body = body});
  }

 private:
  TemporaryDirectory folder_;
  chat::Settings settings_;
  std::unique_ptr<TestClient> client_;
};

/// "1 hello, 2 you": ids and texts.
inline std::string summary(const Json& messages) {
  std::string all;
  for (const Json& each : messages)
    all.append(all.empty() ? "" : ", ").append(each["id"].dump()).append(" ").append(each["text"]);
  return all;
}

}  // namespace coroute::test

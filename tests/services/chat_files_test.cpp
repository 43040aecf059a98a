// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>

#include "chat_house.hpp"

using namespace coroute;
using coroute::test::ChatHouse;
using namespace std::string_view_literals;

namespace {

const std::string png("\x89PNG\r\n\x1a\nnot really");

struct Tea {
  ChatHouse house;
  std::string token = house.join("ada");
  Tea() { house.make_room(token, "tea"); }

  TestResponse upload(const std::string& name, const std::string& content, const std::string& type = "image/png") {
    return house.upload(token, "tea", name, content, type);
  }
  TestResponse download(const Json& message) {
    return house.client().get("/files/" + message["file"]["id"].get<std::string>());
  }
  std::ptrdiff_t stored() const {
    return std::distance(std::filesystem::directory_iterator(house.folder().path("files")), {});
  }
};

}  // namespace

TEST_SUITE_BEGIN("chat");

TEST_CASE("chat: a picture is announced in the room and shown") {
  Tea tea;
  const TestResponse uploaded = tea.upload("cup.png", png);
  REQUIRE(uploaded.status_code() == 201);
  const Json message = uploaded.json();
  CHECK(message["text"] == "look");
  CHECK(message["file"]["name"] == "cup.png");
  CHECK(message["file"]["media_type"] == "image/png");
  CHECK(message["file"]["bytes"] == png.size());
  CHECK(tea.house.get(tea.token, "/rooms/tea/messages").json() == Json::array({message}));
  const TestResponse file = tea.download(message);
  CHECK(file.text() == png);
  CHECK(file.header("content-type") == "image/png");
  CHECK(file.header("content-disposition") == "inline; filename=\"cup.png\"");
  CHECK(file.header("x-content-type-options") == "nosniff");
  CHECK(file.header("content-security-policy") == "default-src 'none'; sandbox");
}

TEST_CASE("chat: what a file is it says itself, not who sends it") {
  Tea tea;
  const auto type = [&](std::string_view begin) {
    const TestResponse file = tea.download(tea.upload("x.png", std::string(begin)).json());
    return std::string(*file.header("content-type")) + " " +
           std::string(file.header("content-disposition")->substr(0, 6));
  };
  CHECK(type("\xff\xd8\xff\xe0 jpeg"sv) == "image/jpeg inline");
  CHECK(type("GIF89a..."sv) == "image/gif inline");
  CHECK(type("RIFF\1\2\3\4WEBPVP8 "sv) == "image/webp inline");
  CHECK(type("RIFF\1\2\3\4WAVE"sv) == "application/octet-stream attach");
  CHECK(type("RIFF"sv) == "application/octet-stream attach");
  CHECK(type("<script>alert(1)</script>"sv) == "application/octet-stream attach");
  CHECK(type("<svg xmlns='http://www.w3.org/2000/svg'/>"sv) == "application/octet-stream attach");
}

TEST_CASE("chat: a file is never stored under the name that it was sent with") {
  Tea tea;
  const Json message = tea.upload("../../evil.png", png).json();
  CHECK(message["file"]["name"] == "evil.png");
  CHECK(std::filesystem::exists(tea.house.folder().path("files/" + message["file"]["id"].get<std::string>())));
  CHECK(tea.stored() == 1);
  CHECK(tea.upload(std::string(101, 'x'), png).json()["file"]["name"] == "file");
}

TEST_CASE("chat: files are for members, for rooms that are there, and not empty") {
  Tea tea;
  CHECK(tea.house.upload("nonsense", "tea", "x", png).status_code() == 401);
  CHECK(tea.house.upload(tea.token, "none", "x", png).status_code() == 404);
  CHECK(tea.upload("x", "").status_code() == 400);
  CHECK(tea.stored() == 0);
}

TEST_CASE("chat: of who has no token nothing is taken, not even to find it too large") {
  Tea tea;
  const std::string larger(16 * 1024 * 1024 + 1, 'x');
  CHECK(tea.house.upload("nonsense", "tea", "x", larger).status_code() == 401);
  CHECK(tea.house.upload("nonsense", "none", "x", "y").status_code() == 401);
  CHECK(tea.house.upload(tea.token, "none", "x", larger).status_code() == 404);
}

TEST_CASE("chat: a file may have 16 MiB, with the form around it") {
  Tea tea;
  constexpr std::size_t limit = 16 * 1024 * 1024;
  const std::size_t form = [&] {
    const std::string body =
        "--b0und\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\ncontent-type: "
        "image/png\r\n\r\n\r\n--b0und\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nlook"
        "\r\n--b0und--\r\n";
    return body.size();
  }();
  CHECK(tea.upload("x", std::string(limit - form, 'x')).json()["file"]["bytes"] == limit - form);
  CHECK(tea.upload("x", std::string(limit - form + 1, 'x')).status_code() == 413);
  CHECK(tea.stored() == 1);
}

TEST_CASE("chat: files survive a restart") {
  Tea tea;
  const Json message = tea.upload("cup.png", png).json();
  tea.house.restart();
  CHECK(tea.download(message).text() == png);
}

TEST_CASE("chat: a file that isn't there is a 404, and what is no id a 422") {
  Tea tea;
  CHECK(tea.house.client().get("/files/67e55044-10b1-426f-9247-bb680e5fe0c8").status_code() == 404);
  CHECK(tea.house.client().get("/files/..%2fchat.jsonl").status_code() == 422);
}

TEST_CASE("chat: the page is part of the program, and browsers keep it") {
  Tea tea;
  const TestResponse page = tea.house.client().get("/");
  CHECK(page.header("content-type") == "text/html; charset=utf-8");
  CHECK(page.text().find("<script type=\"module\" src=\"chat.js\">") != std::string::npos);
  CHECK(page.header("content-security-policy")->starts_with("default-src 'self'"));
  const Headers seen{{"if-none-match", *page.header("etag")}};
  CHECK(tea.house.client().get("/", {.headers = seen}).status_code() == 304);
  for (const std::string name : {"chat.js", "connection.js", "style.css", "icon.svg"})
    CHECK(tea.house.client().get("/" + name).status_code() == 200);
}

TEST_CASE("chat: the page may come from a folder") {
  const coroute::test::TemporaryDirectory web;
  web.write("index.html", "<p>another page");
  ChatHouse house({.web = web.path()});
  CHECK(house.client().get("/").text() == "<p>another page");
  CHECK(house.client().get("/docs").status_code() == 200);
  CHECK(house.client().get("/healthz").status_code() == 200);
}

TEST_CASE("chat: other hosts than those that are allowed are refused") {
  ChatHouse house({.allowed_hosts = {"chat.example"}});
  CHECK(house.client().get("/healthz").status_code() == 400);
  CHECK(house.client().get("/healthz", {.headers = {{"host", "chat.example"}}}).status_code() == 200);
}

TEST_SUITE_END();

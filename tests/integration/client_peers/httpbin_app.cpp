// SPDX-License-Identifier: BSL-1.0
// What peer_test.cpp asks for, by coroute's own server. usage: httpbin_app --port N
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "coroute/coroute.hpp"
#include "coroute/json.hpp"
#include "coroute/serve.hpp"
#include "support/gzip.hpp"

namespace {

using namespace coroute;

constexpr std::uint64_t most_bytes = 200'000'000;

Json seen(Request& request) {
  Json headers = Json::object();
  for (const HeaderField field : request.headers())
    headers[std::string(field.name)] = field.value;
  std::string path(request.path());
  if (!request.query_string().empty()) path.append("?").append(request.query_string());
  return {{"method", request.method_name()},
          {"path", path},
          {"headers", headers},
          {"connection", std::to_string(request.client().port)}};
}

Async<Response> echo(Request& request) {
  const std::string_view body = co_await request.body();
  Response response(std::string(body),
                    std::string(request.header("content-type").value_or("application/octet-stream")));
  response.headers.set("x-method", request.method_name());
  co_return response;
}

Async<Json> count(Request& request) {
  std::uint64_t bytes = 0;
  std::uint64_t sum = 0;
  while (const auto piece = co_await request.next_chunk()) {
    for (const char c : *piece)
      sum = (sum + static_cast<unsigned char>(c) * (bytes++ % 65'521 + 1)) % 4'294'967'291U;
  }
  co_return Json{{"bytes", bytes}, {"sum", sum}};
}

Response bytes(Path<std::uint64_t, "n", le(most_bytes)> size) {
  std::string all(*size, '\0');
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<char>('a' + i % 23);
  return Response(std::move(all), "application/octet-stream");
}

Response compressed(Path<std::string, "coding"> coding) {
  const std::string body = Json{{"coding", *coding}, {"text", std::string(100'000, 'x')}}.dump();
  const int window_bits = *coding == "gzip" ? 16 + MAX_WBITS : MAX_WBITS;
  if (*coding != "gzip" && *coding != "deflate") throw HttpException(404);
  Response response(testing::deflated(body, window_bits), "application/json");
  response.headers.set("content-encoding", *coding);
  return response;
}

Response lines(Path<int, "n"> count) {
  std::string all;
  for (int i = 0; i < *count; ++i)
    all += "line " + std::to_string(i) + "\n";
  return text(std::move(all));
}

AsyncGenerator<std::string> body_and(std::shared_ptr<Headers> trailers) {
  co_yield std::string("body");
  trailers->add("x-sum", "4");
}

Response trailed() {
  auto trailers = std::make_shared<Headers>();
  Response response = stream(body_and(trailers), "text/plain");
  response.headers.set("trailer", "x-sum");
  response.set_trailers(trailers);
  return response;
}

Async<Json> trailers_of(Request& request) {
  co_await request.body();
  Json fields = Json::object();
  for (const HeaderField field : request.trailers())
    fields[std::string(field.name)] = field.value;
  co_return fields;
}

void add_redirects(App& app) {
  app.get("/redirect/{n}", [](Path<int, "n"> n) {
    return redirect(*n == 1 ? "/get" : "/redirect/" + std::to_string(*n - 1), Status::Found);
  });
  app.route(MethodSet::any(), "/redirect-to/{status}/{where}",
            [](Path<int, "status"> status, Path<std::string, "where"> where, Request& request) {
              return redirect("http://" + std::string(request.host()) + "/" + *where, Status(*status));
            });
  app.get("/cookies/set/{name}/{value}", [](Path<std::string, "name"> name, Path<std::string, "value"> value) {
    Response response = redirect("/cookies", Status::Found);
    response.set_cookie({.name = *name, .value = *value});
    return response;
  });
  app.get("/cookies/delete/{name}", [](Path<std::string, "name"> name) {
    Response response = redirect("/cookies", Status::Found);
    response.delete_cookie(*name);
    return response;
  });
  app.get("/cookies", [](Request& request) { return Json{{"cookie", request.header("cookie").value_or("")}}; });
}

App make_app() {
  App app;
  app.get("/get", &seen);
  app.get("/close", [](Request& request) {
    Response response = json(seen(request));
    response.headers.set("connection", "close");
    return response;
  });
  app.route(MethodSet::any(), "/echo", &echo);
  app.get("/status/{code}", [](Path<int, "code"> code) { return Response(Status(*code)); });
  app.get("/bytes/{n}", &bytes);
  app.get("/compressed/{coding}", &compressed);
  app.get("/lines/{n}", &lines);
  app.get("/trailers", &trailed);
  app.post("/trailers", &trailers_of);
  app.put("/count", &count, {.max_body_bytes = most_bytes});
  app.get("/delay/{ms}", [](Path<int, "ms"> ms) -> Async<Json> {
    co_await sleep(std::chrono::milliseconds(*ms));
    co_return Json::object();
  });
  add_redirects(app);
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  App app = make_app();
  return serve(app, parse_serve_options(argc, argv));
}

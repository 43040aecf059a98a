// SPDX-License-Identifier: BSL-1.0
#include "coroute/serve.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/environment.hpp"

using namespace coroute;
using coroute::testing::EnvironmentVariable;
using namespace std::chrono_literals;

namespace {

ServeOptions parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "program");
  ServeOptions options;
  CommandLine command_line("test");
  add_serve_options(command_line, options);
  command_line.parse(static_cast<int>(arguments.size()), arguments.data());
  return options;
}

/// What is written to a stream of the process while it lives.
class Captured {
 public:
  Captured(std::FILE* stream, int descriptor) : stream_(stream), descriptor_(descriptor) {
    std::fflush(stream_);
    before_ = dup(descriptor_);
    dup2(fileno(file_), descriptor_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  ~Captured() {
    restore();
    std::fclose(file_);
  }

  std::string text() {
    restore();
    std::rewind(file_);
    std::string text(1 << 20, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file_));
    return text;
  }

 private:
  void restore() {
    if (before_ < 0) return;
    std::fflush(stream_);
    dup2(before_, descriptor_);
    close(before_);
    before_ = -1;
  }

  std::FILE* stream_;
  int descriptor_;
  std::FILE* file_ = std::tmpfile();
  int before_ = -1;
};

App small_app() {
  App app;
  app.get("/x", [] {}, {.name = "read_x"});
  return app;
}
App wrong_app() {
  App app = small_app();
  app.get("/y", [] {}, {.name = "read_x"});
  return app;
}
constexpr const char* both_routes = "two operations have the operationId \"read_x\": GET /x and GET /y";

struct Ended {
  int status;
  std::string out;
  std::string err;
};

template <class Service>
Ended serve_to_end(Service&& service, const ServeOptions& options) {
  Captured out(stdout, STDOUT_FILENO);
  Captured err(stderr, STDERR_FILENO);
  const int status = serve(service, options);
  return {status, out.text(), err.text()};
}

}  // namespace

TEST_SUITE("serve") {
  TEST_CASE("serve: what is asked for instead of serving is a flag each") {
    CHECK(parse({}).serves());
    CHECK(parse({"--openapi"}).print_openapi);
    CHECK(parse({"--routes"}).print_routes);
    for (const char* flag : {"--openapi", "--routes", "--healthcheck"})
      CHECK_FALSE(parse({flag}).serves());
    CHECK_THROWS_AS(parse({"--openapi=x"}), CommandLineExit);
  }

  TEST_CASE("serve: the document is printed as the application has it, on a line of its own") {
    App app = small_app();
    const std::string document = app.openapi();
    const Ended ended = serve_to_end(app, {.print_openapi = true});
    CHECK(ended.status == 0);
    CHECK(ended.out == document + "\n");
    CHECK(ended.err.empty());
    CHECK(app.openapi() == document);
  }

  TEST_CASE("serve: the document is printed also when it is not to be served") {
    App app({.openapi_url = std::nullopt});
    CHECK(serve_to_end(app, {.print_openapi = true}).out == app.openapi() + "\n");
  }

  TEST_CASE("serve: the routes are printed, one a line") {
    App app = small_app();
    app.mount("/inner", small_app());
    const Ended ended = serve_to_end(app, {.print_routes = true});
    CHECK(ended.status == 0);
    CHECK(ended.out == app.routes_text());
    CHECK(ended.out.find("\nGET     /x  read_x\n") != std::string::npos);
    CHECK(ended.out.ends_with("\nMOUNT   /inner\n"));
  }

  TEST_CASE("serve: an application that is declared wrong is not started, and stderr says which routes it is about") {
    App app = wrong_app();
    const Ended started = serve_to_end(app, {.port = 0});
    CHECK(started.status == 1);
    CHECK(started.err.starts_with(both_routes));
    App again = wrong_app();
    const Ended printed = serve_to_end(again, {.print_openapi = true});
    CHECK(printed.status == 2);
    CHECK(printed.out.empty());
    CHECK(printed.err.starts_with(both_routes));
    CHECK(serve_to_end(again, {.print_routes = true}).status == 0);
  }

  TEST_CASE("serve: a handler has nothing to print") {
    for (const ServeOptions& options : {ServeOptions{.print_openapi = true}, ServeOptions{.print_routes = true}}) {
      const auto ended = [&] {
        Captured err(stderr, STDERR_FILENO);
        const int status = serve(small_app().handler(), options);
        return std::pair(status, err.text());
      }();
      CHECK(ended.first == 2);
      CHECK(ended.second == "this service is one handler: it has no routes that could be printed\n");
    }
  }

  TEST_CASE("serve options: the defaults are those of the server") {
    const ServeOptions options = parse({});
    CHECK(options.host == "127.0.0.1");
    CHECK(options.port == 8000);
    CHECK(options.loops == 0);
    CHECK(options.access_log);
    CHECK(options.log.level == LogLevel::Info);
    CHECK(options.log.format == LogFormat::Text);
    CHECK(options.log.file.empty());
    CHECK(options.blocked_loop_limit == 200ms);
    CHECK_FALSE(options.healthcheck);
    CHECK(options.limits.max_body_bytes == ServerLimits{}.max_body_bytes);
    CHECK(options.timeouts.handler == ServerTimeouts{}.handler);
  }

  TEST_CASE("serve options: every flag reaches its field") {
    const ServeOptions options =
        parse({"--host", "::1", "--port", "0", "--loops", "3", "--access-log", "off", "--log-level", "debug",
               "--log-format", "json", "--log-file", "/tmp/x.log", "--blocked-loop-limit", "0", "--healthcheck"});
    CHECK(options.host == "::1");
    CHECK(options.port == 0);
    CHECK(options.loops == 3);
    CHECK_FALSE(options.access_log);
    CHECK(options.log.level == LogLevel::Debug);
    CHECK(options.log.format == LogFormat::Json);
    CHECK(options.log.file == "/tmp/x.log");
    CHECK(options.blocked_loop_limit == 0ms);
    CHECK(options.healthcheck);
  }

  TEST_CASE("serve options: sockets and proxies have uvicorn's names and defaults") {
    const ServeOptions usual = parse({});
    CHECK(usual.trusted_proxies == std::vector<std::string>{"127.0.0.1"});
    CHECK(usual.proxy_headers == ProxyHeaders::XForwarded);
    CHECK(usual.inherited_socket == -1);
    CHECK(usual.unix_socket_permissions == 0666);
    const ServeOptions options =
        parse({"--uds", "/run/x", "--uds-permissions", "640", "--fd", "7", "--proxy-headers", "forwarded",
               "--forwarded-allow-ips", "10.0.0.0/8", "--forwarded-allow-ips", "unix", "--forwarded-host", "on",
               "--proxy-protocol", "on", "--handshake-timeout", "3s"});
    CHECK(options.unix_socket == "/run/x");
    CHECK(options.unix_socket_permissions == 0640);
    CHECK(options.inherited_socket == 7);
    CHECK(options.proxy_headers == ProxyHeaders::Forwarded);
    CHECK(options.trusted_proxies == std::vector<std::string>{"10.0.0.0/8", "unix"});
    CHECK(options.forwarded_host);
    CHECK(options.proxy_protocol);
    CHECK(options.timeouts.handshake == 3s);
    CHECK(parse({"--proxy-headers", "off"}).proxy_headers == ProxyHeaders::None);
  }

  TEST_CASE("serve options: permissions are octal, descriptors and kinds of headers known") {
    for (const auto& wrong : {std::pair("--uds-permissions", "1000"), std::pair("--uds-permissions", "8"),
                              std::pair("--fd", "-2"), std::pair("--proxy-headers", "yes")})
      CHECK_THROWS_AS(parse({wrong.first, wrong.second}), CommandLineExit);
    CHECK(parse({"--uds-permissions", "777"}).unix_socket_permissions == 0777);
  }

  TEST_CASE("serve options: without a certificate the server speaks plain HTTP") {
    CHECK_FALSE(parse({}).serves_tls());
    CHECK_FALSE(parse({"--ssl-keyfile", "a.key"}).serves_tls());
    CHECK(parse({"--ssl-certfile", "a.pem"}).serves_tls());
  }

  TEST_CASE("serve options: certificates and keys belong together by their order") {
    const ServeOptions options = parse({"--ssl-certfile", "a.pem,b.pem,c.pem", "--ssl-keyfile", "a.key,b.key",
                                        "--ssl-keyfile-password", "x,y", "--ssl-ca-certs", "ca.pem"});
    CHECK(options.tls.identity.certificate_file == "a.pem");
    CHECK(options.tls.identity.private_key_file == "a.key");
    CHECK(options.tls.identity.private_key_password == "x,y");
    REQUIRE(options.tls.more_identities.size() == 2);
    CHECK(options.tls.more_identities[0].certificate_file == "b.pem");
    CHECK(options.tls.more_identities[0].private_key_file == "b.key");
    CHECK(options.tls.more_identities[1].certificate_file == "c.pem");
    CHECK(options.tls.more_identities[1].private_key_file.empty());
    CHECK(options.tls.more_identities[1].private_key_password == "x,y");
    CHECK(options.tls.client_ca_files == std::vector<std::string>{"ca.pem"});
    CHECK(options.tls.client_certificates == ClientCertificates::Required);
  }

  TEST_CASE("serve options: certificates of clients are required or optional, and nothing else") {
    CHECK(parse({"--ssl-cert-reqs", "optional"}).tls.client_certificates == ClientCertificates::Optional);
    CHECK(parse({"--ssl-cert-reqs", "required"}).tls.client_certificates == ClientCertificates::Required);
    CHECK_THROWS_WITH_AS(parse({"--ssl-cert-reqs", "1"}), doctest::Contains("must be required or optional"),
                         CommandLineExit);
  }

  TEST_CASE("serve options: the password of a key is not shown") {
    ServeOptions options;
    CommandLine command_line("test");
    add_serve_options(command_line, options);
    const char* const arguments[] = {"program", "--ssl-keyfile-password", "secret"};
    command_line.parse(3, arguments);
    CHECK(command_line.environment().find("COROUTE_SSL_KEYFILE_PASSWORD=***\n") != std::string::npos);
  }

  TEST_CASE("serve options: limits and time-outs reach the server") {
    const ServeOptions options = parse({"--max-connections", "5", "--max-body-bytes", "6", "--header-timeout", "1s",
                                        "--body-timeout", "2s", "--handler-timeout", "3s", "--keep-alive-timeout", "4s",
                                        "--write-timeout", "5s", "--drain-timeout", "0"});
    CHECK(options.limits.max_connections == 5);
    CHECK(options.limits.max_body_bytes == 6);
    CHECK(options.timeouts.head == 1s);
    CHECK(options.timeouts.body == 2s);
    CHECK(options.timeouts.handler == 3s);
    CHECK(options.timeouts.keep_alive == 4s);
    CHECK(options.timeouts.write == 5s);
    CHECK(options.timeouts.drain == 0s);
  }

  TEST_CASE("serve options: the environment sets what flags don't") {
    const EnvironmentVariable host("COROUTE_HOST", "0.0.0.0");
    const EnvironmentVariable port("COROUTE_PORT", "9000");
    const EnvironmentVariable log("COROUTE_ACCESS_LOG", "off");
    const ServeOptions options = parse({"--port", "9001"});
    CHECK(options.host == "0.0.0.0");
    CHECK(options.port == 9001);
    CHECK_FALSE(options.access_log);
  }

  TEST_CASE("serve options: what makes no sense is refused with the reason") {
    const std::pair<std::vector<const char*>, const char*> bad[] = {
        {{"--port", "65536"}, "--port=65536: must be a whole number from 0 to 65535"},
        {{"--loops", "1025"}, "--loops=1025: must be a whole number from 0 to 1024"},
        {{"--log-level", "loud"}, "--log-level=loud: must be trace, debug, info, warning, error, critical or off"},
        {{"--log-format", "xml"}, "--log-format=xml: must be text or json"},
        {{"--keep-alive-timeout", "0s"}, "--keep-alive-timeout=0s: must be at least 1ms"},
        {{"--max-connections", "0"}, "--max-connections=0: must be a whole number from 1 to 18446744073709551615"}};
    for (const auto& [arguments, message] : bad)
      CHECK_THROWS_WITH_AS(parse(arguments), message, CommandLineExit);
  }

  TEST_CASE("serve options: --print-env has every variable a service reads") {
    try {
      parse({"--print-env"});
      FAIL("returned");
    } catch (const CommandLineExit& end) {
      const std::string text = std::string("\n") + end.what();
      for (const char* line :
           {"HOST=127.0.0.1", "PORT=8000", "LOOPS=0", "ACCESS_LOG=on", "LOG_LEVEL=info", "LOG_FORMAT=text",
            "BLOCKED_LOOP_LIMIT=200ms", "DRAIN_TIMEOUT=30s", "MAX_BODY_BYTES=1048576"}) {
        CHECK(text.find("\nCOROUTE_" + std::string(line) + "\n") != std::string::npos);
      }
    }
  }
}

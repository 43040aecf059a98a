// SPDX-License-Identifier: BSL-1.0
#include "coroute/serve.hpp"

#include <doctest/doctest.h>

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

}  // namespace

TEST_SUITE("serve") {
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

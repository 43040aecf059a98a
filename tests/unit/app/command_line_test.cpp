// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/command_line.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "support/environment.hpp"

using namespace coroute;
using coroute::testing::EnvironmentVariable;
using namespace std::chrono_literals;

namespace {

void parse(CommandLine& command_line, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "program");
  command_line.parse(static_cast<int>(arguments.size()), arguments.data());
}

/// "2: what it says" when parsing ended the program, else "".
std::string end_of(CommandLine& command_line, std::vector<const char*> arguments) {
  try {
    parse(command_line, std::move(arguments));
    return {};
  } catch (const CommandLineExit& end) {
    return std::to_string(end.status()) + ": " + end.what();
  }
}

/// How `text` ends the program when it is given for a target like `value`; `value` has what was parsed.
template <class T>
std::string parsed(T& value, const char* text) {
  CommandLine command_line("test");
  command_line.add("--x", value, "x");
  return end_of(command_line, {"--x", text});
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("command line: without arguments the defaults stay") {
    CommandLine command_line("test");
    std::string text = "default";
    std::vector<std::string> list{"a", "b"};
    bool on = true;
    unsigned number = 7;
    double factor = 0.5;
    std::chrono::milliseconds wait = 250ms;
    command_line.add("--text", text, "");
    command_line.add("--list", list, "");
    command_line.add("--on", on, "");
    command_line.add("--number", number, "");
    command_line.add("--factor", factor, "");
    command_line.add("--wait", wait, "");
    parse(command_line, {});
    CHECK(text == "default");
    CHECK(list == std::vector<std::string>{"a", "b"});
    CHECK(on);
    CHECK(number == 7);
    CHECK(factor == 0.5);
    CHECK(wait == 250ms);
  }

  TEST_CASE("command line: the flag goes before the variable, and that before the default") {
    std::string value = "default";
    CommandLine command_line("test");
    command_line.add("--backend-url", value, "");
    const EnvironmentVariable variable("COROUTE_BACKEND_URL", "variable");
    parse(command_line, {});
    CHECK(value == "variable");
    parse(command_line, {"--backend-url", "flag"});
    CHECK(value == "flag");
  }

  TEST_CASE("command line: an empty variable counts as not set, an empty flag does not") {
    std::string value = "default";
    CommandLine command_line("test");
    command_line.add("--x", value, "");
    const EnvironmentVariable variable("COROUTE_X", "");
    parse(command_line, {});
    CHECK(value == "default");
    parse(command_line, {"--x", ""});
    CHECK(value.empty());
  }

  TEST_CASE("command line: a bad variable doesn't matter when the flag is given") {
    unsigned value = 1;
    CommandLine command_line("test");
    command_line.add("--x", value, "");
    const EnvironmentVariable variable("COROUTE_X", "bad");
    parse(command_line, {"--x", "2"});
    CHECK(value == 2);
    CHECK(end_of(command_line, {}) == "2: COROUTE_X=bad: must be a whole number from 0 to 4294967295");
  }

  TEST_CASE("command line: text is taken as it stands") {
    for (const char* text : {"[::1]", "[a,b]", "{}", "a b", "\"q\"", "%%", "-5", "a=b", "#x"}) {
      std::string value;
      CHECK(parsed(value, text).empty());
      CHECK(value == text);
    }
    std::string value;
    CommandLine command_line("test");
    command_line.add("--x", value, "");
    parse(command_line, {"--x=a=b"});
    CHECK(value == "a=b");
  }

  TEST_CASE("command line: of a flag given twice the last value counts") {
    unsigned value = 0;
    CommandLine command_line("test");
    command_line.add("--x", value, "");
    parse(command_line, {"--x", "1", "--x", "2"});
    CHECK(value == 2);
  }

  TEST_CASE("command line: a list is what its flags say, or the variable between commas") {
    std::vector<std::string> list{"default"};
    CommandLine command_line("test");
    command_line.add("--peer", list, "");
    parse(command_line, {"--peer", "a,b", "--peer", "[c,d]"});
    CHECK(list == std::vector<std::string>{"a,b", "[c,d]"});
    const EnvironmentVariable variable("COROUTE_PEER", "e,f,,g");
    parse(command_line, {});
    CHECK(list == std::vector<std::string>{"e", "f", "", "g"});
    CHECK(end_of(command_line, {"--peer", "a", "b"}) == "2: The following argument was not expected: b");
  }

  TEST_CASE("command line: a switch is on or off") {
    bool value = false;
    CHECK(parsed(value, "on").empty());
    CHECK(value);
    CHECK(parsed(value, "off").empty());
    CHECK_FALSE(value);
    for (const char* text : {"", "yes", "ON", "1", "onn"}) {
      CHECK(parsed(value, text) == "2: --x=" + std::string(text) + ": must be on or off");
    }
  }

  TEST_CASE("command line: a whole number must fit its type") {
    std::uint16_t port = 0;
    CHECK(parsed(port, "65535").empty());
    CHECK(port == 65535);
    CHECK(parsed(port, "65536") == "2: --x=65536: must be a whole number from 0 to 65535");
    CHECK(port == 65535);
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1e3", "99999999999999999999", "a"}) {
      CHECK(parsed(port, text) == "2: --x=" + std::string(text) + ": must be a whole number from 0 to 65535");
    }
    std::int8_t small = 0;
    CHECK(parsed(small, "-128").empty());
    CHECK(small == -128);
    CHECK(parsed(small, "-129") == "2: --x=-129: must be a whole number from -128 to 127");
    std::uint64_t large = 0;
    CHECK(parsed(large, "18446744073709551615").empty());
    CHECK(large == 18446744073709551615U);
    CHECK_FALSE(parsed(large, "18446744073709551616").empty());
  }

  TEST_CASE("command line: a whole number may have narrower limits") {
    unsigned value = 0;
    CommandLine command_line("test");
    command_line.add("--x", value, "", 2U, 4U);
    CHECK(end_of(command_line, {"--x", "1"}) == "2: --x=1: must be a whole number from 2 to 4");
    CHECK(end_of(command_line, {"--x", "2"}).empty());
    CHECK(end_of(command_line, {"--x", "4"}).empty());
    CHECK(end_of(command_line, {"--x", "5"}) == "2: --x=5: must be a whole number from 2 to 4");
    CHECK(value == 4);
  }

  TEST_CASE("command line: a number is finite") {
    double value = 0;
    CHECK(parsed(value, "-1.5e3").empty());
    CHECK(value == -1500);
    for (const char* text : {"", "inf", "nan", "1e999", "1.5x", "0x1p3"}) {
      CHECK(parsed(value, text) == "2: --x=" + std::string(text) + ": must be a number");
    }
    CHECK(value == -1500);
  }

  TEST_CASE("command line: a duration has a unit") {
    const std::pair<const char*, std::chrono::milliseconds> good[] = {
        {"250ms", 250ms}, {"2s", 2s},   {"1.5s", 1500ms}, {"5m", 5min},    {"1h", 1h},
        {"0", 0ms},       {"0ms", 0ms}, {"0.5ms", 1ms},   {"8760h", 8760h}};
    for (const auto& [text, expected] : good) {
      CAPTURE(text);
      std::chrono::milliseconds value{-1};
      CHECK(parsed(value, text).empty());
      CHECK(value == expected);
    }
    std::chrono::milliseconds value = 7ms;
    for (const char* text :
         {"", "5", "s", "-1s", "+1s", "1 s", "1S", "1.2.3s", ".5s", "1.s", "1e3s", "1d", "1ss", "infs"}) {
      CHECK(parsed(value, text) == "2: --x=" + std::string(text) + ": must be a duration such as 250ms, 2s, 5m or 1h");
    }
    CHECK(parsed(value, "8761h") == "2: --x=8761h: must be at most 8760h");
    const std::string long_number(400, '9');
    CHECK(parsed(value, (long_number + "h").c_str()).starts_with("2: "));
    CHECK(value == 7ms);
  }

  TEST_CASE("command line: a duration may have a lower limit") {
    std::chrono::milliseconds value{};
    CommandLine command_line("test");
    command_line.add("--x", value, "", 1500ms);
    CHECK(end_of(command_line, {"--x", "1499ms"}) == "2: --x=1499ms: must be at least 1500ms");
    CHECK(end_of(command_line, {"--x", "1500ms"}).empty());
    CHECK(value == 1500ms);
  }

  TEST_CASE("command line: an option of another type says what it wants") {
    int size = 0;
    const auto assign = [&size](const std::string& text) {
      if (text != "small" && text != "large") throw std::invalid_argument("must be small or large");
      size = text == "large" ? 2 : 1;
    };
    CommandLine command_line("test");
    command_line.add("--size", "SIZE", "how large", assign, [&size] { return size == 2 ? "large" : "small"; });
    CHECK(end_of(command_line, {"--size", "huge"}) == "2: --size=huge: must be small or large");
    parse(command_line, {"--size", "large"});
    CHECK(size == 2);
    CHECK(command_line.environment() == "COROUTE_SIZE=large\n");
  }

  TEST_CASE("command line: a switch takes no value and no variable") {
    bool once = false;
    CommandLine command_line("test");
    command_line.add_switch("--once", once, "");
    const EnvironmentVariable variable("COROUTE_ONCE", "on");
    parse(command_line, {});
    CHECK_FALSE(once);
    CHECK(command_line.environment().empty());
    parse(command_line, {"--once"});
    CHECK(once);
  }

  TEST_CASE("command line: what nobody expects ends with status 2") {
    std::string value;
    CommandLine command_line("test");
    command_line.add("--x", value, "");
    CHECK(end_of(command_line, {"--y"}) == "2: The following argument was not expected: --y");
    CHECK(end_of(command_line, {"stray"}) == "2: The following argument was not expected: stray");
    CHECK(end_of(command_line, {"--x"}) == "2: --x needs a value");
    CHECK(end_of(command_line, {"--x="}) == "2: --x needs a value");
  }

  TEST_CASE("command line: help shows every option with its value and default, whatever the environment says") {
    unsigned value = 12;
    CommandLine command_line("Sells things.");
    command_line.add("--stock-limit", value, "most things in stock");
    const EnvironmentVariable variable("COROUTE_STOCK_LIMIT", "bad");
    const std::string end = end_of(command_line, {"--help"});
    CHECK(end.starts_with("0: Sells things."));
    CHECK(end.find("--stock-limit NUMBER=12") != std::string::npos);
    CHECK(end.find("most things in stock") != std::string::npos);
    CHECK(end.find("--print-env") != std::string::npos);
    CHECK(end.ends_with("\n"));
  }

  TEST_CASE("command line: --print-env shows every variable with the value that holds") {
    unsigned number = 1;
    bool on = false;
    std::chrono::milliseconds wait = 90s;
    std::vector<std::string> list{"a", "b"};
    double factor = 0.1;
    CommandLine command_line("test");
    command_line.add("--number", number, "");
    command_line.add("--on", on, "");
    command_line.add("--wait", wait, "");
    command_line.add("--list", list, "");
    command_line.add("--factor", factor, "");
    const EnvironmentVariable variable("COROUTE_ON", "on");
    CHECK(end_of(command_line, {"--print-env", "--number", "5"}) ==
          "0: COROUTE_NUMBER=5\nCOROUTE_ON=on\nCOROUTE_WAIT=90s\nCOROUTE_LIST=a,b\nCOROUTE_FACTOR=0.1\n");
    CHECK(end_of(command_line, {"--print-env", "--number", "x"}).starts_with("2: "));
  }

  TEST_CASE("command line: a secret is shown by nothing") {
    SecretStr key("the default");
    SecretStr token;
    const EnvironmentVariable variable("COROUTE_TOKEN", "from the environment");
    CommandLine command_line("test");
    command_line.add("--key", key, "");
    command_line.add("--token", token, "");
    CHECK(command_line.help().find("default") == std::string::npos);
    CHECK(end_of(command_line, {"--print-env", "--key", "x"}) ==
          "0: COROUTE_KEY=**********\nCOROUTE_TOKEN=**********\n");
    CHECK(key.get_secret_value() == "x");
    CHECK(token.get_secret_value() == "from the environment");
  }

  TEST_CASE("command line: a duration is shown in the largest unit that divides it") {
    const std::pair<std::chrono::milliseconds, const char*> shown[] = {{0ms, "0s"},    {1ms, "1ms"}, {1500ms, "1500ms"},
                                                                       {2000ms, "2s"}, {2min, "2m"}, {24h, "24h"}};
    for (auto [value, text] : shown) {
      CommandLine command_line("test");
      command_line.add("--x", value, "");
      CHECK(command_line.environment() == "COROUTE_X=" + std::string(text) + "\n");
    }
  }

  TEST_CASE("command line: a name is lower-case words joined by dashes, and unique") {
    std::string value;
    CommandLine command_line("test");
    for (const char* name : {"", "x", "-x", "--", "--X", "--x-", "--x--y", "--1x", "--x_y", "--x y", "---x"}) {
      CHECK_THROWS_AS(command_line.add(name, value, ""), std::invalid_argument);
    }
    command_line.add("--x-2y", value, "");
    CHECK(command_line.environment() == "COROUTE_X_2Y=\n");
    CHECK_THROWS_WITH_AS(command_line.add("--x-2y", value, ""), "the option --x-2y was added twice",
                         std::invalid_argument);
    CHECK_THROWS_AS(command_line.add("--help", value, ""), std::invalid_argument);
    bool flag = false;
    CHECK_THROWS_AS(command_line.add_switch("--x-2y", flag, ""), std::invalid_argument);
  }
}

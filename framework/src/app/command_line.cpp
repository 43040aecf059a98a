// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <utility>

namespace coroute {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 4> units{Unit{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};  // largest first
constexpr double longest_ms = 365.0 * 24 * 3'600'000;

std::string to_text(milliseconds duration) {
  if (duration.count() == 0) return "0s";
  const auto largest = std::find_if(units.begin(), units.end(),
                                    [&](const Unit& unit) { return duration.count() % unit.milliseconds == 0; });
  return std::to_string(duration.count() / largest->milliseconds).append(largest->name);
}

/// Digits with at most one point between them: std::from_chars also takes signs, exponents, "inf" and "nan".
bool is_plain_decimal(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && is_digit(text.front()) && is_digit(text.back()) &&
         std::count(text.begin(), text.end(), '.') <= 1 &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_digit(c) || c == '.'; });
}

std::optional<double> parse_decimal(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

milliseconds parse_duration(const std::string& text, milliseconds lowest) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = std::string_view(text).substr(0, digits);
  const std::string_view suffix = std::string_view(text).substr(digits);
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& each) { return each.name == suffix; });
  const std::optional<double> count = is_plain_decimal(number) ? parse_decimal(number) : std::nullopt;
  const bool is_zero = text == "0";
  if (!is_zero && (!count || unit == units.end())) {
    throw std::invalid_argument("must be a duration such as 250ms, 2s, 5m or 1h");
  }
  const double total = is_zero ? 0 : *count * static_cast<double>(unit->milliseconds);
  if (total > longest_ms) throw std::invalid_argument("must be at most 8760h");
  const milliseconds duration(static_cast<std::int64_t>(std::llround(total)));
  if (duration < lowest) throw std::invalid_argument("must be at least " + to_text(lowest));
  return duration;
}

template <class T>
T parse_integer(const std::string& text, T lowest, T highest) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < lowest || number > highest) {
    throw std::invalid_argument("must be a whole number from " + std::to_string(lowest) + " to " +
                                std::to_string(highest));
  }
  return number;
}

std::string variable_of(std::string_view name) {
  std::string variable = "COROUTE_";
  for (const char c : name.substr(2))
    variable += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return variable;
}

bool is_option_name(std::string_view name) {
  if (name.size() < 3 || !name.starts_with("--") || name.back() == '-' ||
      name.find("--", 2) != std::string_view::npos) {
    return false;
  }
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return name[2] >= 'a' && name[2] <= 'z' && std::all_of(name.begin() + 2, name.end(), fits);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (true) {
    const std::size_t comma = text.find(',');
    items.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

std::string join_list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items)
    text.append(text.empty() ? "" : ",").append(item);
  return text;
}

}  // namespace

struct CommandLine::Parser {
  struct Entry {
    std::string name;
    std::string variable;
    std::function<void(const std::vector<std::string>&)> assign;
    std::function<std::string()> show;
    bool is_list = false;
    CLI::Option* option = nullptr;
    std::vector<std::string> given;
  };

  explicit Parser(std::string description) : app(std::move(description)) {
    app.set_help_flag();
    app.footer(
        "Each option is also read from the environment: --an-option from COROUTE_AN_OPTION; the option goes first.");
    app.add_flag("--help", help, "print this and exit");
    app.add_flag("--print-env", print_env, "print the environment variables with their values and exit");
  }

  void check_name(const std::string& name) const {
    if (!is_option_name(name)) throw std::invalid_argument("'" + name + "' is no option name");
    if (app.get_option_no_throw(name)) throw std::invalid_argument("the option " + name + " was added twice");
  }

  Entry& add(std::string_view option_name, std::string_view value, std::string_view description, bool is_list) {
    const std::string name(option_name);
    check_name(name);
    Entry& entry = entries.emplace_back();
    entry.name = name;
    entry.variable = variable_of(name);
    entry.is_list = is_list;
    entry.option = app.add_option(name, entry.given, std::string(description));
    entry.option->type_name(std::string(value))->type_size(1)->expected(1)->allow_extra_args(false);
    entry.option->multi_option_policy(is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
    return entry;
  }

  /// What the values come from, or nothing when the default holds.
  static void resolve(Entry& entry) {
    std::string source = entry.name;
    std::vector<std::string> values = entry.given;
    if (entry.option->count() == 0) {
      const char* const variable = std::getenv(entry.variable.c_str());
      if (!variable || *variable == '\0') return;
      source = entry.variable;
      values = entry.is_list ? split_list(variable) : std::vector<std::string>{variable};
    }
    try {
      entry.assign(values);
    } catch (const std::invalid_argument& wanted) {
      throw CommandLineExit(2, source + "=" + join_list(values) + ": " + wanted.what());
    }
  }

  CLI::App app;
  std::deque<Entry> entries;
  bool help = false;
  bool print_env = false;
};

CommandLine::CommandLine(std::string description) : parser_(std::make_unique<Parser>(std::move(description))) {}
CommandLine::~CommandLine() = default;

void CommandLine::add(std::string_view name, std::string_view value, std::string_view description,
                      std::function<void(const std::string&)> assign, std::function<std::string()> show) {
  Parser::Entry& entry = parser_->add(name, value, description, false);
  entry.assign = [assign = std::move(assign)](const std::vector<std::string>& values) { assign(values.back()); };
  entry.option->default_str(show());
  entry.show = std::move(show);
}

void CommandLine::add(std::string_view name, std::string& target, std::string_view description) {
  add(name, "TEXT", description, [&target](const std::string& text) { target = text; }, [&target] { return target; });
}

void CommandLine::add(std::string_view name, SecretStr& target, std::string_view description) {
  add(
      name, "TEXT", description, [&target](const std::string& text) { target = SecretStr(text); },
      [&target] { return to_text(target); });
}

void CommandLine::add(std::string_view name, std::vector<std::string>& target, std::string_view description) {
  Parser::Entry& entry = parser_->add(name, "TEXT ...", description, true);
  entry.assign = [&target](const std::vector<std::string>& values) { target = values; };
  entry.show = [&target] { return join_list(target); };
  entry.option->default_str(entry.show());
}

void CommandLine::add(std::string_view name, bool& target, std::string_view description) {
  const auto assign = [&target](const std::string& text) {
    if (text != "on" && text != "off") throw std::invalid_argument("must be on or off");
    target = text == "on";
  };
  add(name, "on|off", description, assign, [&target] { return std::string(target ? "on" : "off"); });
}

void CommandLine::add(std::string_view name, double& target, std::string_view description) {
  const auto assign = [&target](const std::string& text) {
    const std::optional<double> number = parse_decimal(text);
    if (!number) throw std::invalid_argument("must be a number");
    target = *number;
  };
  const auto show = [&target] {
    std::array<char, 32> digits;
    return std::string(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), target).ptr);
  };
  add(name, "NUMBER", description, assign, show);
}

void CommandLine::add(std::string_view name, milliseconds& target, std::string_view description, milliseconds lowest) {
  add(
      name, "DURATION", description,
      [&target, lowest](const std::string& text) { target = parse_duration(text, lowest); },
      [&target] { return to_text(target); });
}

void CommandLine::add_switch(std::string_view name, bool& target, std::string_view description) {
  const std::string text(name);
  parser_->check_name(text);
  parser_->app.add_flag(text, target, std::string(description));
}

void CommandLine::parse(int argc, const char* const* argv) {
  try {
    parser_->app.parse(argc, argv);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view text = error.what();  // "--name: ..."
    throw CommandLineExit(2, std::string(text.substr(0, text.find(':'))) + " needs a value");
  } catch (const CLI::ParseError& error) {
    throw CommandLineExit(2, error.what());
  }
  if (parser_->help) throw CommandLineExit(0, help());
  for (Parser::Entry& entry : parser_->entries)
    Parser::resolve(entry);
  if (parser_->print_env) throw CommandLineExit(0, environment());
}

void CommandLine::parse_or_exit(int argc, const char* const* argv) {
  try {
    parse(argc, argv);
  } catch (const CommandLineExit& end) {
    const std::string text = end.what();
    int status = end.status();
    if (status == 0) {
      const bool is_written = std::fputs(text.c_str(), stdout) >= 0;
      if (std::fflush(stdout) != 0 || !is_written) {
        std::fputs("stdout can't be written\n", stderr);
        status = 2;
      }
    } else {
      std::fprintf(stderr, "%s\nTry --help.\n", text.c_str());
    }
    std::exit(status);
  }
}

std::string CommandLine::help() const {
  return parser_->app.help();
}

std::string CommandLine::environment() const {
  std::string text;
  for (const Parser::Entry& entry : parser_->entries)
    text += entry.variable + "=" + entry.show() + "\n";
  return text;
}

namespace detail {

std::int64_t parse_signed(const std::string& text, std::int64_t lowest, std::int64_t highest) {
  return parse_integer(text, lowest, highest);
}

std::uint64_t parse_unsigned(const std::string& text, std::uint64_t lowest, std::uint64_t highest) {
  return parse_integer(text, lowest, highest);
}

}  // namespace detail
}  // namespace coroute

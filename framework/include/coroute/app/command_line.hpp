// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The options of a program: `--name value`, else an environment variable, else the default.
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/params/secret_str.hpp"

namespace coroute {

/// Parsing ends the program: help was asked for (status 0) or the arguments are wrong (status 2).
class CommandLineExit : public std::runtime_error {
 public:
  CommandLineExit(int status, const std::string& text) : std::runtime_error(text), status_(status) {}

  int status() const noexcept { return status_; }

 private:
  int status_;
};

/// Options of a program. A target holds the default when it is added and the value after `parse`; it must outlive the
/// object. Each option is also read from the environment: `--access-log` from COROUTE_ACCESS_LOG; an empty variable
/// counts as not set. The flag goes before the variable. Of a flag given twice the last value counts. `--help` and
/// `--print-env` are always there.
///
///     std::string backend = "http://inventory:8000";
///     command_line.add("--backend", backend, "where stock is kept");
class CommandLine {
 public:
  explicit CommandLine(std::string description);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // A name is "--" and lower-case words joined by "-": std::invalid_argument for any other, and for one already there.

  void add(std::string_view name, std::string& target, std::string_view description);
  /// Neither help nor `--print-env` shows it. A flag stands in the list of processes, where all users of a machine can
  /// read it: the variable doesn't.
  void add(std::string_view name, SecretStr& target, std::string_view description);
  /// May be given several times; in the environment separated by commas. What is given replaces the default.
  void add(std::string_view name, std::vector<std::string>& target, std::string_view description);
  /// "on" or "off".
  void add(std::string_view name, bool& target, std::string_view description);
  /// Finite.
  void add(std::string_view name, double& target, std::string_view description);
  /// "250ms", "2s", "1.5s", "5m", "1h"; at most a year.
  void add(std::string_view name, std::chrono::milliseconds& target, std::string_view description,
           std::chrono::milliseconds lowest = std::chrono::milliseconds(0));
  template <std::integral T>
    requires(!std::same_as<T, bool> && sizeof(T) <= sizeof(std::int64_t))
  void add(std::string_view name, T& target, std::string_view description, T lowest = std::numeric_limits<T>::min(),
           T highest = std::numeric_limits<T>::max());

  /// An option of any other type. `value` is what help shows, as in "LEVEL"; `assign` throws std::invalid_argument with
  /// what is wanted, "trace, debug or info", for a text that doesn't fit; `show` gives the value as it would be
  /// written.
  void add(std::string_view name, std::string_view value, std::string_view description,
           std::function<void(const std::string&)> assign, std::function<std::string()> show);
  /// A flag without a value, and without a variable: for what the program does once, instead of serving.
  void add_switch(std::string_view name, bool& target, std::string_view description);

  /// Sets the targets. Throws CommandLineExit: with the help, with `environment()` for `--print-env`, or with a
  /// sentence that names the option or variable that is wrong.
  void parse(int argc, const char* const* argv);
  /// Prints what `parse` ends with and exits with its status.
  void parse_or_exit(int argc, const char* const* argv);

  std::string help() const;
  /// Every variable with the value its option has now, one "NAME=value" a line.
  std::string environment() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

namespace detail {

/// "must be a whole number from 1 to 65535" as std::invalid_argument when it is not.
std::int64_t parse_signed(const std::string& text, std::int64_t lowest, std::int64_t highest);
std::uint64_t parse_unsigned(const std::string& text, std::uint64_t lowest, std::uint64_t highest);

}  // namespace detail

// Implementation

template <std::integral T>
  requires(!std::same_as<T, bool> && sizeof(T) <= sizeof(std::int64_t))
void CommandLine::add(std::string_view name, T& target, std::string_view description, T lowest, T highest) {
  const auto assign = [&target, lowest, highest](const std::string& text) {
    if constexpr (std::signed_integral<T>) {
      target = static_cast<T>(detail::parse_signed(text, lowest, highest));
    } else {
      target = static_cast<T>(detail::parse_unsigned(text, lowest, highest));
    }
  };
  add(name, "NUMBER", description, assign, [&target] { return std::to_string(target); });
}

}  // namespace coroute

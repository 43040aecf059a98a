// SPDX-License-Identifier: BSL-1.0
// What the building blocks of asyncio cost here and in plain Boost.Asio, in turns within one process.
//
//   asyncio_micro [--quick] [--only CASE[,CASE]] [--rounds N] [--json FILE]
//
// Each case is written with coroute and with Asio in every way that may be the fastest; the one that is stands in the
// table. Round after round each of them runs for a while. The figures are lower quartiles over the rounds: what others
// do on the machine can only add. --quick: only sees that all work.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "asio_peers.hpp"
#include "ours.hpp"

namespace micro {
namespace {

struct Case {
  const char* name;
  Measure ours;
  std::vector<Variant> (*peers)();
};

constexpr Case cases[] = {
    {"yield", ours::yield, peers::yield},
    {"yield_watching", ours::yield_watching, peers::yield_watching},
    {"nested_call", ours::nested_call, peers::nested_call},
    {"generator_item", ours::generator_item, peers::generator_item},
    {"spawn_join", ours::spawn_join, peers::spawn_join},
    {"gather_10_ready", ours::gather_ready, peers::gather_ready},
    {"gather_10_yielding", ours::gather_yielding, peers::gather_yielding},
    {"timeout_ready", ours::timeout_ready, peers::timeout_ready},
    {"timeout_yielding", ours::timeout_yielding, peers::timeout_yielding},
    {"semaphore_free", ours::semaphore_free, peers::semaphore_free},
    {"semaphore_free_one_loop", ours::semaphore_free_one_loop, peers::semaphore_free_one_loop},
    {"semaphore_contended", ours::semaphore_contended, peers::semaphore_contended},
    {"queue_buffered", ours::queue_buffered, peers::queue_buffered},
    {"queue_buffered_one_loop", ours::queue_buffered_one_loop, peers::queue_buffered_one_loop},
    {"queue_of_one", ours::queue_of_one, peers::queue_of_one},
    {"queue_across_loops", ours::queue_across_loops, peers::queue_across_loops},
    {"call_across_loops", ours::call_across_loops, peers::call_across_loops},
    {"to_thread", ours::to_thread, peers::to_thread},
};

struct Options {
  bool quick = false;
  std::string only;
  std::size_t rounds = 15;
  const char* json_file = nullptr;
};

/// One spelling of a case, and what it took in each round.
struct Contender {
  explicit Contender(const Variant& variant) : spelling(variant.spelling), measure(variant.measure) {}

  std::string spelling;
  Measure measure;
  std::uint64_t operations = contending_tasks;
  std::vector<double> nanoseconds;

  double take() {
    const Sample sample = measure(operations);
    if (sample.done != operations) {
      throw std::runtime_error(spelling + ": " + std::to_string(sample.done) + " of " + std::to_string(operations) +
                               " operations gave their result");
    }
    return static_cast<double>(sample.elapsed.count()) / static_cast<double>(operations);
  }

  /// Looks for how many operations fill a round.
  void calibrate(std::chrono::nanoseconds round) {
    const auto target = static_cast<double>(round.count());
    const auto least_of_three = [this] { return std::min({take(), take(), take()}); };
    double each = least_of_three();
    while (each * static_cast<double>(operations) < target / 8) {
      operations *= 4;
      each = least_of_three();
    }
    operations = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(target / each) / contending_tasks) *
                 contending_tasks;  // which share them evenly
  }

  double lower_quartile() const {
    std::vector<double> ordered = nanoseconds;
    std::sort(ordered.begin(), ordered.end());
    return ordered[(ordered.size() - 1) / 4];
  }
};

struct Result {
  const char* name;
  std::vector<Contender> contenders;  ///< Ours first.
  std::size_t peer;                   ///< The fastest of the others.

  double ours() const { return contenders[0].lower_quartile(); }
  double asio() const { return contenders[peer].lower_quartile(); }
  double ratio() const { return ours() / asio(); }
};

Result run_case(const Case& measured, const Options& options) {
  using namespace std::chrono_literals;
  std::vector<Contender> contenders{Contender({"coroute", measured.ours})};
  for (const Variant& variant : measured.peers())
    contenders.emplace_back(variant);
  for (Contender& contender : contenders)
    contender.calibrate(options.quick ? 100us : 25ms);
  for (std::size_t round = 0; round < options.rounds; ++round) {
    for (Contender& contender : contenders)
      contender.nanoseconds.push_back(contender.take());
  }
  std::size_t peer = 1;
  for (std::size_t i = 2; i < contenders.size(); ++i) {
    if (contenders[i].lower_quartile() < contenders[peer].lower_quartile()) peer = i;
  }
  return {measured.name, std::move(contenders), peer};
}

void write_json(const std::vector<Result>& results, const char* path) {
  std::FILE* const file = std::fopen(path, "w");
  if (!file) throw std::runtime_error(std::string("cannot write ") + path);
  std::fputs("{", file);
  for (const Result& result : results) {
    std::fprintf(file, "%s\n \"%s\": {\"ours_ns\": %.2f, \"asio_ns\": %.2f, \"ratio\": %.3f, \"asio\": {",
                 &result == results.data() ? "" : ",", result.name, result.ours(), result.asio(), result.ratio());
    for (std::size_t i = 1; i < result.contenders.size(); ++i) {
      const Contender& contender = result.contenders[i];
      std::fprintf(file, "%s\"%s\": %.2f", i == 1 ? "" : ", ", contender.spelling.c_str(), contender.lower_quartile());
    }
    std::fputs("}}", file);
  }
  std::fputs("\n}\n", file);
  if (std::fclose(file) != 0) throw std::runtime_error(std::string("cannot write ") + path);
}

bool is_selected(const Case& candidate, const Options& options) {
  return options.only.empty() ||
         ("," + options.only + ",").find("," + std::string(candidate.name) + ",") != options.only.npos;
}

void run_cases(const Options& options) {
  std::vector<Result> results;
  std::printf("%-25s%9s%10s%8s  fastest of Asio's spellings\n", "case", "ours ns", "asio ns", "ratio");
  for (const Case& candidate : cases) {
    if (!is_selected(candidate, options)) continue;
    const Result& result = results.emplace_back(run_case(candidate, options));
    std::printf("%-25s%9.1f%10.1f%8.2f  %s\n", result.name, result.ours(), result.asio(), result.ratio(),
                result.contenders[result.peer].spelling.c_str());
    std::fflush(stdout);
  }
  if (results.empty()) throw std::runtime_error("no such case: " + options.only);
  if (options.json_file) write_json(results, options.json_file);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--quick") {
      options.quick = true;
      options.rounds = 1;
    } else if (argument == "--only" && has_value) {
      options.only = argv[++i];
    } else if (argument == "--rounds" && has_value) {
      options.rounds = std::max(1UL, std::strtoul(argv[++i], nullptr, 10));
    } else if (argument == "--json" && has_value) {
      options.json_file = argv[++i];
    } else {
      throw std::runtime_error("usage: asyncio_micro [--quick] [--only CASE[,CASE]] [--rounds N] [--json FILE]");
    }
  }
  return options;
}

}  // namespace
}  // namespace micro

int main(int argc, char** argv) {
  try {
    const micro::Options options = micro::parse(argc, argv);
    std::thread([] {}).join();  // a service has several threads: from now on the C library elides no lock
    micro::run_cases(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

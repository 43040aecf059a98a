// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "coroute/json.hpp"
#include "coroute/params/model.hpp"
#include "coroute/params/model_output.hpp"
#include "coroute/params/tuple.hpp"
#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::read;
using coroute::testing::reread;
using coroute::testing::written;

namespace {

struct Rectangle {
  double width;
  double height = 1;
  double area() const noexcept { return width * height; }
  std::optional<std::string> remark() const { return width > 9 ? std::optional<std::string>("wide") : std::nullopt; }
  static constexpr auto schema =
      fields(field<&Rectangle::width>(gt(0)), computed<&Rectangle::area>(), field<&Rectangle::height>(defaulted),
             computed<&Rectangle::remark>(alias<"note">));
};

struct Named;
std::string full_name(const Named& named);
struct Named {
  std::string first;
  std::string last;
  static constexpr auto schema =
      fields(computed<full_name>(serialization_alias<"fullName">, alias<"never">)).forbid_extra();
};
std::string full_name(const Named& named) {
  return named.first + " " + named.last;
}

struct Broken {
  int n;
  int twice() const { throw std::runtime_error("can't be computed"); }
  static constexpr auto schema = fields(computed<&Broken::twice>());
};

struct Aliases {
  int both;
  int read_as = 1;
  int written_as = 2;
  int differ = 3;
  int one_beats_both = 4;
  static constexpr auto schema =
      fields(field<&Aliases::both>(alias<"b">), field<&Aliases::read_as>(defaulted, validation_alias<"in">),
             field<&Aliases::written_as>(defaulted, serialization_alias<"out">),
             field<&Aliases::differ>(defaulted, validation_alias<"x">, serialization_alias<"y">),
             field<&Aliases::one_beats_both>(defaulted, alias<"both">, validation_alias<"vin">));
};
struct Closed {
  int n;
  int m = 0;
  int sum() const { return n + m; }
  static constexpr auto schema = fields(field<&Closed::n>(validation_alias<"in">, serialization_alias<"out">),
                                        field<&Closed::m>(defaulted), computed<&Closed::sum>())
                                     .forbid_extra();
};

struct Link {
  int value;
  std::unique_ptr<Link> next;
};
struct Shared {
  std::shared_ptr<std::string> text;
  std::vector<std::shared_ptr<Shared>> children;
  static constexpr auto schema = fields(field<&Shared::text>(max_length(3)), field<&Shared::children>(defaulted));
};

/// Good for forms alone, and for answers alone.
struct Upload {
  UploadFile photo;
};
struct View {
  std::string_view text;
};

/// One field of each further kind.
struct Kinds {
  std::array<int, 2> array;
  std::pair<int, bool> pair;
  std::tuple<std::string, double> tuple;
  std::vector<std::byte> bytes;
  Json json;
  std::int8_t small;
};

template <class T>
std::string shaped(std::string json, const ModelOutput& output = {}) {
  return detail::shape_answer(std::move(json), response_model<T>(), output);
}

template <class T>
std::string shown(const T& value, const ModelOutput& output) {
  std::string text;
  JsonWriter out(text);
  out.set_model_output(&output);
  Codec<T>::write(out, value);
  return text;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("computed fields: stand in answers after the others, in the order of their declaration") {
    CHECK(written(Rectangle{2, 3}) == R"({"width":2.0,"height":3.0,"area":6.0,"note":null})");
    CHECK(written(Rectangle{10, 1}) == R"({"width":10.0,"height":1.0,"area":10.0,"note":"wide"})");
    CHECK(written(Named{"Ann", "Lee"}) == R"({"first":"Ann","last":"Lee","fullName":"Ann Lee"})");
    CHECK(written(std::vector<Rectangle>{{1, 1}}).find("\"area\":1.0") != std::string::npos);
  }

  TEST_CASE("computed fields: are not read, and are extra where that is forbidden") {
    CHECK(reread<Rectangle>(R"({"width":2,"area":100})") == R"({"width":2.0,"height":1.0,"area":2.0,"note":null})");
    CHECK(reread<Named>(R"({"first":"a","last":"b","fullName":"c"})") ==
          body_error("extra_forbidden", "Extra inputs are not permitted", R"("c")", "", R"(,"fullName")"));
  }

  TEST_CASE("computed fields: what they throw comes through") {
    CHECK_THROWS_WITH_AS(written(Broken{1}), "can't be computed", std::runtime_error);
  }

  TEST_CASE("computed fields: are included and excluded by the function's name, defaults don't count") {
    const Rectangle rectangle{2, 1};
    CHECK(shown(rectangle, {.include = {"area"}}) == R"({"area":2.0})");
    CHECK(shown(rectangle, {.exclude = {"area", "remark"}}) == R"({"width":2.0,"height":1.0})");
    CHECK(shown(rectangle, {.exclude_none = true}) == R"({"width":2.0,"height":1.0,"area":2.0})");
    CHECK(shown(rectangle, {.exclude_defaults = true}) == R"({"width":2.0,"area":2.0,"note":null})");
    CHECK(shown(rectangle, {.by_alias = false}) == R"({"width":2.0,"height":1.0,"area":2.0,"remark":null})");
  }

  TEST_CASE("computed fields: a patch has none") {
    const auto patch = read<Patch<Rectangle>>(R"({"height":5})");
    CHECK(patch.errors.empty());
    CHECK(written(patch.value) == R"({"height":5.0})");
  }

  TEST_CASE("aliases: of requests and of answers differ where that is said") {
    CHECK(reread<Aliases>(R"({"b":10,"in":11,"written_as":12,"x":13,"vin":14})") ==
          R"({"b":10,"read_as":11,"out":12,"y":13,"both":14})");
    CHECK(reread<Aliases>(R"({"b":10,"read_as":11,"out":12,"y":13,"both":14})") ==
          R"({"b":10,"read_as":1,"out":2,"y":3,"both":4})");
  }

  TEST_CASE("aliases: errors name fields as requests do") {
    CHECK(reread<Aliases>("{}") == body_error("missing", "Field required", "{}", "", R"(,"b")"));
    CHECK(reread<Aliases>(R"({"b":1,"x":"?"})").find(R"("loc":["body","x"])") != std::string::npos);
    CHECK(reread<Closed>("{}") == body_error("missing", "Field required", "{}", "", R"(,"in")"));
    CHECK(reread<Closed>(R"({"in":1,"out":1})") ==
          body_error("extra_forbidden", "Extra inputs are not permitted", "1", "", R"(,"out")"));
  }

  TEST_CASE("aliases: without them answers have the names of the members") {
    CHECK(shown(Closed{1, 2}, {.by_alias = false}) == R"({"n":1,"m":2,"sum":3})");
    CHECK(shown(Closed{1, 2}, {.include = {"n"}}) == R"({"out":1})");
  }

  TEST_CASE("response models: an answer of the same model passes, with its names and computed fields") {
    CHECK(shaped<Closed>(written(Closed{1, 2})) == R"({"out":1,"m":2,"sum":3})");
    CHECK(shaped<Closed>(R"({"in":1})") == R"({"out":1,"m":0,"sum":1})");
    CHECK(shaped<Rectangle>(R"({"width":2,"secret":1})") == R"({"width":2.0,"height":1.0,"area":2.0,"note":null})");
  }

  TEST_CASE("response models: exclude_unset leaves out what wasn't given, computed fields stay") {
    const ModelOutput set{.exclude_unset = true};
    CHECK(shaped<Rectangle>(R"({"width":2})", set) == R"({"width":2.0,"area":2.0,"note":null})");
    CHECK(shaped<std::vector<Rectangle>>(R"([{"width":2,"height":3},{"width":1}])", set) ==
          R"([{"width":2.0,"height":3.0,"area":6.0,"note":null},{"width":1.0,"area":1.0,"note":null}])");
    CHECK(shaped<Rectangle>(R"({"width":2})", {.exclude_none = true, .exclude_unset = true}) ==
          R"({"width":2.0,"area":2.0})");
    CHECK(shaped<Link>(R"({"value":1,"next":{"value":2}})", set) == R"({"value":1,"next":{"value":2}})");
  }

  TEST_CASE("response models: exclude_unset knows fields by their names in requests and in answers") {
    const ModelOutput set{.exclude_unset = true};
    CHECK(shaped<Closed>(R"({"in":1})", set) == R"({"out":1,"sum":1})");
    CHECK(shaped<Closed>(R"({"out":1})", set) == R"({"out":1,"sum":1})");
    CHECK(shaped<Closed>(R"({"in":1})", {.exclude_unset = true, .by_alias = false}) == R"({"n":1,"sum":1})");
    CHECK(shaped<std::map<std::string, Closed>>(R"({"sum":{"in":1}})", set) == R"({"sum":{"out":1,"sum":1}})");
  }

  TEST_CASE("pointers: are null or a value, and not required") {
    CHECK(reread<Link>(R"({"value":1})") == R"({"value":1,"next":null})");
    CHECK(reread<Link>(R"({"value":1,"next":null})") == R"({"value":1,"next":null})");
    CHECK(reread<Link>(R"({"value":1,"next":{"value":2,"next":{"value":"3"}}})") ==
          R"({"value":1,"next":{"value":2,"next":{"value":3,"next":null}}})");
    CHECK(reread<Shared>(R"({"text":"abc","children":[{"text":null},null]})") ==
          R"({"text":"abc","children":[{"text":null,"children":[]},null]})");
    CHECK(written(std::unique_ptr<int>()) == "null");
    CHECK(written(std::make_shared<int>(5)) == "5");
  }

  TEST_CASE("pointers: errors of what they point to are in its place, constraints are about it") {
    CHECK(reread<Link>(R"({"value":1,"next":{"value":2,"next":{"value":"x"}}})") ==
          body_error("int_parsing", "Input should be a valid integer, unable to parse string as an integer", R"("x")",
                     "", R"(,"next","next","value")"));
    CHECK(reread<Shared>(R"({"text":"abcd"})").find("string_too_long") != std::string::npos);
    CHECK(reread<Link>(R"({"value":1,"next":[]})").find("model_attributes_type") != std::string::npos);
  }

  TEST_CASE("pointers: a chain is as deep as JSON may be and no deeper") {
    const auto chain = [](std::size_t links) {
      std::string json;
      for (std::size_t i = 0; i < links; ++i)
        json += R"({"value":1,"next":)";
      return json + "null" + std::string(links, '}');
    };
    const std::size_t most = JsonLimits().max_depth;
    CHECK(read<Link>(chain(most)).errors.empty());
    CHECK_THROWS_AS(read<Link>(chain(most + 1)), JsonParseError);
  }

  TEST_CASE("pointers: a key that comes again leaves nothing of the value before") {
    CHECK(reread<Link>(R"({"value":1,"next":{"value":2},"next":null})") == R"({"value":1,"next":null})");
    CHECK(reread<Link>(R"({"value":1,"next":{"value":2,"next":{"value":3}},"next":{"value":4}})") ==
          R"({"value":1,"next":{"value":4,"next":null}})");
  }

  TEST_CASE("models: arrays, tuples, bytes and any JSON can be fields") {
    const std::string json =
        R"({"array":[1,2],"pair":[3,true],"tuple":["a",1.5],"bytes":"b","json":{"c":[null]},"small":-128})";
    CHECK(reread<Kinds>(json) == json);
    CHECK(reread<Kinds>("{}").find("\"json\"") != std::string::npos);
    CHECK(reread<Kinds>(R"({"array":[1,2],"pair":[3,true],"tuple":["a",1.5],"bytes":"b","json":1,"small":128})")
              .find("int_parsing_size") != std::string::npos);
  }

  TEST_CASE("models: a field that JSON can't be read into, or that can't be written, is an error that names it") {
    CHECK_THROWS_WITH_AS(read<Upload>(R"({"photo":"x"})"), doctest::Contains("the field photo of the model"),
                         std::logic_error);
    CHECK_THROWS_WITH_AS(written(Upload{}), doctest::Contains("can't be written as JSON"), std::logic_error);
    CHECK_THROWS_WITH_AS(read<View>(R"({"text":"x"})"), doctest::Contains("can't be read from JSON"), std::logic_error);
    CHECK(written(View{"x"}) == R"({"text":"x"})");
  }
}

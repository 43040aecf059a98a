// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/patch.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::read;
using coroute::testing::reread;
using coroute::testing::written;

namespace {

struct Item {
  std::string name;
  std::optional<double> price = 5;
  std::vector<std::string> tags;
  int count = 1;
  static constexpr auto schema =
      fields(field<&Item::name>(min_length(2)), field<&Item::count>(alias<"number">)).forbid_extra();
};

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("patch: no field is required, and those that were there are known") {
    const Patch<Item> none = read<Patch<Item>>("{}").value;
    CHECK(none.empty());
    CHECK_FALSE(none.has<&Item::name>());

    const Patch<Item> patch = read<Patch<Item>>(R"({"number":2,"price":null})").value;
    CHECK_FALSE(patch.empty());
    CHECK(patch.has<&Item::price>());
    CHECK(patch.has<&Item::count>());
    CHECK(patch.has("count"));
    CHECK_FALSE(patch.has("number"));
    CHECK_FALSE(patch.has<&Item::name>());
    CHECK_FALSE(patch.has("nothing"));
    CHECK(patch->count == 2);
    CHECK(patch->price == std::nullopt);
    CHECK((*patch).name.empty());
  }

  TEST_CASE("patch: changes the fields that were there alone") {
    Item item{"Foo", 1.5, {"a"}, 3};
    read<Patch<Item>>(R"({"price":null,"tags":[]})").value.apply_to(item);
    CHECK(written(item) == R"({"name":"Foo","price":null,"tags":[],"number":3})");
    read<Patch<Item>>("{}").value.apply_to(item);
    CHECK(written(item) == R"({"name":"Foo","price":null,"tags":[],"number":3})");
    read<Patch<Item>>(R"({"name":"Bar","number":4})").value.apply_to(item);
    CHECK(written(item) == R"({"name":"Bar","price":null,"tags":[],"number":4})");
  }

  TEST_CASE("patch: applies again to another") {
    const Patch<Item> patch = read<Patch<Item>>(R"({"name":"Bar"})").value;
    Item first{"Foo", 1, {}, 1};
    Item second{"Baz", 2, {}, 2};
    patch.apply_to(first);
    patch.apply_to(second);
    CHECK(first.name == "Bar");
    CHECK(second.name == "Bar");
    CHECK(patch->name == "Bar");
  }

  TEST_CASE("patch: what is there is checked as in the model") {
    CHECK(reread<Patch<Item>>(R"({"name":"x"})").starts_with(R"({"type":"string_too_short","loc":["body","name"])"));
    CHECK(reread<Patch<Item>>(R"({"other":1})") ==
          body_error("extra_forbidden", "Extra inputs are not permitted", "1", "", R"(,"other")"));
    CHECK(reread<Patch<Item>>("[]").starts_with(R"({"type":"model_attributes_type")"));
  }

  TEST_CASE("patch: a field that comes twice is there once, with its last value") {
    CHECK(reread<Patch<Item>>(R"({"number":1,"number":2})") == R"({"number":2})");
    CHECK(reread<Patch<Item>>(R"({"number":"x","number":2})") == R"({"number":2})");
  }

  TEST_CASE("patch: is written with the fields that were there") {
    CHECK(reread<Patch<Item>>(R"({"tags":["a"],"name":"Foo"})") == R"({"name":"Foo","tags":["a"]})");
    CHECK(reread<Patch<Item>>("{}") == "{}");
  }
}

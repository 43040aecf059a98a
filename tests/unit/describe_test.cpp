// SPDX-License-Identifier: BSL-1.0
#include "coroute/describe.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "support/answer_of.hpp"
#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::read;
using coroute::testing::reread;
using coroute::testing::written;

namespace depot {

struct Entity {
  int id;
  std::string label = "none";
  static constexpr auto schema = fields(field<&Entity::id>(ge(1)), field<&Entity::label>(defaulted));
};
BOOST_DESCRIBE_STRUCT(Entity, (), (id, label))

struct Tagged {
  std::vector<std::string> tags;
  static constexpr auto schema = fields(field<&Tagged::tags>(defaulted, max_length(2)));
};
BOOST_DESCRIBE_STRUCT(Tagged, (), (tags))

/// Has the fields of two bases and one of its own.
struct Item : Entity, Tagged {
  double price;
  double with_tax() const { return price * 1.5; }
  static constexpr auto schema =
      fields(Entity::schema, Tagged::schema, field<&Item::price>(gt(0)), computed<&Item::with_tax>());
};
BOOST_DESCRIBE_STRUCT(Item, (Entity, Tagged), (price))

/// Two levels down; keeps the rules of its base without naming them.
struct Special : Item {
  std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(Special, (Item), (reason))

/// Its computed field comes from a base that isn't the first.
struct Counted {
  int count = 3;
  int twice() const { return 2 * count; }
  static constexpr auto schema = fields(field<&Counted::count>(defaulted), computed<&Counted::twice>());
};
BOOST_DESCRIBE_STRUCT(Counted, (), (count))
struct Lot : Tagged, Counted {
  static constexpr auto schema = fields(Tagged::schema, Counted::schema);
};
BOOST_DESCRIBE_STRUCT(Lot, (Tagged, Counted), ())

/// No aggregate: a constructor, and members that nobody else sees.
class Account {
 public:
  Account() : owner_("nobody") {}
  explicit Account(std::string owner) : owner_(std::move(owner)) {}
  const std::string& owner() const { return owner_; }

 private:
  std::string owner_;
  int balance_ = 5;
  BOOST_DESCRIBE_CLASS(Account, (), (), (), (owner_, balance_))

 public:
  static constexpr auto schema =
      fields(field<&Account::owner_>(alias<"owner">, min_length(1)), field<&Account::balance_>(defaulted));
};

enum class Code { ok = 200, not_found = 404, failed = -1000 };
BOOST_DESCRIBE_ENUM(Code, ok, not_found, failed)

}  // namespace depot

using depot::Account;
using depot::Code;
using depot::Item;
using depot::Special;

TEST_SUITE("params") {
  TEST_CASE("describe: fields of bases come before those of the model") {
    static_assert(Model<Item>);
    static_assert(ModelTraits<Item>::field_count() == 4);
    CHECK(reread<Item>(R"({"price":2,"tags":["a"],"id":1,"label":"b"})") ==
          R"({"id":1,"label":"b","tags":["a"],"price":2.0,"with_tax":3.0})");
    CHECK(reread<Item>(R"({"price":2,"id":1})") == R"({"id":1,"label":"none","tags":[],"price":2.0,"with_tax":3.0})");
  }

  TEST_CASE("describe: rules of bases hold") {
    CHECK(reread<Item>(R"({"id":0,"price":1})") == body_error("greater_than_equal",
                                                              "Input should be greater than or equal to 1", "0",
                                                              R"(,"ctx":{"ge":1})", R"(,"id")"));
    CHECK(reread<Item>(R"({"id":1,"price":1,"tags":["a","b","c"]})").find("too_long") != std::string::npos);
    CHECK(reread<Item>(R"({"id":1,"price":0})").find("greater_than") != std::string::npos);
  }

  TEST_CASE("describe: a model without a schema of its own has that of its base") {
    CHECK(reread<Special>(R"({"id":1,"price":1})") ==
          R"({"id":1,"label":"none","tags":[],"price":1.0,"reason":null,"with_tax":1.5})");
    CHECK(reread<Special>(R"({"id":0,"price":1})").find("greater_than_equal") != std::string::npos);
  }

  TEST_CASE("describe: a computed field of any base is that of the object") {
    CHECK(reread<depot::Lot>(R"({"count":5})") == R"({"tags":[],"count":5,"twice":10})");
  }

  TEST_CASE("describe: errors are in the order of the fields, bases first") {
    CHECK(reread<Item>("{}") == body_error("missing", "Field required", "{}", "", R"(,"id")") + "," +
                                    body_error("missing", "Field required", "{}", "", R"(,"price")"));
  }

  TEST_CASE("describe: a class with constructors and private members is a model") {
    static_assert(Model<Account>);
    CHECK(read<Account>(R"({"owner":"Ann"})").value.owner() == "Ann");
    CHECK(written(Account("Bob")) == R"({"owner":"Bob","balance_":5})");
    CHECK(reread<Account>(R"({"owner":""})").find("string_too_short") != std::string::npos);
    CHECK(reread<Account>(R"({"owner":"x","balance_":"7"})") == R"({"owner":"x","balance_":7})");
    CHECK(reread<std::vector<Account>>(R"([{"owner":"x"}])") == R"([{"owner":"x","balance_":5}])");
  }

  TEST_CASE("describe: an enumeration has the names that were described, whatever their values") {
    CHECK(read<Code>(R"("not_found")").value == Code::not_found);
    CHECK(read<Code>(R"("failed")").value == Code::failed);
    CHECK(written(Code::ok) == R"("ok")");
    CHECK(reread<Code>(R"("bad")") == body_error("enum", "Input should be 'ok', 'not_found' or 'failed'", R"("bad")",
                                                 R"(,"ctx":{"expected":"'ok', 'not_found' or 'failed'"})"));
    CHECK_THROWS_WITH_AS(written(static_cast<Code>(3)), "a value of the enumeration Code has no name",
                         std::out_of_range);
  }

  TEST_CASE("describe: a patch of a described model knows fields of bases") {
    const auto patch = read<Patch<Item>>(R"({"label":"new"})").value;
    CHECK(patch.has<&Item::label>());
    CHECK_FALSE(patch.has<&Item::price>());
    Item item;
    item.id = 3;
    item.price = 4;
    patch.apply_to(item);
    CHECK(item.label == "new");
    CHECK(item.id == 3);
  }

  TEST_CASE("describe: handlers take and return described models") {
    App app;
    app.post("/items", [](const Item& item) { return item; });
    app.get("/accounts/{name}", [](Path<std::string, "name"> name) { return Account(*name); });
    const Handler handler = std::move(app).handler();
    CHECK(testing::post(handler, "/items", R"({"id":1,"price":2})") ==
          R"(200 {"id":1,"label":"none","tags":[],"price":2.0,"with_tax":3.0})");
    CHECK(testing::get(handler, "/accounts/Eve") == R"(200 {"owner":"Eve","balance_":5})");
  }
}

// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/intrusive_list.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace coroute::detail;

namespace {

struct Item : ListNode {
  explicit Item(char name) : name(name) {}
  char name;
};

std::string names(IntrusiveList<Item>& list) {
  std::string text;
  list.for_each([&](Item& item) { text += item.name; });
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("intrusive_list: keeps the order of arrival, and knows what is linked") {
  IntrusiveList<Item> list;
  CHECK(list.empty());
  Item a('a'), b('b'), c('c');
  CHECK_FALSE(a.linked());
  list.push_back(a);
  list.push_back(b);
  list.push_back(c);
  CHECK(a.linked());
  CHECK_FALSE(list.empty());
  CHECK(names(list) == "abc");
  CHECK(&list.front() == &a);
  CHECK(&list.pop_front() == &a);
  CHECK_FALSE(a.linked());
  CHECK(names(list) == "bc");
  list.push_back(a);
  CHECK(names(list) == "bca");
}

TEST_CASE("intrusive_list: removes the first, one in the middle, the last, the only one") {
  Item a('a'), b('b'), c('c');
  IntrusiveList<Item> list;
  for (Item* item : {&a, &b, &c})
    list.push_back(*item);
  list.remove(b);
  CHECK(names(list) == "ac");
  list.remove(c);
  CHECK(names(list) == "a");
  list.remove(a);
  CHECK(list.empty());
  list.push_back(c);
  CHECK(names(list) == "c");
}

TEST_CASE("intrusive_list: a visit may remove the item that it is given") {
  std::array<Item, 5> items{Item('a'), Item('b'), Item('c'), Item('d'), Item('e')};
  IntrusiveList<Item> list;
  for (Item& item : items)
    list.push_back(item);
  std::string seen;
  list.for_each([&](Item& item) {
    seen += item.name;
    if (item.name == 'a' || item.name == 'c' || item.name == 'e') list.remove(item);
  });
  CHECK(seen == "abcde");
  CHECK(names(list) == "bd");
  list.for_each([&](Item& item) { list.remove(item); });
  CHECK(list.empty());
}

TEST_SUITE_END();

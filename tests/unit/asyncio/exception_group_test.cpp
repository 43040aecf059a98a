// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/exception_group.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "coroute/asyncio/errors.hpp"

using namespace coroute;

namespace {

template <class E>
std::exception_ptr make(const char* text) {
  return std::make_exception_ptr(E(text));
}

using ValueError = std::invalid_argument;
using TypeError = std::domain_error;
using OsError = std::runtime_error;

/// eg(ValueError(1), TypeError(int), ValueError(2)) in Python's test.
ExceptionGroup simple_group() {
  return ExceptionGroup("simple eg", {make<ValueError>("1"), make<TypeError>("int"), make<ValueError>("2")});
}

/// root(nested(TypeError, leaf(OsError, ValueError)), ValueError), as PEP 654 draws it.
ExceptionGroup nested_group() {
  ExceptionGroup leaf("leaf", {make<OsError>("os"), make<ValueError>("a")});
  ExceptionGroup nested("nested", {make<TypeError>("t"), std::make_exception_ptr(leaf)});
  return ExceptionGroup("root", {std::make_exception_ptr(nested), make<ValueError>("b")});
}

/// "root[nested[t leaf[os a]] b]"
std::string shape_of(const ExceptionGroup& group);

std::string shape_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ExceptionGroup& group) {
    return shape_of(group);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

std::string shape_of(const ExceptionGroup& group) {
  std::string shape = group.message() + "[";
  for (const std::exception_ptr& error : group.exceptions())
    shape += (shape.back() == '[' ? "" : " ") + shape_of(error);
  return shape + "]";
}

std::string shape_of(const std::optional<ExceptionGroup>& group) {
  return group ? shape_of(*group) : "none";
}

bool is_same(const ExceptionGroup& a, const ExceptionGroup& b) {
  return &a.exceptions() == &b.exceptions();
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE(
    "exception group: without an exception, with a null or a foreign one is refused "
    "(test_bad_EG_construction__bad_excs_sequence, __nested_non_exceptions, "
    "test_EG_wraps_BaseException__raises_TypeError)") {
  CHECK_THROWS_WITH_AS(ExceptionGroup("m", {}), "ExceptionGroup: needs at least one exception", std::invalid_argument);
  CHECK_THROWS_WITH_AS(ExceptionGroup("m", {make<OsError>("x"), nullptr}), "ExceptionGroup: an exception is null",
                       std::invalid_argument);
  const char* refused = "ExceptionGroup: holds only exceptions that derive from std::exception";
  CHECK_THROWS_WITH_AS(ExceptionGroup("m", {std::make_exception_ptr(Cancelled())}), refused, std::invalid_argument);
  CHECK_THROWS_WITH_AS(ExceptionGroup("m", {std::make_exception_ptr(1)}), refused, std::invalid_argument);
}

TEST_CASE(
    "exception group: message, exceptions and text (test_EG_wraps_Exceptions__creates_EG, StrAndReprTests, "
    "test_fields_are_readonly)") {
  const std::exception_ptr first = make<OsError>("disk full");
  const ExceptionGroup one("failed", {first});
  CHECK(std::string(one.what()) == "failed (1 sub-exception: disk full)");
  CHECK(one.message() == "failed");
  CHECK(one.exceptions() == std::vector{first});
  CHECK(std::string(simple_group().what()) == "simple eg (3 sub-exceptions: 1; int; 2)");
  CHECK(std::string(nested_group().what()) ==
        "root (2 sub-exceptions: nested (2 sub-exceptions: t; leaf (2 sub-exceptions: os; a)); b)");
}

TEST_CASE("exception group: the text of many or long errors is cut, whole ones as far as they fit") {
  const std::string fits(900, 'x');
  const std::string too_long(100, 'y');
  const ExceptionGroup group("m", {make<OsError>(fits.c_str()), make<OsError>(too_long.c_str()), make<OsError>("z")});
  CHECK(std::string(group.what()) == "m (3 sub-exceptions: " + fits + "; ...)");
  CHECK(group.exceptions().size() == 3);
}

TEST_CASE("exception group: copies share the content and don't throw") {
  const ExceptionGroup group = simple_group();
  ExceptionGroup copy = group;
  CHECK(is_same(copy, group));
  ExceptionGroup moved = std::move(copy);
  CHECK(std::string(copy.what()) == group.what());  // a group that was moved from stays usable
  moved = nested_group();
  CHECK_FALSE(is_same(moved, group));
  CHECK(std::is_nothrow_copy_constructible_v<ExceptionGroup>);
  CHECK(std::is_nothrow_copy_assignable_v<ExceptionGroup>);
}

TEST_CASE("exception group: the leaves from left to right (test_leaf_generator)") {
  std::string leaves;
  for (const std::exception_ptr& leaf : nested_group().leaves())
    leaves += shape_of(leaf) + " ";
  CHECK(leaves == "t os a b ");
}

TEST_CASE(
    "exception group: tree prints each error on a line, with the await chain that is known "
    "(test_nested_group_matches_template)") {
  const std::vector<StackEntry> chain{{"inner()", "a.cpp", 3}, {"outer()", "b.cpp", 40}};
  const ExceptionGroup leaf("leaf", {make<OsError>("os"), make<ValueError>("a")}, {{}, chain});
  const ExceptionGroup root("root", {std::make_exception_ptr(leaf), make<ValueError>("b")}, {chain});
  CHECK(root.tree() ==
        "root (2 sub-exceptions)\n"
        "  1: leaf (2 sub-exceptions)\n"
        "    1: os\n"
        "    2: a\n"
        "       at inner() (a.cpp:3)\n"
        "       at outer() (b.cpp:40)\n"
        "     at inner() (a.cpp:3)\n"
        "     at outer() (b.cpp:40)\n"
        "  2: b\n");
  CHECK(root.stack(0).size() == 2);
  CHECK(root.stack(1).empty());
  CHECK_THROWS_AS(root.stack(2), std::out_of_range);
}

TEST_CASE(
    "exception group: split by type, all or nothing (test_basics_split_by_type__passthrough, __no_match, __match)") {
  const ExceptionGroup group = simple_group();
  const auto [all, none] = group.split<std::exception>();
  CHECK(is_same(all.value(), group));
  CHECK_FALSE(none);
  const auto [itself, nothing] = group.split<ExceptionGroup>();
  CHECK(is_same(itself.value(), group));
  CHECK_FALSE(nothing);
  const auto [missing, rest] = group.split<OsError>();
  CHECK_FALSE(missing);
  CHECK(shape_of(rest) == "simple eg[1 int 2]");
  CHECK(rest->exceptions() == group.exceptions());
  const auto [values, others] = group.split<ValueError>();
  CHECK(shape_of(values) == "simple eg[1 2]");
  CHECK(shape_of(others) == "simple eg[int]");
  CHECK(values->exceptions()[1] == group.exceptions()[2]);  // the very same exceptions
}

TEST_CASE(
    "exception group: subgroup by type (test_basics_subgroup_split__bad_arg_type, "
    "test_basics_subgroup_by_type__passthrough, __no_match, __match)") {
  const ExceptionGroup group = simple_group();
  CHECK(is_same(group.subgroup<std::exception>().value(), group));
  CHECK_FALSE(group.subgroup<OsError>());
  CHECK(shape_of(group.subgroup<ValueError>()) == "simple eg[1 2]");
  CHECK(shape_of(group.subgroup<TypeError>()) == "simple eg[int]");
  CHECK(shape_of(group.subgroup<std::logic_error>()) == "simple eg[1 int 2]");  // a base class matches
}

TEST_CASE(
    "exception group: split and subgroup by predicate (test_basics_split_by_predicate__passthrough, __no_match, "
    "__match, test_basics_subgroup_by_predicate__passthrough, __no_match, __match)") {
  const ExceptionGroup group = simple_group();
  const auto [all, none] = group.split([](const std::exception&) { return true; });
  CHECK(is_same(all.value(), group));
  CHECK_FALSE(none);
  const auto [missing, rest] = group.split([](const std::exception&) { return false; });
  CHECK_FALSE(missing);
  CHECK(shape_of(rest) == "simple eg[1 int 2]");
  auto is_two = [](const std::exception& error) { return std::string(error.what()) == "2"; };
  const auto [two, others] = group.split(is_two);
  CHECK(shape_of(two) == "simple eg[2]");
  CHECK(shape_of(others) == "simple eg[1 int]");
  CHECK(shape_of(group.subgroup(is_two)) == "simple eg[2]");
  CHECK_FALSE(group.subgroup([](const std::exception&) { return false; }));
}

TEST_CASE(
    "exception group: split keeps the nesting and drops empty groups (test_split_by_type, "
    "test_split_BaseExceptionGroup)") {
  const ExceptionGroup group = nested_group();
  const auto [values, others] = group.split<ValueError>();
  CHECK(shape_of(values) == "root[nested[leaf[a]] b]");
  CHECK(shape_of(others) == "root[nested[t leaf[os]]]");
  const auto [types, rest] = group.split<TypeError>();
  CHECK(shape_of(types) == "root[nested[t]]");
  CHECK(shape_of(rest) == "root[nested[leaf[os a]] b]");
  const auto [none, all] = group.split<std::bad_alloc>();
  CHECK_FALSE(none);
  CHECK(shape_of(all) == shape_of(group));
}

TEST_CASE("exception group: a nested group that matches is taken whole") {
  const ExceptionGroup group = nested_group();
  auto is_leaf_group = [](const std::exception& error) {
    const auto* inner = dynamic_cast<const ExceptionGroup*>(&error);
    return inner && inner->message() == "leaf";
  };
  const auto [match, rest] = group.split(is_leaf_group);
  CHECK(shape_of(match) == "root[nested[leaf[os a]]]");
  CHECK(shape_of(rest) == "root[nested[t] b]");
}

TEST_CASE("exception group: the parts keep the await chains of their errors (test_split_copies_notes)") {
  const std::vector<StackEntry> chain{{"f()", "a.cpp", 3}};
  const ExceptionGroup group("m", {make<OsError>("x"), make<ValueError>("y")}, {{}, chain});
  const auto [values, others] = group.split<ValueError>();
  CHECK(values->stack(0).size() == 1);
  CHECK(others->stack(0).empty());
}

TEST_CASE("exception group: contains asks all levels") {
  const ExceptionGroup group = nested_group();
  CHECK(group.contains<OsError>());
  CHECK(group.contains<ExceptionGroup>());
  CHECK_FALSE(group.contains<TimeoutError>());
  CHECK(group.contains([](const std::exception& error) { return std::string(error.what()) == "a"; }));
  CHECK_FALSE(group.contains([](const std::exception& error) { return std::string(error.what()) == "c"; }));
}

TEST_CASE("exception group: what a predicate throws comes out") {
  auto refuse = [](const std::exception& error) -> bool { throw std::out_of_range(error.what()); };
  CHECK_THROWS_AS(nested_group().split(refuse), std::out_of_range);
  CHECK_THROWS_AS(nested_group().contains(refuse), std::out_of_range);
}

TEST_CASE("exception group: caught, split and thrown on as except* does") {
  std::string log;
  try {
    try {
      throw nested_group();
    } catch (const ExceptionGroup& group) {
      const auto [os, rest] = group.split<OsError>();
      log += shape_of(os);
      if (rest) throw *rest;
    }
  } catch (const std::exception& error) {
    log += std::string(" then ") + error.what();
  }
  CHECK(log ==
        "root[nested[leaf[os]]] then root (2 sub-exceptions: nested (2 sub-exceptions: t; leaf (1 sub-exception: a)); "
        "b)");
}

TEST_CASE(
    "exception group: 100,000 levels are flattened to a bounded depth, no error is lost (test_deep_split, "
    "test_deep_subgroup)") {
  std::exception_ptr innermost = make<OsError>("deep");
  std::optional<ExceptionGroup> group;
  for (int level = 0; level < 100'000; ++level) {
    std::vector<std::exception_ptr> errors{group ? std::make_exception_ptr(*group) : innermost};
    if (level % 10'000 == 0) errors.push_back(make<ValueError>("beside"));
    group = ExceptionGroup("level", errors);
  }
  CHECK(group->leaves().size() == 11);
  CHECK(group->leaves()[0] == innermost);
  CHECK(group->contains<OsError>());
  const auto [os, rest] = group->split<OsError>();
  CHECK(os->leaves() == std::vector{innermost});
  CHECK(rest->leaves().size() == 10);
  CHECK(group->tree().size() > 1'000);
}

TEST_CASE("exception group: nesting is kept at the limit and flattened beyond it") {
  const auto nest = [](std::size_t depth) {
    ExceptionGroup group("1", {make<OsError>("deep")});
    for (std::size_t level = 2; level <= depth; ++level)
      group = ExceptionGroup(std::to_string(level), {std::make_exception_ptr(group)});
    return group;
  };
  const auto levels = [](const ExceptionGroup& group) {
    const std::string shape = shape_of(group);
    return static_cast<std::size_t>(std::count(shape.begin(), shape.end(), '['));
  };
  constexpr std::size_t limit = ExceptionGroup::max_depth;
  CHECK(levels(nest(limit - 1)) == limit - 1);
  CHECK(levels(nest(limit)) == limit);
  CHECK(levels(nest(limit + 1)) == limit);
}

TEST_SUITE_END();

// SPDX-License-Identifier: BSL-1.0
// Requests and answers as FastAPI gives them, to the byte.
#include "conformance/conformance_apps.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/answer_of.hpp"

using namespace coroute;
using coroute::testing::exchange;
using coroute::testing::post;
using coroute::testing::TestRequest;

namespace {

struct Case {
  std::string name;
  std::string method;
  std::string target;
  std::vector<HeaderField> headers;
  std::optional<std::string> body;
  std::string answer;
};

void replay(App app, const std::vector<Case>& cases) {
  const Handler handler = std::move(app).handler();
  for (const Case& each : cases) {
    CAPTURE(each.name);
    TestRequest request(each.method, each.target);
    for (const HeaderField& field : each.headers)
      request.header(field.name, field.value);
    if (each.body) request.body({*each.body});
    CHECK(exchange(handler, request) == each.answer);
  }
}

const std::vector<Case> params_cases = {
    {"path_int_ok", "GET", "/items/5?q=x", {}, std::nullopt, R"(200 {"item_id":5,"q":"x"})"},
    {"path_int_optional_query_absent", "GET", "/items/5", {}, std::nullopt, R"(200 {"item_id":5,"q":null})"},
    {"path_int_invalid",
     "GET",
     "/items/foo",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"int_parsing","loc":["path","item_id"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"foo"}]})"},
    {"path_int_invalid_float_string",
     "GET",
     "/items/4.2",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"int_parsing","loc":["path","item_id"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"4.2"}]})"},
    {"query_repeated_scalar_last_wins", "GET", "/items/5?q=a&q=b", {}, std::nullopt, R"(200 {"item_id":5,"q":"b"})"},
    {"query_percent_and_plus_decoding",
     "GET",
     "/items/5?q=a+b%20c%26%C3%A9",
     {},
     std::nullopt,
     "200 {\"item_id\":5,\"q\":\"a b c&\xC3\xA9\"}"},
    {"path_bool_invalid",
     "GET",
     "/path/bool/42",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"bool_parsing","loc":["path","v"],"msg":"Input should be a valid boolean, unable to interpret input","input":"42"}]})"},
    {"path_float_invalid",
     "GET",
     "/path/float/foobar",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"float_parsing","loc":["path","v"],"msg":"Input should be a valid number, unable to parse string as a number","input":"foobar"}]})"},
    {"path_ge_violation",
     "GET",
     "/path/range/0",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"greater_than_equal","loc":["path","v"],"msg":"Input should be greater than or equal to 1","input":"0","ctx":{"ge":1}}]})"},
    {"path_le_violation",
     "GET",
     "/path/range/1001",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"less_than_equal","loc":["path","v"],"msg":"Input should be less than or equal to 1000","input":"1001","ctx":{"le":1000}}]})"},
    {"path_min_length_violation",
     "GET",
     "/path/str/ab",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"string_too_short","loc":["path","v"],"msg":"String should have at least 3 characters","input":"ab","ctx":{"min_length":3}}]})"},
    {"path_max_length_violation",
     "GET",
     "/path/str/abcdef",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"string_too_long","loc":["path","v"],"msg":"String should have at most 5 characters","input":"abcdef","ctx":{"max_length":5}}]})"},
    {"path_enum_ok", "GET", "/models/alexnet", {}, std::nullopt, R"(200 {"model_name":"alexnet"})"},
    {"path_enum_invalid",
     "GET",
     "/models/foo",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"enum","loc":["path","model_name"],"msg":"Input should be 'alexnet', 'resnet' or 'lenet'","input":"foo","ctx":{"expected":"'alexnet', 'resnet' or 'lenet'"}}]})"},
    {"path_convertor_int_no_match_is_404", "GET", "/conv/abc", {}, std::nullopt, R"(404 {"detail":"Not Found"})"},
    {"path_uuid_invalid",
     "GET",
     "/uuid/not-a-uuid",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"uuid_parsing","loc":["path","u"],"msg":"Input should be a valid UUID, invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `n` at 1","input":"not-a-uuid","ctx":{"error":"invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `n` at 1"}}]})"},
    {"query_date_invalid",
     "GET",
     "/date?d=2024-13-01",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"date_from_datetime_parsing","loc":["query","d"],"msg":"Input should be a valid date or datetime, month value is outside expected range of 1-12","input":"2024-13-01","ctx":{"error":"month value is outside expected range of 1-12"}}]})"},
    {"query_required_missing",
     "GET",
     "/query",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"missing","loc":["query","query"],"msg":"Field required","input":null}]})"},
    {"query_int_empty_string",
     "GET",
     "/query/int?query=",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"int_parsing","loc":["query","query"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":""}]})"},
    {"query_int_baz",
     "GET",
     "/query/int?query=baz",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"int_parsing","loc":["query","query"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"baz"}]})"},
    {"query_list_repeated", "GET", "/query/list?q=a&q=b", {}, std::nullopt, R"(200 {"q":["a","b"]})"},
    {"query_list_default", "GET", "/query/list", {}, std::nullopt, R"(200 {"q":["foo","bar"]})"},
    {"query_list_of_int_errors_indexed",
     "GET",
     "/query/ints?q=five&q=6&q=six",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"int_parsing","loc":["query","q",0],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"five"},{"type":"int_parsing","loc":["query","q",2],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"six"}]})"},
    {"query_alias_ok", "GET", "/query/str?item-query=fixedquery", {}, std::nullopt, R"(200 {"q":"fixedquery"})"},
    {"query_defaults", "GET", "/query/limits", {}, std::nullopt, R"(200 {"skip":0,"limit":100,"short":false})"},
    {"query_bool_yes",
     "GET",
     "/query/limits?short=yes&limit=5",
     {},
     std::nullopt,
     R"(200 {"skip":0,"limit":5,"short":true})"},
    {"query_two_errors_declared_order",
     "GET",
     "/query/limits?limit=0&skip=-1",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"greater_than_equal","loc":["query","skip"],"msg":"Input should be greater than or equal to 0","input":"-1","ctx":{"ge":0}},{"type":"greater_than_equal","loc":["query","limit"],"msg":"Input should be greater than or equal to 1","input":"0","ctx":{"ge":1}}]})"},
    {"query_model_defaults",
     "GET",
     "/qmodel",
     {},
     std::nullopt,
     R"(200 {"limit":100,"offset":0,"order_by":"created_at","tags":[]})"},
    {"header_underscore_conversion_and_duplicates",
     "GET",
     "/headers",
     {{"User-Agent", "ua/1"}, {"X-Token", "foo"}, {"X-Token", "bar"}},
     std::nullopt,
     R"(200 {"User-Agent":"ua/1","X-Token values":["foo","bar"]})"},
    {"cookie_required_missing",
     "GET",
     "/cookies/req",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"missing","loc":["cookie","session_id"],"msg":"Field required","input":null}]})"},
    {"query_optional_list_absent_is_null", "GET", "/optlist", {}, std::nullopt, R"(200 {"q":null})"},
    {"errors_order_path_query_header_cookie", "GET", "/two/x/y?c=z", {{"X-H", "q"}, {"Cookie", "ck=w"}}, std::nullopt, R"(422 {"detail":[{"type":"int_parsing","loc":["path","a"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"},{"type":"int_parsing","loc":["path","b_"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"y"},{"type":"int_parsing","loc":["query","c"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"z"},{"type":"int_parsing","loc":["header","x-h"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"q"},{"type":"int_parsing","loc":["cookie","ck"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"w"}]})"},
    {"query_float_nan_is_422",
     "GET",
     "/fl?v=nan",
     {},
     std::nullopt,
     R"(422 {"detail":[{"type":"finite_number","loc":["query","v"],"msg":"Input should be a finite number","input":"nan"}]})"},
    {"query_int_with_integral_decimal_string", "GET", "/query/int?query=1.0", {}, std::nullopt, "200 1"},
    {"query_int_surrounding_space_and_plus", "GET", "/query/int?query=%20%2B7%20", {}, std::nullopt, "200 7"},
};

const std::vector<Case> body_cases = {
    {"body_ok_defaults_filled",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     R"({"name":"Foo","price":50.5})",
     R"(200 {"name":"Foo","description":null,"price":50.5,"tax":null,"tags":[]})"},
    {"body_extra_fields_ignored",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     R"({"name":"Foo","price":1,"zzz":true})",
     R"(200 {"name":"Foo","description":null,"price":1.0,"tax":null,"tags":[]})"},
    {"body_missing_field",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     R"({"name":"Foo"})",
     R"(422 {"detail":[{"type":"missing","loc":["body","price"],"msg":"Field required","input":{"name":"Foo"}}]})"},
    {"body_missing_two_fields",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     "{}",
     R"(422 {"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":{}},{"type":"missing","loc":["body","price"],"msg":"Field required","input":{}}]})"},
    {"body_float_parsing_error",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     R"({"name":"Foo","price":"twenty"})",
     R"(422 {"detail":[{"type":"float_parsing","loc":["body","price"],"msg":"Input should be a valid number, unable to parse string as a number","input":"twenty"}]})"},
    {"body_string_type_error",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     R"({"name":1,"price":2})",
     R"(422 {"detail":[{"type":"string_type","loc":["body","name"],"msg":"Input should be a valid string","input":1}]})"},
    {"body_json_null",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     "null",
     R"(422 {"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]})"},
    {"body_list_instead_of_object",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     "[1]",
     R"(422 {"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[1]}]})"},
    {"body_json_with_form_content_type",
     "POST",
     "/items/",
     {{"Content-Type", "application/x-www-form-urlencoded"}},
     R"({"name":"Foo","price":50.5})",
     R"(422 {"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"{\"name\":\"Foo\",\"price\":50.5}"}]})"},
    {"body_json_text_plain",
     "POST",
     "/items/",
     {{"Content-Type", "text/plain"}},
     R"({"name":"Foo","price":50.5})",
     R"(422 {"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"{\"name\":\"Foo\",\"price\":50.5}"}]})"},
    {"body_json_suffix_media_type",
     "POST",
     "/items/",
     {{"Content-Type", "application/geo+json"}},
     R"({"name":"Foo","price":50.5})",
     R"(200 {"name":"Foo","description":null,"price":50.5,"tax":null,"tags":[]})"},
    {"body_not_utf8",
     "POST",
     "/items/",
     {{"Content-Type", "application/json"}},
     "{\"name\":\"\xFF\xFE\",\"price\":1}",
     R"(400 {"detail":"There was an error parsing the body"})"},
    {"body_int_from_float",
     "POST",
     "/strict",
     {{"Content-Type", "application/json"}},
     R"({"n":1.5})",
     R"(422 {"detail":[{"type":"int_from_float","loc":["body","n"],"msg":"Input should be a valid integer, got a number with a fractional part","input":1.5}]})"},
    {"body_discriminator_bad_tag",
     "POST",
     "/pet",
     {{"Content-Type", "application/json"}},
     R"({"pet_type":"fish"})",
     R"(422 {"detail":[{"type":"union_tag_invalid","loc":["body"],"msg":"Input tag 'fish' found using 'pet_type' does not match any of the expected tags: 'cat', 'dog'","input":{"pet_type":"fish"},"ctx":{"discriminator":"'pet_type'","tag":"fish","expected_tags":"'cat', 'dog'"}}]})"},
    {"get_with_body_is_read",
     "GET",
     "/getbody",
     {{"Content-Type", "application/json"}},
     R"({"name":"Foo","price":50.5})",
     R"(200 {"name":"Foo","description":null,"price":50.5,"tax":null,"tags":[]})"},
    {"body_top_level_list_errors",
     "POST",
     "/list",
     {{"Content-Type", "application/json"}},
     R"([1,"x",2.5])",
     R"(422 {"detail":[{"type":"int_parsing","loc":["body",1],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"},{"type":"int_from_float","loc":["body",2],"msg":"Input should be a valid integer, got a number with a fractional part","input":2.5}]})"},
    {"body_duplicate_key_last_wins",
     "POST",
     "/strict",
     {{"Content-Type", "application/json"}},
     R"({"n":1,"n":2})",
     R"(200 {"n":2})"},
    {"body_int_from_integral_float",
     "POST",
     "/strict",
     {{"Content-Type", "application/json"}},
     R"({"n":5.0})",
     R"(200 {"n":5})"},
};

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("params app: parameters are read and refused as FastAPI does") {
    replay(conformance::params_app(), params_cases);
  }

  TEST_CASE("body app: JSON bodies are read and refused as FastAPI does") {
    replay(conformance::body_app(), body_cases);
  }

  TEST_CASE("body app: what is no JSON is refused with the place where it breaks") {
    const Handler handler = std::move(conformance::body_app()).handler();
    CHECK(post(handler, "/items/", "{some broken json}")
              .starts_with(R"(422 {"detail":[{"type":"json_invalid","loc":["body",1],"msg":"JSON decode error",)"
                           R"("input":{},"ctx":{"error":")"));
  }
}

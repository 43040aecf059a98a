// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/json_reader.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "http/json_error.hpp"

// The library's checks of its caller cost as much as its work. Order and depth are kept by the reader.
#define SIMDJSON_DEVELOPMENT_CHECKS 0
#include <simdjson.h>

namespace coroute {
namespace {

namespace ondemand = simdjson::ondemand;
using Items = ondemand::array_iterator;
using Members = ondemand::object_iterator;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t initial_capacity = 4096;
constexpr std::size_t largest_kept_capacity = 256 * 1024;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view without_space_after(std::string_view text) {
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

bool is_integer(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  const bool digits = std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !number.empty() && (number.size() == 1 || number[0] != '0');
}

/// `beyond` when the number is out of a double's range.
double nearest_double(std::string_view number, double beyond) {
  double value = 0;
  const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
  return std::copysign(result.ec == std::errc() ? value : beyond, number.starts_with('-') ? -1.0 : 1.0);
}

JsonKind kind_of(ondemand::json_type type) {
  switch (type) {
    case ondemand::json_type::null:
      return JsonKind::Null;
    case ondemand::json_type::boolean:
      return JsonKind::Bool;
    case ondemand::json_type::number:
      return JsonKind::Number;
    case ondemand::json_type::string:
      return JsonKind::String;
    case ondemand::json_type::array:
      return JsonKind::Array;
    case ondemand::json_type::object:
      return JsonKind::Object;
  }
  return JsonKind::Null;
}

}  // namespace

/// The text is parsed as the only item of an array, `[text]`: the library reads scalars that are the whole document in
/// another, slower way, and a closing bracket behind the text ends any token at its end.
struct JsonReader::State {
  class Idle;

  void load(std::string_view input, const JsonLimits& json_limits);
  void reserve(std::size_t size);
  void start();

  const char* begin() const { return buffer.get() + 1; }
  std::size_t offset_of(const char* at) const { return mark_size + static_cast<std::size_t>(at - begin()); }
  const char* position();

  ondemand::value& value_at_hand();
  void enter(std::variant<Items, Members> container);
  template <class Iterator>
  Iterator* advance(JsonReader& reader);

  void refuse_if_broken() const;
  [[noreturn]] void refuse() const;
  [[noreturn]] void refuse(JsonReader& reader, JsonKind wanted) const;

  ondemand::parser parser;
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;
  std::size_t size = 0;
  std::size_t mark_size = 0;
  JsonLimits limits;

  ondemand::document document;
  Items root;
  std::vector<std::variant<Items, Members>> open;
  ondemand::value value;
  bool has_value = false;
  bool just_entered = false;
  bool finished = false;
  const char* number_end = nullptr;  // after a number, which the library passes only at the next step

  State* next_idle = nullptr;
};

/// What this thread's readers have given back.
class JsonReader::State::Idle {
 public:
  static Idle& of_this_thread() {
    thread_local Idle idle;
    return idle;
  }

  Idle() = default;
  ~Idle() {
    while (first_)
      delete take();
  }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  State* take() {
    State* const state = first_;
    if (!state) return new State;
    first_ = std::exchange(state->next_idle, nullptr);
    return state;
  }
  void give_back(State* state) {
    state->next_idle = first_;
    first_ = state;
  }

 private:
  State* first_ = nullptr;
};

void JsonReader::State::load(std::string_view input, const JsonLimits& json_limits) {
  limits = json_limits;
  mark_size = input.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  input.remove_prefix(mark_size);
  size = input.size();
  reserve(size + 2);
  char* const bytes = buffer.get();
  bytes[0] = '[';
  if (!input.empty()) std::memcpy(bytes + 1, input.data(), size);
  bytes[size + 1] = ']';
  std::memset(bytes + size + 2, 0, simdjson::SIMDJSON_PADDING);
}

void JsonReader::State::reserve(std::size_t wanted) {
  if (wanted <= capacity) return;
  if (wanted > simdjson::SIMDJSON_MAXSIZE_BYTES) throw JsonParseError("longer than 4 GiB", 0);
  const std::size_t larger =
      std::min(std::bit_ceil(std::max(wanted, initial_capacity)), std::size_t{simdjson::SIMDJSON_MAXSIZE_BYTES});
  capacity = 0;
  buffer.reset(new char[larger + simdjson::SIMDJSON_PADDING]);
  if (parser.allocate(larger, 1)) throw std::bad_alloc();
  capacity = larger;
}

void JsonReader::State::start() {
  has_value = just_entered = finished = false;
  number_end = nullptr;
  open.clear();
  if (parser.iterate(buffer.get(), size + 2, capacity + simdjson::SIMDJSON_PADDING).get(document)) refuse();
  ondemand::array wrapper;
  if (document.get_array().get(wrapper) || wrapper.begin().get(root)) refuse();
  if (root == Items() || (*root).get(value)) refuse();
  has_value = true;
}

/// The first byte of the next token.
const char* JsonReader::State::position() {
  const char* at = nullptr;
  return document.current_location().get(at) ? begin() + size : at;
}

ondemand::value& JsonReader::State::value_at_hand() {
  if (!has_value) throw std::logic_error("JsonReader: no value is at hand");
  return value;
}

void JsonReader::State::enter(std::variant<Items, Members> container) {
  if (open.size() >= limits.max_depth) refuse();
  open.push_back(container);
  has_value = false;
  just_entered = true;
}

/// Moves the innermost container on; null when it has ended.
template <class Iterator>
Iterator* JsonReader::State::advance(JsonReader& reader) {
  if (has_value) reader.skip();
  Iterator* const top = open.empty() ? nullptr : std::get_if<Iterator>(&open.back());
  if (!top) throw std::logic_error("JsonReader: not in such a container");
  if (!std::exchange(just_entered, false)) ++*top;
  number_end = nullptr;
  if (*top != Iterator()) return top;
  open.pop_back();
  return nullptr;
}

void JsonReader::State::refuse_if_broken() const {
  const std::string_view text(begin(), size);
  if (const auto error = detail::find_json_error(text, limits)) {
    throw JsonParseError(error->what(), mark_size + error->offset(), error->kind());
  }
}

void JsonReader::State::refuse() const {
  refuse_if_broken();
  throw JsonParseError("invalid JSON", mark_size);
}

/// The value at hand couldn't be read as the kind that the caller asked for.
void JsonReader::State::refuse(JsonReader& reader, JsonKind wanted) const {
  refuse_if_broken();
  if (reader.kind() != wanted) throw std::logic_error("JsonReader: the value at hand is of another kind");
  refuse();
}

void JsonReader::ReturnToThread::operator()(State* state) const noexcept {
  if (state->capacity > largest_kept_capacity) {
    delete state;
  } else {
    State::Idle::of_this_thread().give_back(state);
  }
}

JsonReader::JsonReader(std::string_view text, const JsonLimits& limits) : state_(State::Idle::of_this_thread().take()) {
  state_->load(text, limits);
  state_->start();
}

JsonReader::~JsonReader() = default;

JsonReader JsonReader::again(const JsonReader& outer, std::string_view raw) {
  return JsonReader(raw, outer.state_->limits);
}

JsonKind JsonReader::kind() {
  ondemand::json_type type{};
  if (state_->value_at_hand().type().get(type)) state_->refuse();
  return kind_of(type);
}

void JsonReader::read_null() {
  bool is_null = false;
  if (state_->value_at_hand().is_null().get(is_null) || !is_null) state_->refuse(*this, JsonKind::Null);
  state_->has_value = false;
}

bool JsonReader::read_bool() {
  bool result = false;
  if (state_->value_at_hand().get_bool().get(result)) state_->refuse(*this, JsonKind::Bool);
  state_->has_value = false;
  return result;
}

JsonNumber JsonReader::read_number() {
  ondemand::value& value = state_->value_at_hand();
  JsonNumber result;
  result.text = without_space_after(value.raw_json_token());
  ondemand::number number;
  if (value.get_number().get(number)) {
    if (!is_integer(result.text)) state_->refuse(*this, JsonKind::Number);
    result.kind = JsonNumber::Kind::Big;
    result.as_double = nearest_double(result.text, std::numeric_limits<double>::infinity());
  } else if (number.is_int64()) {
    result.as_signed = number.get_int64();
    if (result.as_signed >= 0) result.as_unsigned = static_cast<std::uint64_t>(result.as_signed);
    result.as_double = static_cast<double>(result.as_signed);
  } else if (number.is_uint64()) {
    result.kind = JsonNumber::Kind::Unsigned;
    result.as_unsigned = number.get_uint64();
    result.as_double = static_cast<double>(result.as_unsigned);
  } else {
    result.kind = JsonNumber::Kind::Float;
    // Of more than 19 digits the library loses the value; that the number is one, and no infinite one, it knows.
    const bool is_long = result.text.size() > 19;
    result.as_double = is_long ? nearest_double(result.text, 0.0) : number.get_double();
  }
  state_->has_value = false;
  state_->number_end = result.text.data() + result.text.size();
  return result;
}

std::string_view JsonReader::read_string() {
  std::string_view result;
  if (state_->value_at_hand().get_string().get(result)) state_->refuse(*this, JsonKind::String);
  state_->has_value = false;
  return result;
}

void JsonReader::enter_array() {
  ondemand::array array;
  Items items;
  const bool is_array = !state_->value_at_hand().get_array().get(array) && !array.begin().get(items);
  if (!is_array) state_->refuse(*this, JsonKind::Array);
  state_->enter(items);
}

bool JsonReader::next_item() {
  Items* const items = state_->advance<Items>(*this);
  if (!items) return false;
  if ((**items).get(state_->value)) state_->refuse();
  state_->has_value = true;
  return true;
}

void JsonReader::enter_object() {
  ondemand::object object;
  Members members;
  const bool is_object = !state_->value_at_hand().get_object().get(object) && !object.begin().get(members);
  if (!is_object) state_->refuse(*this, JsonKind::Object);
  state_->enter(members);
}

bool JsonReader::next_member(std::string_view& key) {
  Members* const members = state_->advance<Members>(*this);
  if (!members) return false;
  ondemand::field field;
  if ((**members).get(field) || field.unescaped_key().get(key)) state_->refuse();
  state_->value = field.value();
  state_->has_value = true;
  return true;
}

void JsonReader::skip() {
  const std::size_t depth = state_->open.size();
  const auto consume_scalar_or_enter = [this] {
    switch (kind()) {
      case JsonKind::Null:
        return read_null();
      case JsonKind::Bool:
        return static_cast<void>(read_bool());
      case JsonKind::Number:
        return static_cast<void>(read_number());
      case JsonKind::String:
        return static_cast<void>(read_string());
      case JsonKind::Array:
        return enter_array();
      case JsonKind::Object:
        return enter_object();
    }
  };
  consume_scalar_or_enter();
  while (state_->open.size() > depth) {
    std::string_view key;
    const bool in_array = std::holds_alternative<Items>(state_->open.back());
    if (in_array ? next_item() : next_member(key)) consume_scalar_or_enter();
  }
}

void JsonReader::finish() {
  if (state_->finished) return;
  if (state_->has_value) skip();
  if (!state_->open.empty()) throw std::logic_error("JsonReader: an array or object is still open");
  ++state_->root;
  if (state_->root != Items()) state_->refuse();
  if (state_->document.current_location().error() != simdjson::OUT_OF_BOUNDS) state_->refuse();
  state_->finished = true;
}

std::size_t JsonReader::offset() {
  if (state_->has_value) return state_->offset_of(state_->value.raw_json_token().data());
  return state_->offset_of(state_->number_end ? state_->number_end : state_->position());
}

std::string_view JsonReader::text(std::size_t begin) {
  const char* const last = state_->number_end ? state_->number_end : state_->position();
  const std::size_t from = begin - std::min(begin, state_->mark_size);
  const std::size_t to = state_->offset_of(last) - state_->mark_size;
  if (from >= to) return {};
  return without_space_after({state_->begin() + from, to - from});
}

}  // namespace coroute

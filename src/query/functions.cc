#include "query/functions.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <new>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "query/address_texts.h"
#include "query/out.h"

namespace holdfast::query {
namespace {

std::string_view text_in(sqlite3_value* value) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) throw std::bad_alloc();
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// Returns none for NULL.
ObjectId object_in(Facts& facts, sqlite3_value* value, std::string_view function) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return {};
  if (sqlite3_value_numeric_type(value) != SQLITE_INTEGER)
    fail(ErrorCode::kUsage, "{}() takes the id of an object, a whole number, not '{}'", function, text_in(value));
  const sqlite3_int64 id = sqlite3_value_int64(value);
  const std::uint32_t objects = facts.snapshot().objects;
  if (id < 0 || id >= std::int64_t{objects})
    fail(ErrorCode::kUsage, "{}({}): there is no such object: ids are below {}", function, id, objects);
  return ObjectId(static_cast<std::uint32_t>(id));
}

// Returns none for NULL.
std::optional<std::int64_t> address_of_value(sqlite3_value* value, std::string_view function) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return std::nullopt;
  if (sqlite3_value_type(value) == SQLITE_TEXT) {
    const auto address = address_in(text_in(value));
    if (address && *address <= static_cast<std::uint64_t>(INT64_MAX)) return static_cast<std::int64_t>(*address);
  }
  if (sqlite3_value_numeric_type(value) != SQLITE_INTEGER)
    fail(ErrorCode::kUsage, "{}() takes an address like 0xc000012340, not '{}'", function, text_in(value));
  return sqlite3_value_int64(value);
}

void call_retained(Facts& facts, sqlite3_value** values, sqlite3_context* context) {
  const ObjectId object = object_in(facts, values[0], "retained");
  if (object && facts.dominators().reachable(object)) Out(context).integer(facts.dominators().retained_bytes(object));
}

void call_path(Facts& facts, sqlite3_value** values, sqlite3_context* context) {
  const ObjectId object = object_in(facts, values[0], "path");
  if (!object) return;
  if (const std::vector<graph::NodeId> way = facts.ways().way_to(object); !way.empty())
    Out(context).copy(way_text(facts.names(), way));
}

void call_dominator(Facts& facts, sqlite3_value** values, sqlite3_context* context) {
  if (const ObjectId object = object_in(facts, values[0], "dominator"))
    Out(context).id(facts.dominators().idom(object).object());
}

void call_type_name(Facts& facts, sqlite3_value** values, sqlite3_context* context) {
  const ObjectId object = object_in(facts, values[0], "type_name");
  if (!object) return;
  const std::uint32_t type = facts.types().of(facts.snapshot().object_type[object.row]);
  if (type != TypeNames::kNone) Out(context).text(facts.types().types()[type].name);
}

void call_reaches(Facts& facts, sqlite3_value** values, sqlite3_context* context) {
  const ObjectId from = object_in(facts, values[0], "reaches"), to = object_in(facts, values[1], "reaches");
  if (!from || !to) return;
  const auto incoming = [&]() -> const Grouping& { return facts.incoming(); };
  Out(context).flag(facts.reaches().ask(from, to, incoming));
}

void call_object_at(Facts& facts, sqlite3_value** values, sqlite3_context* context) {
  const auto address = address_of_value(values[0], "object_at");
  if (address && *address >= 0)
    Out(context).id(facts.index().find_object(Address(static_cast<std::uint64_t>(*address))));
}

void call_address(Facts&, sqlite3_value** values, sqlite3_context* context) {
  if (const auto address = address_of_value(values[0], "address")) sqlite3_result_int64(context, *address);
}

// Of bytes and texts it stays what SQLite's own is.
void call_hex(Facts&, sqlite3_value** values, sqlite3_context* context) {
  if (sqlite3_value_type(values[0]) == SQLITE_INTEGER) {
    Out(context).copy(fmt::format("{:#x}", static_cast<std::uint64_t>(sqlite3_value_int64(values[0]))));
    return;
  }
  const auto* const bytes = static_cast<const unsigned char*>(sqlite3_value_blob(values[0]));
  std::string text;
  for (int i = 0; i < sqlite3_value_bytes(values[0]); ++i) text += fmt::format("{:02X}", bytes[i]);
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

constexpr Function kFunctions[] = {
    {"retained", "id", "bytes that the object alone keeps alive, itself included; NULL if nothing holds it", 1,
     call_retained},
    {"path", "id",
     "a shortest way from a root to the object, in words, as `holdfast why` has it; NULL if nothing holds it", 1,
     call_path},
    {"dominator", "id", "the object through which every way to this one goes, the nearest; NULL if that is no object",
     1, call_dominator},
    {"type_name", "id", "the type of the object; NULL if it is not known", 1, call_type_name},
    {"reaches", "a, b", "1 if object a is object b or leads to it over any number of pointers, otherwise 0", 2,
     call_reaches},
    {"object_at", "address", "the id of the object in which the address lies; NULL if it lies in none", 1,
     call_object_at},
    {"address", "text", "the number of an address like '0xc000012340'", 1, call_address},
    {"hex", "number", "a number as addresses are written, 0xc000012340; of anything else SQLite's own hex()", 1,
     call_hex},
};

struct Call {
  const Function& function;
  Facts& facts;
  Guard& guard;
};

}  // namespace

std::span<const Function> functions() {
  return kFunctions;
}

void add_functions(sqlite3* connection, Facts& facts, Guard& guard) {
  for (const Function& function : kFunctions) {
    const auto call = [](sqlite3_context* context, int, sqlite3_value** values) {
      auto* const of = static_cast<Call*>(sqlite3_user_data(context));
      const bool good = of->guard.run([&] { of->function.call(of->facts, values, context); });
      if (!good) sqlite3_result_error(context, "the function failed", -1);
    };
    const int code = sqlite3_create_function_v2(connection, std::string(function.name).c_str(), function.count,
                                                SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                                new Call{function, facts, guard}, call, nullptr, nullptr,
                                                [](void* data) { delete static_cast<Call*>(data); });
    if (code != SQLITE_OK)
      fail(ErrorCode::kSystem, "SQLite refuses the function {}: {}", function.name, sqlite3_errmsg(connection));
  }
}

}  // namespace holdfast::query

#include "query/out.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <limits>

namespace holdfast::query {

void Out::integer(std::uint64_t value) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  // SQL has no larger numbers. Digits are exact; only damaged files have such.
  if (value > kLargest) return copy(fmt::format("{}", value));
  signed_integer(static_cast<std::int64_t>(value));
}

void Out::signed_integer(std::int64_t value) {
  if (number_ != nullptr)
    *number_ = value;
  else
    sqlite3_result_int64(context_, value);
}

void Out::real(double value) {
  if (context_ != nullptr) sqlite3_result_double(context_, value);
}

void Out::text(std::string_view text) {
  if (context_ != nullptr && !text.empty())
    sqlite3_result_text64(context_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Out::copy(std::string_view text) {
  if (context_ != nullptr && !text.empty())
    sqlite3_result_text64(context_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

}  // namespace holdfast::query

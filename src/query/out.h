// Where a getter puts the value of a column: into SQLite's hands, or, if a scan compares, into a number. A getter that
// puts nothing means NULL. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

struct sqlite3_context;

namespace holdfast::query {

class Out {
 public:
  explicit Out(sqlite3_context* context) : context_(context) {}
  // Texts are dropped.
  explicit Out(std::optional<std::int64_t>& number) : number_(&number) { number.reset(); }

  void integer(std::uint64_t value);
  void signed_integer(std::int64_t value);
  void real(double value);
  void flag(bool value) { integer(value ? 1 : 0); }
  // The text lives as long as the tables; an empty one is NULL.
  void text(std::string_view text);
  // The text is copied.
  void copy(std::string_view text);
  template <typename IdOfRow>
  void id(IdOfRow id) {
    if (id) integer(id.row);
  }

 private:
  sqlite3_context* context_ = nullptr;
  std::optional<std::int64_t>* number_ = nullptr;
};

}  // namespace holdfast::query

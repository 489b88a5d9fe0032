// Addresses in the SQL that people write. A column of addresses is a column of numbers, and SQLite takes no text for a
// number that has an 0x in front: `address = '0xc000012340'` would be false and `address < '0xc000012340'` true for
// every row. So such a text becomes the number, 0xc000012340 without quotes, where it is compared with a column of
// addresses; the functions address() and object_at() read it as it is; anywhere else it would be compared as a text,
// and is refused. Any thread may call; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::query {

// "0xc000012340", with up to 16 digits.
std::optional<std::uint64_t> address_in(std::string_view text);

struct AddressedSql {
  std::string sql;                     // as long as it was: a blank stands for each quote
  std::optional<std::size_t> refused;  // the byte at which a text stands that is an address and must not stand there
};

AddressedSql with_addresses(std::string_view sql);

}  // namespace holdfast::query

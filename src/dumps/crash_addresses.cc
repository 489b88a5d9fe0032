#include "dumps/crash_addresses.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::dumps {
namespace {

// A line that has these words names an address behind them, after `before`. Logs may put anything in front.
struct Message {
  std::string_view words;
  std::string_view before;
  std::string_view what;
  std::string_view also = {};  // must stand in the line, too
  bool is_holder = false;      // of AskedAddress
};

constexpr std::array kMessages = {
    Message{"runtime: pointer ", "", "the pointer that the collector refused", " span.base()="},
    Message{"runtime: found in object at ", "*(", "where this pointer was found", "", true},
    Message{"runtime: bad pointer in frame ", ": ", "the pointer that was found on a stack"},
    Message{"unexpected fault address ", "", "the address of the fault"},
    Message{"[signal SIG", " addr=", "the address of the fault"},
    Message{"", "", "a free slot that something led to", " zombie"},
};

std::optional<std::uint64_t> number_at(std::string_view line, std::size_t at) {
  std::uint64_t value = 0;
  if (line.substr(at, 2) != "0x") return std::nullopt;
  const auto [end, error] = std::from_chars(line.data() + at + 2, line.data() + line.size(), value, 16);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<Address> address_of(std::string_view line, const Message& message) {
  const std::size_t words = line.find(message.words);
  if (words == std::string_view::npos || line.find(message.also) == std::string_view::npos) return std::nullopt;
  const std::string before = std::string(message.before) + "0x";
  const std::size_t found = line.find(before, words + message.words.size());
  if (found == std::string_view::npos) return std::nullopt;
  const std::size_t at = found + message.before.size();
  const std::optional<std::uint64_t> value = number_at(line, at);
  if (!value || *value < kFirstPage) return std::nullopt;
  // "*(0xc000026010+0x8)": the object, and where in it.
  const std::size_t plus = line.find_first_not_of("0123456789abcdefx", at);
  const bool has_offset = plus != std::string_view::npos && line[plus] == '+';
  return Address(*value + (has_offset ? number_at(line, plus + 1).value_or(0) : 0));
}

}  // namespace

std::vector<AskedAddress> addresses_of_crash(std::string_view text) {
  std::vector<AskedAddress> found;
  while (!text.empty() && found.size() < kMostAskedAddresses) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    for (const Message& message : kMessages) {
      const std::optional<Address> address = address_of(line, message);
      if (!address) continue;
      if (std::ranges::find(found, *address, &AskedAddress::address) == found.end())
        found.push_back({*address, message.what, message.is_holder});
      break;
    }
  }
  return found;
}

}  // namespace holdfast::dumps

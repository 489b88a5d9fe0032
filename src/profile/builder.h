// Writes a profile in the form of profile.proto, from what the other forms say: they are read into this one, so that
// whoever reads profiles has one form to know (profile/profile.h). One thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "profile/profile.h"

namespace holdfast::profile {

// Where a location is, as far as a form names it.
struct NamedPlace {
  std::string_view function, file;
  std::int64_t line = 0;
};

class Builder {
 public:
  Builder() { text_id(""); }

  // In the order of the values of samples. A type that is called so is the one that is meant if nobody says.
  void add_sample_type(std::string_view type, std::string_view unit);
  void set_default_type(std::string_view type);
  void set_period(std::string_view type, std::string_view unit, std::int64_t period);
  void set_duration_ns(std::int64_t duration);

  // Return the id of a location, for add_sample: of an address alone, or of one with a name. Both make it if it is new.
  std::uint64_t location(std::uint64_t address);
  std::uint64_t location(std::uint64_t address, const NamedPlace& place);

  // `locations`: the leaf first.
  void add_sample(std::span<const std::uint64_t> locations, std::span<const std::int64_t> values,
                  std::span<const Label> labels = {});

  // Returns the profile. Nothing can be added any more.
  std::string finish();

 private:
  std::uint64_t text_id(std::string_view text);
  std::uint64_t function_id(std::string_view name, std::string_view file);
  std::string value_type(std::string_view type, std::string_view unit);

  std::string out_;
  std::uint64_t locations_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> texts_;
  std::unordered_map<std::uint64_t, std::uint64_t> unnamed_;                               // by address
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>, std::uint64_t> named_;  // address, function, line
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> functions_;             // by texts: name, file
};

}  // namespace holdfast::profile

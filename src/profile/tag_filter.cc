#include "profile/tag_filter.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace holdfast::profile {
namespace {

struct UnitName {
  std::string_view name, smallest;
  double factor;
};
// As measurement.UnitTypes of google/pprof has them: a kb has 1024 bytes.
constexpr std::array kUnits = {
    UnitName{"b", "bytes", 1},
    UnitName{"byte", "bytes", 1},
    UnitName{"bytes", "bytes", 1},
    UnitName{"kb", "bytes", 1024},
    UnitName{"kib", "bytes", 1024},
    UnitName{"kbyte", "bytes", 1024},
    UnitName{"kilobyte", "bytes", 1024},
    UnitName{"mb", "bytes", 1 << 20},
    UnitName{"mib", "bytes", 1 << 20},
    UnitName{"mbyte", "bytes", 1 << 20},
    UnitName{"megabyte", "bytes", 1 << 20},
    UnitName{"gb", "bytes", 1 << 30},
    UnitName{"gib", "bytes", 1 << 30},
    UnitName{"gbyte", "bytes", 1 << 30},
    UnitName{"gigabyte", "bytes", 1 << 30},
    UnitName{"tb", "bytes", 1099511627776.0},
    UnitName{"tib", "bytes", 1099511627776.0},
    UnitName{"ns", "nanoseconds", 1},
    UnitName{"nanosecond", "nanoseconds", 1},
    UnitName{"nanoseconds", "nanoseconds", 1},
    UnitName{"us", "nanoseconds", 1e3},
    UnitName{"microsecond", "nanoseconds", 1e3},
    UnitName{"ms", "nanoseconds", 1e6},
    UnitName{"millisecond", "nanoseconds", 1e6},
    UnitName{"s", "nanoseconds", 1e9},
    UnitName{"sec", "nanoseconds", 1e9},
    UnitName{"second", "nanoseconds", 1e9},
    UnitName{"min", "nanoseconds", 60e9},
    UnitName{"minute", "nanoseconds", 60e9},
    UnitName{"h", "nanoseconds", 3600e9},
    UnitName{"hr", "nanoseconds", 3600e9},
    UnitName{"hour", "nanoseconds", 3600e9},
};

struct Quantity {
  double value = 0;
  std::string unit;
};

Quantity quantity(double value, std::string_view unit) {
  const std::string name = lower(unit);
  const auto* const known = std::ranges::find_if(kUnits, [&](const UnitName& one) {
    return one.name == name || (name.ends_with('s') && one.name == std::string_view(name).substr(0, name.size() - 1));
  });
  if (known == kUnits.end()) return {value, std::string(unit)};
  return {value * known->factor, std::string(known->smallest)};
}

// "64kb" at the beginning of `rest`, which is shortened by it.
std::optional<Quantity> take_quantity(std::string_view& rest) {
  std::size_t at = !rest.empty() && (rest[0] == '-' || rest[0] == '+') ? 1 : 0;
  const std::size_t digits = at;
  const auto is_digit = [&](std::size_t i) {
    return i < rest.size() && std::isdigit(static_cast<unsigned char>(rest[i])) != 0;
  };
  const auto is_letter = [&](std::size_t i) {
    return i < rest.size() && std::isalpha(static_cast<unsigned char>(rest[i])) != 0;
  };
  while (is_digit(at)) ++at;
  if (at == digits || at - digits > 18) return std::nullopt;
  const double value = std::stod(std::string(rest.substr(0, at)));
  const std::size_t unit = at;
  while (is_letter(at)) ++at;
  const Quantity out = quantity(value, rest.substr(unit, at - unit));
  rest.remove_prefix(at);
  return out;
}

// What a label counts that does not say it: pprof knows two keys, and takes the key for the unit of others.
std::string_view unit_of(const Label& label) {
  if (!label.unit.empty()) return label.unit;
  return label.key == "request" || label.key == "alignment" ? "bytes" : label.key;
}

}  // namespace

TagFilter::TagFilter(const std::string& text, const std::string& option) {
  std::string_view rest = text;
  if (const std::size_t equals = rest.find('='); equals != std::string_view::npos) {
    key_ = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
  }
  constexpr double kEndless = std::numeric_limits<double>::infinity();
  std::string_view number = rest;
  const bool has_no_least = number.starts_with(':');
  if (has_no_least) number.remove_prefix(1);
  if (const auto first = take_quantity(number)) {
    const Quantity& one = *first;
    if (number.empty()) {
      range_ = {has_no_least ? -kEndless : one.value, one.value, one.unit};
    } else if (!has_no_least && number == ":") {
      range_ = {one.value, kEndless, one.unit};
    } else if (!has_no_least && number.starts_with(':')) {
      number.remove_prefix(1);
      const auto second = take_quantity(number);
      if (second && number.empty() && second->unit == one.unit) range_ = {one.value, second->value, one.unit};
    }
  }
  if (range_) return;
  for (std::size_t at = 0; at <= rest.size();) {
    const std::size_t comma = std::min(rest.find(',', at), rest.size());
    patterns_.emplace_back(std::string(rest.substr(at, comma - at)), option);
    at = comma + 1;
  }
}

bool TagFilter::matches(const Sample& sample) const {
  if (range_) return has_number(sample);
  return key_ ? has_a_text(sample) : has_every_text(sample);
}

bool TagFilter::has_number(const Sample& sample) const {
  return std::ranges::any_of(sample.labels, [&](const Label& label) {
    if (!label.text.empty() || (key_ && label.key != *key_)) return false;
    const double factor = factor_of(label), value = static_cast<double>(label.number) * factor;
    return factor > 0 && value >= range_->least && value <= range_->most;
  });
}

double TagFilter::factor_of(const Label& label) const {
  constexpr std::size_t kMostKinds = 16;
  const auto known =
      std::ranges::find_if(scales_, [&](const Scale& one) { return one.key == label.key && one.unit == label.unit; });
  if (known != scales_.end()) return known->factor;
  const Quantity one = quantity(1, unit_of(label));
  const double factor = range_->unit.empty() || one.unit == range_->unit ? one.value : 0;
  if (scales_.size() < kMostKinds) scales_.push_back({label.key, label.unit, factor});
  return factor;
}

bool TagFilter::has_every_text(const Sample& sample) const {
  return std::ranges::all_of(patterns_, [&](const Pattern& pattern) {
    return std::ranges::any_of(sample.labels, [&](const Label& label) {
      return !label.text.empty() && pattern.matches(std::string(label.key) + ":" + std::string(label.text));
    });
  });
}

bool TagFilter::has_a_text(const Sample& sample) const {
  return std::ranges::any_of(sample.labels, [&](const Label& label) {
    return !label.text.empty() && label.key == *key_ &&
           std::ranges::any_of(patterns_, [&](const Pattern& pattern) { return pattern.matches(label.text); });
  });
}

}  // namespace holdfast::profile

// Heaps and locks of Java programs: attributes, samples whose locations are numbers, then what the numbers mean.
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "profile/legacy_text.h"

namespace holdfast::profile {
namespace {

constexpr std::int64_t kHeapRate = 524'288;  // bytes, of all Java heaps

class JavaReader {
 public:
  explicit JavaReader(std::string_view text) : lines_(text), locations_(text) {}

  Converted run() {
    lines_.next();
    is_heap_ = lines_.line().starts_with("--- heapz");
    bool more = lines_.next();
    while (more && read_attribute()) more = lines_.next();
    builder_.add_sample_type(is_heap_ ? "inuse_objects" : "contentions", "count");
    builder_.add_sample_type(is_heap_ ? "inuse_space" : "delay", unit_);
    if (is_heap_)
      builder_.set_period("space", "bytes", kHeapRate);
    else
      builder_.set_period("contentions", "count", period_);
    while (more && read_record()) more = lines_.next();
    return {builder_.finish(), remark_};
  }

 private:
  // "resolution = microseconds"; false if the line is none.
  bool read_attribute() {
    const std::size_t equals = lines_.line().find('=');
    if (lines_.line().empty()) return true;
    if (equals == std::string_view::npos) return false;
    const std::string_view name = trimmed(lines_.line().substr(0, equals));
    const std::string_view value = trimmed(lines_.line().substr(equals + 1));
    const std::optional<std::int64_t> number = LineReader(value).number();
    if (name == "format" && value == "java") return true;
    if (name == "resolution")
      take_resolution(value);
    else if (name == "sampling period" && number && !is_heap_)
      period_ = *number;
    else if (name == "ms since reset" && number && !is_heap_)
      builder_.set_duration_ns(product(*number, 1'000'000));
    else
      refuse_line(lines_, "this is not known of profiles of Java");
    return true;
  }

  void take_resolution(std::string_view value) {
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kTimes = {
        {{"nanoseconds", 1}, {"microseconds", 1'000}, {"milliseconds", 1'000'000}, {"seconds", 1'000'000'000}}};
    unit_ = value;
    for (const auto& [name, ns] : kTimes) {
      if (name != value) continue;
      unit_ = "nanoseconds";
      factor_ = ns;
    }
  }

  // "  7048     1 @ 0x00000003 0x00000004": the amount, then how often. False if the line is none.
  bool read_record() {
    if (is_space_or_comment(lines_.line())) return true;
    LineReader reader(lines_.line());
    const std::optional<std::int64_t> amount = reader.number(), count = reader.number();
    if (!amount || !count || !reader.take("@")) return false;
    if (lines_.is_cut_off()) {
      remark_ = remark_on_cut(lines_);
      return false;
    }
    if (is_heap_ && *count == 0) refuse_line(lines_, "no objects cannot have bytes");
    std::vector<std::uint64_t> stack;
    for (const std::uint64_t number :
         in_context([&] { return addresses_in(reader.rest()); }, "line {}", lines_.number()))
      stack.push_back(locations_.in(builder_, number));
    if (is_heap_) {
      const Amount all = unsampled({*count, *amount}, kHeapRate);
      const Label label{"bytes", {}, *amount / *count, {}};
      builder_.add_sample(stack, std::array{all.objects, all.bytes}, std::span(&label, 1));
    } else {
      const std::int64_t period = period_ == 0 ? 1 : period_;
      builder_.add_sample(stack, std::array{product(*count, period), product(product(*amount, period), factor_)});
    }
    return true;
  }

  Lines lines_;
  JavaLocations locations_;
  Builder builder_;
  bool is_heap_ = false;
  std::string unit_ = "count";
  std::int64_t period_ = 0, factor_ = 1;
  std::string remark_;
};

// "com.example.f (File.java:7)", "malloc (/lib/libc.so)", "generated stub/JIT", "GC".
NamedPlace place_in(std::string_view text) {
  if (text.find("generated stub/JIT") != std::string_view::npos) return {"STUB", "", 0};
  const std::size_t open = text.rfind(" (");
  if (open == std::string_view::npos || !text.ends_with(')')) return {text, "", 0};
  const std::string_view inside = text.substr(open + 2, text.size() - open - 3);
  const std::string_view function = trimmed(text.substr(0, open));
  const std::size_t colon = inside.rfind(':');
  if (colon != std::string_view::npos && colon > 0) {
    LineReader reader(inside.substr(colon + 1));
    if (const std::optional<std::int64_t> line = reader.number(); line && reader.rest().empty())
      return {function, inside.substr(0, colon), *line > 0 ? *line : 0};
  }
  return {function, base_name(inside), 0};
}

}  // namespace

JavaLocations::JavaLocations(std::string_view text) {
  Lines lines(text);
  while (lines.next()) {
    LineReader reader(lines.line());
    const std::optional<std::uint64_t> number = reader.address();
    if (!number || reader.rest().empty() || lines.is_cut_off()) continue;
    places_.insert_or_assign(*number, place_in(reader.rest()));
  }
}

std::uint64_t JavaLocations::in(Builder& builder, std::uint64_t number) const {
  const auto found = places_.find(number);
  return found == places_.end() ? builder.location(number) : builder.location(0, found->second);
}

Converted convert_java(std::string_view text) {
  return JavaReader(text).run();
}

}  // namespace holdfast::profile

// Stacks with a number: of Go's goroutine, goroutineleak and threadcreate profiles and those that programs define
// (pprof.NewProfile), and of locks, Go's (block, mutex) and those of C++ (contentionz).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/units.h"
#include "profile/legacy_go.h"
#include "profile/legacy_text.h"

namespace holdfast::profile {
namespace {

std::vector<Label> labels_of(const Record& record) {
  std::vector<Label> labels;
  for (const auto& [key, value] : record.labels) labels.push_back({key, value, 0, {}});
  return labels;
}

// Reads the addresses of the record that the line has left, and the names behind it. Returns whether there is a line
// behind these.
bool read_stack(LineReader& reader, Lines& lines, Record& record) {
  record.addresses = in_context([&] { return addresses_in(reader.rest()); }, "line {}", lines.number());
  for (std::uint64_t& address : record.addresses) --address;
  return read_names(lines, record);
}

class CountReader {
 public:
  explicit CountReader(std::string_view text) : lines_(text) {}

  // "goroutine profile: total 13", then "2 @ 0x47dee5 0x41cdc5".
  Converted run() {
    lines_.next_content();
    const std::string_view header = lines_.line();
    const std::string_view kind = header.substr(0, header.find(' '));
    LineReader reader(header.substr(kind.size()));
    if (!reader.take("profile:") || !reader.take("total")) refuse_line(lines_, "this is no header of a profile");
    const std::optional<std::int64_t> total = reader.number();
    builder_.add_sample_type(kind, "count");
    builder_.set_period(kind, "count", 1);
    for (bool more = lines_.next(); more;) {
      if (lines_.line().starts_with("---")) break;
      more = is_space_or_comment(lines_.line()) ? lines_.next() : read_record();
    }
    if (remark_.empty() && total && *total != read_)
      remark_ = fmt::format("the profile announces {} in all, and has records of {}: it is cut off or was changed",
                            *total, read_);
    return {builder_.finish(), remark_};
  }

 private:
  bool read_record() {
    LineReader reader(lines_.line());
    const std::optional<std::int64_t> count = reader.number();
    if (lines_.is_cut_off()) {
      remark_ = remark_on_cut(lines_);
      return false;
    }
    if (!count || !reader.take("@")) refuse_line(lines_, "this is no record of a profile");
    Record record;
    const bool more = read_stack(reader, lines_, record);
    builder_.add_sample(stack_of(record, Hidden::kKept, builder_), std::span(&*count, 1), labels_of(record));
    read_ = to_integer(static_cast<double>(read_) + static_cast<double>(*count));
    return more;
  }

  Lines lines_;
  Builder builder_;
  std::int64_t read_ = 0;
  std::string remark_;
};

class ContentionReader {
 public:
  explicit ContentionReader(std::string_view text) : lines_(text) {}

  // "--- mutex:", attributes, then "CYCLES COUNT @ 0x...".
  Converted run() {
    lines_.next();
    is_mutex_ = lines_.line().starts_with("--- mutex:");
    builder_.add_sample_type("contentions", "count");
    builder_.add_sample_type("delay", "nanoseconds");
    bool more = lines_.next();
    while (more && read_attribute()) more = lines_.next();
    builder_.set_period("contentions", "count", period_);
    while (more && !lines_.line().starts_with("---"))
      more = is_space_or_comment(lines_.line()) ? lines_.next() : read_record();
    add_samples();
    return {builder_.finish(), remark_};
  }

 private:
  struct Counted {
    std::int64_t cycles, count;
    std::vector<std::uint64_t> stack;
  };

  // "cycles/second=1996248192"; false if the line is none.
  bool read_attribute() {
    const std::string_view line = lines_.line();
    const std::size_t equals = line.find('=');
    if (is_space_or_comment(line)) return true;
    if (line.starts_with("---") || equals == std::string_view::npos) return false;
    const std::string_view name = trimmed(line.substr(0, equals));
    const std::optional<std::int64_t> value = LineReader(line.substr(equals + 1)).number();
    if (!value) refuse_line(lines_, "this is no number");
    if (name == "cycles/second")
      cycles_per_second_ = *value;
    else if (name == "sampling period")
      period_ = *value;
    else if (name == "ms since reset")
      builder_.set_duration_ns(product(*value, 1'000'000));
    else if (name != "discarded samples")
      refuse_line(lines_, "this is not known of profiles of locks");
    return true;
  }

  bool read_record() {
    LineReader reader(lines_.line());
    const std::optional<std::int64_t> cycles = reader.number(), count = reader.number();
    if (lines_.is_cut_off()) {
      add_remark(remark_on_cut(lines_));
      return false;
    }
    if (!cycles || !count || !reader.take("@")) refuse_line(lines_, "this is no record of a profile of locks");
    Record record;
    const bool more = read_stack(reader, lines_, record);
    records_.push_back({*cycles, *count, stack_of(record, Hidden::kKept, builder_)});
    return more;
  }

  // What was sampled is to be multiplied by the period. But Go 1.20 and later write mutex profiles multiplied
  // (saveblockevent in runtime/mprof.go), with the same header as Go 1.19, which does not (and pprof multiplies all of
  // them): then each number is a multiple.
  std::int64_t factor() {
    if (period_ <= 1) return 1;
    if (!is_mutex_) return period_;
    const auto is_multiple = [&](const Counted& record) { return record.count % period_ == 0; };
    if (std::ranges::all_of(records_, is_multiple)) {
      add_remark(
          fmt::format("one of {} contentions is sampled; all numbers are multiples of that, so they stand for "
                      "all contentions, as Go 1.20 and later write them, and are not multiplied again",
                      period_));
      return 1;
    }
    add_remark(
        fmt::format("one of {0} contentions is sampled, and numbers are multiplied by {0}, which Go 1.19 needs; "
                    "from a later Go, whose rate was changed, they are too high",
                    period_));
    return period_;
  }

  void add_samples() {
    const std::int64_t by = factor();
    const double cycles_per_ns = cycles_per_second_ <= 0 ? 1 : static_cast<double>(cycles_per_second_) / 1e9;
    for (const Counted& record : records_) {
      const double cycles = static_cast<double>(record.cycles) * static_cast<double>(by);
      builder_.add_sample(record.stack, std::array{product(record.count, by), to_integer(cycles / cycles_per_ns)});
    }
  }

  void add_remark(const std::string& sentence) { remark_ += (remark_.empty() ? "" : "; ") + sentence; }

  Lines lines_;
  Builder builder_;
  bool is_mutex_ = false;
  std::int64_t period_ = 1, cycles_per_second_ = 0;
  std::vector<Counted> records_;
  std::string remark_;
};

}  // namespace

Converted convert_counts(std::string_view text) {
  return CountReader(text).run();
}

Converted convert_contention(std::string_view text) {
  return ContentionReader(text).run();
}

}  // namespace holdfast::profile

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/string_table.h"
#include "formats/gzip.h"
#include "formats/profile_fields.h"
#include "formats/proto_writer.h"
#include "formats/stack_files.h"

namespace holdfast::formats {
namespace {

using profile::FilteredProfile;
using profile::Label;
using profile::Profile;
using profile::Sample;

constexpr std::uint32_t kDurationNanos = 10;

class StackProfileWriter {
 public:
  std::string run(std::span<const FilteredProfile> profiles, profile::Combine combine) {
    strings_.add("");  // the first must be empty
    const Profile &first = profiles.front().profile(), &last = profiles.back().profile();
    for (const profile::SampleType& type : first.sample_types()) out_.entry(kSampleType, value_type(type));
    for (std::size_t i = 0; i < profiles.size(); ++i) {
      const bool is_difference = combine == profile::Combine::kDifference;
      if (is_difference && i != 0 && i + 1 != profiles.size()) continue;
      add(profiles[i], is_difference && i == 0 ? -1 : 1);
    }
    for (const auto& [key, values] : samples_) write_sample(key, values);
    out_.integer(kTimeNanos, static_cast<std::uint64_t>(std::max<std::int64_t>(last.time_ns(), 0)));
    out_.integer(kDurationNanos, static_cast<std::uint64_t>(duration(first, last, combine)));
    out_.entry(kPeriodType, value_type(first.period_type()));
    out_.integer(kPeriod, static_cast<std::uint64_t>(first.period()));
    out_.integer(kDefaultSampleType, text(first.sample_types()[first.default_type()].type));
    for (std::uint32_t row = 0; row < strings_.size(); ++row) out_.entry(kStringTable, strings_[StringId(row)]);
    return out_.text();
  }

 private:
  // What tells a sample from others: its locations, and its labels as they are written.
  struct Key {
    std::vector<std::uint64_t> locations;
    std::vector<std::string> labels;
    auto operator<=>(const Key&) const = default;
  };

  static std::int64_t duration(const Profile& first, const Profile& last, profile::Combine combine) {
    if (combine == profile::Combine::kSum) return std::max<std::int64_t>(first.duration_ns(), 0);
    const bool have_times = first.time_ns() > 0 && last.time_ns() > first.time_ns();
    return have_times ? last.time_ns() - first.time_ns() : 0;
  }

  std::uint64_t text(std::string_view text) { return strings_.add(text).row; }

  ProtoWriter value_type(const profile::SampleType& type) {
    ProtoWriter message;
    message.integer(1, text(type.type));
    message.integer(2, text(type.unit));
    return message;
  }

  void add(const FilteredProfile& filtered, std::int64_t sign) {
    std::vector<std::uint64_t> ids(filtered.profile().locations().size());  // 0: not written yet
    filtered.for_each_sample([&](const Sample& sample) {
      Key key;
      for (const std::uint32_t row : sample.locations) {
        if (ids[row] == 0) ids[row] = location(filtered, row);
        key.locations.push_back(ids[row]);
      }
      for (const Label& label : sample.labels) key.labels.push_back(label_message(label));
      std::ranges::sort(key.labels);
      std::vector<std::int64_t>& values = samples_[std::move(key)];
      values.resize(sample.values.size());
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(values[i]) +
                                      static_cast<std::uint64_t>(sign) * static_cast<std::uint64_t>(sample.values[i]));
    });
  }

  std::string label_message(const Label& label) {
    ProtoWriter message;
    message.integer(1, text(label.key));
    message.integer(2, text(label.text));
    message.integer(3, static_cast<std::uint64_t>(label.number));
    message.integer(4, text(label.unit));
    return message.text();
  }

  void write_sample(const Key& key, const std::vector<std::int64_t>& values) {
    if (std::ranges::all_of(values, [](std::int64_t value) { return value == 0; })) return;
    ProtoWriter sample;
    sample.packed(1, key.locations);
    sample.packed(2, std::vector<std::uint64_t>(values.begin(), values.end()));
    for (const std::string& label : key.labels) sample.entry(3, label);
    out_.entry(kSample, sample);
  }

  // Equal messages are one row, whichever profile they are of; rows are counted from 1, in the order of the file, which
  // is what Parca takes.
  std::uint64_t row_of(std::uint32_t field, const ProtoWriter& message) {
    std::unordered_map<std::string, std::uint64_t>& rows = rows_[field];
    const auto [at, is_new] = rows.try_emplace(message.text(), rows.size() + 1);
    if (!is_new) return at->second;
    ProtoWriter whole;
    whole.integer(1, at->second);
    out_.entry(field, whole.text() + message.text());
    return at->second;
  }

  std::uint64_t location(const FilteredProfile& filtered, std::uint32_t row) {
    const Profile& profile = filtered.profile();
    const profile::Location& from = profile.locations()[row];
    ProtoWriter message;
    if (from.mapping != profile::kNoMapping) message.integer(2, mapping(profile.mappings()[from.mapping]));
    message.integer(3, from.address);
    for (const profile::Line& line : filtered.lines(row)) {
      ProtoWriter inner;
      inner.integer(1, function(profile.functions()[line.function]));
      inner.integer(2, static_cast<std::uint64_t>(line.line));
      message.entry(4, inner);
    }
    return row_of(kLocation, message);
  }

  std::uint64_t mapping(const profile::Mapping& from) {
    ProtoWriter message;
    message.integer(2, from.begin);
    message.integer(3, from.end);
    message.integer(4, from.file_offset);
    message.integer(5, text(from.file));
    message.integer(6, text(from.build_id));
    message.integer(7, 1);  // functions are named already
    return row_of(kMapping, message);
  }

  std::uint64_t function(const profile::Function& from) {
    ProtoWriter message;
    message.integer(2, text(from.name));
    message.integer(3, text(from.name));
    message.integer(4, text(from.file));
    message.integer(5, static_cast<std::uint64_t>(from.start_line));
    return row_of(kFunction, message);
  }

  ProtoWriter out_;
  StringTable strings_;
  std::map<Key, std::vector<std::int64_t>> samples_;
  std::map<std::uint32_t, std::unordered_map<std::string, std::uint64_t>> rows_;  // by field
};

}  // namespace

std::string stacks_as_pprof(std::span<const FilteredProfile> profiles, profile::Combine combine) {
  return gzip(StackProfileWriter().run(profiles, combine));
}

}  // namespace holdfast::formats

#include "profile/profile.h"

#include <algorithm>
#include <limits>
#include <protozero/pbf_reader.hpp>

#include "base/cancel.h"
#include "base/error.h"
#include "base/units.h"
#include "profile/drop_frames.h"
#include "profile/gunzip.h"
#include "profile/legacy.h"

namespace holdfast::profile {
namespace {

using protozero::pbf_reader;

// What nobody's profile has, and what would take much more memory than its bytes do.
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;       // unpacked
constexpr std::uint64_t kMostRatio = 128;                          // of unpacked to packed, of more than the next
constexpr std::uint64_t kMostOfFew = std::uint64_t{512} << 20;     // unpacked, whatever the ratio
constexpr std::uint64_t kMostText = std::uint64_t{256} << 20;      // of the forms before profile.proto
constexpr std::size_t kMostRows = 1 << 23, kMostSampleTypes = 64;  // of each table but that of samples
constexpr std::size_t kMostSamples = 1 << 27;
constexpr std::uint64_t kCancelEvery = 1 << 16;     // samples
constexpr protozero::pbf_tag_type kLastField = 15;  // of the outermost message

// Cases for fields of an expected kind; others are skipped, as protobuf has it.
constexpr std::uint32_t number(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}
constexpr std::uint32_t bytes(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}

std::string_view view(pbf_reader& message) {
  const protozero::data_view part = message.get_view();
  return {part.data(), part.size()};
}

template <typename Take>
void for_each_field(std::string_view part, const Take& take) {
  pbf_reader message(part.data(), part.size());
  while (message.next()) take(message, message.tag_and_type());
}

// What a field refers to by number; fails with kDamaged if there is no such row.
std::string_view text_of(std::span<const std::string_view> strings, std::uint64_t index, std::string_view of) {
  if (index >= strings.size()) fail(ErrorCode::kDamaged, "{} is string {} of {}", of, index, strings.size());
  return strings[index];
}

}  // namespace

std::int64_t Sample::number(std::string_view key) const {
  const auto found = std::ranges::find(labels, key, &Label::key);
  return found == labels.end() ? 0 : found->number;
}

std::size_t Profile::default_type() const {
  const auto named = std::ranges::find(sample_types_, default_type_, &SampleType::type);
  return static_cast<std::size_t>((named != sample_types_.end() ? named : std::prev(sample_types_.end())) -
                                  sample_types_.begin());
}

// Reads a profile in two steps: names come last, and everything refers to them.
class ProfileParser {
 public:
  explicit ProfileParser(Profile& profile) : profile_(profile) {}

  void run(bool cut_off) {
    cut_off_ = cut_off;
    split();
    if (sample_types_.empty())
      fail(ErrorCode::kUnsupported, "it is no profile of pprof: it does not say what its samples count");
    if (profile_.strings_.empty() || !profile_.strings_.front().empty())
      fail(cut_off_ ? ErrorCode::kTruncated : ErrorCode::kDamaged, "{} has {}, and no names, which come last",
           cut_off_ ? "what there is of it" : "it", format_count(profile_.samples_.size(), "sample"));
    try {
      resolve();
    } catch (const Error& error) {
      if (!cut_off_ || error.code() != ErrorCode::kDamaged) throw;
      fail(ErrorCode::kTruncated, "it is cut off: {} and {} of its names are there, which come last ({})",
           format_count(profile_.samples_.size(), "sample"), format_count(profile_.strings_.size()), error.what());
    }
    if (cut_off_) profile_.remark_ = "the profile is cut off: what came behind its last whole field is missing";
  }

 private:
  // Reads what refers to names.
  void resolve() {
    for (const std::string_view part : sample_types_) profile_.sample_types_.push_back(sample_type(part));
    profile_.period_type_ = sample_type(period_type_);
    profile_.default_type_ = text(default_type_, "default_sample_type");
    read_mappings();
    read_functions();
    read_locations();
    if (drop_frames_ != 0) drop_frames();
  }

  // Finds the parts of the outermost message.
  void split() {
    const std::string& all = *profile_.bytes_;
    pbf_reader message(all);
    std::size_t at = 0;  // where a field begins
    try {
      while (message.next()) {
        take_field(message);
        at = all.size() - message.length();
      }
    } catch (const protozero::end_of_buffer_exception&) {
      cut_off_ = true;
    } catch (const protozero::exception& error) {
      if (sample_types_.empty()) return;  // another format
      fail(ErrorCode::kDamaged, "at byte {} of {} stands nothing that could be read ({})", at, all.size(),
           error.what());
    }
  }

  void take_field(pbf_reader& message) {
    switch (message.tag_and_type()) {
      case bytes(1):
        return add(sample_types_, view(message), kMostSampleTypes, "sample types");
      case bytes(2):
        return add_sample(view(message));
      case bytes(3):
        return add(mappings_, view(message), kMostRows, "programs");
      case bytes(4):
        return add(locations_, view(message), kMostRows, "locations");
      case bytes(5):
        return add(functions_, view(message), kMostRows, "functions");
      case bytes(6):
        return add(profile_.strings_, view(message), kMostRows, "strings");
      case number(7):
        drop_frames_ = message.get_uint64();
        return;
      case number(8):
        keep_frames_ = message.get_uint64();
        return;
      case number(9):
        profile_.time_ns_ = message.get_int64();
        return;
      case number(10):
        profile_.duration_ns_ = message.get_int64();
        return;
      case bytes(11):
        period_type_ = view(message);
        return;
      case number(12):
        profile_.period_ = message.get_int64();
        return;
      case number(14):
        default_type_ = message.get_uint64();
        return;
      default:
        if (message.tag() > kLastField)
          fail(ErrorCode::kUnsupported, "it is no profile of pprof: it has a field {}", message.tag());
        message.skip();
    }
  }

  static void add(std::vector<std::string_view>& table, std::string_view part, std::size_t most, const char* name) {
    if (table.size() == most) fail(ErrorCode::kUnsupported, "it has more than {} {}", format_count(most), name);
    table.push_back(part);
  }

  void add_sample(std::string_view part) {
    if (profile_.samples_.size() == kMostSamples)
      fail(ErrorCode::kUnsupported, "it has more than {} samples", format_count(kMostSamples));
    if (part.size() > std::numeric_limits<std::uint32_t>::max())
      fail(ErrorCode::kDamaged, "sample {} has {}", profile_.samples_.size(), format_bytes(part.size()));
    const auto begin = static_cast<std::uint64_t>(part.data() - profile_.bytes_->data());
    profile_.samples_.push_back({begin, static_cast<std::uint32_t>(part.size())});
  }

  std::string_view text(std::uint64_t index, std::string_view of) const {
    return text_of(profile_.strings_, index, of);
  }

  SampleType sample_type(std::string_view part) const {
    SampleType out;
    for_each_field(part, [&](pbf_reader& message, std::uint32_t kind) {
      if (kind == number(1))
        out.type = text(message.get_uint64(), "the type of samples");
      else if (kind == number(2))
        out.unit = text(message.get_uint64(), "the unit of samples");
      else
        message.skip();
    });
    return out;
  }

  void read_mappings() {
    for (const std::string_view part : mappings_) {
      Mapping mapping;
      std::uint64_t id = 0;
      for_each_field(part, [&](pbf_reader& message, std::uint32_t kind) {
        if (kind == number(1))
          id = message.get_uint64();
        else if (kind == number(2))
          mapping.begin = message.get_uint64();
        else if (kind == number(3))
          mapping.end = message.get_uint64();
        else if (kind == number(4))
          mapping.file_offset = message.get_uint64();
        else if (kind == number(5))
          mapping.file = text(message.get_uint64(), "the file of a mapping");
        else if (kind == number(6))
          mapping.build_id = text(message.get_uint64(), "the build id of a mapping");
        else
          message.skip();
      });
      mapping_rows_.emplace(id, static_cast<std::uint32_t>(profile_.mappings_.size()));
      profile_.mappings_.push_back(mapping);
    }
  }

  void read_functions() {
    profile_.functions_.reserve(functions_.size());
    for (const std::string_view part : functions_) {
      Function function;
      std::uint64_t id = 0;
      for_each_field(part, [&](pbf_reader& message, std::uint32_t kind) {
        if (kind == number(1))
          id = message.get_uint64();
        else if (kind == number(2))
          function.name = text(message.get_uint64(), "the name of a function");
        else if (kind == number(4))
          function.file = text(message.get_uint64(), "the file of a function");
        else if (kind == number(5))
          function.start_line = message.get_int64();
        else
          message.skip();
      });
      function_rows_.emplace(id, static_cast<std::uint32_t>(profile_.functions_.size()));
      profile_.functions_.push_back(function);
    }
  }

  void read_locations() {
    profile_.locations_.reserve(locations_.size());
    bool are_counted = true;
    for (const std::string_view part : locations_) {
      const auto row = static_cast<std::uint32_t>(profile_.locations_.size());
      const std::uint64_t id = read_location(part);
      are_counted = are_counted && id == row + std::uint64_t{1};
      profile_.location_rows_.emplace(id, row);
    }
    if (are_counted) profile_.location_rows_.clear();
  }

  // A mapping that is not there is no damage: 0 says that there is none.
  std::uint32_t mapping_row(std::uint64_t id) const {
    const auto found = mapping_rows_.find(id);
    return found == mapping_rows_.end() ? kNoMapping : found->second;
  }

  // Returns its id.
  std::uint64_t read_location(std::string_view part) {
    Location location;
    location.first_line = static_cast<std::uint32_t>(profile_.lines_.size());
    std::uint64_t id = 0;
    for_each_field(part, [&](pbf_reader& message, std::uint32_t kind) {
      if (kind == number(1))
        id = message.get_uint64();
      else if (kind == number(2))
        location.mapping = mapping_row(message.get_uint64());
      else if (kind == number(3))
        location.address = message.get_uint64();
      else if (kind == bytes(4))
        add_line(line(view(message)));
      else
        message.skip();
    });
    location.lines = static_cast<std::uint32_t>(profile_.lines_.size()) - location.first_line;
    profile_.locations_.push_back(location);
    return id;
  }

  // Marks what goes, and takes lines that were inlined into a location that stays.
  void drop_frames() {
    const std::string_view drop = text(drop_frames_, "drop_frames"), keep = text(keep_frames_, "keep_frames");
    if (drop.empty()) return;
    const DropFrames frames(drop, keep);
    std::vector<bool> drops;
    for (const Function& function : profile_.functions_) drops.push_back(frames.drops(function.name));
    for (Location& location : profile_.locations_) {
      std::uint32_t kept = 0;  // of its lines, from the outermost one
      const auto line = [&] { return profile_.lines_[location.first_line + location.lines - 1 - kept]; };
      while (kept < location.lines && !drops[line().function]) ++kept;
      const bool drops_any = kept < location.lines;
      profile_.dropped_.push_back(!drops_any  ? Profile::Dropped::kNothing
                                  : kept == 0 ? Profile::Dropped::kAll
                                              : Profile::Dropped::kCallees);
      if (!drops_any || kept == 0) continue;
      location.first_line += location.lines - kept;
      location.lines = kept;
    }
  }

  // A function without a name and a file says no more than the address, which is what such a location is shown as.
  void add_line(const Line& line) {
    const Function& function = profile_.functions_[line.function];
    if (function.name.empty() && function.file.empty()) return;
    if (profile_.lines_.size() == kMostRows)
      fail(ErrorCode::kUnsupported, "it has more than {} lines", format_count(kMostRows));
    profile_.lines_.push_back(line);
  }

  Line line(std::string_view part) const {
    Line out;
    std::uint64_t id = 0;
    for_each_field(part, [&](pbf_reader& message, std::uint32_t kind) {
      if (kind == number(1))
        id = message.get_uint64();
      else if (kind == number(2))
        out.line = message.get_int64();
      else
        message.skip();
    });
    const auto row = function_rows_.find(id);
    if (row == function_rows_.end())
      fail(ErrorCode::kDamaged, "a location is in function {}, and no function has that number", id);
    out.function = row->second;
    return out;
  }

  Profile& profile_;
  bool cut_off_ = false;  // it ends in the middle
  std::vector<std::string_view> sample_types_, mappings_, functions_, locations_;
  std::string_view period_type_;
  std::uint64_t default_type_ = 0, drop_frames_ = 0, keep_frames_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> mapping_rows_, function_rows_;
};

// Decodes samples one by one, into the same memory.
class SampleDecoder {
 public:
  explicit SampleDecoder(const Profile& profile) : profile_(profile) {}

  Sample decode(std::string_view part) {
    locations_.clear();
    values_.clear();
    labels_.clear();
    for_each_field(part, [&](pbf_reader& message, std::uint32_t kind) { take_field(message, kind); });
    if (values_.size() != profile_.sample_types().size())
      fail(ErrorCode::kDamaged, "a sample has {}, and the profile has {}", format_count(values_.size(), "value"),
           format_count(profile_.sample_types().size(), "sample type"));
    if (!profile_.dropped_.empty()) drop_frames();
    return {locations_, values_, labels_};
  }

 private:
  // What the outermost function that is to go calls goes, too. One that nothing calls but others of its kind stays, so
  // that something is left.
  void drop_frames() {
    using Dropped = Profile::Dropped;
    bool found_other = false;
    for (std::size_t i = locations_.size(); i-- > 0;) {
      const Dropped dropped = profile_.dropped_[locations_[i]];
      if (dropped == Dropped::kNothing) found_other = true;
      if (dropped == Dropped::kNothing || !found_other) continue;
      const std::size_t gone = dropped == Dropped::kAll ? i + 1 : i;
      locations_.erase(locations_.begin(), locations_.begin() + static_cast<std::ptrdiff_t>(gone));
      return;
    }
  }

  // Integers come packed, or one field for each.
  void take_field(pbf_reader& message, std::uint32_t kind) {
    switch (kind) {
      case bytes(1):
        for (const std::uint64_t id : message.get_packed_uint64()) add_location(id);
        return;
      case number(1):
        return add_location(message.get_uint64());
      case bytes(2):
        for (const std::int64_t value : message.get_packed_int64()) values_.push_back(value);
        return;
      case number(2):
        return values_.push_back(message.get_int64());
      case bytes(3):
        return add_label(view(message));
      default:
        message.skip();
    }
  }

  void add_location(std::uint64_t id) {
    const auto& rows = profile_.location_rows_;
    const auto row = rows.empty() ? rows.end() : rows.find(id);
    const bool is_known = rows.empty() ? id - 1 < profile_.locations_.size() : row != rows.end();
    if (!is_known) fail(ErrorCode::kDamaged, "a sample is at location {}, and no location has that number", id);
    locations_.push_back(rows.empty() ? static_cast<std::uint32_t>(id - 1) : row->second);
  }

  void add_label(std::string_view part) {
    Label label;
    for_each_field(part, [&](pbf_reader& message, std::uint32_t kind) {
      if (kind == number(1))
        label.key = text_of(profile_.strings_, message.get_uint64(), "the key of a label");
      else if (kind == number(2))
        label.text = text_of(profile_.strings_, message.get_uint64(), "the text of a label");
      else if (kind == number(3))
        label.number = message.get_int64();
      else if (kind == number(4))
        label.unit = text_of(profile_.strings_, message.get_uint64(), "the unit of a label");
      else
        message.skip();
    });
    labels_.push_back(label);
  }

  const Profile& profile_;
  std::vector<std::uint32_t> locations_;
  std::vector<std::int64_t> values_;
  std::vector<Label> labels_;
};

namespace {

// What protozero throws says neither of what nor where.
template <typename Work>
void with_errors_named(const Work& work) {
  try {
    work();
  } catch (const protozero::exception& error) {
    fail(ErrorCode::kDamaged, "a field cannot be read ({})", error.what());
  }
}

}  // namespace

Profile Profile::parse(std::span<const std::byte> bytes, const std::string& name) {
  return in_context(
      [&] {
        Profile profile;
        Unpacked unpacked;
        if (is_gzip(bytes))
          unpacked = gunzip(bytes, std::min(kMostBytes, std::max(kMostOfFew, bytes.size() * kMostRatio)));
        else
          unpacked.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        std::optional<Converted> converted = convert_legacy(unpacked.bytes, kMostText);
        profile.bytes_ = std::make_unique<const std::string>(std::move(converted ? converted->proto : unpacked.bytes));
        profile.name_ = name;
        with_errors_named([&] { ProfileParser(profile).run(unpacked.cut_off && !converted); });
        if (converted) {
          profile.gc_cycles_ = converted->gc_cycles;
          profile.remark_ = std::move(converted->remark);
        }
        if (unpacked.cut_off && profile.remark_.empty()) profile.remark_ = "the profile is cut off";
        return profile;
      },
      "{}", name);
}

void Profile::for_each_sample(const std::function<void(const Sample&)>& visit) const {
  SampleDecoder decoder(*this);
  for (std::uint64_t i = 0; i < samples_.size(); ++i) {
    if (i % kCancelEvery == 0) throw_if_cancelled();
    const std::string_view part = std::string_view(*bytes_).substr(samples_[i].begin, samples_[i].bytes);
    in_context([&] { with_errors_named([&] { visit(decoder.decode(part)); }); }, "{}: sample {}", name_, i);
  }
}

}  // namespace holdfast::profile

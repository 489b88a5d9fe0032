#include "view/measured_places.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "heap/sample_estimate.h"
#include "view/home_of.h"
#include "view/owner_words.h"

namespace holdfast::view {
namespace {

// What allocates for others.
bool is_of_runtime(std::string_view function) {
  return function.starts_with("runtime.") || function.starts_with("internal/runtime/") ||
         function.starts_with("runtime/internal/");
}

// With so many bytes allocated, each of which is sampled with one in `rate`, at least one sample is taken with 95 %.
std::uint64_t seen_from(std::uint64_t rate) {
  return rate <= 1 ? 1 : rate * 3;
}

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

class ProfileReader {
 public:
  explicit ProfileReader(const profile::Profile& profile) : profile_(profile) {
    const auto types = profile.sample_types();
    for (std::size_t i = 0; i < kNames.size(); ++i)
      for (std::size_t type = 0; type < types.size(); ++type)
        if (types[type].type == kNames[i]) columns_[i] = type;
    if (!columns_[0] || !columns_[2])
      fail(ErrorCode::kUnsupported, "this is no heap profile: it has no sample types alloc_space and inuse_space");
  }

  std::vector<MeasuredPlace> read() {
    profile_.for_each_sample([&](const profile::Sample& sample) { add(sample); });
    return std::move(places_);
  }

 private:
  static constexpr std::array<std::string_view, 4> kNames = {"alloc_space", "alloc_objects", "inuse_space",
                                                             "inuse_objects"};

  void add(const profile::Sample& sample) {
    const std::int64_t size = sample.number("bytes");
    for (const std::uint32_t location : sample.locations) {
      const auto lines = profile_.lines(profile_.locations()[location]);
      for (std::uint32_t first = 0; first < lines.size(); ++first) {
        if (is_of_runtime(profile_.functions()[lines[first].function].name)) continue;
        MeasuredPlace& place = place_of(location, first, size > 0 ? static_cast<std::uint64_t>(size) : 0, lines);
        const auto value = [&](std::size_t i) { return columns_[i] ? magnitude(sample.values[*columns_[i]]) : 0; };
        place.allocated += value(0);
        place.allocations += value(1);
        place.in_use += value(2);
        place.objects += value(3);
        return;
      }
    }
  }

  static std::uint32_t line_of(std::int64_t line) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(line, 0, ~std::uint32_t{0}));
  }

  MeasuredPlace& place_of(std::uint32_t location, std::uint32_t first, std::uint64_t size,
                          std::span<const profile::Line> lines) {
    const auto [known, is_new] = rows_.try_emplace({location, first, size}, places_.size());
    if (!is_new) return places_[known->second];
    MeasuredPlace& place = places_.emplace_back();
    place.object_size = size;
    for (const profile::Line& line : lines.subspan(first)) {
      const profile::Function& function = profile_.functions()[line.function];
      place.frames.push_back(
          {std::string(function.name), std::string(function.file), line_of(line.line), line_of(function.start_line)});
    }
    return place;
  }

  const profile::Profile& profile_;
  std::array<std::optional<std::size_t>, 4> columns_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>, std::size_t> rows_;  // by location, line and size
  std::vector<MeasuredPlace> places_;
};

class SnapshotReader {
 public:
  explicit SnapshotReader(const Groundwork& groundwork)
      : groundwork_(groundwork), snapshot_(groundwork.snapshot()), rate_(snapshot_.profile.rate.value_or(0)) {
    if (!snapshot_.profile.known || rate_ == 0 || snapshot_.profile.switched_off)
      fail(ErrorCode::kUnsupported, "{}: it has no memory profile{}", snapshot_.target.name,
           snapshot_.profile.switched_off
               ? ", since no code of the program reads one: one that imports net/http/pprof has it"
           : snapshot_.profile.known ? ": runtime.MemProfileRate is 0"
                                     : "");
  }

  std::vector<MeasuredPlace> read() {
    for (const heap::ProfileRecord& record : snapshot_.profile.records) add_allocated(record);
    add_alive();
    return std::move(places_);
  }

 private:
  // The row of the stack and size; none if all of it is the runtime's.
  std::optional<std::size_t> row_of(AllocationStackId id, std::uint64_t size) {
    const auto [known, is_new] = rows_.try_emplace({id.row, size}, std::nullopt);
    if (!is_new) return known->second;
    const heap::AllocationStack& stack = snapshot_.allocation_stacks[id.row];
    MeasuredPlace place;
    place.object_size = size;
    for (std::uint32_t i = 0; i < stack.frame_count; ++i) {
      const heap::Frame& frame = snapshot_.frames[stack.first_frame + i];
      const std::string_view function = text(frame.function);
      if (place.frames.empty() && is_of_runtime(function)) continue;
      place.frames.push_back({std::string(function), std::string(text(frame.file)), frame.line, 0});
    }
    if (place.frames.empty()) return std::nullopt;
    known->second = places_.size();
    places_.push_back(std::move(place));
    return known->second;
  }

  void add_allocated(const heap::ProfileRecord& record) {
    const auto row = row_of(record.stack, record.object_size);
    const double probability = heap::sampling_probability(record.object_size, rate_);
    if (!row || probability <= 0) return;
    const auto objects = static_cast<std::uint64_t>(std::llround(static_cast<double>(record.allocs) / probability));
    places_[*row].allocations += objects;
    places_[*row].allocated += objects * record.object_size;
  }

  // Of the sampled objects those that something reaches, and who that is.
  void add_alive() {
    HomeOf homes(groundwork_.dominators(), groundwork_.owners());
    const graph::ObjectSizes sizes(snapshot_);
    std::map<std::size_t, heap::SampleEstimate> alive;
    std::map<std::pair<std::size_t, std::uint32_t>, std::uint64_t> held;
    for (const heap::SampledObject& sample : snapshot_.sampled) {
      const std::uint64_t bytes = sizes.size_of(sample.object);
      const auto row = row_of(sample.stack, bytes);
      const std::uint32_t home = row ? homes.of(sample.object) : HomeOf::kNone;
      if (home == HomeOf::kNone) continue;
      alive.try_emplace(*row, rate_).first->second.add(bytes);
      held[{*row, home}] += bytes;
    }
    for (const auto& [row, estimate] : alive) {
      places_[row].in_use = estimate.bytes().value;
      places_[row].objects = estimate.objects().value;
    }
    std::map<std::size_t, std::pair<std::uint64_t, std::uint32_t>> most;
    for (const auto& [key, bytes] : held) most[key.first] = std::max(most[key.first], {bytes, key.second});
    for (const auto& [row, home] : most)
      places_[row].held_by = home_text(snapshot_, groundwork_.owners(), groundwork_.owners().homes()[home.second]);
  }

  std::string_view text(StringId id) const { return id ? snapshot_.strings[id] : std::string_view(); }

  const Groundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  std::uint64_t rate_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::optional<std::size_t>> rows_;  // by stack and size
  std::vector<MeasuredPlace> places_;
};

}  // namespace

MeasuredPlaces MeasuredPlaces::of(const profile::Profile& profile) {
  MeasuredPlaces out;
  out.places_ = ProfileReader(profile).read();
  out.seen_from_ = view::seen_from(magnitude(profile.period()));
  out.add_to_index();
  return out;
}

MeasuredPlaces MeasuredPlaces::of(const Groundwork& groundwork) {
  MeasuredPlaces out;
  out.places_ = SnapshotReader(groundwork).read();
  out.seen_from_ = view::seen_from(groundwork.snapshot().profile.rate.value_or(1));
  out.add_to_index();
  return out;
}

void MeasuredPlaces::add_to_index() {
  for (std::uint32_t row = 0; row < places_.size(); ++row) {
    const MeasuredPlace::Frame& frame = places_[row].frames.front();
    index_.add({frame.path, frame.line, frame.function, frame.function_line}, row);
  }
}

std::vector<std::uint32_t> MeasuredPlaces::find(const SourcePlace& written, const SourcePlace& outer,
                                                std::size_t inlined) const {
  std::vector<std::uint32_t> rows = index_.find(written);
  if (inlined == 0) return rows;
  const std::string path = canonical_path(outer.path);
  std::erase_if(rows, [&](std::uint32_t row) {
    const std::vector<MeasuredPlace::Frame>& frames = places_[row].frames;
    if (inlined >= frames.size()) return true;
    const MeasuredPlace::Frame& frame = frames[inlined];
    return frame.line != outer.line || common_tail(path, canonical_path(frame.path)).segments == 0;
  });
  return rows;
}

}  // namespace holdfast::view

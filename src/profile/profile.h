// A profile as pprof has it (google/pprof, proto/profile.proto): samples, each of which is a stack of locations with
// one value for each sample type. Go writes such for the heap, allocations, goroutines, threads, locks and the
// processor.
//
// Samples are most of a profile. They stay as they came, and are decoded each time that they are visited: a visit of
// 1.5 million samples of 14 locations takes 0.2 s, and what they would take in columns is more than all the rest.
// Texts are views into the profile's own bytes. Several threads may read one profile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::profile {

struct SampleType {
  std::string_view type;  // "inuse_space"
  std::string_view unit;  // "bytes", "count", "nanoseconds"
};

struct Function {
  std::string_view name;  // "main.(*Server).handle"; of generic code with its type arguments
  std::string_view file;
  std::int64_t start_line = 0;  // 0 = not known, as before Go 1.20
};

struct Line {
  std::uint32_t function = 0;  // row of functions()
  std::int64_t line = 0;       // 0 = not known
};

// A file that was mapped as code.
struct Mapping {
  std::uint64_t begin = 0, end = 0, file_offset = 0;  // addresses, and where in the file `begin` is
  std::string_view file, build_id;
};

constexpr std::uint32_t kNoMapping = ~std::uint32_t{0};

struct Location {
  std::uint64_t address = 0;                // of the call, not of the return; 0 = not known
  std::uint32_t mapping = kNoMapping;       // row of mappings()
  std::uint32_t first_line = 0, lines = 0;  // rows of lines(): the innermost inlined one first
};

// A pair that a sample carries: a text or a number.
struct Label {
  std::string_view key, text;
  std::int64_t number = 0;
  std::string_view unit;  // of the number
};

// Valid during the visit only.
struct Sample {
  std::span<const std::uint32_t> locations;  // rows of Profile::locations(), the leaf first
  std::span<const std::int64_t> values;      // by sample type; may be negative, as of a difference
  std::span<const Label> labels;

  // Returns the number of the label with that key, 0 if there is none.
  std::int64_t number(std::string_view key) const;
};

class Profile {
 public:
  // Reads the protobuf form or one of those before it (profile/legacy.h), packed by gzip or not, from `bytes`; `name`
  // is what errors call it. Fails with kUnsupported if it is none, kTruncated if it ends before its names come,
  // kDamaged if it contradicts itself: each names the place.
  static Profile parse(std::span<const std::byte> bytes, const std::string& name);

  std::span<const SampleType> sample_types() const { return sample_types_; }
  // Which of sample_types() is meant if nobody says: what the profile says, or else the last one.
  std::size_t default_type() const;
  std::span<const Mapping> mappings() const { return mappings_; }
  std::span<const Function> functions() const { return functions_; }
  std::span<const Line> lines() const { return lines_; }
  std::span<const Line> lines(const Location& location) const {
    return std::span(lines_).subspan(location.first_line, location.lines);
  }
  std::span<const Location> locations() const { return locations_; }
  std::uint64_t samples() const { return samples_.size(); }

  const std::string& name() const { return name_; }  // what errors call it
  const SampleType& period_type() const { return period_type_; }
  std::int64_t period() const { return period_; }    // for heap profiles one sample is taken of so many bytes
  std::int64_t time_ns() const { return time_ns_; }  // since 1970 UTC; 0 = not known
  std::int64_t duration_ns() const { return duration_ns_; }
  // How many collections the program had completed when it was taken: a text of Go's heap says it, profile.proto has no
  // place for it, and of a target whoever made the profile of it knows it.
  std::optional<std::uint64_t> gc_cycles() const { return gc_cycles_; }
  void set_gc_cycles(std::uint64_t cycles) { gc_cycles_ = cycles; }
  // What everybody who reads the profile has to know, in sentences: it was cut off. Empty for nothing.
  const std::string& remark() const { return remark_; }

  // Calls visit for each sample, in the order of the file. Fails with kDamaged if one contradicts the rest. Throws when
  // cancelled.
  void for_each_sample(const std::function<void(const Sample&)>& visit) const;

 private:
  friend class ProfileParser;
  friend class SampleDecoder;
  struct Part {
    std::uint64_t begin = 0;
    std::uint32_t bytes = 0;
  };

  std::string name_;
  std::unique_ptr<const std::string> bytes_;
  std::vector<std::string_view> strings_;
  std::vector<SampleType> sample_types_;
  std::string_view default_type_;
  std::vector<Mapping> mappings_;
  std::vector<Function> functions_;
  std::vector<Line> lines_;
  std::vector<Location> locations_;
  std::vector<Part> samples_;  // of *bytes_
  // Of location ids. Go numbers them 1, 2, 3, ...: then their rows are known without it, and it is empty.
  std::unordered_map<std::uint64_t, std::uint32_t> location_rows_;
  // By location, for a profile that wants calls left out (profile/drop_frames.h); else empty.
  enum class Dropped : std::uint8_t { kNothing, kCallees, kAll };
  std::vector<Dropped> dropped_;
  SampleType period_type_;
  std::int64_t period_ = 0, time_ns_ = 0, duration_ns_ = 0;
  std::optional<std::uint64_t> gc_cycles_;
  std::string remark_;
};

}  // namespace holdfast::profile

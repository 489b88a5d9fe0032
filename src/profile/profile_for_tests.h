// For tests: writes profiles as pprof has them.
#pragma once

#include <cstdint>
#include <map>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <vector>

#include "profile/profile.h"

namespace holdfast::profile {

class ProfileWriter {
 public:
  ProfileWriter() { string(""); }

  void sample_type(const std::string& type, const std::string& unit) { value_type(1, type, unit); }
  void period(const std::string& type, const std::string& unit, std::int64_t period) {
    value_type(11, type, unit);
    protozero::pbf_writer(out_).add_int64(12, period);
  }
  // Regular expressions of names.
  void drop_frames(const std::string& drop, const std::string& keep) {
    protozero::pbf_writer(out_).add_uint64(7, string(drop));
    protozero::pbf_writer(out_).add_uint64(8, string(keep));
  }
  void default_type(const std::string& type) { protozero::pbf_writer(out_).add_uint64(14, string(type)); }
  // Returns its id.
  std::uint64_t function(const std::string& name, const std::string& file, std::int64_t start_line = 0) {
    std::string part;
    protozero::pbf_writer writer(part);
    writer.add_uint64(1, ++functions_);
    writer.add_uint64(2, string(name));
    writer.add_uint64(4, string(file));
    if (start_line != 0) writer.add_int64(5, start_line);
    protozero::pbf_writer(out_).add_message(5, part);
    return functions_;
  }
  // `lines`: pairs of a function and a line, the innermost first.
  void location(std::uint64_t id, std::uint64_t address, const std::vector<std::pair<std::uint64_t, int>>& lines,
                std::uint64_t mapping = 0) {
    std::string part;
    protozero::pbf_writer writer(part);
    writer.add_uint64(1, id);
    if (mapping != 0) writer.add_uint64(2, mapping);
    writer.add_uint64(3, address);
    for (const auto& [function, line] : lines) {
      std::string inner;
      protozero::pbf_writer line_writer(inner);
      line_writer.add_uint64(1, function);
      line_writer.add_int64(2, line);
      writer.add_message(4, inner);
    }
    protozero::pbf_writer(out_).add_message(4, part);
  }
  void time(std::int64_t ns) { protozero::pbf_writer(out_).add_int64(9, ns); }
  // Returns its id.
  std::uint64_t mapping(const std::string& file) {
    std::string part;
    protozero::pbf_writer writer(part);
    writer.add_uint64(1, ++mappings_);
    writer.add_uint64(5, string(file));
    protozero::pbf_writer(out_).add_message(3, part);
    return mappings_;
  }
  void sample(const std::vector<std::uint64_t>& locations, const std::vector<std::int64_t>& values,
              std::int64_t bytes = 0, bool packed = true) {
    sample(locations, values,
           bytes > 0 ? std::vector<Label>{{.key = "bytes", .text = {}, .number = bytes, .unit = {}}}
                     : std::vector<Label>(),
           packed);
  }
  void sample(const std::vector<std::uint64_t>& locations, const std::vector<std::int64_t>& values,
              const std::vector<Label>& labels, bool packed = true) {
    std::string part;
    protozero::pbf_writer writer(part);
    if (packed) {
      writer.add_packed_uint64(1, locations.begin(), locations.end());
      writer.add_packed_int64(2, values.begin(), values.end());
    } else {
      for (const std::uint64_t id : locations) writer.add_uint64(1, id);
      for (const std::int64_t value : values) writer.add_int64(2, value);
    }
    for (const Label& one : labels) {
      std::string label;
      protozero::pbf_writer label_writer(label);
      label_writer.add_uint64(1, string(std::string(one.key)));
      label_writer.add_uint64(2, string(std::string(one.text)));
      label_writer.add_int64(3, one.number);
      label_writer.add_uint64(4, string(std::string(one.unit)));
      writer.add_message(3, label);
    }
    protozero::pbf_writer(out_).add_message(2, part);
  }

  // Strings come last, as Go writes them.
  std::string bytes() const {
    std::string all = out_;
    for (const std::string& text : strings_) protozero::pbf_writer(all).add_string(6, text);
    return all;
  }
  Profile profile() const {
    const std::string all = bytes();
    return Profile::parse(std::as_bytes(std::span(all)), "test.pb");
  }

 private:
  std::uint64_t string(const std::string& text) {
    const auto [at, is_new] = rows_.try_emplace(text, strings_.size());
    if (is_new) strings_.push_back(text);
    return at->second;
  }
  void value_type(protozero::pbf_tag_type tag, const std::string& type, const std::string& unit) {
    std::string part;
    protozero::pbf_writer writer(part);
    writer.add_uint64(1, string(type));
    writer.add_uint64(2, string(unit));
    protozero::pbf_writer(out_).add_message(tag, part);
  }

  std::string out_;
  std::uint64_t functions_ = 0, mappings_ = 0;
  std::vector<std::string> strings_;
  std::map<std::string, std::uint64_t> rows_;
};

}  // namespace holdfast::profile

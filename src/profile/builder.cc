#include "profile/builder.h"

#include <protozero/pbf_writer.hpp>
#include <vector>

namespace holdfast::profile {

using protozero::pbf_writer;

void Builder::add_sample_type(std::string_view type, std::string_view unit) {
  pbf_writer(out_).add_message(1, value_type(type, unit));
}

void Builder::set_default_type(std::string_view type) {
  pbf_writer(out_).add_uint64(14, text_id(type));
}

void Builder::set_period(std::string_view type, std::string_view unit, std::int64_t period) {
  pbf_writer(out_).add_message(11, value_type(type, unit));
  pbf_writer(out_).add_int64(12, period);
}

void Builder::set_duration_ns(std::int64_t duration) {
  pbf_writer(out_).add_int64(10, duration);
}

std::uint64_t Builder::location(std::uint64_t address) {
  const auto [at, is_new] = unnamed_.try_emplace(address, locations_ + 1);
  if (!is_new) return at->second;
  std::string part;
  pbf_writer writer(part);
  writer.add_uint64(1, ++locations_);
  writer.add_uint64(3, address);
  pbf_writer(out_).add_message(4, part);
  return locations_;
}

std::uint64_t Builder::location(std::uint64_t address, const NamedPlace& place) {
  const std::uint64_t function = function_id(place.function, place.file);
  const auto [at, is_new] = named_.try_emplace({address, function, place.line}, locations_ + 1);
  if (!is_new) return at->second;
  std::string line, part;
  pbf_writer line_writer(line);
  line_writer.add_uint64(1, function);
  line_writer.add_int64(2, place.line);
  pbf_writer writer(part);
  writer.add_uint64(1, ++locations_);
  writer.add_uint64(3, address);
  writer.add_message(4, line);
  pbf_writer(out_).add_message(4, part);
  return locations_;
}

void Builder::add_sample(std::span<const std::uint64_t> locations, std::span<const std::int64_t> values,
                         std::span<const Label> labels) {
  std::string part;
  pbf_writer writer(part);
  writer.add_packed_uint64(1, locations.begin(), locations.end());
  writer.add_packed_int64(2, values.begin(), values.end());
  for (const Label& label : labels) {
    std::string pair;
    pbf_writer pair_writer(pair);
    pair_writer.add_uint64(1, text_id(label.key));
    if (!label.text.empty()) pair_writer.add_uint64(2, text_id(label.text));
    if (label.number != 0) pair_writer.add_int64(3, label.number);
    if (!label.unit.empty()) pair_writer.add_uint64(4, text_id(label.unit));
    writer.add_message(3, pair);
  }
  pbf_writer(out_).add_message(2, part);
}

std::string Builder::finish() {
  std::vector<std::string_view> by_id(texts_.size());
  for (const auto& [text, id] : texts_) by_id[id] = text;
  for (const std::string_view text : by_id) pbf_writer(out_).add_string(6, text.data(), text.size());
  return std::move(out_);
}

std::uint64_t Builder::text_id(std::string_view text) {
  const auto found = texts_.find(text);
  return found != texts_.end() ? found->second : texts_.emplace(text, texts_.size()).first->second;
}

std::uint64_t Builder::function_id(std::string_view name, std::string_view file) {
  const std::uint64_t name_id = text_id(name), file_id = text_id(file);
  const auto [at, is_new] = functions_.try_emplace({name_id, file_id}, functions_.size() + 1);
  if (!is_new) return at->second;
  std::string part;
  pbf_writer writer(part);
  writer.add_uint64(1, at->second);
  writer.add_uint64(2, name_id);
  writer.add_uint64(4, file_id);
  pbf_writer(out_).add_message(5, part);
  return at->second;
}

std::string Builder::value_type(std::string_view type, std::string_view unit) {
  std::string part;
  pbf_writer writer(part);
  writer.add_uint64(1, text_id(type));
  writer.add_uint64(2, text_id(unit));
  return part;
}

}  // namespace holdfast::profile

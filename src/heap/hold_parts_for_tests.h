// For tests: takes a .hold file apart, so that a test can change one thing, and puts it together again with all
// checksums right.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/byte_view.h"
#include "base/hash.h"
#include "heap/hold_format.h"
#include "heap/hold_frames.h"

namespace holdfast::heap::testing {

class HoldParts {
 public:
  using Bytes = std::vector<std::byte>;

  struct Section {
    HoldEntry entry{};
    Bytes stored;

    std::string_view id() const { return {entry.id, sizeof(entry.id)}; }
  };

  // Has no sections if the file is not consistent.
  explicit HoldParts(const ByteView& file) {
    if (!file.has(0, sizeof(HoldHeader))) return;
    header_ = file.at<HoldHeader>(0);
    const std::uint32_t count = header_.section_count;
    if (count > kMostHoldSections || !file.has(sizeof(HoldHeader), count * sizeof(HoldEntry))) return;
    for (const HoldEntry& entry : file.array<HoldEntry>(sizeof(HoldHeader), count)) {
      if (!file.has(entry.offset, entry.stored_size)) {
        sections_.clear();
        return;
      }
      const auto bytes = file.bytes(entry.offset, entry.stored_size);
      sections_.push_back({entry, {bytes.begin(), bytes.end()}});
    }
  }

  std::vector<Section>& sections() { return sections_; }
  Section& operator[](std::string_view id) {
    const auto found =
        std::find_if(sections_.begin(), sections_.end(), [&](const Section& section) { return section.id() == id; });
    if (found == sections_.end()) fail(ErrorCode::kNotFound, "no section {}", id);
    return *found;
  }

  // Computes offsets, sizes and checksums from the sections.
  Bytes file() {
    std::uint64_t end = sizeof(HoldHeader) + sections_.size() * sizeof(HoldEntry);
    Bytes entries, stored;
    for (Section& section : sections_) {
      section.entry.offset = end;
      section.entry.stored_size = section.stored.size();
      section.entry.checksum = hash_of(section.stored);
      end += section.stored.size();
      append(entries, std::as_bytes(std::span(&section.entry, 1)));
      append(stored, section.stored);
    }
    header_.section_count = static_cast<std::uint32_t>(sections_.size());
    header_.file_size = end;
    header_.checksum = 0;
    Bytes file;
    append(file, std::as_bytes(std::span(&header_, 1)));
    append(file, entries);
    header_.checksum = hash_of(file);
    std::memcpy(file.data(), &header_, sizeof(header_));
    append(file, stored);
    return file;
  }

  // Returns the rows of a section, one behind the other. Fails like unpack_frames().
  static Bytes rows_of(const Section& section) {
    const HoldShape shape{section.entry.count, section.entry.row_size,
                          static_cast<HoldEncoding>(+section.entry.encoding)};
    const ByteView stored(section.stored, "section");
    check_frames(shape, stored);
    Bytes rows(shape.bytes());
    unpack_frames(shape, stored, rows);
    return rows;
  }
  static void set_rows(Section& section, std::span<const std::byte> rows, std::uint32_t row_size) {
    section.entry.row_size = row_size;
    section.entry.count = rows.size() / row_size;
    const StoredFrames packed =
        pack_frames({section.entry.count, row_size, static_cast<HoldEncoding>(+section.entry.encoding)}, rows);
    section.stored.clear();
    append(section.stored, std::as_bytes(std::span(packed.sizes)));
    for (const Bytes& frame : packed.frames) append(section.stored, frame);
  }

 private:
  static void append(Bytes& to, std::span<const std::byte> bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

  HoldHeader header_{};
  std::vector<Section> sections_;
};

}  // namespace holdfast::heap::testing

#include "heap/hold_file.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/hash.h"
#include "base/version.h"
#include "heap/hold_content.h"
#include "heap/hold_sections.h"
#include "heap/validate.h"

namespace holdfast::heap {
namespace {

std::uint64_t checksum_of(HoldHeader header, std::span<const HoldEntry> entries) {
  header.checksum = 0;
  return Hasher().add(std::as_bytes(std::span(&header, 1))).add(std::as_bytes(entries)).value();
}

std::uint64_t end_of_entries(std::uint32_t sections) {
  return sizeof(HoldHeader) + std::uint64_t{sections} * sizeof(HoldEntry);
}

std::string_view id_of(const HoldEntry& entry) {
  return {entry.id, sizeof(entry.id)};
}

// Packs all sections before the first byte is written, about 3 bytes per object, so that the file is written front to
// back.
class HoldWriter {
 public:
  explicit HoldWriter(const Snapshot& snapshot) {
    std::uint64_t end = end_of_entries(static_cast<std::uint32_t>(hold_sections().size()));
    for (const HoldSection& section : hold_sections()) {
      sections_.push_back(section.pack(snapshot));
      entries_.push_back(entry_of(section, sections_.back(), end));
      end += entries_.back().stored_size;
    }
    std::copy(kHoldMagic.begin(), kHoldMagic.end(), header_.magic);
    header_.format = kHoldFormat;
    header_.section_count = static_cast<std::uint32_t>(entries_.size());
    header_.file_size = end;
    header_.checksum = checksum_of(header_, entries_);
  }

  template <class Write>
  void write(const Write& write) const {
    write(std::as_bytes(std::span(&header_, 1)));
    write(std::as_bytes(std::span(entries_)));
    for (const PackedSection& section : sections_) for_each_part(section, write);
  }

 private:
  template <class Use>
  static void for_each_part(const PackedSection& section, const Use& use) {
    use(std::as_bytes(std::span(section.frames.sizes)));
    for (const auto& frame : section.frames.frames) use(std::span<const std::byte>(frame));
  }

  static HoldEntry entry_of(const HoldSection& section, const PackedSection& packed, std::uint64_t offset) {
    Hasher sum;
    for_each_part(packed, [&](std::span<const std::byte> bytes) { sum.add(bytes); });
    HoldEntry entry{};
    std::copy(section.id.begin(), section.id.end(), entry.id);
    entry.version = section.version;
    entry.flags = section.required ? static_cast<std::uint32_t>(kHoldRequired) : 0U;
    entry.encoding = static_cast<std::uint32_t>(packed.shape.encoding);
    entry.row_size = packed.shape.row_size;
    entry.count = packed.shape.count;
    entry.stored_size = packed.frames.bytes();
    entry.offset = offset;
    entry.checksum = sum.value();
    return entry;
  }

  HoldHeader header_{};
  std::vector<HoldEntry> entries_;
  std::vector<PackedSection> sections_;
};

class HoldReader {
 public:
  explicit HoldReader(const ByteView& file, HoldOwner owner = {}) : file_(file), owner_(std::move(owner)) {}

  Snapshot run() {
    read_header();
    check_entries();
    check_stored();
    Snapshot s;
    std::uint64_t newer_values = 0;
    for (const HoldSection& section : hold_sections())
      if (const HoldEntry* const entry = usable(section); entry != nullptr && !is_left(section, s))
        newer_values += unpack_or_skip(section, *entry, s);
    leave_columns(s);
    for (const HoldPart part : missing_) rule_of(part).forget(s);
    add_losses(s, newer_values);
    s.target.from_file = true;
    if (stored_content_) leave_content(s);
    for (const auto& set_check : checks_to_set_) set_check(s);
    if (const auto found = problems(s); !found.empty()) refuse(name(), found);
    if (owner_.let_go) owner_.let_go(file_.span());
    return s;
  }

 private:
  void read_header() {
    if (!is_hold(file_)) fail(ErrorCode::kDamaged, "{} is no .hold file: it does not begin with \"holdfast\"", name());
    if (file_.size() < sizeof(HoldHeader))
      fail(ErrorCode::kTruncated, "{} ends after {} bytes, within its header", name(), file_.size());
    header_ = file_.at<HoldHeader>(0);
    const std::uint32_t sections = header_.section_count;
    if (header_.format > kHoldFormat)
      fail(ErrorCode::kUnsupported, "{} was made by a newer holdfast: format {}, this one reads up to {}", name(),
           std::uint32_t{header_.format}, kHoldFormat);
    if (header_.format > 0 && header_.format < kHoldFormat)
      fail(ErrorCode::kUnsupported,
           "{} was made by an older holdfast: format {}, this one reads from {} on; capture the target again", name(),
           std::uint32_t{header_.format}, kHoldFormat);
    if (header_.format != kHoldFormat || sections > kMostHoldSections)
      fail(ErrorCode::kDamaged, "{} has a damaged header: format {} with {} sections", name(),
           std::uint32_t{header_.format}, sections);
    if (file_.size() < end_of_entries(sections))
      fail(ErrorCode::kTruncated, "{} ends after {} bytes, within its section table", name(), file_.size());
    entries_ = file_.array<HoldEntry>(sizeof(HoldHeader), sections);
    if (const std::uint64_t sum = checksum_of(header_, entries_); sum != header_.checksum)
      fail(ErrorCode::kDamaged, "{} has a damaged header or section table: checksum {:#018x} instead of {:#018x}",
           name(), sum, std::uint64_t{header_.checksum});
  }

  // Checks that the sections follow one another up to the end of the file, each once.
  void check_entries() const {
    std::uint64_t end = end_of_entries(header_.section_count);
    for (const HoldEntry& entry : entries_) {
      const std::uint64_t room = header_.file_size < end ? 0 : header_.file_size - end;
      if (entry.offset != end || entry.stored_size > room || entry.count > kMostHoldRows || entry.row_size == 0 ||
          entry.row_size > kMostHoldRowBytes || entry.version == 0)
        fail(ErrorCode::kDamaged, "{} has a damaged section table: {} rows of {} in {} bytes at {:#x} for section {}",
             name(), std::uint64_t{entry.count}, std::uint32_t{entry.row_size}, std::uint64_t{entry.stored_size},
             std::uint64_t{entry.offset}, shown(entry));
      if (find(id_of(entry)) != &entry)
        fail(ErrorCode::kDamaged, "{} has section {} twice: at {:#x} and at {:#x}", name(), shown(entry),
             std::uint64_t{find(id_of(entry))->offset}, end);
      if (end + entry.stored_size > file_.size())
        fail(ErrorCode::kTruncated, "{} ends after {} of {} bytes, within section {} at {:#x}", name(), file_.size(),
             std::uint64_t{header_.file_size}, shown(entry), end);
      end += entry.stored_size;
    }
    if (end != header_.file_size || end != file_.size())
      fail(ErrorCode::kDamaged, "{} has {} bytes, its header says {} and its sections end at {}", name(), file_.size(),
           std::uint64_t{header_.file_size}, end);
  }

  // Checks that all bytes are as they were written, those of unknown sections too. Notes the parts that cannot be read
  // in `missing_` and their sections in `skipped_`.
  void check_stored() {
    for (const HoldEntry& entry : entries_) {
      in_context([&] { check_sum(file_.bytes(entry.offset, entry.stored_size), entry.checksum, owner_.let_go); },
                 "{}: section {} at {:#x}", name(), shown(entry), std::uint64_t{entry.offset});
      if (is_known(entry)) continue;
      if ((entry.flags & kHoldRequired) != 0)
        fail(ErrorCode::kUnsupported,
             "{}: section {} at {:#x} was made by a newer holdfast (version {}, encoding {}) and cannot be left out",
             name(), shown(entry), std::uint64_t{entry.offset}, std::uint32_t{entry.version},
             std::uint32_t{entry.encoding});
      skip(entry);
    }
    for (const HoldSection& section : hold_sections()) {
      const HoldEntry* const entry = find(section.id);
      if (entry != nullptr && is_known(*entry)) continue;
      if (rule_of(section.part).absence == PartAbsence::kRefused)
        fail(ErrorCode::kDamaged, "{} lacks section {}, without which it says nothing", name(), section.id);
      if (std::find(missing_.begin(), missing_.end(), section.part) == missing_.end()) missing_.push_back(section.part);
    }
  }

  void skip(const HoldEntry& entry) {
    skipped_ += (skipped_.empty() ? "" : ", ") + shown(entry);
    ++skipped_count_;
  }
  static bool is_known(const HoldEntry& entry) {
    for (const HoldSection& section : hold_sections())
      if (section.id == id_of(entry))
        return entry.version <= section.version &&
               entry.encoding <= static_cast<std::uint32_t>(HoldEncoding::kDeltaPlanes);
    return false;
  }
  const HoldEntry* find(std::string_view id) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const HoldEntry& entry) { return id_of(entry) == id; });
    return found == entries_.end() ? nullptr : &*found;
  }
  // Returns none if the section's part is left out.
  const HoldEntry* usable(const HoldSection& section) const {
    const bool missing = std::find(missing_.begin(), missing_.end(), section.part) != missing_.end();
    return missing ? nullptr : find(section.id);
  }

  // If only a newer holdfast understands the section, its part is left out and nothing else.
  std::uint64_t unpack_or_skip(const HoldSection& section, const HoldEntry& entry, Snapshot& s) {
    try {
      return unpack(section, entry, s);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported || rule_of(section.part).absence == PartAbsence::kRefused) throw;
      skip(entry);
      missing_.push_back(section.part);
      return 0;
    }
  }

  std::uint64_t unpack(const HoldSection& section, const HoldEntry& entry, Snapshot& s) {
    return in_context(
        [&] {
          const StoredSection stored = stored_section(section, entry);
          if (!is_left_content(section)) return section.unpack(stored, s);
          if (stored.shape.row_size != 1)
            fail(ErrorCode::kDamaged, "values of {} bytes, not of 1", stored.shape.row_size);
          stored_content_ = stored;
          return std::uint64_t{0};
        },
        "{}: section {} at {:#x}", name(), section.id, std::uint64_t{entry.offset});
  }

  StoredSection stored_section(const HoldSection& section, const HoldEntry& entry) const {
    const HoldShape shape{entry.count, entry.row_size, static_cast<HoldEncoding>(+entry.encoding)};
    if (shape.encoding == HoldEncoding::kDeltaPlanes && shape.row_size != 4)
      fail(ErrorCode::kDamaged, "rows of {} bytes as differences", shape.row_size);
    StoredSection stored{entry.version, shape, file_.slice(entry.offset, entry.stored_size, section.id)};
    check_frames(shape, stored.bytes);
    return stored;
  }

  // Whether these are the bytes of objects, to be read later.
  bool is_left_content(const HoldSection& section) const {
    return owner_.file != nullptr && section.id == kContentBytes;
  }
  // Whether it is a column that is unpacked later. `s` has what stands before it in the table of sections.
  bool is_left(const HoldSection& section, const Snapshot& s) const {
    if (owner_.file == nullptr || section.leave == nullptr) return false;
    return section.part == HoldPart::kGraph || s.target.captured_with == holdfast_version();
  }

  void leave_columns(Snapshot& s) {
    for (const HoldSection& section : hold_sections()) {
      const HoldEntry* const entry = usable(section);
      if (entry == nullptr || !is_left(section, s)) continue;
      in_context(
          [&] {
            const StoredSection stored = stored_section(section, *entry);
            checks_to_set_.push_back(section.leave(stored.shape, left(section, *entry, stored), s));
          },
          "{}: section {} at {:#x}", name(), section.id, std::uint64_t{entry->offset});
    }
  }

  // It may be unpacked when this reader and the view of the file are long gone.
  LeftSection left(const HoldSection& section, const HoldEntry& entry, const StoredSection& stored) const {
    const auto unpack = [stored, owner = owner_, file = name(), id = section.id, offset = std::uint64_t{entry.offset},
                         sum = std::uint64_t{entry.checksum}](std::span<std::byte> rows) {
      in_context(
          [&] {
            check_sum(stored.bytes.span(), sum, {});
            unpack_frames(stored.shape, stored.bytes, rows);
            if (owner.let_go) owner.let_go(stored.bytes.span());
          },
          "{}: section {} at {:#x}", file, id, offset);
    };
    return {unpack, [file = name()](const std::vector<std::string>& found) { refuse(file, found); }};
  }

  [[noreturn]] static void refuse(const std::string& file, const std::vector<std::string>& found) {
    fail(ErrorCode::kDamaged, "{} contradicts itself: {} ({} such)", file, found.front(), found.size());
  }

  // Lets go of what it has looked at: a file may be larger than what will be read of it.
  static void check_sum(std::span<const std::byte> stored, std::uint64_t expected,
                        const std::function<void(std::span<const std::byte>)>& let_go) {
    constexpr std::size_t kAtOnce = 4 << 20;
    Hasher hasher;
    for (std::size_t at = 0; at < stored.size(); at += kAtOnce) {
      const auto part = stored.subspan(at, std::min(kAtOnce, stored.size() - at));
      hasher.add(part);
      if (let_go) let_go(part);
    }
    if (const std::uint64_t sum = hasher.value(); sum != expected)
      fail(ErrorCode::kDamaged, "checksum {:#018x} of {} bytes instead of {:#018x}", sum, stored.size(), expected);
  }

  void leave_content(Snapshot& s) {
    std::uint64_t bytes = 0;
    for (const AddressRange& range : s.content.ranges) bytes += range.size();
    if (bytes != stored_content_->shape.count)
      fail(ErrorCode::kDamaged, "{} contradicts itself: {} bytes of content for ranges of {} bytes", name(),
           stored_content_->shape.count, bytes);
    if (s.content.ranges.empty()) return;
    s.content.source =
        std::make_shared<StoredContent>(s.content.ranges, stored_content_->shape, stored_content_->bytes, owner_.file,
                                        fmt::format("{}: section {}", name(), kContentBytes));
  }

  void add_losses(Snapshot& s, std::uint64_t newer_values) const {
    for (const HoldPart part : missing_)
      if (const HoldPartRule& rule = rule_of(part); rule.absence == PartAbsence::kLoss)
        s.losses.push_back(make_loss(LossKind::kMissingSection, 1, {}, std::string(rule.without)));
    if (!skipped_.empty()) s.losses.push_back(make_loss(LossKind::kNewerSection, skipped_count_, {}, skipped_));
    if (newer_values > 0) s.losses.push_back(make_loss(LossKind::kNewerValue, newer_values));
  }

  // Shows the id as text, whatever its bytes are.
  static std::string shown(const HoldEntry& entry) {
    std::string text(id_of(entry));
    for (char& c : text)
      if (c < 0x21 || c > 0x7e) c = '?';
    return text;
  }
  const std::string& name() const { return file_.origin(); }

  static constexpr std::string_view kContentBytes = "CBYT";

  const ByteView& file_;
  HoldOwner owner_;                                                  // without a file nothing is left in it
  std::optional<StoredSection> stored_content_;                      // that was left in it
  std::vector<std::function<void(const Snapshot&)>> checks_to_set_;  // of columns that were left in it
  HoldHeader header_{};
  std::span<const HoldEntry> entries_;
  std::vector<HoldPart> missing_;
  std::string skipped_;  // ids of sections that only a newer holdfast knows
  std::uint64_t skipped_count_ = 0;
};

}  // namespace

void write_hold(const Snapshot& snapshot, OutputFile& file) {
  const HoldWriter writer(snapshot);
  std::uint64_t at = 0;
  writer.write([&](std::span<const std::byte> bytes) {
    file.write_at(at, bytes);
    at += bytes.size();
  });
  file.publish();
}

bool is_hold(const ByteView& file) {
  return file.has(0, kHoldMagic.size()) && std::memcmp(file.data(), kHoldMagic.data(), kHoldMagic.size()) == 0;
}

Snapshot read_hold(const ByteView& file) {
  return HoldReader(file).run();
}

Snapshot read_hold(const ByteView& file, HoldOwner owner) {
  HOLDFAST_CHECK(owner.file != nullptr);
  return HoldReader(file, std::move(owner)).run();
}

}  // namespace holdfast::heap

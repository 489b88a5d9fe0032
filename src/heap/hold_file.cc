#include "heap/hold_file.h"

#include <xxhash.h>

#include <memory>

#include "heap/hold_codec.h"
#include "heap/hold_frames.h"
#include "heap/validate.h"

namespace holdfast::heap {
namespace {

constexpr std::uint64_t kMostRows = std::uint64_t{1} << 40;
constexpr std::size_t kSectionCount = kHoldSections.size();
constexpr std::uint64_t kFirstSection = sizeof(HoldHeader) + kSectionCount * sizeof(HoldSection);

using SectionTable = std::array<HoldSection, kSectionCount>;

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

std::uint64_t checksum_of(HoldHeader header, std::span<const HoldSection> table) {
  header.checksum = 0;
  std::vector<std::byte> bytes(sizeof(header) + table.size_bytes());
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + sizeof(header), table.data(), table.size_bytes());
  return checksum_of(bytes);
}

// All of INFO.
template <class Archive>
void describe_info(Archive& a, Snapshot& x) {
  a(x.target, x.pause, x.account, x.audit, x.mem_stats, x.losses, x.pointerful, x.objects);
}

class HoldWriter {
 public:
  HoldWriter(const Snapshot& snapshot, OutputFile& file) : snapshot_(snapshot), file_(file) {}

  void run() {
    const Snapshot& s = snapshot_;
    add_info();
    add_strings();
    add_table("SPAN", s.spans);
    add_table("ABSN", s.absent);
    add_column("ALOC", s.allocated, HoldEncoding::kPlain);
    add_column("OTYP", s.object_type, HoldEncoding::kPlanes);
    add_column("MARK", s.marked, HoldEncoding::kPlain);
    add_column("FRSH", s.fresh, HoldEncoding::kPlain);
    add_table("TYPE", s.types);
    add_table("FLDS", s.fields);
    add_column("EROW", s.edges.row_begin, HoldEncoding::kDeltaPlanes);
    add_column("ETGT", s.edges.target, HoldEncoding::kDeltaPlanes);
    add_column("ESTP", s.edges.step, HoldEncoding::kPlain);
    add_table("ELNG", s.edges.long_steps);
    add_table("LABL", s.labels);
    add_table("ROOT", s.roots);
    add_table("RTGT", s.root_targets);
    add_table("GORT", s.goroutines);
    add_table("FRAM", s.frames);
    add_table("ASTK", s.allocation_stacks);
    add_table("SMPL", s.sampled);
    add_table("EXCU", s.audit.excuses);
    add_table("CRNG", s.content.ranges);
    add_column("CBYT", s.content.bytes, HoldEncoding::kPlain);
    add_header();
  }

 private:
  void add_section(std::string_view id, const HoldShape& shape, std::span<const std::byte> rows) {
    HOLDFAST_CHECK(next_ < kSectionCount && kHoldSections[next_] == id);
    const StoredFrames stored = pack_frames(shape, rows);
    const std::unique_ptr<XXH64_state_t, decltype(&XXH64_freeState)> state(XXH64_createState(), &XXH64_freeState);
    XXH64_reset(state.get(), 0);
    std::uint64_t at = end_;
    const auto put = [&](std::span<const std::byte> bytes) {
      XXH64_update(state.get(), bytes.data(), bytes.size());
      file_.write_at(at, bytes);
      at += bytes.size();
    };
    put(std::as_bytes(std::span(stored.sizes)));
    for (const auto& frame : stored.frames) put(frame);

    HoldSection& section = table_[next_++];
    std::copy(id.begin(), id.end(), section.id);
    section.row_size = shape.row_size;
    section.count = shape.count;
    section.stored_size = at - end_;
    section.offset = end_;
    section.encoding = static_cast<std::uint32_t>(shape.encoding);
    section.checksum = XXH64_digest(state.get());
    end_ = at;
  }

  template <class T>
  void add_column(std::string_view id, const HugeArray<T>& column, HoldEncoding encoding) {
    add_section(id, {column.size(), sizeof(T), encoding}, std::as_bytes(column.span()));
  }

  template <class Row>
  void add_table(std::string_view id, const std::vector<Row>& rows) {
    std::vector<std::byte> bytes;
    bytes.reserve(rows.size() * wire_size<Row>());
    RowWriter writer(bytes);
    for (Row row : rows) describe(writer, row);
    add_section(id, {rows.size(), wire_size<Row>(), HoldEncoding::kPlanes}, bytes);
  }

  void add_info() {
    Snapshot info;
    info.target = snapshot_.target;
    info.pause = snapshot_.pause;
    info.account = snapshot_.account;
    info.audit = snapshot_.audit;
    info.mem_stats = snapshot_.mem_stats;
    info.losses = snapshot_.losses;
    info.pointerful = snapshot_.pointerful;
    info.objects = snapshot_.objects;
    std::vector<std::byte> bytes;
    RowWriter writer(bytes);
    describe_info(writer, info);
    add_section("INFO", {bytes.size(), 1, HoldEncoding::kPlain}, bytes);
  }

  void add_strings() {
    const StringTable& strings = snapshot_.strings;
    std::vector<le32> lengths;
    std::vector<std::byte> bytes;
    for (std::uint32_t i = 0; i < strings.size(); ++i) {
      const auto text = std::as_bytes(std::span(strings[StringId(i)]));
      lengths.emplace_back(static_cast<std::uint32_t>(text.size()));
      bytes.insert(bytes.end(), text.begin(), text.end());
    }
    add_section("STRL", {lengths.size(), 4, HoldEncoding::kPlanes}, std::as_bytes(std::span(lengths)));
    add_section("STRB", {bytes.size(), 1, HoldEncoding::kPlain}, bytes);
  }

  void add_header() {
    HOLDFAST_CHECK(next_ == kSectionCount);
    HoldHeader header{};
    std::copy(kHoldMagic.begin(), kHoldMagic.end(), header.magic);
    header.version = kHoldVersion;
    header.flags = snapshot_.content.ranges.empty() ? 0U : static_cast<std::uint32_t>(kHoldWithContent);
    header.section_count = static_cast<std::uint32_t>(kSectionCount);
    header.file_size = end_;
    header.checksum = checksum_of(header, table_);
    file_.write_at(0, std::as_bytes(std::span(&header, 1)));
    file_.write_at(sizeof(header), std::as_bytes(std::span(table_)));
  }

  const Snapshot& snapshot_;
  OutputFile& file_;
  SectionTable table_{};
  std::size_t next_ = 0;
  std::uint64_t end_ = kFirstSection;
};

class HoldReader {
 public:
  explicit HoldReader(const ByteView& file) : file_(file) {}

  Snapshot run() {
    read_header();
    Snapshot s;
    read_info(s);
    read_strings(s);
    read_table("SPAN", s.spans);
    read_table("ABSN", s.absent);
    s.allocated = read_column<std::uint64_t>("ALOC");
    s.object_type = read_column<ObjectType>("OTYP");
    s.marked = read_column<std::uint64_t>("MARK");
    s.fresh = read_column<std::uint64_t>("FRSH");
    read_table("TYPE", s.types);
    read_table("FLDS", s.fields);
    s.edges.row_begin = read_column<std::uint32_t>("EROW");
    s.edges.target = read_column<std::uint32_t>("ETGT");
    s.edges.step = read_column<std::uint8_t>("ESTP");
    read_table("ELNG", s.edges.long_steps);
    read_table("LABL", s.labels);
    read_table("ROOT", s.roots);
    read_table("RTGT", s.root_targets);
    read_table("GORT", s.goroutines);
    read_table("FRAM", s.frames);
    read_table("ASTK", s.allocation_stacks);
    read_table("SMPL", s.sampled);
    read_table("EXCU", s.audit.excuses);
    read_table("CRNG", s.content.ranges);
    s.content.bytes = read_column<std::uint8_t>("CBYT");
    check(s);
    return s;
  }

 private:
  void read_header() {
    if (!is_hold(file_)) fail(ErrorCode::kDamaged, "{} is no .hold file: it does not begin with \"holdfast\"", name());
    if (file_.size() < sizeof(HoldHeader))
      fail(ErrorCode::kTruncated, "{} ends after {} bytes, within its header", name(), file_.size());
    header_ = file_.at<HoldHeader>(0);
    if (header_.version > kHoldVersion)
      fail(ErrorCode::kUnsupported, "{} was made by a newer holdfast: format {}, this one reads up to {}", name(),
           std::uint32_t{header_.version}, kHoldVersion);
    if (header_.version > 0 && header_.version < kHoldVersion)
      fail(ErrorCode::kUnsupported,
           "{} was made by an older holdfast: format {}, this one reads {}; capture the target again", name(),
           std::uint32_t{header_.version}, kHoldVersion);
    if (header_.version != kHoldVersion || header_.section_count != kSectionCount)
      fail(ErrorCode::kDamaged, "{} has a damaged header: format {} with {} sections", name(),
           std::uint32_t{header_.version}, std::uint32_t{header_.section_count});
    if (file_.size() < kFirstSection)
      fail(ErrorCode::kTruncated, "{} ends after {} bytes, within its section table", name(), file_.size());
    const auto table = file_.array<HoldSection>(sizeof(HoldHeader), kSectionCount);
    if (checksum_of(header_, table) != header_.checksum)
      fail(ErrorCode::kDamaged, "{} has a damaged header or section table: checksum {:#018x} instead of {:#018x}",
           name(), checksum_of(header_, table), std::uint64_t{header_.checksum});
    std::copy(table.begin(), table.end(), table_.begin());
    check_table();
  }

  // Sections in their order, one behind the other, up to the end of the file.
  void check_table() const {
    std::uint64_t end = kFirstSection;
    for (std::size_t i = 0; i < kSectionCount; ++i) {
      const HoldSection& section = table_[i];
      const std::uint64_t room = header_.file_size < end ? 0 : header_.file_size - end;
      if (std::string_view(section.id, sizeof(section.id)) != kHoldSections[i] || section.offset != end ||
          section.stored_size > room || section.count > kMostRows)
        fail(ErrorCode::kDamaged, "{} has a damaged section table: {} rows in {} bytes at {:#x} for section {}", name(),
             std::uint64_t{section.count}, std::uint64_t{section.stored_size}, std::uint64_t{section.offset},
             kHoldSections[i]);
      if (end + section.stored_size > file_.size())
        fail(ErrorCode::kTruncated, "{} ends after {} of {} bytes, within section {} at {:#x}", name(), file_.size(),
             std::uint64_t{header_.file_size}, kHoldSections[i], end);
      end += section.stored_size;
    }
    if (end != header_.file_size || end != file_.size())
      fail(ErrorCode::kDamaged, "{} has {} bytes, its header says {} and its sections end at {}", name(), file_.size(),
           std::uint64_t{header_.file_size}, end);
  }

  // Checks the section that comes next and hands its shape and stored bytes to `use`.
  template <class Use>
  void with_section(std::string_view id, std::uint32_t row_size, const Use& use) {
    HOLDFAST_CHECK(next_ < kSectionCount && kHoldSections[next_] == id);
    const HoldSection& section = table_[next_++];
    in_context(
        [&] {
          const ByteView stored = file_.slice(section.offset, section.stored_size, id);
          if (checksum_of(stored.span()) != section.checksum)
            fail(ErrorCode::kDamaged, "checksum {:#018x} of {} bytes instead of {:#018x}", checksum_of(stored.span()),
                 stored.size(), std::uint64_t{section.checksum});
          const auto encoding = static_cast<HoldEncoding>(std::uint32_t{section.encoding});
          if (section.row_size != row_size || encoding > HoldEncoding::kDeltaPlanes ||
              (encoding == HoldEncoding::kDeltaPlanes && row_size != 4))
            fail(ErrorCode::kDamaged, "rows of {} bytes in encoding {}, not of {}", std::uint32_t{section.row_size},
                 std::uint32_t{section.encoding}, row_size);
          const HoldShape shape{section.count, row_size, encoding};
          check_frames(shape, stored);
          use(shape, stored);
        },
        "{}: section {} at {:#x}", name(), id, std::uint64_t{section.offset});
  }

  template <class T>
  HugeArray<T> read_column(std::string_view id) {
    HugeArray<T> column;
    with_section(id, sizeof(T), [&](const HoldShape& shape, const ByteView& stored) {
      column = HugeArray<T>(shape.count);
      unpack_frames(shape, stored, std::as_writable_bytes(column.span()));
    });
    return column;
  }

  template <class Row>
  void read_table(std::string_view id, std::vector<Row>& rows) {
    with_section(id, wire_size<Row>(), [&](const HoldShape& shape, const ByteView& stored) {
      HugeArray<std::byte> bytes(shape.bytes());
      unpack_frames(shape, stored, bytes.span());
      RowReader reader(ByteView(bytes.span(), std::string(id)));
      rows.resize(shape.count);
      for (Row& row : rows) describe(reader, row);
    });
  }

  void read_info(Snapshot& snapshot) {
    with_section("INFO", 1, [&](const HoldShape& shape, const ByteView& stored) {
      HugeArray<std::byte> bytes(shape.bytes());
      unpack_frames(shape, stored, bytes.span());
      RowReader reader(ByteView(bytes.span(), "INFO"));
      describe_info(reader, snapshot);
      if (!reader.at_end()) fail(ErrorCode::kDamaged, "more than what format {} knows", kHoldVersion);
    });
  }

  void read_strings(Snapshot& snapshot) {
    const HugeArray<std::uint32_t> lengths = read_column<std::uint32_t>("STRL");
    const HugeArray<char> bytes = read_column<char>("STRB");
    std::uint64_t at = 0;
    for (std::uint32_t i = 0; i < lengths.size(); ++i) {
      if (lengths[i] > bytes.size() - at)
        fail(ErrorCode::kDamaged, "{}: string {} of {} bytes at {:#x} of {:#x}", name(), i, lengths[i], at,
             bytes.size());
      const StringId id = snapshot.strings.add({bytes.data() + at, lengths[i]});
      if (id.row != i) fail(ErrorCode::kDamaged, "{}: string {} repeats string {}", name(), i, id.row);
      at += lengths[i];
    }
    if (at != bytes.size())
      fail(ErrorCode::kDamaged, "{}: {} strings of {} bytes in {}", name(), lengths.size(), at, bytes.size());
  }

  void check(const Snapshot& snapshot) const {
    const bool with_content = (header_.flags & kHoldWithContent) != 0;
    if ((header_.flags & ~std::uint32_t{kHoldWithContent}) != 0 || with_content == snapshot.content.ranges.empty())
      fail(ErrorCode::kDamaged, "{}: flags {:#x} with {} ranges of content", name(), std::uint32_t{header_.flags},
           snapshot.content.ranges.size());
    const auto found = problems(snapshot);
    if (!found.empty())
      fail(ErrorCode::kDamaged, "{} contradicts itself: {} ({} such)", name(), found.front(), found.size());
  }

  const std::string& name() const { return file_.origin(); }

  const ByteView& file_;
  HoldHeader header_{};
  SectionTable table_{};
  std::size_t next_ = 0;
};

}  // namespace

void write_hold(const Snapshot& snapshot, OutputFile& file) {
  HoldWriter(snapshot, file).run();
  file.publish();
}

bool is_hold(const ByteView& file) {
  return file.has(0, kHoldMagic.size()) && std::memcmp(file.data(), kHoldMagic.data(), kHoldMagic.size()) == 0;
}

Snapshot read_hold(const ByteView& file) {
  return HoldReader(file).run();
}

}  // namespace holdfast::heap

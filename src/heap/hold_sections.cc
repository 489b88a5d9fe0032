#include "heap/hold_sections.h"

#include <algorithm>
#include <array>

#include "heap/column_checks.h"
#include "heap/hold_codec.h"

namespace holdfast::heap {
namespace {

// Returns the member of `x` that a path of member pointers leads to; `x` itself without a path.
template <auto... Path, class X>
auto& at(X& x) {
  return (x.*....*Path);
}

PackedSection packed(const HoldShape& shape, std::span<const std::byte> rows) {
  return {shape, pack_frames(shape, rows)};
}

HugeArray<std::byte> unpacked(const StoredSection& from) {
  HugeArray<std::byte> rows(from.shape.bytes());
  unpack_frames(from.shape, from.bytes, rows.span());
  return rows;
}

// How a section is made from a part of the Snapshot, and back.
struct Codec {
  PackedSection (*pack)(const Snapshot& from);
  std::uint64_t (*unpack)(const StoredSection& from, Snapshot& to);
  std::function<void(const Snapshot&)> (*leave)(const HoldShape& shape, LeftSection left, Snapshot& to) = nullptr;
};

// What the values of a HugeArray or Column are.
template <auto... Path>
using ValueAt = std::remove_cvref_t<decltype(at<Path...>(std::declval<Snapshot&>())[0])>;

template <class T>
void check_row_size(const HoldShape& shape) {
  if (shape.row_size != sizeof(T))
    fail(ErrorCode::kDamaged, "values of {} bytes, not of {}", shape.row_size, sizeof(T));
}

// The section is a HugeArray or Column as it lies in memory.
template <HoldEncoding encoding, auto... Path>
constexpr Codec column() {
  using T = ValueAt<Path...>;
  return {[](const Snapshot& from) {
            const auto& values = at<Path...>(from);
            return packed({values.size(), sizeof(T), encoding}, std::as_bytes(values.span()));
          },
          [](const StoredSection& from, Snapshot& to) -> std::uint64_t {
            check_row_size<T>(from.shape);
            HugeArray<T> values(from.shape.count);
            unpack_frames(from.shape, from.bytes, std::as_writable_bytes(values.span()));
            const std::uint64_t newer_values = settle(values);
            at<Path...>(to) = std::move(values);
            return newer_values;
          }};
}

// The same for a Column that can stay in the file. It is checked when it is unpacked.
template <HoldEncoding encoding, auto check_of, auto... Path>
constexpr Codec large_column() {
  using T = ValueAt<Path...>;
  Codec codec = column<encoding, Path...>();
  codec.leave = [](const HoldShape& shape, LeftSection left, Snapshot& to) -> std::function<void(const Snapshot&)> {
    check_row_size<T>(shape);
    Column<T>& values = at<Path...>(to);
    values = Column<T>();
    if (shape.count == 0) return [](const Snapshot&) {};
    const auto check = std::make_shared<ColumnCheck<T>>();
    values = Column<T>(shape.count, [count = shape.count, left = std::move(left), check] {
      HugeArray<T> unpacked(count);
      left.unpack(std::as_writable_bytes(unpacked.span()));
      if (const auto found = (*check)(unpacked.span()); !found.empty()) left.refuse(found);
      return unpacked;
    });
    return [check](const Snapshot& complete) { *check = check_of(complete); };
  };
  return codec;
}

// The section is a vector of rows as describe() describes them. A file's rows may be shorter or longer than ours
// (RowReader).
template <auto... Path>
constexpr Codec table() {
  return {[](const Snapshot& from) {
            const auto& rows = at<Path...>(from);
            using Row = std::remove_cvref_t<decltype(rows[0])>;
            std::vector<std::byte> bytes;
            bytes.reserve(rows.size() * wire_size<Row>());
            RowWriter writer(bytes);
            for (const Row& row : rows) writer.row(row);
            return packed({rows.size(), wire_size<Row>(), HoldEncoding::kPlanes}, bytes);
          },
          [](const StoredSection& from, Snapshot& to) {
            auto& rows = at<Path...>(to);
            const HugeArray<std::byte> bytes = unpacked(from);
            RowReader reader(ByteView(bytes.span(), "rows"));
            rows.resize(from.shape.count);
            for (auto& row : rows) reader.row(from.shape.row_size, row);
            return reader.newer_values();
          }};
}

// The section has records of any size, each behind its length; Path leads to one of them or to a vector of them.
template <auto... Path>
constexpr Codec records() {
  return {[](const Snapshot& from) {
            std::vector<std::byte> bytes;
            RowWriter writer(bytes);
            const auto& whole = at<Path...>(from);
            if constexpr (requires { whole.begin(); })
              for (const auto& record : whole) writer.record(record);
            else
              writer.record(whole);
            return packed({bytes.size(), 1, HoldEncoding::kPlain}, bytes);
          },
          [](const StoredSection& from, Snapshot& to) {
            auto& whole = at<Path...>(to);
            const HugeArray<std::byte> bytes = unpacked(from);
            RowReader reader(ByteView(bytes.span(), "records"));
            if constexpr (requires { whole.begin(); })
              while (!reader.at_end()) reader.record(whole.emplace_back());
            else
              reader.record(whole);
            if (!reader.at_end()) fail(ErrorCode::kDamaged, "{} bytes behind the only record", reader.left());
            return reader.newer_values();
          }};
}

// The section has the texts in the order of their ids, as records.
constexpr Codec strings() {
  return {[](const Snapshot& from) {
            std::vector<std::byte> bytes;
            RowWriter writer(bytes);
            for (std::uint32_t i = 0; i < from.strings.size(); ++i) writer.text(from.strings[StringId(i)]);
            return packed({bytes.size(), 1, HoldEncoding::kPlain}, bytes);
          },
          [](const StoredSection& from, Snapshot& to) -> std::uint64_t {
            const HugeArray<std::byte> bytes = unpacked(from);
            RowReader reader(ByteView(bytes.span(), "strings"));
            for (std::uint32_t i = 0; !reader.at_end(); ++i) {
              const StringId id = to.strings.add(reader.text());
              if (id.row != i) fail(ErrorCode::kDamaged, "string {} repeats string {}", i, id.row);
            }
            return 0;
          }};
}

constexpr HoldSection section(std::string_view id, HoldPart part, const Codec& codec, std::uint32_t version = 1) {
  return {id, version, part == HoldPart::kGraph, part, codec.pack, codec.unpack, codec.leave};
}

constexpr auto kPlain = HoldEncoding::kPlain;
constexpr auto kPlanes = HoldEncoding::kPlanes;
constexpr auto kDelta = HoldEncoding::kDeltaPlanes;

constexpr auto kSections = std::to_array<HoldSection>({
    section("TARG", HoldPart::kGraph, records<&Snapshot::target>()),
    section("SIZE", HoldPart::kGraph, records<>()),
    section("STRS", HoldPart::kGraph, strings()),
    section("SPAN", HoldPart::kGraph, table<&Snapshot::spans>()),
    section("ALOC", HoldPart::kGraph, column<kPlain, &Snapshot::allocated>()),
    section("EROW", HoldPart::kGraph, large_column<kDelta, check_of_rows, &Snapshot::edges, &Edges::row_begin>()),
    section("ETGT", HoldPart::kGraph, large_column<kDelta, check_of_targets, &Snapshot::edges, &Edges::target>()),
    section("ESTP", HoldPart::kGraph, large_column<kPlain, check_of_steps, &Snapshot::edges, &Edges::step>()),
    section("ELNG", HoldPart::kGraph, table<&Snapshot::edges, &Edges::long_steps>()),
    section("LABL", HoldPart::kGraph, table<&Snapshot::labels>()),
    section("ROOT", HoldPart::kGraph, table<&Snapshot::roots>()),
    section("RTGT", HoldPart::kGraph, table<&Snapshot::root_targets>()),
    section("GORT", HoldPart::kGraph, table<&Snapshot::goroutines>()),
    section("FRAM", HoldPart::kGraph, table<&Snapshot::frames>()),
    section("OTYP", HoldPart::kTypes, large_column<kPlanes, check_of_types, &Snapshot::object_type>()),
    section("TYPE", HoldPart::kTypes, table<&Snapshot::types>()),
    section("FLDS", HoldPart::kTypes, table<&Snapshot::fields>()),
    section("MARK", HoldPart::kMarks, column<kPlain, &Snapshot::marked>()),
    section("FRSH", HoldPart::kMarks, column<kPlain, &Snapshot::fresh>()),
    section("AUDT", HoldPart::kMarks, records<&Snapshot::audit>()),
    section("CNTR", HoldPart::kMarks, records<&Snapshot::audit, &AuditInput::counters>()),
    section("EXCU", HoldPart::kMarks, table<&Snapshot::audit, &AuditInput::excuses>()),
    section("ACCT", HoldPart::kAccount, records<&Snapshot::account>()),
    section("ABSN", HoldPart::kAccount, table<&Snapshot::absent>()),
    section("MEMS", HoldPart::kAccount, records<&Snapshot::mem_stats>()),
    section("PAUS", HoldPart::kAccount, records<&Snapshot::pause>()),
    section("ASTK", HoldPart::kSamples, table<&Snapshot::allocation_stacks>()),
    section("SMPL", HoldPart::kSamples, table<&Snapshot::sampled>()),
    section("LOSS", HoldPart::kLosses, records<&Snapshot::losses>()),
    section("CRNG", HoldPart::kContent, table<&Snapshot::content, &Content::ranges>()),
    section("CBYT", HoldPart::kContent, column<kPlain, &Snapshot::content, &Content::bytes>()),
    section("PROF", HoldPart::kProfile, records<&Snapshot::profile>()),
    section("PBKT", HoldPart::kProfile, table<&Snapshot::profile, &MemoryProfile::records>()),
    section("PMAP", HoldPart::kProfile, records<&Snapshot::profile, &MemoryProfile::mappings>()),
    section("RUNT", HoldPart::kRuntimes, records<&Snapshot::target, &TargetInfo::runtimes>()),
    section("GLBL", HoldPart::kGoroutineLabels, table<&Snapshot::goroutine_labels>()),
    section("PACE", HoldPart::kPace, records<&Snapshot::pace>()),
    section("CHEP", HoldPart::kCHeap, records<&Snapshot::c_heap>()),
    section("MAPS", HoldPart::kMappings, table<&Snapshot::mappings>()),
    section("MAPH", HoldPart::kMappings, table<&Snapshot::mapping_holders>()),
    section("CHAN", HoldPart::kChannels, table<&Snapshot::channels>()),
    section("CHWT", HoldPart::kChannels, table<&Snapshot::channel_waits>()),
    section("CWRD", HoldPart::kNamedWords, table<&Snapshot::named_words>()),
    section("SREC", HoldPart::kSpanRecords, table<&Snapshot::span_records>()),
    section("WAKE", HoldPart::kWakeUps, table<&Snapshot::wake_ups>()),
    section("ACTR", HoldPart::kWakeUps, table<&Snapshot::actors>()),
    section("FHDR", HoldPart::kFrameHeaders, table<&Snapshot::frame_headers>()),
    section("BMOD", HoldPart::kBuildModules, records<&Snapshot::target, &TargetInfo::build_modules>()),
    section("MFIL", HoldPart::kMapFills, table<&Snapshot::map_fills>()),
    section("LHDR", HoldPart::kLargeHeaders, table<&Snapshot::large_headers>()),
    section("TIMR", HoldPart::kTimers, table<&Snapshot::timers>()),
    section("LOCK", HoldPart::kAwaitedLocks, table<&Snapshot::awaited_locks>()),
    section("STAL", HoldPart::kStaleWords, table<&Snapshot::stale_words>()),
    section("EPTR", HoldPart::kElementPointers, table<&Snapshot::element_pointers>()),
    section("LHLD", HoldPart::kLockHolders, table<&Snapshot::lock_holders>()),
    section("CLSD", HoldPart::kClosedFiles, table<&Snapshot::closed_files>()),
});

void forget_types(Snapshot& s) {
  s.object_type = HugeArray<ObjectType>(s.objects);
  s.types.clear();
  s.fields.clear();
  s.named_words.clear();
  s.frame_headers.clear();
  s.large_headers.clear();
  s.element_pointers.clear();
  s.stale_words.clear();
  s.closed_files.clear();
  for (Root& root : s.roots) root.type = {};
}

void forget_marks(Snapshot& s) {
  s.marked = HugeArray<std::uint64_t>((std::uint64_t{s.objects} + 63) / 64);
  s.fresh = HugeArray<std::uint64_t>((std::uint64_t{s.objects} + 63) / 64);
  for (Span& span : s.spans) span.has_marks = false;
  s.audit = {};
}

void forget_account(Snapshot& s) {
  s.account = {};
  s.absent.clear();
  s.mem_stats.clear();
  s.pause = {};
}

void forget_mappings(Snapshot& s) {
  s.mappings.clear();
  s.mapping_holders.clear();
}

void forget_channels(Snapshot& s) {
  s.channels.clear();
  s.channel_waits.clear();
}

void forget_wake_ups(Snapshot& s) {
  s.wake_ups.clear();
  s.actors.clear();
}

void forget_content(Snapshot& s) {
  s.content = {};
  s.named_words.clear();
}

void forget_samples(Snapshot& s) {
  s.allocation_stacks.clear();
  s.sampled.clear();
  s.profile = {};  // its records name the stacks
}

constexpr std::array kRules = {
    HoldPartRule{HoldPart::kGraph, PartAbsence::kRefused, nullptr, ""},
    HoldPartRule{HoldPart::kTypes, PartAbsence::kLoss, &forget_types,
                 "the capture has no types: `types` is empty, and holders, chains and findings of `report` go without "
                 "type names"},
    HoldPartRule{HoldPart::kMarks, PartAbsence::kLoss, &forget_marks,
                 "the capture has no mark bits: `audit` has nothing to compare the graph with"},
    HoldPartRule{HoldPart::kAccount, PartAbsence::kLoss, &forget_account,
                 "the capture has no account: `report` and `account` cannot say what was resident, nor `report` how "
                 "long the target was held"},
    HoldPartRule{HoldPart::kSamples, PartAbsence::kLoss, &forget_samples,
                 "the capture has no samples of the memory profile: `report` and `types` do not say where objects were "
                 "allocated, and `export` has nothing to write"},
    HoldPartRule{HoldPart::kLosses, PartAbsence::kLoss, [](Snapshot& s) { s.losses.clear(); },
                 "the capture does not tell what was lost when it was made: any verb may lack something"},
    HoldPartRule{HoldPart::kContent, PartAbsence::kUsual, &forget_content,
                 "the capture has no content of objects: it was made without --with-content"},
    HoldPartRule{HoldPart::kRuntimes, PartAbsence::kLoss, [](Snapshot& s) { s.target.runtimes.clear(); },
                 "the capture does not tell whether the process had more Go runtimes than this one: `report` and "
                 "`account` may leave others unmentioned"},
    HoldPartRule{HoldPart::kProfile, PartAbsence::kLoss, [](Snapshot& s) { s.profile = {}; },
                 "the capture has no records of the memory profile: `export` has nothing to write"},
    HoldPartRule{HoldPart::kGoroutineLabels, PartAbsence::kLoss, [](Snapshot& s) { s.goroutine_labels.clear(); },
                 "the capture has no labels of goroutines: `labels` is empty, and `goroutines` goes without them"},
    HoldPartRule{HoldPart::kPace, PartAbsence::kLoss, [](Snapshot& s) { s.pace = {}; },
                 "the capture has no limits and no pace of the collector: `report` and `account` do not say how it was "
                 "told to work, and how it worked"},
    HoldPartRule{HoldPart::kCHeap, PartAbsence::kLoss, [](Snapshot& s) { s.c_heap = {}; },
                 "the capture does not tell what malloc had: `report` and `account` know of the C heap only what of it "
                 "was resident"},
    HoldPartRule{HoldPart::kMappings, PartAbsence::kLoss, &forget_mappings,
                 "the capture has no list of mappings: `report` and `account` know only the sum of them, and not which "
                 "there were and what pointed into them"},
    HoldPartRule{HoldPart::kChannels, PartAbsence::kLoss, &forget_channels,
                 "the capture has no channels: `report` and `goroutines` do not say how full they are and who waits "
                 "for which"},
    HoldPartRule{HoldPart::kNamedWords, PartAbsence::kUsual, [](Snapshot& s) { s.named_words.clear(); },
                 "the capture does not tell which words of its content are types and functions: `show` cannot say what "
                 "interfaces hold and which functions function values call"},
    HoldPartRule{HoldPart::kSpanRecords, PartAbsence::kLoss, [](Snapshot& s) { s.span_records.clear(); },
                 "the capture does not tell how the runtime keeps its spans: `spans` cannot say which are swept, and "
                 "which a P allocates from"},
    HoldPartRule{HoldPart::kWakeUps, PartAbsence::kLoss, &forget_wake_ups,
                 "the capture does not tell who could wake its goroutines: `report` and `goroutines` cannot prove that "
                 "some can never go on"},
    HoldPartRule{
        HoldPart::kFrameHeaders, PartAbsence::kLoss, [](Snapshot& s) { s.frame_headers.clear(); },
        "the capture does not tell which words of stacks are slices and strings: of frames, `slices` knows only "
        "pointers"},
    HoldPartRule{
        HoldPart::kBuildModules, PartAbsence::kLoss, [](Snapshot& s) { s.target.build_modules.clear(); },
        "the capture does not tell which modules the program was built of: `report` does not say which leaks of "
        "libraries are known"},
    HoldPartRule{HoldPart::kMapFills, PartAbsence::kLoss, [](Snapshot& s) { s.map_fills.clear(); },
                 "the capture does not tell how full its maps are: `report` does not find those that deletes have "
                 "left almost empty, nor those that only grow; the table of maps of `query` is empty"},
    HoldPartRule{HoldPart::kLargeHeaders, PartAbsence::kLoss, [](Snapshot& s) { s.large_headers.clear(); },
                 "the capture does not tell what slices and strings cover of large objects: `report` does not find "
                 "arrays that stay for small parts of them, and without --with-content `slices` knows nothing"},
    HoldPartRule{HoldPart::kTimers, PartAbsence::kLoss, [](Snapshot& s) { s.timers.clear(); },
                 "the capture does not tell which timers were pending: the table of timers of `query` is empty"},
    HoldPartRule{HoldPart::kAwaitedLocks, PartAbsence::kLoss, [](Snapshot& s) { s.awaited_locks.clear(); },
                 "the capture does not tell what the locks say that goroutines wait for: `report` does not find those "
                 "that nobody unlocks"},
    HoldPartRule{HoldPart::kStaleWords, PartAbsence::kLoss, [](Snapshot& s) { s.stale_words.clear(); },
                 "the capture does not tell which words name memory that was freed: `report` does not find them"},
    HoldPartRule{HoldPart::kElementPointers, PartAbsence::kLoss, [](Snapshot& s) { s.element_pointers.clear(); },
                 "the capture does not tell which pointers lead to single elements of large objects: `report` does not "
                 "find arrays that stay for a few of these"},
    HoldPartRule{HoldPart::kLockHolders, PartAbsence::kLoss, [](Snapshot& s) { s.lock_holders.clear(); },
                 "the capture does not tell which goroutines have locks of package variables: `report` does not find "
                 "those of them that nobody unlocks"},
    HoldPartRule{HoldPart::kClosedFiles, PartAbsence::kLoss, [](Snapshot& s) { s.closed_files.clear(); },
                 "the capture does not tell which connections and files were closed: `report` does not find those that "
                 "a table still has"},
};

constexpr bool each_part_has_its_rule() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    const HoldPartRule& rule = kRules[i];
    const bool can_be_absent = rule.absence != PartAbsence::kRefused;
    if (static_cast<std::size_t>(rule.part) != i || can_be_absent != (rule.forget != nullptr) ||
        can_be_absent == rule.without.empty())
      return false;
  }
  for (const HoldSection& each : kSections)
    if (static_cast<std::size_t>(each.part) >= kRules.size()) return false;
  return true;
}
static_assert(each_part_has_its_rule(), "a rule for each HoldPart, in their order, with words if the part is optional");

}  // namespace

std::span<const HoldSection> hold_sections() {
  return kSections;
}

std::span<const HoldPartRule> hold_part_rules() {
  return kRules;
}

const HoldPartRule& rule_of(HoldPart part) {
  return kRules.at(static_cast<std::size_t>(part));
}

}  // namespace holdfast::heap

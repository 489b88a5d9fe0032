#include "heap/hold_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <random>

#include "base/parallel.h"
#include "base/version.h"
#include "heap/content.h"
#include "heap/hold_parts_for_tests.h"
#include "heap/hold_sections.h"
#include "heap/sample_for_tests.h"
#include "heap/validate.h"

namespace holdfast::heap {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using testing::HeapBuilder;
using testing::HoldParts;

using Bytes = std::vector<std::byte>;

class HoldFile : public ::testing::Test {
 protected:
  HoldFile() { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::path path_ = folder_ / "a.hold";

  void write(const Snapshot& snapshot) const {
    OutputFile file(path_, OutputFile::Access::kUsual);
    write_hold(snapshot, file);
  }
  Bytes written(const Snapshot& snapshot) const {
    write(snapshot);
    std::ifstream in(path_, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
  }
};

Snapshot read(const Bytes& bytes) {
  return read_hold(ByteView(bytes, "a.hold"));
}

// Gives every value one that is neither the default nor any other's.
struct Filler {
  std::uint32_t next = 1;

  template <class T>
  void fill(T& value) {
    if constexpr (std::is_same_v<T, bool>)
      value = !value;
    else if constexpr (std::is_enum_v<T>)
      value = static_cast<T>(1);
    else
      value = static_cast<T>(next++);
  }
  void fill(std::string& text) { text = fmt::format("text {}", next++); }
  void fill(Address& address) { address = Address(next++ * std::uint64_t{0x100000001}); }
  void fill(AddressRange& range) { fill(range.begin), fill(range.end); }
  void fill(std::optional<std::uint64_t>& value) { value = next++; }
  template <class T>
  void fill(std::vector<T>& values) {
    values.resize(3);
    for (T& value : values) fill(value);
  }
  void fill(std::pair<std::string, std::uint64_t>& x) { (*this)(x.first, x.second); }
  // Structured bindings keep a new field from compiling until it is filled here.
  void fill(TargetInfo& x) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, c_handles_made, release_given, from_file, runtimes,
           build_modules] = x;
    (*this)(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, c_handles_made, release_given, runtimes,
            build_modules);
    from_file = true;
  }
  void fill(GoRuntime& x) {
    auto& [a, b, c, d] = x;
    (*this)(a, b, c, d);
  }
  void fill(BuildModule& x) { (*this)(x.path, x.version); }
  void fill(Pause& x) {
    auto& [a, b, c, d, e] = x;
    (*this)(a, b, c, d, e);
  }
  void fill(Account& x) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u] = x;
    (*this)(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u);
  }
  void fill(Pace& x) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = x;
    (*this)(a, b, c, d, e, f, g, h, i, j, k, l);
  }
  void fill(CHeap& x) {
    auto& [a, b, c, d, e, f, g, h, i, j] = x;
    (*this)(a, b, c, d, e, f, g, h, i, j);
  }
  void fill(Counter& x) {
    auto& [a, b, c, d, e] = x;
    (*this)(a, b, c, d, e);
  }
  void fill(Loss& x) {
    auto& [a, b, c, d] = x;
    (*this)(a, b, c, d);
  }
  void fill(AuditInput& x) {
    auto& [a, b, c, d, e, f, g, h, i, excuses, sweep_generation, world_stopped, stale_numbers] = x;
    (*this)(a, b, c, d, e, f, g, h, i, sweep_generation, world_stopped, stale_numbers);
  }
  template <class... Values>
  void operator()(Values&... values) {
    (fill(values), ...);
  }
};

// Fills the fields that tests of ids and ranges leave alone, and everything else.
void fill_rows(Snapshot& s) {
  Filler filler;
  {
    auto& [base, slot_size, pages, slots, alloc_count, objects, first_object, bits_at, size_class, header, has_pointers,
           user_arena, has_marks] = s.spans[0];
    filler(alloc_count, size_class, header, user_arena, has_marks);
  }
  {
    auto& [name, kind, role, is_named, size, pointer_bytes, elem, key, of, count, first_field, field_count, file, line,
           removals] = s.types[0];
    filler(kind, role, is_named, size, pointer_bytes, count, line, removals);
    elem = TypeId(1);
    key = TypeId(0);
    of = TypeId(1);
    file = s.strings.add("main.go");
  }
  {
    auto& [function, offset, pc, file, line] = s.labels[1].code;
    filler(offset, pc, line);
    file = s.strings.add("main.go");
  }
  {
    auto& [basis, code, members, wait_reason, variable, data, relation, distance, user, other_user, behind] =
        s.labels[1];
    filler(basis, members, wait_reason, distance);
    variable = user = other_user = s.strings.add("main.other");
    auto& [section, module, offset] = data;
    filler(section, offset);
    module = s.strings.add("/lib/plugin.so");
    relation = Relation::kBehind;
    behind = LabelId(0);
  }
  {
    auto& [kind, parent, label, type, goroutine, where, first_target, target_count, conservative, about, type_offset,
           frame] = s.roots[1];
    filler(where, conservative, type_offset);
    about = ObjectId(2);
    frame = FrameId(1);
    type = TypeId(1);
  }
  {
    auto& [goid, parent_goid, state, system, locked, unwound, wait_reason, waiting_ns, stack, g, waits_on, created_by,
           created_file, created_line, root, first_frame, frame_count, stack_used, largest_frame, largest_frame_bytes] =
        s.goroutines[0];
    filler(goid, parent_goid, state, system, locked, unwound, wait_reason, waiting_ns, stack, g, waits_on, created_line,
           stack_used, largest_frame_bytes);
    largest_frame = FrameId(1);
    created_by = s.strings.add("main.main");
    created_file = s.strings.add("main.go");
  }
  {
    auto& [pc, function, file, line, inlined] = s.frames[1];
    filler(pc, line, inlined);
    file = s.strings.add("main.go");
  }
}

Snapshot sample() {
  Snapshot snapshot = testing::one_of_everything();
  snapshot.strings.add("");
  snapshot.strings.add(std::string_view("a\0zero", 6));
  Filler filler;
  filler(snapshot.target, snapshot.pause, snapshot.account, snapshot.pace, snapshot.c_heap, snapshot.audit,
         snapshot.mem_stats, snapshot.losses);
  snapshot.mappings = {{{Address(1 << 20), Address(3 << 20)},
                        MappingUse::kFile,
                        snapshot.strings.add("/data/cache.db"),
                        1 << 20,
                        4096,
                        true,
                        true,
                        2}};
  snapshot.span_records.assign(snapshot.spans.size(), {1, SweepState::kBeingSwept, 7});
  snapshot.map_fills = {{ObjectId(1), 5, 64, 1024, DeleteTraces::kSome, 3}};
  snapshot.timers = {{ObjectId(1), ObjectId(2), GoroutineId(0), TimerKind::kSleep, true, true,
                      snapshot.strings.add("f"), snapshot.strings.add("g"), -5, 7}};
  snapshot.awaited_locks = {
      {Address(0xc000000008), Address(0xc000000000), ObjectId(1), LabelId(0), LockKind::kRwMutex, true, true, 3, 4}};
  snapshot.lock_holders = {{Address(0x500000), GoroutineId(0), FrameId(0), LockHold::kSurely}};
  snapshot.closed_files = {{ObjectId(0)}, {ObjectId(1)}};
  snapshot.stale_words = {{ObjectId(0), 8, Address(0xc000000018), false},
                          {ObjectId(1), 16, Address(0xc000000018), true}};
  snapshot.large_headers = {{ObjectId(1), {}, ObjectId(2), TypeId(0), 8, 16, 24, 32},
                            {{}, RootId(2), ObjectId(2), TypeId(0), 0, 0, 1, 1}};
  snapshot.element_pointers = {{ObjectId(0), {}, ObjectId(2), TypeId(0), 8, 40, 8, 8}};
  snapshot.wake_ups = {{GoroutineId(0), ObjectId(1), {}, ObjectId(0)}};
  snapshot.actors = {{ObjectId(0), ActorKind::kPinned}, {ObjectId(1), ActorKind::kTimer}};
  snapshot.frame_headers = {{Address(0xc000100008), Address(0xc000000000), TypeId(0), 3, std::nullopt,
                             HeaderBasis::kCode, snapshot.strings.add("buffer")}};
  snapshot.mapping_holders = {{0, ObjectId(1), LabelId(), 16, Address(2 << 20)},
                              {0, ObjectId(), LabelId(0), 8, Address(1 << 20)}};
  fill_rows(snapshot);
  return snapshot;
}

// Makes objects of random sizes with random edges, enough for several frames of edges.
Snapshot large_sample(std::uint64_t seed, std::uint32_t objects) {
  std::mt19937_64 random(seed);
  HeapBuilder heap;
  std::vector<HeapBuilder::Handle> all;
  for (std::uint32_t i = 0; i < objects; ++i) all.push_back(heap.object(800));
  Snapshot snapshot = heap.build();
  Edges& edges = snapshot.edges;
  edges.target = HugeArray<std::uint32_t>(std::uint64_t{objects} * 100);
  edges.step = HugeArray<std::uint8_t>(edges.target.size());
  for (std::uint64_t e = 0; e < edges.target.size(); ++e) {
    edges.target[e] = static_cast<std::uint32_t>(random() % objects);
    edges.step[e] = e % 100 == 0 ? 0 : 1;
  }
  for (std::uint32_t row = 0; row <= objects; ++row) edges.row_begin[row] = row * 100;
  return snapshot;
}

template <class T>
  requires requires(const T& column) { column.span(); }
void expect_equal(const T& a, const T& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin()));
}

void expect_equal(const Snapshot& a, const Snapshot& b) {
  const auto& [target, pause, account, pace, c_heap, mappings, mapping_holders, audit, mem_stats, losses, strings,
               spans, span_records, absent, allocated, pointerful, objects, object_type, marked, fresh, types, fields,
               edges, labels, roots, root_targets, goroutines, goroutine_labels, channels, channel_waits, map_fills,
               timers, awaited_locks, lock_holders, closed_files, wake_ups, actors, frames, frame_headers,
               large_headers, element_pointers, stale_words, allocation_stacks, sampled, profile, content,
               named_words] = a;
  EXPECT_EQ(target, b.target);
  EXPECT_EQ(pause, b.pause);
  EXPECT_EQ(account, b.account);
  EXPECT_EQ(pace, b.pace);
  EXPECT_EQ(c_heap, b.c_heap);
  EXPECT_EQ(mappings, b.mappings);
  EXPECT_EQ(mapping_holders, b.mapping_holders);
  EXPECT_EQ(audit, b.audit);
  EXPECT_EQ(mem_stats, b.mem_stats);
  EXPECT_EQ(losses, b.losses);
  ASSERT_EQ(strings.size(), b.strings.size());
  for (std::uint32_t i = 0; i < strings.size(); ++i) EXPECT_EQ(strings[StringId(i)], b.strings[StringId(i)]);
  EXPECT_EQ(spans, b.spans);
  EXPECT_EQ(span_records, b.span_records);
  EXPECT_EQ(wake_ups, b.wake_ups);
  EXPECT_EQ(actors, b.actors);
  EXPECT_EQ(frame_headers, b.frame_headers);
  EXPECT_EQ(large_headers, b.large_headers);
  EXPECT_EQ(element_pointers, b.element_pointers);
  EXPECT_EQ(absent, b.absent);
  expect_equal(allocated, b.allocated);
  EXPECT_EQ(pointerful, b.pointerful);
  EXPECT_EQ(objects, b.objects);
  expect_equal(object_type, b.object_type);
  expect_equal(marked, b.marked);
  expect_equal(fresh, b.fresh);
  EXPECT_EQ(types, b.types);
  EXPECT_EQ(fields, b.fields);
  const auto& [row_begin, edge_target, step, long_steps] = edges;
  expect_equal(row_begin, b.edges.row_begin);
  expect_equal(edge_target, b.edges.target);
  expect_equal(step, b.edges.step);
  EXPECT_EQ(long_steps, b.edges.long_steps);
  EXPECT_EQ(labels, b.labels);
  EXPECT_EQ(roots, b.roots);
  EXPECT_EQ(root_targets, b.root_targets);
  EXPECT_EQ(goroutines, b.goroutines);
  EXPECT_EQ(goroutine_labels, b.goroutine_labels);
  EXPECT_EQ(channels, b.channels);
  EXPECT_EQ(channel_waits, b.channel_waits);
  EXPECT_EQ(map_fills, b.map_fills);
  EXPECT_EQ(timers, b.timers);
  EXPECT_EQ(awaited_locks, b.awaited_locks);
  EXPECT_EQ(lock_holders, b.lock_holders);
  EXPECT_EQ(closed_files, b.closed_files);
  EXPECT_EQ(stale_words, b.stale_words);
  EXPECT_EQ(frames, b.frames);
  EXPECT_EQ(allocation_stacks, b.allocation_stacks);
  EXPECT_EQ(sampled, b.sampled);
  EXPECT_EQ(profile, b.profile);
  EXPECT_EQ(content.ranges, b.content.ranges);
  expect_equal(content.bytes, b.content.bytes);
  EXPECT_EQ(named_words, b.named_words);
}

// Returns the message of the error with which reading ends; the test fails if there is none.
std::string refusal(const Bytes& file, ErrorCode code) {
  try {
    read(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

std::string place_of(const HoldParts::Section& section) {
  return fmt::format("section {} at {:#x}", section.id(), std::uint64_t{section.entry.offset});
}

bool is_required(const HoldSection& section) {
  return rule_of(section.part).absence == PartAbsence::kRefused;
}

TEST_F(HoldFile, GivesBackEveryField) {
  Snapshot snapshot = sample();
  ASSERT_THAT(problems(snapshot), ::testing::IsEmpty());
  expect_equal(snapshot, read(written(snapshot)));
  testing::add_content(snapshot);
  expect_equal(snapshot, read(written(snapshot)));
  Snapshot empty = HeapBuilder().build();
  empty.target.from_file = true;
  expect_equal(empty, read(written(empty)));
}

TEST_F(HoldFile, ContentThatStaysInTheFileIsWhatIsRead) {
  Snapshot snapshot = sample();
  std::mt19937_64 random(5);
  snapshot.content.ranges = {{Address(0x10000), Address(0x10000 + 3)},
                             {Address(0x20000), Address(0x20000 + (5 << 20))}};
  snapshot.content.bytes = HugeArray<std::uint8_t>(3 + (5 << 20));
  for (std::uint8_t& byte : snapshot.content.bytes) byte = static_cast<std::uint8_t>(random() % 7);
  const Bytes file = written(snapshot);
  const Snapshot left = read_hold(ByteView(file, "a.hold"), HoldOwner{std::make_shared<int>(0), {}});
  EXPECT_EQ(left.content.ranges, snapshot.content.ranges);
  EXPECT_TRUE(left.content.bytes.empty());
  ASSERT_NE(left.content.source, nullptr);
  EXPECT_TRUE(left.content.source->lacks_zeros());
  const ContentView all(snapshot.content);
  for (int i = 0; i < 300; ++i) {
    const Address at(i % 10 == 0 ? 0xfffe + random() % 8 : 0x20000 + random() % (6 << 20));
    std::vector<std::uint8_t> bytes(1 + random() % (i % 50 == 0 ? 5 << 20 : 3000));
    const std::uint64_t got = left.content.source->read(at, bytes);
    const auto expected = all.from(at);
    ASSERT_EQ(got, std::min<std::uint64_t>(expected.size(), bytes.size())) << i;
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(got), expected.begin())) << i;
  }
}

TEST_F(HoldFile, ContentThatStaysInTheFileIsCheckedNoLess) {
  Snapshot snapshot = sample();
  testing::add_content(snapshot);
  const Bytes good = written(snapshot);
  const HoldOwner owner{std::make_shared<int>(0), {}};
  HoldParts parts(ByteView(good, ""));
  const std::uint64_t first = parts["CBYT"].entry.offset;
  Bytes bad = good;
  bad[first + 6] ^= std::byte{1};
  EXPECT_THROW(read_hold(ByteView(bad, "a.hold"), owner), Error) << "its checksum is wrong";
  Bytes rows = HoldParts::rows_of(parts["CBYT"]);
  rows.pop_back();
  HoldParts::set_rows(parts["CBYT"], rows, 1);
  EXPECT_THROW(read_hold(ByteView(parts.file(), "a.hold"), owner), Error) << "it has a byte less than its ranges";
  HoldParts without_ranges(ByteView(good, ""));
  HoldParts::set_rows(without_ranges["CRNG"], {}, without_ranges["CRNG"].entry.row_size);
  EXPECT_THROW(read_hold(ByteView(without_ranges.file(), "a.hold"), owner), Error) << "its bytes lie nowhere";
  HoldParts nonsense(ByteView(good, ""));
  nonsense["CBYT"].stored.back() ^= std::byte{0xff};
  nonsense["CBYT"].stored[5] ^= std::byte{0xff};
  const Bytes signed_nonsense = nonsense.file();
  const Snapshot left = read_hold(ByteView(signed_nonsense, "a.hold"), owner);
  std::vector<std::uint8_t> bytes(8);
  try {
    left.content.source->read(left.content.ranges.front().begin, bytes);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDamaged);
    EXPECT_THAT(error.what(), HasSubstr("a.hold: section CBYT: frame 0 at"));
  }
}

// A file by this holdfast, which leaves all large columns in it.
Snapshot own_sample() {
  Snapshot snapshot = sample();
  snapshot.target.captured_with = holdfast_version();
  return snapshot;
}

const HoldOwner kSomebody{std::make_shared<int>(0), {}};

Snapshot opened(const Bytes& bytes, const HoldOwner& owner = kSomebody) {
  return read_hold(ByteView(bytes, "a.hold"), owner);
}

bool all_packed(const Snapshot& s) {
  return s.object_type.is_packed() && s.edges.row_begin.is_packed() && s.edges.target.is_packed() &&
         s.edges.step.is_packed();
}

// Returns the message of the error with which unpacking ends; the test fails if there is none.
template <class T>
std::string refusal_of(const Column<T>& column) {
  try {
    column.unpack();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDamaged) << error.what();
    EXPECT_TRUE(column.is_packed());
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

TEST_F(HoldFile, LargeColumnsStayInTheFileUntilTheyAreAskedFor) {
  const Snapshot snapshot = own_sample();
  const Bytes file = written(snapshot);
  const Snapshot left = opened(file);
  EXPECT_TRUE(all_packed(left));
  EXPECT_EQ(left.edges.count(), snapshot.edges.count());
  EXPECT_THAT(problems(left), ::testing::IsEmpty());
  EXPECT_TRUE(all_packed(left)) << "they can be counted and checked for that without unpacking them";
  Snapshot moved = opened(file);
  const Snapshot elsewhere = std::move(moved);
  expect_equal(snapshot, elsewhere);
  EXPECT_FALSE(elsewhere.edges.step.is_packed());
  EXPECT_THAT(problems(elsewhere), ::testing::IsEmpty());
}

TEST_F(HoldFile, AColumnThatStaysInTheFileBringsWithItWhatItIsCheckedBy) {
  const Bytes file = written(own_sample());
  const Snapshot left = opened(file);
  left.edges.target.unpack();
  EXPECT_TRUE(left.edges.row_begin.is_packed());
  left.edges.step.unpack();
  EXPECT_FALSE(left.edges.row_begin.is_packed());
  EXPECT_TRUE(left.object_type.is_packed());
}

TEST_F(HoldFile, ThreadsThatAskForAColumnAtOnceGetTheSame) {
  Snapshot snapshot = large_sample(2, 30000);
  snapshot.target.captured_with = holdfast_version();
  snapshot.target.from_file = true;
  const Bytes file = written(snapshot);
  const Snapshot left = opened(file);
  ASSERT_TRUE(all_packed(left));
  std::atomic<std::uint64_t> wrong = 0;
  for_each_part(snapshot.edges.count(), 64, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t e = begin; e < end; ++e)
      if (left.edges.target[e] != snapshot.edges.target[e] || left.edges.step[e] != snapshot.edges.step[e]) ++wrong;
  });
  EXPECT_EQ(wrong, 0U);
  expect_equal(snapshot, left);
}

TEST_F(HoldFile, AColumnThatBreaksItsPromisesIsRefusedWhenItIsAskedFor) {
  const Bytes good = written(own_sample());
  const auto with = [&](std::string_view id, std::size_t at, unsigned byte) {
    HoldParts parts(ByteView(good, ""));
    Bytes rows = HoldParts::rows_of(parts[id]);
    rows[at < rows.size() ? at : rows.size() - 1] = static_cast<std::byte>(byte);
    HoldParts::set_rows(parts[id], rows, parts[id].entry.row_size);
    return parts.file();
  };
  const auto expect_refused = [&](const Bytes& file, const auto& column_of, const char* words) {
    const Snapshot left = opened(file);
    for (int again = 0; again < 2; ++again) EXPECT_THAT(refusal_of(column_of(left)), HasSubstr(words));
    EXPECT_THAT(refusal(file, ErrorCode::kDamaged), HasSubstr(words)) << "read at once it is no better";
  };
  constexpr auto rows = [](const Snapshot& s) -> const auto& { return s.edges.row_begin; };
  constexpr auto targets = [](const Snapshot& s) -> const auto& { return s.edges.target; };
  constexpr auto steps = [](const Snapshot& s) -> const auto& { return s.edges.step; };
  constexpr auto types = [](const Snapshot& s) -> const auto& { return s.object_type; };
  expect_refused(with("EROW", 4, 200), rows, "a.hold contradicts itself: edge row 1 is 200 .. ");
  expect_refused(with("EROW", 0, 1), rows, "a.hold contradicts itself: ");
  expect_refused(with("ETGT", 1, 200), targets, "a.hold contradicts itself: edge 0 names object 512");
  expect_refused(with("ESTP", 0, 254), steps, "an edge that leaves behind the ");
  expect_refused(with("OTYP", 2, 200), types, "a.hold contradicts itself: object 0 is of type ");
  const Bytes bad_rows = with("EROW", 4, 200);
  EXPECT_THAT(refusal_of(opened(bad_rows).edges.step), HasSubstr("edge row 1")) << "steps are checked by their rows";
}

TEST_F(HoldFile, AColumnThatCannotBeUnpackedNamesItsSection) {
  const Bytes good = written(own_sample());
  HoldParts parts(ByteView(good, ""));
  parts["ETGT"].stored[5] ^= std::byte{0xff};
  const Bytes nonsense = parts.file();
  const Snapshot left = opened(nonsense);
  EXPECT_THAT(refusal_of(left.edges.target), HasSubstr("a.hold: " + place_of(parts["ETGT"]) + ": frame 0 at"));

  Bytes changes = good;
  const Snapshot before = opened(changes);
  changes[parts["OTYP"].entry.offset + 6] ^= std::byte{1};
  EXPECT_THAT(refusal_of(before.object_type), HasSubstr("checksum")) << "somebody has written to the file";
}

TEST_F(HoldFile, TypesThatAnotherVersionWroteAreReadAtOnce) {
  HoldParts parts(ByteView(written(sample()), ""));
  Bytes types = HoldParts::rows_of(parts["OTYP"]);
  types[3] |= std::byte{0xf0};
  HoldParts::set_rows(parts["OTYP"], types, 4);
  const Bytes file = parts.file();
  const Snapshot left = opened(file);
  EXPECT_FALSE(left.object_type.is_packed());
  EXPECT_TRUE(left.edges.target.is_packed());
  EXPECT_THAT(left.losses, ::testing::Contains(make_loss(LossKind::kNewerValue, 1)));
}

TEST_F(HoldFile, TheOwnerIsToldOfBytesThatAreNotNeeded) {
  const Bytes file = written(own_sample());
  std::uint64_t bytes = 0;
  const Snapshot left = opened(file, {std::make_shared<int>(0), [&](std::span<const std::byte> part) {
                                        EXPECT_GE(part.data(), file.data());
                                        EXPECT_LE(part.data() + part.size(), file.data() + file.size());
                                        bytes += part.size();
                                      }});
  EXPECT_GT(bytes, file.size());
  bytes = 0;
  left.edges.target.unpack();
  EXPECT_EQ(bytes, HoldParts(ByteView(file, ""))["ETGT"].stored.size());
}

TEST_F(HoldFile, GivesBackColumnsOfManyFramesOnAnyNumberOfThreads) {
  Snapshot snapshot = large_sample(1, 30000);
  snapshot.target.from_file = true;
  ASSERT_GT(snapshot.edges.count() * 4, 2 * kHoldFrameBytes);
  const Bytes bytes = written(snapshot);
  expect_equal(snapshot, read(bytes));
  set_thread_limit(1);
  EXPECT_EQ(bytes, written(snapshot));
  expect_equal(snapshot, read(bytes));
  set_thread_limit(0);
}

TEST_F(HoldFile, RefusesEveryFlippedByte) {
  const Bytes good = written(sample());
  ASSERT_LT(good.size(), 20000U);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const unsigned bit : {0U, 3U, 7U}) {
      Bytes bad = good;
      bad[i] ^= static_cast<std::byte>(1U << bit);
      EXPECT_THROW(read(bad), Error) << "byte " << i;
    }
  }
}

TEST_F(HoldFile, RefusesEveryLengthButItsOwn) {
  Bytes file = written(sample());
  for (std::size_t size = 0; size < file.size(); ++size) {
    try {
      read_hold(ByteView(std::span(file).first(size), "a.hold"));
      ADD_FAILURE() << "accepted " << size << " of " << file.size() << " bytes";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("a.hold"));
      EXPECT_EQ(error.code(), size < kHoldMagic.size() ? ErrorCode::kDamaged : ErrorCode::kTruncated) << size;
    }
  }
  file.push_back(std::byte{0});
  EXPECT_THROW(read(file), Error);
}

TEST_F(HoldFile, NamesTheSectionThatIsCutOrDamaged) {
  Bytes file = written(sample());
  HoldParts parts(ByteView(file, ""));
  for (const HoldParts::Section& section : parts.sections()) {
    if (section.stored.empty()) continue;
    const std::uint64_t last = section.entry.offset + section.entry.stored_size - 1;
    EXPECT_THAT(refusal({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(last)}, ErrorCode::kTruncated),
                HasSubstr("within " + place_of(section)));
    file[last] ^= std::byte{1};
    EXPECT_THAT(refusal(file, ErrorCode::kDamaged), HasSubstr(place_of(section) + ": checksum 0x"));
    file[last] ^= std::byte{1};
  }
}

TEST_F(HoldFile, RefusesOtherFormatsByName) {
  Bytes file = written(sample());
  auto& header = *reinterpret_cast<HoldHeader*>(file.data());
  header.format = kHoldFormat + 1;
  EXPECT_EQ(refusal(file, ErrorCode::kUnsupported),
            "a.hold was made by a newer holdfast: format 5, this one reads up to 4");
  header.format = 3;
  EXPECT_EQ(refusal(file, ErrorCode::kUnsupported),
            "a.hold was made by an older holdfast: format 3, this one reads from 4 on; capture the target again");
  header.format = 0;
  EXPECT_EQ(refusal(file, ErrorCode::kDamaged), "a.hold has a damaged header: format 0 with 56 sections");
  header.format = kHoldFormat;
  header.section_count = kMostHoldSections + 1;
  EXPECT_EQ(refusal(file, ErrorCode::kDamaged), "a.hold has a damaged header: format 4 with 257 sections");
}

TEST_F(HoldFile, RefusesCountsThatItsBytesCannotHave) {
  const Bytes good = written(sample());
  for (const HoldSection& section : hold_sections()) {
    for (const std::uint64_t count : {std::uint64_t{3} << 20, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
      HoldParts parts(ByteView(good, ""));
      parts[section.id].entry.count = count;
      EXPECT_THAT(refusal(parts.file(), ErrorCode::kDamaged), HasSubstr(section.id)) << count << " rows";
    }
  }
}

TEST_F(HoldFile, RefusesASectionThatIsThereTwice) {
  const Bytes good = written(sample());
  for (const HoldSection& section : hold_sections()) {
    HoldParts parts(ByteView(good, ""));
    parts.sections().push_back(parts[section.id]);
    EXPECT_THAT(refusal(parts.file(), ErrorCode::kDamaged),
                HasSubstr(fmt::format("a.hold has section {} twice: at 0x", section.id)));
  }
}

TEST_F(HoldFile, ReadsSectionsInAnyOrder) {
  const Snapshot snapshot = sample();
  HoldParts parts(ByteView(written(snapshot), ""));
  std::reverse(parts.sections().begin(), parts.sections().end());
  expect_equal(snapshot, read(parts.file()));
}

// Makes the sample as it is without a part.
Snapshot sample_without(HoldPart part) {
  Snapshot snapshot = sample();
  testing::add_content(snapshot);
  rule_of(part).forget(snapshot);
  if (rule_of(part).absence == PartAbsence::kLoss)
    snapshot.losses.push_back(make_loss(LossKind::kMissingSection, 1, {}, std::string(rule_of(part).without)));
  return snapshot;
}

TEST_F(HoldFile, WithoutASectionItsPartIsMissingAndSaid) {
  Snapshot snapshot = sample();
  testing::add_content(snapshot);
  const Bytes good = written(snapshot);
  for (const HoldSection& section : hold_sections()) {
    SCOPED_TRACE(section.id);
    HoldParts parts(ByteView(good, ""));
    std::erase_if(parts.sections(), [&](const auto& each) { return each.id() == section.id; });
    if (is_required(section)) {
      EXPECT_EQ(refusal(parts.file(), ErrorCode::kDamaged),
                fmt::format("a.hold lacks section {}, without which it says nothing", section.id));
      continue;
    }
    const Snapshot found = read(parts.file());
    expect_equal(sample_without(section.part), found);
    EXPECT_THAT(problems(found), ::testing::IsEmpty());
  }
}

// What was kept only when it was asked for is no loss; everything else is.
TEST_F(HoldFile, NothingButContentMayBeAbsentWithoutAWord) {
  for (const HoldPartRule& rule : hold_part_rules())
    EXPECT_EQ(rule.absence == PartAbsence::kUsual,
              rule.part == HoldPart::kContent || rule.part == HoldPart::kNamedWords)
        << rule.without;
}

TEST_F(HoldFile, ANewerVersionOfASectionIsLeftOutOrRefused) {
  Snapshot snapshot = sample();
  testing::add_content(snapshot);
  const Bytes good = written(snapshot);
  for (const HoldSection& section : hold_sections()) {
    for (const bool by_encoding : {false, true}) {
      SCOPED_TRACE(section.id);
      HoldParts parts(ByteView(good, ""));
      if (by_encoding)
        parts[section.id].entry.encoding = 3;
      else
        parts[section.id].entry.version = section.version + 1;
      const Bytes file = parts.file();
      if (is_required(section)) {
        EXPECT_THAT(refusal(file, ErrorCode::kUnsupported),
                    HasSubstr(place_of(parts[section.id]) + " was made by a newer holdfast"));
        continue;
      }
      Snapshot expected = sample_without(section.part);
      expected.losses.push_back(make_loss(LossKind::kNewerSection, 1, {}, std::string(section.id)));
      expect_equal(expected, read(file));
    }
  }
}

TEST_F(HoldFile, AnUnknownSectionIsSkippedUnlessItIsRequired) {
  Snapshot snapshot = sample();
  HoldParts parts(ByteView(written(snapshot), ""));
  HoldParts::Section unknown = parts["TYPE"];
  std::memcpy(unknown.entry.id, "NEW\x1b", 4);
  parts.sections().insert(parts.sections().begin() + 3, unknown);
  snapshot.losses.push_back(make_loss(LossKind::kNewerSection, 1, {}, "NEW?"));
  expect_equal(snapshot, read(parts.file()));

  parts.sections()[3].entry.flags = kHoldRequired;
  const Bytes file = parts.file();
  EXPECT_EQ(refusal(file, ErrorCode::kUnsupported),
            fmt::format("a.hold: section NEW? at {:#x} was made by a newer holdfast (version 1, encoding 1) and cannot "
                        "be left out",
                        std::uint64_t{parts.sections()[3].entry.offset}));
}

// Cuts or fills rows of `from` bytes up to `to` bytes each.
Bytes resized(const Bytes& rows, std::size_t from, std::size_t to) {
  Bytes out;
  for (std::size_t at = 0; at < rows.size(); at += from) {
    Bytes row(rows.begin() + static_cast<std::ptrdiff_t>(at), rows.begin() + static_cast<std::ptrdiff_t>(at + from));
    row.resize(to, std::byte{0x5a});
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

TEST_F(HoldFile, ReadsLongerRowsOfANewerHoldfast) {
  const Snapshot snapshot = sample();
  HoldParts parts(ByteView(written(snapshot), ""));
  for (const std::string_view id : {"SPAN", "TYPE", "ROOT", "GORT", "FRAM", "SMPL"}) {
    const std::uint32_t size = parts[id].entry.row_size;
    HoldParts::set_rows(parts[id], resized(HoldParts::rows_of(parts[id]), size, size + 7), size + 7);
  }
  Bytes target = HoldParts::rows_of(parts["TARG"]);
  target.resize(target.size() + 5, std::byte{0x5a});
  *reinterpret_cast<le32*>(target.data()) = static_cast<std::uint32_t>(target.size() - sizeof(le32));
  HoldParts::set_rows(parts["TARG"], target, 1);
  expect_equal(snapshot, read(parts.file()));
}

TEST_F(HoldFile, ReadsShorterRowsOfAnOlderHoldfast) {
  Snapshot snapshot = sample();
  HoldParts parts(ByteView(written(snapshot), ""));
  const std::uint32_t size = parts["FRAM"].entry.row_size;
  const Bytes rows = HoldParts::rows_of(parts["FRAM"]);
  HoldParts::set_rows(parts["FRAM"], resized(rows, size, size - 5),
                      size - 5);  // before `line` and `inlined` were there
  for (Frame& frame : snapshot.frames) frame.line = 0, frame.inlined = false;
  expect_equal(snapshot, read(parts.file()));

  HoldParts::set_rows(parts["FRAM"], resized(rows, size, size - 3), size - 3);
  EXPECT_THAT(refusal(parts.file(), ErrorCode::kDamaged),
              HasSubstr(place_of(parts["FRAM"]) + ": a value of 4 bytes in the last 2 of its row"));
}

TEST_F(HoldFile, ReadsAValueThatOnlyANewerHoldfastKnowsAsTheOneThatSaysLeast) {
  Snapshot snapshot = sample();
  HoldParts parts(ByteView(written(snapshot), ""));
  Bytes rows = HoldParts::rows_of(parts["ROOT"]);
  rows[0] = std::byte{200};
  HoldParts::set_rows(parts["ROOT"], rows, parts["ROOT"].entry.row_size);
  Bytes types = HoldParts::rows_of(parts["OTYP"]);
  types[3] |= std::byte{0xf0};
  HoldParts::set_rows(parts["OTYP"], types, 4);

  snapshot.roots[0].kind = RootKind::kSpecial;
  snapshot.object_type[0] = {snapshot.object_type[0].type(), KnownBy::kPart};
  snapshot.losses.push_back(make_loss(LossKind::kNewerValue, 2));
  expect_equal(snapshot, read(parts.file()));
}

TEST_F(HoldFile, AValueThatNothingCanStandForCostsItsPart) {
  HoldParts parts(ByteView(written(sample()), ""));
  Bytes rows = HoldParts::rows_of(parts["EXCU"]);
  rows[4] = std::byte{99};  // the cause, behind the object
  HoldParts::set_rows(parts["EXCU"], rows, parts["EXCU"].entry.row_size);
  Snapshot expected = sample_without(HoldPart::kMarks);
  expected.content = {};
  expected.named_words.clear();
  expected.losses.push_back(make_loss(LossKind::kNewerSection, 1, {}, "EXCU"));
  expect_equal(expected, read(parts.file()));
}

TEST_F(HoldFile, RefusesAValueOfARequiredSectionThatNothingCanStandFor) {
  HoldParts parts(ByteView(written(sample()), ""));
  Bytes rows = HoldParts::rows_of(parts["GORT"]);
  rows[16] = std::byte{99};  // the state, behind two goids
  HoldParts::set_rows(parts["GORT"], rows, parts["GORT"].entry.row_size);
  const Bytes file = parts.file();
  EXPECT_THAT(refusal(file, ErrorCode::kUnsupported),
              HasSubstr(place_of(parts["GORT"]) + ": value 99 where this holdfast knows 0 to 9: a newer one wrote it"));
}

TEST_F(HoldFile, RefusesSignedNonsense) {
  const Bytes good = written(sample());
  std::mt19937_64 random(7);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    HoldParts parts(ByteView(good, ""));
    HoldParts::Section& section = parts.sections()[random() % parts.sections().size()];
    if (section.stored.empty()) continue;
    section.stored[random() % section.stored.size()] = static_cast<std::byte>(random());
    try {
      const Snapshot snapshot = read(parts.file());
      EXPECT_THAT(problems(snapshot), ::testing::IsEmpty());
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST_F(HoldFile, RefusesASnapshotThatContradictsItself) {
  Snapshot snapshot = sample();
  snapshot.edges.target[0] = 1000;
  const Bytes file = written(snapshot);
  try {
    read(file);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDamaged);
    EXPECT_THAT(error.what(), HasSubstr("a.hold contradicts itself: edge 0 names object 1000"));
  }
}

TEST(HoldFrames, GiveBackRowsOfAnySizeInAnyEncoding) {
  std::mt19937_64 random(3);
  for (const std::uint32_t row_size : {1U, 4U, 5U, 12U, 43U}) {
    for (const std::uint64_t count : {0U, 1U, 511U, 512U, 513U, 1000U, 1200000U}) {
      for (const auto encoding : {HoldEncoding::kPlain, HoldEncoding::kPlanes, HoldEncoding::kDeltaPlanes}) {
        if (encoding == HoldEncoding::kDeltaPlanes && row_size != 4) continue;
        const HoldShape shape{count, row_size, encoding};
        Bytes rows(shape.bytes());
        for (std::size_t i = 0; i < rows.size(); i += 3) rows[i] = static_cast<std::byte>(random());
        const StoredFrames stored = pack_frames(shape, rows);
        const auto sizes = std::as_bytes(std::span(stored.sizes));
        Bytes bytes(sizes.begin(), sizes.end());
        for (const auto& frame : stored.frames) bytes.insert(bytes.end(), frame.begin(), frame.end());
        ASSERT_EQ(bytes.size(), stored.bytes());
        const ByteView view(bytes, "stored");
        check_frames(shape, view);
        Bytes back(rows.size());
        unpack_frames(shape, view, back);
        ASSERT_EQ(back, rows) << row_size << " x " << count;
      }
    }
  }
}

}  // namespace
}  // namespace holdfast::heap

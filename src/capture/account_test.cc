#include "capture/account.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "base/ranges.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kPage = 4096, kGoPage = 8192;
constexpr std::uint64_t kMiB = 1 << 20;
constexpr os::Permissions kData{.read = true, .write = true};
constexpr os::Permissions kNone{};

AddressRange range(std::uint64_t begin, std::uint64_t size) {
  return {Address(begin), Address(begin + size)};
}

// A process that is put together mapping by mapping.
class Process {
 public:
  // Adds plain memory, of which these parts are resident.
  Process& plain(AddressRange all, const std::vector<AddressRange>& present, const std::string& path = "") {
    std::uint64_t rss = 0;
    for (const AddressRange& part : present) {
      rss += part.size();
      residency.present.push_back(part);
    }
    return add(all, rss, kData, path, 0);
  }
  Process& reserved(AddressRange all) { return add(all, 0, kNone, "", 0); }
  Process& file(AddressRange all, std::uint64_t rss, const std::string& path, os::Permissions permissions) {
    return add(all, rss, permissions, path, 17);
  }
  // Adds a span whose first `objects` slots are taken.
  Process& span(AddressRange all, std::uint64_t slot_size, std::uint32_t objects) {
    heap::Span& span = spans_.emplace_back();
    span.base = all.begin;
    span.pages = static_cast<std::uint32_t>(all.size() / kGoPage);
    span.slot_size = slot_size;
    span.slots = static_cast<std::uint32_t>(all.size() / slot_size);
    span.objects = objects;
    span.bits_at = next_bits_;
    next_bits_ += (span.slots + 63) / 64;
    EXPECT_LE(next_bits_, allocated_.size());
    for (std::uint32_t slot = 0; slot < objects; ++slot) allocated_[span.bits_at + slot / 64] |= 1ULL << slot % 64;
    facts.spans.push_back({all, &span});
    return *this;
  }
  Process& manual(AddressRange all) {
    facts.spans.push_back({all, nullptr});
    return *this;
  }
  heap::Account account() {
    facts.allocated = &allocated_;
    return account_of(residency, facts, strings).account;
  }

  Residency residency;
  AccountFacts facts;
  StringTable strings;

 private:
  std::deque<heap::Span> spans_;
  HugeArray<std::uint64_t> allocated_{1 << 16};
  std::uint32_t next_bits_ = 0;

  Process& add(AddressRange all, std::uint64_t rss, os::Permissions permissions, const std::string& path,
               std::uint64_t inode) {
    os::MappingUsage usage;
    usage.mapping.range = all;
    usage.mapping.permissions = permissions;
    usage.mapping.path = path;
    usage.mapping.inode = inode;
    usage.rss = rss;
    residency.mappings.push_back(usage);
    return *this;
  }
};

std::uint64_t sum_of_parts(const heap::Account& a) {
  return a.live + a.garbage + a.free + a.stacks + a.runtime + a.globals + a.c_heap + a.mappings + a.files + a.rest;
}

TEST(Account, TellsThePagesOfTheGoHeapApart) {
  Process p;
  const auto arena = range(0xc000000000, 64 * kMiB);
  p.facts.arenas = {arena};
  p.span(range(0xc000000000, kGoPage), 24, 250);             // 2192 bytes are free slots
  p.manual(range(0xc000002000, kGoPage));                    // a stack
  p.span(range(0xc000008000, 4 * kGoPage), 4 * kGoPage, 1);  // one large object, half of it never touched
  p.facts.released = 5 * kMiB;
  p.plain(arena, {range(0xc000000000, 0x5000), range(0xc000008000, 2 * kGoPage)});
  const auto account = p.account();
  EXPECT_TRUE(account.known);
  EXPECT_EQ(account.rss, 0x5000U + 2 * kGoPage);
  EXPECT_EQ(account.live, 6000U + 2 * kGoPage);
  EXPECT_EQ(account.free, 2192U + kPage);  // and the page behind the stack, which is in no span
  EXPECT_EQ(account.stacks, kGoPage);
  EXPECT_EQ(account.released, 5 * kMiB);
  EXPECT_EQ(account.rest, 0U);
}

TEST(Account, TakesWorkBuffersOutOfTheManualSpans) {
  Process p;
  const auto arena = range(0xc000000000, 64 * kMiB);
  p.facts.arenas = {arena};
  p.manual(range(0xc000000000, 8 * kGoPage));
  p.facts.work_buffer_bytes = 3 * kGoPage;
  p.plain(arena, {range(0xc000000000, 8 * kGoPage)});
  EXPECT_EQ(p.account().stacks, 5 * kGoPage);
  EXPECT_EQ(p.account().runtime, 3 * kGoPage);
}

TEST(Account, TellsPagesThatWereGivenBackFromOtherFreeOnes) {
  Process p;
  const auto arena = range(0xc000000000, 64 * kMiB);
  p.facts.arenas = {arena};
  p.span(range(0xc000200000, kGoPage), 1024, 2);
  p.facts.released_pages = {range(0xc000000000, kMiB), range(0xc000210000, 2 * kGoPage)};
  p.plain(arena, {range(0xc000000000, 2 * kMiB), range(0xc000200000, kGoPage), range(0xc000210000, kGoPage)});
  p.residency.mappings[0].huge = 2 * kMiB;
  const auto account = p.account();
  EXPECT_EQ(account.released_resident, kMiB + kGoPage);
  EXPECT_EQ(account.free_pages, 2 * kMiB + kGoPage);
  EXPECT_EQ(account.free, 2 * kMiB + kGoPage + kGoPage - 2048);
  EXPECT_EQ(account.huge, 2 * kMiB);
  EXPECT_EQ(sum_of_parts(account), account.rss);
}

TEST(Account, GivesMallocWhatItsRecordsSay) {
  Process p;
  p.residency.c_heap.ranges = {range(0x7f0000010000, kMiB), range(0x7f0000300000, 0x3000)};
  p.plain(range(0x7f0000000000, 2 * kMiB), {range(0x7f0000000000, 2 * kMiB)});
  p.plain(range(0x7f0000300000, 0x3000), {range(0x7f0000301000, 0x1000)});
  EXPECT_EQ(p.account().c_heap, kMiB + 0x1000);
  EXPECT_EQ(p.account().mappings, kMiB);
  const auto rows = account_of(p.residency, p.facts, p.strings).mappings;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].use, heap::MappingUse::kCHeap);
  EXPECT_EQ(rows[1].resident, 0x1000U);
}

TEST(Account, NamesMappingsAndWhatMostOfThemIs) {
  Process p;
  p.facts.arenas = {range(0xc000000000, 64 * kMiB)};
  p.facts.globals = {range(0x60000, 0x4000)};
  p.file(range(0x40000, 0x20000), 0x18000, "/bin/server", {.read = true, .execute = true});
  p.file(range(0x60000, 0x4000), 0x1000, "/bin/server", kData);
  p.plain(p.facts.arenas[0], {range(0xc000000000, kMiB)});
  p.reserved(range(0xd000000000, kMiB));
  p.plain(range(0x7f0000000000, 2 * kMiB), {range(0x7f0000000000, kPage)}, "[anon:cache]");
  const auto rows = account_of(p.residency, p.facts, p.strings).mappings;
  ASSERT_EQ(rows.size(), 4U);
  using heap::MappingUse;
  const MappingUse uses[] = {MappingUse::kFile, MappingUse::kGlobals, MappingUse::kGoHeap, MappingUse::kOther};
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].use, uses[i]) << i;
  EXPECT_EQ(p.strings[rows[1].name], "/bin/server");
  EXPECT_FALSE(rows[2].name);
  EXPECT_EQ(p.strings[rows[3].name], "[anon:cache]");
  EXPECT_TRUE(rows[3].writable);
}

TEST(Account, CallsAMappingTheProgramsThatIsMoreThanTheRuntimeTook) {
  Process p;
  p.facts.record_bytes = 3 * kMiB;
  p.residency.record_chunks = {range(0x7f0000000000, 0x40000), range(0x7f0010000000, 0x40000)};
  p.plain(range(0x7f0000000000, 40 * kMiB), {range(0x7f0000000000, 40 * kMiB)});
  p.plain(range(0x7f0010000000, 2 * kMiB), {range(0x7f0010000000, 2 * kMiB)});
  const auto rows = account_of(p.residency, p.facts, p.strings).mappings;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].use, heap::MappingUse::kOther);
  EXPECT_EQ(rows[1].use, heap::MappingUse::kRuntime);
}

TEST(Account, SplitsAMappingThatHoldsVariablesAndMore) {
  Process p;
  p.facts.globals = {range(0x60000, 0x4000)};
  p.file(range(0x40000, 0x20000), 0x18000, "/bin/server", {.read = true, .execute = true});
  p.file(range(0x60000, 0x1000), 0x1000, "/bin/server", kData);                       // data
  p.plain(range(0x61000, 0x8000), {range(0x61000, 0x1000), range(0x64000, 0x2000)});  // bss, and memory joined to it
  const auto account = p.account();
  EXPECT_EQ(account.files, 0x18000U);
  EXPECT_EQ(account.globals, 0x2000U);
  EXPECT_EQ(account.mappings, 0x2000U);
}

TEST(Account, CountsDataThatTheLinkerHasMadeReadOnlyAmongTheFiles) {
  Process p;
  p.facts.globals = {range(0x60000, 0x9000)};
  p.file(range(0x60000, 0x6000), 0x5000, "/bin/server", {.read = true});  // .data.rel.ro
  p.file(range(0x66000, 0x3000), 0x2000, "/bin/server", kData);
  const auto account = p.account();
  EXPECT_EQ(account.files, 0x5000U);
  EXPECT_EQ(account.globals, 0x2000U);
}

TEST(Account, TellsCMemoryByItsShape) {
  Process p;
  constexpr std::uint64_t kArena = 0x7f0000000000;  // a multiple of 64 MiB
  p.plain(range(0x1000000, 0x21000), {range(0x1000000, 0x3000)}, "[heap]");
  p.plain(range(kArena, 0x30000), {range(kArena, 0x5000)}).reserved(range(kArena + 0x30000, 64 * kMiB - 0x30000));
  p.plain(range(kArena + 64 * kMiB + 0x1000, 0x30000), {range(kArena + 64 * kMiB + 0x1000, 0x7000)});
  p.plain(range(0x7ffff0000000, 0x21000), {range(0x7ffff0000000, 0x2000)}, "[stack]");
  const auto account = p.account();
  EXPECT_EQ(account.c_heap, 0x8000U);
  EXPECT_EQ(account.mappings, 0x7000U);  // it is not aligned, so it is no arena
  EXPECT_EQ(account.stacks, 0x2000U);
}

// A program without C can map 64 MiB at such an address, too.
TEST(Account, KnowsNoArenasOfAProgramWithoutMalloc) {
  Process p;
  p.plain(range(0x7f0000000000, 64 * kMiB), {range(0x7f0000000000, 0x5000)});
  EXPECT_EQ(p.account().c_heap, 0U);
  EXPECT_EQ(p.account().mappings, 0x5000U);
  p.file(range(0x7f1000000000, 0x5000), 0x1000, "/usr/lib/x86_64-linux-gnu/libc.so.6", {.read = true});
  EXPECT_EQ(p.account().c_heap, 0x5000U);
}

TEST(Account, CutsAThreadsStackOffWhatTheSystemJoinedToIt) {
  Process p;
  p.reserved(range(0x7f0000000000, kPage));
  p.plain(range(0x7f0000001000, 0x10000), {range(0x7f0000006000, 0x4000)});
  p.plain(range(0x7f0000020000, 0x10000), {range(0x7f0000026000, 0x4000)});  // the same, but no guard below
  p.facts.thread_blocks = {Address(0x7f00000077c0), Address(0x7f00000277c0)};
  EXPECT_EQ(p.account().stacks, 0x3000U);  // up to the page in which the block of 2304 bytes ends
  EXPECT_EQ(p.account().mappings, 0x5000U);
}

TEST(Account, GivesTheRuntimeNoMoreThanItTook) {
  Process p;
  p.facts.records = {range(0x7f0000008000, 0x1000)};
  p.facts.record_bytes = 0x3000;
  p.facts.arena_table = range(0x7f0000000000, 0x4000);
  p.plain(range(0x7f0000000000, 0x20000), {range(0x7f0000001000, 0x1000), range(0x7f0000008000, 0x6000)});
  EXPECT_EQ(p.account().runtime, 0x4000U);  // what was counted and a page of the table
  EXPECT_EQ(p.account().mappings, 0x3000U);
}

TEST(Account, KnowsTheRuntimesChunksOfRecords) {
  Process p;
  p.facts.record_bytes = kMiB;
  p.residency.record_chunks = {range(0x7f0000004000, 256 << 10)};
  p.plain(range(0x7f0000004000, 256 << 10), {range(0x7f0000004000, 0x2000)});
  p.plain(range(0x7f0000100000, 256 << 10), {range(0x7f0000100000, 0x3000)});
  EXPECT_EQ(p.account().runtime, 0x2000U);
  EXPECT_EQ(p.account().mappings, 0x3000U);
}

TEST(Account, CountsInProportionWhenMoreSeemsPresentThanWasResident) {
  Process p;
  const auto arena = range(0xc000000000, 64 * kMiB);
  p.facts.arenas = {arena};
  p.span(range(0xc000000000, kGoPage), 64, 128);
  p.plain(arena, {range(0xc000000000, 4 * kGoPage)});
  p.residency.mappings[0].rss = 2 * kGoPage;  // the other half came after the first answer
  EXPECT_EQ(p.account().live, kGoPage / 2);
  EXPECT_EQ(p.account().free, 3 * kGoPage / 2);
  EXPECT_EQ(p.account().rest, 0U);
}

TEST(Account, ShowsPagesThatWentMeanwhileAsRest) {
  Process p;
  const auto arena = range(0xc000000000, 64 * kMiB);
  p.facts.arenas = {arena};
  p.plain(arena, {range(0xc000000000, kGoPage)});
  p.residency.mappings[0].rss = 3 * kGoPage;
  EXPECT_EQ(p.account().free, kGoPage);
  EXPECT_EQ(p.account().rest, 2 * kGoPage);
}

TEST(Account, TakesGarbageOutOfTheObjects) {
  heap::Account account;
  account.live = 100;
  account.split_objects(70, 30);
  EXPECT_EQ(account.live, 70U);
  EXPECT_EQ(account.garbage, 30U);
  account.live = 50;  // pages went while they were counted
  account.split_objects(70, 30);
  EXPECT_EQ(account.live, 35U);
  EXPECT_EQ(account.garbage, 15U);
  account.live = 50;
  account.split_objects(0, 0);
  EXPECT_EQ(account.live, 50U);
  EXPECT_EQ(account.garbage, 0U);
}

TEST(Account, CountsOfAnObjectWhatIsResident) {
  Process p;
  const auto arena = range(0xc000000000, 64 * kMiB);
  p.facts.arenas = {arena};
  p.span(range(0xc000000000, 4 * kGoPage), 12288, 1);    // a second slot is free
  p.span(range(0xc000008000, 16 * kMiB), 16 * kMiB, 1);  // of which one page was written to
  p.span(range(0xc001008000, 2 * kGoPage), 1024, 16);    // all of it
  p.plain({arena.begin, arena.begin + 20 * kMiB},        // the first span goes on in a second mapping
          {range(0xc000001000, 3 * kPage), range(0xc000009000, kPage), range(0xc001008000, 2 * kGoPage)});
  const auto account = p.account();
  EXPECT_EQ(account.live, 2 * kPage + kPage + 2 * kGoPage);
  EXPECT_EQ(account.free, kPage);
  EXPECT_EQ(sum_of_parts(account), account.rss);
}

TEST(Account, CountsASpanInTwoMappings) {
  Process p;
  p.facts.arenas = {range(0xc000000000, 64 * kMiB)};
  p.span(range(0xc000000000, 4 * kMiB), 4 * kMiB, 1);
  p.plain(range(0xc000000000, 2 * kMiB), {range(0xc000001000, kMiB)});
  p.plain(range(0xc000000000 + 2 * kMiB, 62 * kMiB), {range(0xc000000000 + 3 * kMiB, 2 * kMiB)});
  EXPECT_EQ(p.account().live, 2 * kMiB);
  EXPECT_EQ(p.account().free, kMiB);
}

TEST(Account, SwappedMemoryIsInNoLine) {
  Process p;
  p.plain(range(0x7f0000000000, 0x9000), {range(0x7f0000004000, 0x2000)});
  p.residency.mappings[0].swap = 0x3000;
  const auto account = p.account();
  EXPECT_EQ(account.swapped, 0x3000U);
  EXPECT_EQ(account.rss, 0x2000U);
  EXPECT_EQ(sum_of_parts(account), account.rss);
}

TEST(Account, NamesWhatOfTheSpansIsAbsent) {
  Residency residency;
  residency.present = {range(0xc000001000, 0x3000), range(0xc000008000, 0x1000)};
  std::vector<heap::Span> spans(3);
  spans[0].base = Address(0xc000000000);
  spans[0].pages = 1;
  spans[1].base = Address(0xc000002000);
  spans[1].pages = 2;
  spans[2].base = Address(0xc000008000);
  spans[2].pages = 1;
  const auto absent = absent_of(residency, spans);
  ASSERT_EQ(absent.size(), 3U);
  EXPECT_EQ(absent[0], range(0xc000000000, 0x1000));
  EXPECT_EQ(absent[1], range(0xc000004000, 0x2000));
  EXPECT_EQ(absent[2], range(0xc000009000, 0x1000));
}

// Returns some of the pages of `all`.
std::vector<AddressRange> some_pages(const AddressRange& all, std::mt19937_64& random) {
  std::vector<AddressRange> pages;
  for (Address at = all.begin; at < all.end; at += kPage)
    if (random() % 3 != 0) pages.push_back({at, at + kPage});
  return joined(std::move(pages));
}

TEST(Account, PartsAddUpWhateverTheProcessLooksLike) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    Process p;
    std::uint64_t rss = 0;
    Address at(0x10000 * (1 + random() % 100));
    for (int i = 0; i < 30; ++i) {
      const AddressRange all{at, at + kPage * (1 + random() % 40)};
      const auto present = some_pages(all, random);
      switch (random() % 6) {
        case 0:
          p.reserved(all);
          break;
        case 1:
          p.file(all, kPage, "/lib/x.so", random() % 2 == 0 ? kData : os::Permissions{.read = true});
          if (random() % 2 == 0) p.facts.globals.push_back(all);
          break;
        case 2: {
          p.plain(all, present);
          p.facts.arenas.push_back(all);
          for (Address span = all.begin; span + 2 * kPage <= all.end; span += 2 * kPage * (1 + random() % 3)) {
            const AddressRange pages{span, span + 2 * kPage};
            const std::uint64_t size = std::uint64_t{8} << random() % 11;
            if (random() % 2 == 0)
              p.span(pages, size, static_cast<std::uint32_t>(random() % (kGoPage / size + 1)));
            else
              p.manual(pages);
          }
          break;
        }
        case 3:
          p.plain(all, present);
          p.facts.globals.push_back({all.begin, all.begin + kPage});
          break;
        case 4:
          p.plain(all, present, random() % 2 == 0 ? "[heap]" : "");
          p.facts.thread_blocks.push_back(all.begin + random() % all.size());
          break;
        default:
          p.plain(all, present);
          p.facts.records.push_back(all);
      }
      auto& usage = p.residency.mappings.back();
      if (usage.rss > 0 && random() % 4 == 0) usage.rss = random() % (2 * usage.rss);
      rss += usage.rss;
      at = all.end + kPage * (random() % 3);
    }
    p.facts.globals = joined(std::move(p.facts.globals));
    p.facts.arenas = joined(std::move(p.facts.arenas));
    p.facts.records = joined(std::move(p.facts.records));
    p.facts.record_bytes = random() % (64 * kPage);
    p.facts.work_buffer_bytes = random() % (64 * kPage);
    const auto account = p.account();
    ASSERT_EQ(account.rss, rss) << "seed " << seed;
    ASSERT_EQ(sum_of_parts(account), rss) << "seed " << seed;
    for (const std::uint64_t line : {account.live, account.free, account.stacks, account.runtime, account.globals,
                                     account.c_heap, account.mappings, account.files, account.rest})
      ASSERT_LE(line, rss) << "seed " << seed;
  }
}

TEST(Residency, OfOurselvesAddsUp) {
  std::vector<char> memory(8 * kMiB, 'x');
  LossLedger losses;
  const auto residency = read_residency(getpid(), nullptr, losses);
  ASSERT_TRUE(residency);
  EXPECT_TRUE(losses.sorted().empty());
  std::uint64_t rss = 0;
  for (const auto& usage : residency->mappings) rss += usage.rss;
  StringTable strings;
  const auto account = account_of(*residency, {}, strings).account;
  EXPECT_EQ(account.rss, rss);
  EXPECT_EQ(sum_of_parts(account), rss);
  EXPECT_GE(account.mappings, memory.size() - 2 * kPage);
  EXPECT_GT(account.files, 0U);
}

TEST(Residency, OfAProcessThatIsGoneIsALoss) {
  LossLedger losses;
  EXPECT_FALSE(read_residency(1 << 30, nullptr, losses));
  ASSERT_EQ(losses.sorted().size(), 1U);
  EXPECT_EQ(losses.sorted()[0].kind, "no-account");
}

}  // namespace
}  // namespace holdfast::capture

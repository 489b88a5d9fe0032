#include "typing/find_types.h"

#include <gmock/gmock.h>

#include "binary/elf_builder_for_tests.h"
#include "typing/heap_image_for_tests.h"

namespace holdfast::typing {
namespace {

using go::TypeImage;

// A program with main.Item {name string; next *Item; n int} and main.Page, which is an array of 70 pointers to items.
class FindTypes : public testing::Test {
 protected:
  FindTypes() : image_(heap_.image) {
    const Address integer = image_.integer();
    string_ = image_.string();
    item_pointer_ = image_.pointer(Address(), "*main.Item");
    item_ = image_.structure({{"name", string_, 0}, {"next", item_pointer_, 16}, {"n", integer, 24}}, 32, "main.Item",
                             {"main", {}});
    image_.write(item_pointer_ + go::kElemAt, item_.value);
    page_ = image_.structure({{"items", image_.array(item_pointer_, 70, "[70]*main.Item"), 0}}, 560, "main.Page",
                             {"main", {}});
    other_ = image_.structure({{"a", string_, 0}, {"b", string_, 16}}, 32, "main.Other", {"main", {}});
    image_.set_typelinks({item_pointer_, item_, page_, other_});
    variables_ = image_.space(0x100, 64);
    image_.modules[0].data = {variables_, variables_ + 0x100};
  }
  void lay_out_channels() {
    image_.layouts.sizes = {{"runtime.hchan", 96}};
    for (const auto& [field, offset] :
         {std::pair("qcount", 0U), std::pair("dataqsiz", 8U), std::pair("buf", 16U), std::pair("closed", 28U),
          std::pair("elemsize", 24U), std::pair("elemtype", 32U), std::pair("recvx", 40U), std::pair("recvq", 48U),
          std::pair("sendq", 64U)})
      image_.layouts.fields["runtime.hchan." + std::string(field)] = {offset, 8};
  }

  HeapImage heap_;
  TypeImage& image_;
  Address string_, item_, item_pointer_, page_, other_, variables_;
};

TEST_F(FindTypes, ReadsAllocationHeadersAndFollowsFields) {
  const Address page = heap_.add_span(27, 576, true, 0b101, 8), item = heap_.add_object();
  const Address second = page + std::uint64_t{2} * 576;
  image_.write(page, page_.value);
  image_.write(page + 8 + 16, item.value);
  image_.write(second, page_.value);
  heap_.find_types();
  EXPECT_EQ(heap_.type(page), "main.Page");
  EXPECT_EQ(heap_.known_by(page), KnownBy::kHeader);
  EXPECT_EQ(heap_.type(second), "main.Page");
  EXPECT_EQ(heap_.type(item), "main.Item");
  EXPECT_EQ(heap_.known_by(item), KnownBy::kPropagated);
}

TEST_F(FindTypes, TakesTypesOfLargeObjectsFromTheirSpans) {
  const Address large = heap_.add_span(0, 5 * kGoPage, true, 1, 0, 5), item = heap_.add_object();
  image_.write(large + std::uint64_t{560} * 3, item.value);
  heap_.large_types = {{SpanId(0), page_}};
  heap_.find_types();
  EXPECT_EQ(heap_.type(large), "main.Page");
  EXPECT_EQ(heap_.known_by(large), KnownBy::kHeader);
  EXPECT_EQ(heap_.type(item), "main.Item") << "of the fourth value";
}

// The dead page waits to be swept; the slot of an item that it had has been swept, and is another's object now.
TEST_F(FindTypes, TheDeadSayNothingOfWhatTheyPointTo) {
  const Address dead = heap_.add_span(27, 576, true, 1, 8), holder = heap_.add_span(27, 576, true, 1, 8),
                object = heap_.add_object();
  const Address others =
      image_.structure({{"others", image_.array(image_.pointer(other_, "*main.Other"), 70, "[70]*main.Other"), 0}}, 560,
                       "main.Others", {"main", {}});
  image_.write(dead, page_.value);
  image_.write(dead + 8, object.value);
  image_.write(holder, others.value);
  image_.write(holder + 8, object.value);
  for (HugeArray<std::uint64_t>* bits : {&heap_.snapshot.marked, &heap_.snapshot.fresh})
    *bits = HugeArray<std::uint64_t>(1);
  for (const std::uint64_t live : {1U, 2U}) heap::set_bit(heap_.snapshot.marked, live);
  for (heap::Span& span : heap_.snapshot.spans) span.has_marks = true;
  heap_.find_types();
  EXPECT_EQ(heap_.type(object), "main.Other");
  EXPECT_THAT(heap_.losses.sorted(), testing::Not(testing::Contains(testing::Field(&Loss::kind, "type-conflict"))));
}

TEST_F(FindTypes, SaysWhichWordsOfContentBeginInterfaces) {
  const Address page = heap_.add_span(27, 576, true, 0b1, 8);
  image_.write(page, page_.value);
  heap_.snapshot.content.ranges = {{page, page + 8}};
  heap_.snapshot.named_words = {{Address(0x10), {}, false, heap_.snapshot.strings.add("main.serve")}};
  heap_.find_types();
  const heap::NamedWord* const named = heap::find_named_word(heap_.snapshot, page_);
  ASSERT_NE(named, nullptr);
  const heap::Type& type = heap_.snapshot.types[named->type.row];
  EXPECT_EQ(heap_.snapshot.strings[type.name], "main.Page");
  EXPECT_FALSE(named->direct);
  EXPECT_NE(heap::find_named_word(heap_.snapshot, Address(0x10)), nullptr) << "what was there stays";
  EXPECT_TRUE(std::ranges::is_sorted(heap_.snapshot.named_words, {}, &heap::NamedWord::word));
  heap_.snapshot.content = {};
  heap_.snapshot.named_words.clear();
  heap_.find_types();
  EXPECT_TRUE(heap_.snapshot.named_words.empty());
}

TEST_F(FindTypes, KnowsTheStructuresOfTheScheduler) {
  const Address g = heap_.add_span(25, 448, true), m = heap_.add_span(25, 448, true), p = heap_.add_span(25, 448, true),
                g0 = heap_.add_span(25, 448, true);
  image_.layouts.sizes = {{"runtime.g", 440}, {"runtime.m", 420}, {"runtime.p", 440}};
  heap_.scheduler.goroutines.resize(1);
  heap_.scheduler.goroutines[0].g = g;
  heap_.scheduler.goroutines[0].status = go::GoroutineStatus::kDead;
  heap_.scheduler.machines.resize(1);
  heap_.scheduler.machines[0].m = m;
  heap_.scheduler.machines[0].g0 = g0;
  heap_.scheduler.processors.resize(1);
  heap_.scheduler.processors[0].p = p;
  heap_.find_types();
  EXPECT_EQ(heap_.type(g), "runtime.g");
  EXPECT_EQ(heap_.known_by(g), KnownBy::kRuntime);
  EXPECT_EQ(heap_.type(m), "runtime.m");
  EXPECT_EQ(heap_.type(g0), "runtime.g");
  EXPECT_EQ(heap_.type(p), "runtime.p");
}

TEST_F(FindTypes, KnowsChannelsByWhoWaitsForThem) {
  const Address channel = heap_.add_span(8, 96, true), typed = heap_.add_span(8, 96, true);
  image_.layouts.sizes = {{"runtime.hchan", 96}};
  image_.write(variables_, string_.value);
  heap_.scheduler.waits.resize(2);
  heap_.scheduler.waits[0].object = channel;
  heap_.scheduler.waits[1].kind = go::WaitTargetKind::kSemaphore;
  heap_.scheduler.waits[1].object = typed;
  heap_.find_types();
  EXPECT_EQ(heap_.type(channel), "runtime.hchan");
  EXPECT_EQ(heap_.type(typed), "") << "a semaphore lies in any object";
}

TEST_F(FindTypes, KnowsWhatGoroutinesWaitToSend) {
  const Address item = heap_.add_object(), channel = heap_.add_span(8, 96, true);
  lay_out_channels();
  image_.write(channel + 32, item_pointer_.value);
  image_.write(variables_ + 0x80, item.value);  // the value, outside of the heap
  heap_.scheduler.goroutines.resize(1);
  go::Goroutine& g = heap_.scheduler.goroutines[0];
  g.status = go::GoroutineStatus::kDead;  // so that nobody asks for its stack
  g.wait_reason = go::WaitReason::kChanSend;
  g.wait_count = 1;
  heap_.scheduler.waits.resize(1);
  heap_.scheduler.waits[0].object = channel;
  heap_.scheduler.waits[0].elem = variables_ + 0x80;
  heap_.find_types();
  EXPECT_EQ(heap_.type(item), "main.Item");
}

// Its functions, which debug information knows, take a channel of anything.
TEST_F(FindTypes, AChannelThatSomebodyWaitsForKnowsItsElements) {
  const Address channel = heap_.add_span(8, 96, true);
  lay_out_channels();
  image_.write(channel + 32, item_pointer_.value);
  heap_.scheduler.waits.resize(1);
  heap_.scheduler.waits[0].object = channel;
  heap_.find_types();
  EXPECT_EQ(heap_.known_by(channel), KnownBy::kRuntime);
  const heap::Type& type = heap_.snapshot.types[heap_.snapshot.object_type[heap_.object(channel).row].type().row];
  EXPECT_EQ(type.role, heap::TypeRole::kChannel);
  EXPECT_EQ(heap_.snapshot.strings[heap_.snapshot.types[type.of.row].name], "*main.Item");
}

TEST_F(FindTypes, TakesTypesOfFinalizedObjectsFromTheFinalizer) {
  const Address finalized = heap_.add_object(), queued = heap_.add_object(), cleaned = heap_.add_object();
  go::SpecialRoot special;
  special.function = TypeImage::kText + 0x40;
  special.argument_type = item_pointer_;
  special.object = finalized;
  special.words = {{variables_, variables_ + 0x80}};
  heap_.specials.push_back(special);
  special.kind = go::SpecialRootKind::kFinalizerQueue;
  special.object = {};
  special.words = {{variables_, variables_ + 0x80}, {variables_ + 8, queued}};
  heap_.specials.push_back(special);
  special.kind = go::SpecialRootKind::kCleanup;
  special.argument_type = {};
  special.object = cleaned;
  heap_.specials.push_back(special);
  heap_.find_types();
  EXPECT_EQ(heap_.type(finalized), "main.Item");
  EXPECT_EQ(heap_.known_by(finalized), KnownBy::kRuntime);
  EXPECT_EQ(heap_.type(queued), "main.Item");
  EXPECT_EQ(heap_.type(cleaned), "") << "cleanups do not tell the type of their object";
}

TEST_F(FindTypes, FindsInterfacesInPackageVariables) {
  const Address item = heap_.add_object();
  image_.write(variables_ + 0x20, item_.value);
  image_.write(variables_ + 0x28, item.value);
  heap_.find_types();
  EXPECT_EQ(heap_.type(item), "main.Item");
  EXPECT_EQ(heap_.known_by(item), KnownBy::kInterface);
}

TEST_F(FindTypes, DoesNotTakeTwoVariablesForOneInterface) {
  const Address other = heap_.add_object();
  image_.write(variables_ + 0x20, item_.value);
  image_.write(variables_ + 0x28, other.value);
  const auto bytes = binary::ElfBuilder(binary::ElfType::kExec)
                         .symbol("main.itemType", variables_ + 0x20, 8)
                         .symbol("main.other", variables_ + 0x28, 8)
                         .build();
  const binary::ElfFile elf(ByteView(bytes, "program"));
  heap_.symbols = go::Symbols({{&elf, 0, "program"}});
  heap_.find_types();
  EXPECT_EQ(heap_.type(other), "");
}

TEST_F(FindTypes, FindsInterfacesInObjectsThatNothingIsKnownOf) {
  const Address unknown = heap_.add_object(), item = heap_.add_object();
  image_.write(unknown + 8, item_.value);
  image_.write(unknown + 16, item.value);
  heap_.find_types();
  EXPECT_EQ(heap_.type(unknown), "");
  EXPECT_EQ(heap_.type(item), "main.Item");
}

TEST_F(FindTypes, GivesTheSnapshotTypesWithTheirFields) {
  const Address page = heap_.add_span(27, 576, true, 1, 8), item = heap_.add_object();
  image_.write(page, page_.value);
  image_.write(page + 8, item.value);
  heap_.find_types();
  const TypeId id = heap_.snapshot.object_type[heap_.object(item).row].type();
  const heap::Type& type = heap_.snapshot.types[id.row];
  EXPECT_EQ(type.kind, heap::TypeKind::kStruct);
  EXPECT_EQ(type.size, 32U);
  EXPECT_EQ(type.pointer_bytes, 24U);
  ASSERT_EQ(type.field_count, 3U);
  const heap::Field& next = heap_.snapshot.fields[type.first_field + 1];
  EXPECT_EQ(heap_.snapshot.strings[next.name], "next");
  EXPECT_EQ(next.offset, 16U);
  EXPECT_EQ(heap_.snapshot.types[next.type.row].elem, id);
}

TEST_F(FindTypes, CountsEvidenceThatContradictsItself) {
  const Address page = heap_.add_span(27, 576, true, 1, 8), item = heap_.add_object();
  image_.write(page, page_.value);
  image_.write(page + 8, item.value);
  image_.write(variables_, other_.value);
  image_.write(variables_ + 8, item.value);
  heap_.find_types();
  EXPECT_EQ(heap_.type(item), "main.Other") << "an interface is stronger evidence than a field";
  EXPECT_THAT(heap_.losses.sorted(), testing::Contains(testing::AllOf(testing::Field(&Loss::kind, "type-conflict"),
                                                                      testing::Field(&Loss::first, item))));
}

TEST_F(FindTypes, NeedsNoCodeWhoseFactsWereKept) {
  const Address item = heap_.add_object();
  image_.write(variables_, item_.value);
  image_.write(variables_ + 8, item.value);
  const std::vector<std::byte> kept = heap_.find_types().code_facts;
  EXPECT_FALSE(kept.empty());
  const auto types = heap_.snapshot.types;
  heap_.snapshot.types.clear();
  heap_.snapshot.fields.clear();
  EXPECT_TRUE(heap_.find_types({}, kept).code_facts.empty()) << "nothing new";
  EXPECT_TRUE(heap_.snapshot.types == types);
  EXPECT_EQ(heap_.type(item), "main.Item");
}

}  // namespace
}  // namespace holdfast::typing

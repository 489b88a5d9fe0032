#include "view/type_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "heap/heap_builder_for_tests.h"
#include "report/table_json.h"
#include "report/table_text.h"
#include "report/type_chain_report.h"
#include "view/table_query.h"
#include "view/type_conflicts.h"

namespace holdfast::report {
namespace {

using heap::KnownBy;
using heap::TypeStep;
using heap::Witness;
using heap::testing::HeapBuilder;
using testing::HasSubstr;
using view::conflict_shape;
using view::conflict_table;
using view::ExplainedType;
using view::place_text;
using view::plan_table;
using view::reason_text;
using view::select;
using view::Table;
using view::TablePlan;

class TypeChainReport : public testing::Test {
 protected:
  TypeChainReport() {
    const TypeId word = heap.structure("int", 8, {});
    session = heap.structure("example.com/app/main.Session", 48, {{"n", word, 0}, {"next", {}, 16}});
    registry = heap.structure("main.Registry", 16, {{"sessions", {}, 8}});
    a = heap.object(48, session, KnownBy::kPropagated);
    b = heap.object(48, session, KnownBy::kCode);
    nothing = heap.object(48);
    heap.free_slot(true, 48);
    heap.goroutine(17, heap::GoroutineState::kWaiting, WaitReason::kChanSend, {});
    heap.snapshot().goroutines[0].stack = {Address(0x7000), Address(0x8000)};
    snapshot = heap.build();
    index.emplace(snapshot);
  }
  TypeStep step(HeapBuilder::Handle object, KnownBy known_by, Witness witness) {
    TypeStep out;
    out.object = heap.id(object);
    out.at = index->address_of(out.object);
    out.type = session;
    out.known_by = known_by;
    out.witness = witness;
    return out;
  }
  ExplainedType explained() {
    TypeStep first = step(a, KnownBy::kPropagated, Witness::kHolder);
    first.holder = heap.id(b);
    first.holder_type = session;
    first.field = ".next";
    first.word = index->address_of(first.holder) + 16;
    TypeStep second = step(b, KnownBy::kCode, Witness::kCodeStrong);
    second.variable = {"", heap::Section::kData, "", 0x1c40, {}};
    second.word = second.code = Address(0x5000);
    second.function = "example.com/app/main.(*Registry).Open";
    second.file = "/src/app/registry.go";
    second.line = 31;
    TypeStep refused = step(a, KnownBy::kDwarf, Witness::kVariable);
    refused.type = registry;
    refused.variable.variable = "main.other";
    ExplainedType out{first.at + 8, heap.id(a), heap::TypeChain{}};
    out.chain->steps = {first, second};
    out.chain->head = 2;
    out.chain->refused = {refused};
    return out;
  }

  HeapBuilder heap;
  TypeId session, registry;
  HeapBuilder::Handle a, b, nothing;
  heap::Snapshot snapshot;
  std::optional<heap::ObjectIndex> index;
};

TEST_F(TypeChainReport, TextSaysWhoSaidSoLineByLine) {
  EXPECT_EQ(
      explained_text(snapshot, *index, explained(), {.width = 200}),
      "0xc000000008 lies 8 B into the object 0xc000000000, a slot with pointers of 48 B\n"
      "type: example.com/app/main.Session\n"
      "known by: propagated\n"
      "\n"
      "  0xc000000000   main.Session: .next of main.Session\n"
      "  0xc000000030   main.Session: machine code: main.(*Registry).Open, registry.go:31 stores it in data+0x1c40\n"
      "\n"
      "refused, since it does not fit\n"
      "  0xc000000000   main.Registry: debug information: package variable main.other\n");
}

TEST_F(TypeChainReport, StepsGoOnInTheNextLine) {
  const std::string text = explained_text(snapshot, *index, explained(), {.width = 60, .color = true});
  EXPECT_THAT(text, HasSubstr("\033[1mtype: example.com/app/main.Session\033[0m\n"));
  EXPECT_THAT(text, HasSubstr("  0xc000000030   main.Session: machine code:\n                 main.(*Registry).Open,"));
}

TEST_F(TypeChainReport, LongChainsSayHowManyStepsAreLeftOut) {
  ExplainedType long_one = explained();
  long_one.chain->left_out = 9999998;
  long_one.chain->head = 1;
  EXPECT_THAT(explained_text(snapshot, *index, long_one, {}),
              HasSubstr("main.Session: .next of main.Session\n  ... 9,999,998 more\n  0xc000000030"));
  const auto json = explained_json(snapshot, *index, long_one);
  EXPECT_EQ(json["left_out"], 9999998);
  EXPECT_EQ(json["left_out_after"], 1);
}

TEST_F(TypeChainReport, JsonHasEachStep) {
  const auto json = explained_json(snapshot, *index, explained());
  EXPECT_EQ(json["schema"], "holdfast.type-reasons/1");
  EXPECT_EQ(json["object"], "0xc000000000");
  EXPECT_EQ(json["known_by"], "propagated");
  ASSERT_EQ(json["steps"].size(), 2U);
  EXPECT_EQ(json["steps"][0]["evidence"], "holder");
  EXPECT_EQ(json["steps"][0]["field"], ".next");
  EXPECT_EQ(json["steps"][0]["word"], "0xc000000040");
  EXPECT_EQ(json["steps"][1]["evidence"], "code strong");
  EXPECT_EQ(json["steps"][1]["function"], "example.com/app/main.(*Registry).Open");
  EXPECT_EQ(json["steps"][1]["place"], "/src/app/registry.go:31");
  EXPECT_EQ(json["refused"][0]["type"], "main.Registry");
}

TEST_F(TypeChainReport, ObjectsWithoutTypeOrReasonsAreSaidToBeSo) {
  EXPECT_THAT(explained_text(snapshot, *index, {index->address_of(heap.id(nothing)), heap.id(nothing), {}}, {}),
              HasSubstr("type: not known, nothing says what it is"));
  const ExplainedType of_a_file{index->address_of(heap.id(a)), heap.id(a), std::nullopt};
  EXPECT_THAT(explained_text(snapshot, *index, of_a_file, {}), testing::EndsWith("known by: propagated\n"));
  EXPECT_TRUE(explained_json(snapshot, *index, of_a_file)["steps"].is_null());
}

TEST_F(TypeChainReport, EachKindOfEvidenceHasItsWords) {
  TypeStep step = this->step(a, KnownBy::kInterface, Witness::kInterface);
  step.variable.variable = "main.all";
  step.field = ".first";
  step.descriptor = Address(0x512340);
  step.function = "main.run.func1";
  step.file = "/src/run.go";
  step.line = 7;
  const auto text = [&](Witness witness) {
    step.witness = witness;
    return reason_text(snapshot, step);
  };
  EXPECT_EQ(text(Witness::kInterface), "the interface main.all.first names it by 0x512340");
  EXPECT_EQ(text(Witness::kHeader), "the allocation header names the type at 0x512340");
  EXPECT_EQ(text(Witness::kSpan), "the span of this large object names its type");
  EXPECT_EQ(text(Witness::kClosure), "a closure: its first word is the code of main.run.func1, run.go:7");
  EXPECT_EQ(text(Witness::kList), "the runtime's own list main.all");
  EXPECT_EQ(text(Witness::kVariable), "debug information: package variable main.all.first");
  EXPECT_EQ(text(Witness::kLocal), "debug information: variable main.all.first of main.run.func1, run.go:7");
  EXPECT_EQ(text(Witness::kSlot), "machine code: the frame of main.run.func1, run.go:7 uses a slot of it as such");
  EXPECT_EQ(text(Witness::kShape),
            "a guess: of all types only this one explains its words and what its neighbours say");
  EXPECT_EQ(text(Witness::kCodeWeak), "machine code: main.run.func1, run.go:7 uses what main.all points to as such");
  step.holder_type = registry;
  EXPECT_EQ(text(Witness::kCodeStrong),
            "machine code: main.run.func1, run.go:7 uses main.all as main.Registry, this is .first");
  step.code = Address(0x4000);
  step.special = heap::SpecialPart::kFinalizer;
  EXPECT_EQ(text(Witness::kSpecial), "finalizer main.run.func1, run.go:7");
  step.holder = heap.id(b);
  step.rule = heap::LibraryRule::kMap;
  EXPECT_EQ(text(Witness::kHolder), "library rule map: .first of main.Registry");
  step.rule = heap::LibraryRule::kStructure;
  step.rule_type = session;
  EXPECT_EQ(text(Witness::kHolder), "library rule example.com/app/main.Session: .first of main.Registry");
  EXPECT_EQ(text(Witness::kNone), "it is not known who said so");
}

TEST_F(TypeChainReport, PlacesWithoutAnObjectAreNamed) {
  const auto place = [&](Address at, const heap::VariableWord& variable = {}) {
    return place_text(snapshot, *index, at, variable);
  };
  EXPECT_EQ(place(index->address_of(heap.id(nothing)) + 48), "a free slot of 48 B");
  EXPECT_EQ(place(Address(0x7100)), "the stack of goroutine 17");
  EXPECT_EQ(place(Address(0x9000), {"main.all", heap::Section::kNone, "", 8, {}}), "the package variable main.all+0x8");
  EXPECT_EQ(place(Address(0x9000)), "neither the heap nor a goroutine's stack nor a package variable");
}

TEST_F(TypeChainReport, ConflictsAreATableWithTheirEvidence) {
  heap::TypeConflict small, large;
  small.kept = step(a, KnownBy::kHeader, Witness::kHeader);
  small.kept.descriptor = Address(0x512340);
  small.refused = explained().chain->refused[0];
  small.claims = 3;
  small.objects = 1;
  small.standing = 1;
  small.bytes = 48;
  large = small;
  small.cause = heap::ConflictCause::kConversion;
  large.refused.known_by = KnownBy::kCode;
  large.bytes = 480;
  large.objects = 10;
  const Table table = conflict_table(snapshot, {large, small});
  const TablePlan plan = plan_table(conflict_shape(), {});
  EXPECT_EQ(table_text(table, plan, select(table, plan), {}),
            "bytes  objects  kept                    kept_by  refused        refused_by  cause            example\n"
            "480 B       10  example…p/main.Session  header   main.Registry  code        evidence    0xc000000000\n"
            "      kept: the allocation header names the type at 0x512340\n"
            "      refused: debug information: package variable main.other\n"
            " 48 B        1  example…p/main.Session  header   main.Registry  dwarf       conversion  0xc000000000\n"
            "      kept: the allocation header names the type at 0x512340\n"
            "      refused: debug information: package variable main.other\n"
            "\n"
            "2 conflicts\n");
  const TablePlan by_dwarf = plan_table(conflict_shape(), {.filters = {"refused_by=dwarf"}});
  const auto json = table_json(table, select(table, by_dwarf), &snapshot);
  EXPECT_EQ(json["schema"], "holdfast.conflicts/2");
  ASSERT_EQ(json["conflicts"].size(), 1U);
  EXPECT_EQ(json["conflicts"][0]["claims"], 3);
  EXPECT_EQ(json["conflicts"][0]["standing"], 1);
  EXPECT_EQ(json["conflicts"][0]["cause"], "conversion");
  EXPECT_EQ(json["conflicts"][0]["evidence"][1], "refused: debug information: package variable main.other");
}

}  // namespace
}  // namespace holdfast::report

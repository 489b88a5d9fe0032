#include "view/labels.h"

#include <gtest/gtest.h>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::Basis;
using heap::Label;
using heap::Relation;
using heap::RootKind;
using heap::TypeRole;

class LabelText : public testing::Test {
 protected:
  std::string text(RootKind kind, const Label& label, Detail detail = Detail::kFull) {
    const RootId root = heap_.root(kind, label);
    return root_text(heap_.snapshot(), heap_.snapshot().roots[root.row], detail);
  }
  StringId string(std::string_view text) { return heap_.snapshot().strings.add(text); }
  LabelId add(const Label& label) { return heap::LabelWriter(heap_.snapshot().labels).add(label); }

  // A label of a place in bss that main.serve uses.
  Label used(Relation relation = Relation::kItself, std::uint64_t distance = 0) {
    Label label;
    label.basis = Basis::kCode;
    label.data = {heap::Section::kBss, {}, 0x58};
    label.relation = relation;
    label.distance = distance;
    label.user = string("main.serve");
    return label;
  }
  Label behind(const Label& holder, Basis basis) {
    Label label;
    label.basis = basis;
    label.data = {heap::Section::kBss, {}, 0x58};
    label.relation = Relation::kBehind;
    label.behind = add(holder);
    return label;
  }

  heap::testing::HeapBuilder heap_;
};

TEST_F(LabelText, OfAVariableIsItsName) {
  Label label;
  label.variable = string("main.cache");
  label.data = {heap::Section::kData, {}, 0x10};
  for (const Basis basis : {Basis::kSymbol, Basis::kDwarf}) {
    label.basis = basis;
    EXPECT_EQ(text(RootKind::kGlobal, label), "main.cache");
    EXPECT_EQ(text(RootKind::kGlobal, label, Detail::kPlace), "main.cache");
  }
}

TEST_F(LabelText, OfAPlaceNamesSectionAndModule) {
  Label label;
  label.data = {heap::Section::kData, {}, 0x120};
  EXPECT_EQ(text(RootKind::kGlobal, label), "data+0x120");
  label.data = {heap::Section::kBss, string("/srv/libplugin.so"), 0x40};
  EXPECT_EQ(text(RootKind::kGlobal, label), "bss+0x40 of libplugin.so");
}

TEST_F(LabelText, SaysWhoUsesAVariableWithoutAName) {
  EXPECT_EQ(text(RootKind::kGlobal, used()), "global of main.serve (bss+0x58)");
  Label two = used();
  two.other_user = string("main.init");
  EXPECT_EQ(text(RootKind::kGlobal, two), "global of main.serve, main.init (bss+0x58)");
  EXPECT_EQ(text(RootKind::kGlobal, two, Detail::kPlace), "bss+0x58");
}

TEST_F(LabelText, LeavesImportPathsOutWhereItIsBrief) {
  Label users = used();
  users.user = string("example.com/app.(*Server).serve");
  users.other_user = string("example.com/app.init");
  EXPECT_EQ(text(RootKind::kGlobal, users, Detail::kBrief), "global of app.(*Server).serve, app.init (bss+0x58)");
  Label frame;
  frame.code = {string("example.com/app.serve"), 0x3a, {}, string("/src/a b/server.go"), 88};
  EXPECT_EQ(text(RootKind::kFrame, frame), "example.com/app.serve+0x3a server.go:88");
  EXPECT_EQ(text(RootKind::kFrame, frame, Detail::kBrief), "app.serve+0x3a server.go:88");
  Label named;
  named.variable = string("example.com/app.cache");
  EXPECT_EQ(text(RootKind::kGlobal, named, Detail::kPlace), "app.cache");
}

TEST_F(LabelText, SaysHowFarAWordLiesInOrAfterAVariable) {
  EXPECT_EQ(text(RootKind::kGlobal, used(Relation::kInside, 0x10)), "global+0x10 of main.serve (bss+0x58)");
  EXPECT_EQ(text(RootKind::kGlobal, used(Relation::kAfter, 0x18)), "0x18 after a global of main.serve (bss+0x58)");
}

TEST_F(LabelText, SaysBehindWhichVariableAWordLiesAndHowSureThatIs) {
  Label named;
  named.variable = string("main.registry");
  EXPECT_EQ(text(RootKind::kGlobal, behind(named, Basis::kCode)), "variable behind main.registry (bss+0x58)");
  EXPECT_EQ(text(RootKind::kGlobal, behind(named, Basis::kNearness)),
            "variable perhaps behind main.registry (bss+0x58)");
  EXPECT_EQ(text(RootKind::kGlobal, behind(used(), Basis::kCode)), "variable behind a global of main.serve (bss+0x58)");
  Label filled = behind(used(), Basis::kNearness);
  filled.user = string("main.init");
  EXPECT_EQ(text(RootKind::kGlobal, filled), "global of main.init, perhaps behind one of main.serve (bss+0x58)");
  filled = behind(named, Basis::kNearness);
  filled.user = string("main.init");
  EXPECT_EQ(text(RootKind::kGlobal, filled), "global of main.init, perhaps behind main.registry (bss+0x58)");
}

TEST_F(LabelText, OfAFieldNamesTheVariableThatHasIt) {
  using Texts = std::pair<std::string, std::string>;
  const TypeId type = heap_.structure("main.Registry", 32, {{"name", {}, 0}, {"sessions", {}, 16}});
  const auto texts = [&](const Label& label) {
    const RootId id = heap_.root(RootKind::kGlobal, label);
    heap::Root& root = heap_.snapshot().roots[id.row];
    root.type = type;
    root.type_offset = 16;
    return Texts(root_text(heap_.snapshot(), root), root_text_with_field(heap_.snapshot(), root));
  };
  Label named;
  named.variable = string("main.registry");
  EXPECT_EQ(texts(behind(named, Basis::kCode)), Texts("main.registry", "main.registry.sessions"));
  EXPECT_EQ(texts(behind(used(), Basis::kCode)),
            Texts("global main.Registry behind one of main.serve (bss+0x58)",
                  "global main.Registry behind one of main.serve (bss+0x58).sessions"));
  EXPECT_EQ(texts(used(Relation::kInside, 0x10)), Texts("global main.Registry of main.serve (bss+0x48)",
                                                        "global main.Registry of main.serve (bss+0x48).sessions"));
  EXPECT_EQ(texts(named), Texts("main.registry", "main.registry")) << "it has fields, and is none";
}

TEST_F(LabelText, OfAVariableWithoutANameSaysItsType) {
  const auto of = [&](const Label& label, TypeId type, Detail detail = Detail::kFull) {
    const RootId id = heap_.root(RootKind::kGlobal, label);
    heap_.snapshot().roots[id.row].type = type;
    return root_text(heap_.snapshot(), heap_.snapshot().roots[id.row], detail);
  };
  const TypeId type = heap_.structure("example.com/app.Registry", 32, {{"name", {}, 0}});
  EXPECT_EQ(of(used(), type), "global example.com/app.Registry of main.serve (bss+0x58)");
  EXPECT_EQ(of(used(), type, Detail::kBrief), "global app.Registry of main.serve (bss+0x58)");
  EXPECT_EQ(of(used(), type, Detail::kPlace), "bss+0x58");
  EXPECT_EQ(of(used(Relation::kAfter, 0x18), type), "0x18 after a global of main.serve (bss+0x58)");
  Label named;
  named.variable = string("main.registry");
  EXPECT_EQ(of(named, type), "main.registry");
  const TypeId composed = heap_.structure("struct { " + std::string(80, 'x') + " int }", 8, {});
  heap_.snapshot().types[composed.row].is_named = false;
  EXPECT_EQ(of(used(), composed), "global of main.serve (bss+0x58)");
}

TEST_F(LabelText, OfAWordOfAVariableHasTheWayThere) {
  EXPECT_EQ(variable_text({"main.all", heap::Section::kNone, "", 0, {}}), "main.all");
  EXPECT_EQ(variable_text({"main.all", heap::Section::kNone, "", 8, {}}), "main.all+0x8");
  EXPECT_EQ(variable_text({"", heap::Section::kData, "", 0x1c40, {8, 0}}), "data+0x1c40 -> +0x8 -> +0x0");
  EXPECT_EQ(variable_text({"", heap::Section::kBss, "/srv/libplugin.so", 0x40, {}}), "bss+0x40 of libplugin.so");
  EXPECT_EQ(variable_text(heap::VariableWord()), "");
}

TEST_F(LabelText, OfAFrameHasFunctionOffsetAndLine) {
  Label label;
  label.code = {string("main.serve"), 0x3a, {}, string("/src/server.go"), 88};
  EXPECT_EQ(text(RootKind::kFrame, label), "main.serve+0x3a server.go:88");
  label.code.file = {};
  EXPECT_EQ(text(RootKind::kFrame, label), "main.serve+0x3a");
  label.code = {{}, 0, Address(0x4711), {}, 0};
  EXPECT_EQ(text(RootKind::kFrame, label), "frame at 0x4711");
}

TEST_F(LabelText, OfAGroupOfGoroutinesHasReasonAndPlace) {
  const auto of = [&](RootId root) { return root_text(heap_.snapshot(), heap_.snapshot().roots[root.row]); };
  EXPECT_EQ(of(heap_.group(WaitReason::kChanSend, "main.work", "/src/pool.go", 17)),
            "goroutines in chan send at main.work pool.go:17");
  EXPECT_EQ(of(heap_.group(WaitReason::kZero, "main.work")), "goroutines at main.work");
  Label label;
  label.members = RootKind::kGoroutine;
  EXPECT_EQ(text(RootKind::kGroup, label), "goroutines");
}

TEST_F(LabelText, OfAGroupOfSpecialsIsTheirKind) {
  const std::pair<RootKind, const char*> groups[] = {{RootKind::kFinalizer, "finalizers"},
                                                     {RootKind::kFinalizerQueue, "finalizer queue"},
                                                     {RootKind::kCleanup, "cleanups"},
                                                     {RootKind::kCleanupQueue, "cleanup queue"},
                                                     {RootKind::kWeakHandle, "handles of weak pointers"},
                                                     {RootKind::kTinyBlock, "blocks for tiny objects"}};
  for (const auto& [members, expected] : groups) {
    Label label;
    label.members = members;
    EXPECT_EQ(text(RootKind::kGroup, label), expected);
  }
}

TEST_F(LabelText, OfASpecialNamesItsFunction) {
  Label label;
  EXPECT_EQ(text(RootKind::kWeakHandle, label), "weak handle");
  EXPECT_EQ(text(RootKind::kFinalizerQueue, label), "finalizer queue");
  label.code.function = string("main.close");
  EXPECT_EQ(text(RootKind::kFinalizer, label), "finalizer main.close");
  EXPECT_EQ(text(RootKind::kCleanupQueue, label), "cleanup queue: main.close");
  label.code = {};
  label.code.pc = Address(0x4711);
  EXPECT_EQ(text(RootKind::kCleanup, label), "cleanup 0x4711");
}

TEST_F(LabelText, OfWhatBelongsToNoFrameIsItsKind) {
  EXPECT_EQ(text(RootKind::kStackSlot, {}), "stack");
  EXPECT_EQ(text(RootKind::kRegister, {}), "register");
  EXPECT_EQ(text(RootKind::kSystemStack, {}), "system stack");
  EXPECT_EQ(text(RootKind::kStartClosure, {}), "closure to start with");
  EXPECT_EQ(text(RootKind::kDefer, {}), "deferred call");
}

TEST_F(LabelText, OfAGoroutineHasItsNumber) {
  const RootId root = heap_.root(RootKind::kGoroutine, "");
  heap_.goroutine(17, heap::GoroutineState::kRunning, WaitReason::kZero, root);
  EXPECT_EQ(root_text(heap_.snapshot(), heap_.snapshot().roots[root.row]), "goroutine 17");
}

TEST(TypeName, IsMadeOfTheRoleWhereTheTypeHasNoneOfItsOwn) {
  heap::testing::HeapBuilder heap;
  const TypeId text = heap.string_type();
  const TypeId item = heap.structure("main.Item", 16, {});
  const TypeId map = heap.type("map[string]main.Item", heap::TypeKind::kMap, 8, item, 0, text);
  const TypeId named = heap.type("main.Index", heap::TypeKind::kMap, 8, item, 0, text);
  const TypeId group = heap.structure("map.group[string]main.Item", 136, {});
  const auto name = [&](TypeId type) { return type_name(heap.snapshot(), type); };
  const TypeId header = heap.type_of_role(TypeRole::kMapHeader, 48, map);
  const TypeId list = heap.type_of_role(TypeRole::kMapOverflowList, 24, named);
  const TypeId channel = heap.type_of_role(TypeRole::kChannel, 96, item);
  const TypeId bytes = heap.type_of_role(TypeRole::kStringData, 1, {});
  const TypeId any = heap.type_of_role(TypeRole::kClosure, 8, {});
  const TypeId closure = heap.structure("main.run.func1", 8, {}, heap::TypeKind::kClosure);
  heap.snapshot().types[named.row].is_named = true;
  heap.snapshot().types[group.row].role = TypeRole::kMapGroup;
  heap.snapshot().types[group.row].of = map;
  heap.snapshot().types[closure.row].role = TypeRole::kClosure;
  EXPECT_EQ(name({}), "");
  EXPECT_EQ(name(item), "main.Item");
  EXPECT_EQ(name(group), "map.group[string]main.Item");
  EXPECT_EQ(name(header), "map.header[string]main.Item");
  EXPECT_EQ(name(list), "map.overflow list[main.Index]");
  EXPECT_EQ(name(channel), "chan main.Item");
  EXPECT_EQ(name(bytes), "string data");
  EXPECT_EQ(name(any), "func");
  EXPECT_EQ(name(closure), "func main.run.func1");
}

TEST(LineText, LeavesThePathOutOrNot) {
  EXPECT_EQ(line_text("/src/server.go", 88), "server.go:88");
  EXPECT_EQ(line_text_with_path("/src/server.go", 88), "/src/server.go:88");
  EXPECT_EQ(line_text("", 88), "");
}

}  // namespace
}  // namespace holdfast::view

#include "typing/variable_labels.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "binary/elf_builder_for_tests.h"

namespace holdfast::typing {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;

constexpr Address kData{0x1000}, kBss{0x2000};
constexpr TypeId kType(3);
constexpr Address kServe{0x100}, kInit{0x200}, kOtherInit{0x300}, kBook{0x400}, kTwin{0x500};

class VariableLabelsTest : public testing::Test {
 protected:
  VariableLabelsTest() : modules_(1) {
    modules_[0].data = {kData, kData + 0x100};
    modules_[0].bss = {kBss, kBss + 0x100};
  }

  VariableWord find(Address word) {
    heap::LabelWriter labels(rows_);
    return VariableLabels(facts_, pointers_, symbols_, modules_, name_of_, strings_, labels).find(word);
  }
  // Returns the label in short: what it rests on, how the word lies to what is used, by whom.
  std::string label(Address word) {
    const heap::Label found = find(word).label;
    return found.basis == heap::Basis::kNone ? std::string() : text_of(found);
  }
  std::string text_of(const heap::Label& label) const {
    static constexpr const char* kRelations[] = {"", "+", "after ", "behind "};
    std::string text = label.basis == heap::Basis::kNearness ? "perhaps " : "";
    text += kRelations[static_cast<std::size_t>(label.relation)];
    if (label.distance > 0) text += fmt::format("{:#x} ", label.distance);
    if (label.behind) text += fmt::format("({}) ", text_of(rows_[label.behind.row]));
    if (label.user) text += strings_[label.user];
    if (label.other_user) text += fmt::format(", {}", strings_[label.other_user]);
    if (label.variable) text += fmt::format("named {}", strings_[label.variable]);
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }
  // By address.
  void use(Address variable, Address function, Address second = {}) {
    facts_.uses.push_back({variable, {function, second}});
  }

  StringTable strings_;
  std::vector<heap::Label> rows_;
  VariableFacts facts_;
  std::vector<StaticPointer> pointers_;
  go::Symbols symbols_{std::vector<go::LoadedImage>()};
  std::vector<go::Module> modules_;
  go::FunctionName name_of_ = [](Address entry) -> std::string_view {
    static const std::map<Address, std::string> names = {{kServe, "main.serve"},
                                                         {kInit, "main.init"},
                                                         {kOtherInit, "iter.init"},
                                                         {kBook, "main.book"},
                                                         {kTwin, "main.serve"}};
    return names.at(entry);
  };
};

TEST_F(VariableLabelsTest, NameTheFunctionsThatUseTheWord) {
  use(kData, kServe, kInit);
  use(kData + 8, kBook);
  use(kData + 16, kServe, kTwin);
  EXPECT_EQ(label(kData), "main.serve, main.init");
  EXPECT_EQ(label(kData + 8), "main.book");
  EXPECT_EQ(label(kData + 16), "main.serve");
}

TEST_F(VariableLabelsTest, NameWhatOnlyOneVariableOfTheLibraryHas) {
  use(kBss, kServe);
  use(kBss + 0x20, kBook);
  facts_.names = {{kBss + 0x10, "unique.uniqueMaps"}};
  EXPECT_EQ(label(kBss + 0x10), "named unique.uniqueMaps");
  EXPECT_EQ(label(kBss + 0x18), "perhaps after 0x18 main.serve") << "it names that word alone";
  EXPECT_EQ(label(kBss + 0x20), "main.book");
}

TEST_F(VariableLabelsTest, SayHowFarAWordLiesInAVariableOfKnownType) {
  use(kBss, kServe);
  facts_.variables = {{{kBss, kBss + 24}, kType}};
  EXPECT_EQ(label(kBss + 16), "+0x10 main.serve");
  EXPECT_EQ(label(kBss + 24), "perhaps after 0x18 main.serve");
}

TEST_F(VariableLabelsTest, PreferWhoWorksWithTheWholeToWhoFillsAPart) {
  use(kBss, kServe);
  use(kBss + 8, kInit);
  EXPECT_EQ(label(kBss + 8), "main.init");
  facts_.variables = {{{kBss, kBss + 24}, kType}};
  EXPECT_EQ(label(kBss + 8), "+0x8 main.serve");
}

TEST_F(VariableLabelsTest, SayWhatOnlyAFunctionNearByUses) {
  use(kData + 0xf8, kServe);
  EXPECT_EQ(label(kBss + 8), "") << "a use in another section is not near";
  use(kBss + 8, kBook);
  EXPECT_EQ(label(kBss), "");
  EXPECT_EQ(label(kBss + 0x18), "perhaps after 0x10 main.book");
}

TEST_F(VariableLabelsTest, FollowPointersThatTheLinkerWrote) {
  use(kData, kServe, kBook);
  use(kBss, kBook);
  pointers_ = {{kBss + 0x20, kData}};
  EXPECT_EQ(label(kBss + 0x20), "behind (main.serve, main.book)");
  EXPECT_EQ(label(kBss + 0x28), "perhaps behind (main.serve, main.book)");
  facts_.pointees = {{kData, 16, false}};
  EXPECT_EQ(label(kBss + 0x28), "behind (main.serve, main.book)");
  EXPECT_EQ(label(kBss + 0x30), "perhaps behind (main.serve, main.book)");
  facts_.pointees = {{kData, 16, true}};
  EXPECT_EQ(label(kBss + 0x30), "perhaps after 0x30 main.book");
  EXPECT_EQ(label(kBss + 0x18), "perhaps after 0x18 main.book");
}

TEST_F(VariableLabelsTest, TellWhereInAValueOfWhichTypeAWordLies) {
  use(kData, kServe);
  use(kBss, kServe);
  use(kBss + 8, kBook);
  facts_.variables = {{{kBss, kBss + 24}, kType}};
  for (const std::uint64_t at : {0U, 8U, 16U}) {
    const VariableWord word = find(kBss + at);
    EXPECT_EQ(word.type, kType);
    EXPECT_EQ(word.offset, at);
    EXPECT_EQ(word.label.user, strings_.add("main.serve")) << "who uses the whole is told of each of its words";
  }
  EXPECT_FALSE(find(kBss + 24).type);
  pointers_ = {{kBss + 0x40, kData}};
  facts_.pointees = {{kData, 16, false, kType}};
  for (const std::uint64_t at : {0U, 8U}) {
    const VariableWord word = find(kBss + 0x40 + at);
    EXPECT_EQ(word.type, kType);
    EXPECT_EQ(word.offset, at);
    EXPECT_EQ(rows_[word.label.behind.row].data, (heap::PlaceInData{heap::Section::kData, {}, 0})) << "of the pointer";
  }
  EXPECT_FALSE(find(kBss + 0x50).type) << "perhaps it is no part of the value";
  pointers_ = {{kBss + 0x40, kData + 0x40}, {kData + 0x40, kData}};
  facts_.pointees = {{kData, 16, false, kType}};
  std::ranges::sort(pointers_, {}, &StaticPointer::target);
  EXPECT_FALSE(find(kBss + 0x40).type) << "the type is that of a value on the way";
}

TEST_F(VariableLabelsTest, BelieveTheTypeOfTheValueThatAPointerLeadsTo) {
  // A word of it is filled by an initialiser, and nobody uses the value by its address.
  pointers_ = {{kBss, kData}};
  use(kData, kServe);
  use(kBss + 24, kInit);
  EXPECT_EQ(label(kBss + 24), "perhaps behind (main.serve) main.init");
  facts_.variables = {{{kBss, kBss + 32}, kType}};
  EXPECT_EQ(label(kBss + 24), "behind (main.serve)");
  EXPECT_EQ(find(kBss + 24).type, kType);
  EXPECT_EQ(find(kBss + 24).offset, 24U);
  EXPECT_EQ(label(kBss + 32), "perhaps after 0x8 main.init") << "it reaches no further";
  use(kData, kInit);
  pointers_ = {{kBss, kData}};
  facts_.uses.erase(facts_.uses.begin());
  std::ranges::sort(facts_.uses, {}, &code::VariableUse::variable);
  EXPECT_EQ(label(kBss + 24), "+0x18 main.init") << "only an initialiser uses the pointer";
  EXPECT_EQ(find(kBss + 24).type, kType);
}

TEST_F(VariableLabelsTest, KnowAtLeastTheSizeOfVariablesBelowInBss) {
  use(kData, kServe);
  pointers_ = {{kBss + 0x20, kData}, {kBss + 0x60, kData + 0x50}};
  facts_.variables = {{{kBss + 0x10, kBss + 0x20}, kType}};
  EXPECT_EQ(label(kBss + 0x28), "behind (main.serve)");
  EXPECT_EQ(label(kBss + 0x30), "perhaps behind (main.serve)");
  use(kBss + 0x28, kBook);
  EXPECT_EQ(label(kBss + 0x28), "main.book") << "who uses the word says more";
  facts_.uses.pop_back();
  facts_.variables = {{{kBss + 0x40, kBss + 0x60}, kType}};
  EXPECT_EQ(label(kBss + 0x28), "perhaps behind (main.serve)") << "it lies above";
  facts_.variables = {{{kData + 0x10, kData + 0x20}, kType}};
  EXPECT_EQ(label(kBss + 0x28), "perhaps behind (main.serve)") << "it lies in another section";
}

TEST_F(VariableLabelsTest, FollowPointersFromVariableToVariable) {
  use(kData, kServe);
  pointers_ = {{kData + 0x40, kData}, {kBss + 0x20, kData + 0x40}};
  EXPECT_EQ(label(kBss + 0x20), "behind (main.serve)");
  pointers_ = {{kData + 0x40, kBss + 0x20}, {kBss + 0x20, kData + 0x40}};
  EXPECT_EQ(label(kBss + 0x20), "") << "round in circles";
}

TEST_F(VariableLabelsTest, NameAlsoWhoHoldsAWordThatOnlyAnInitialiserFills) {
  use(kData, kServe);
  use(kBss + 0x28, kInit);
  pointers_ = {{kBss + 0x20, kData}};
  EXPECT_EQ(label(kBss + 0x28), "perhaps behind (main.serve) main.init");
  facts_.pointees = {{kData, 16, false}};
  EXPECT_EQ(label(kBss + 0x28), "behind (main.serve)");
}

TEST_F(VariableLabelsTest, DoNotTakeAnotherPackagesNeighbourForTheHolder) {
  use(kData, kServe);
  use(kBss + 0x28, kOtherInit);
  pointers_ = {{kBss + 0x20, kData}};
  EXPECT_EQ(label(kBss + 0x28), "iter.init");
}

TEST_F(VariableLabelsTest, NameTheHolderBySymbol) {
  const auto bytes = binary::ElfBuilder(binary::ElfType::kExec).symbol("main.registry", kData, 8).build();
  const binary::ElfFile elf(ByteView(bytes, "program"));
  symbols_ = go::Symbols({{&elf, 0, "program"}});
  pointers_ = {{kBss + 0x20, kData}};
  EXPECT_EQ(label(kBss + 0x20), "behind (named main.registry)");
  EXPECT_EQ(label(kBss + 0x28), "perhaps behind (named main.registry)");
  EXPECT_EQ(label(kBss), "");
  use(kBss + 0x28, kInit);
  use(kBss + 0x30, kOtherInit);
  EXPECT_EQ(label(kBss + 0x28), "perhaps behind (named main.registry) main.init");
  EXPECT_EQ(label(kBss + 0x30), "iter.init");
  facts_.pointees = {{kData, 24, true}};
  EXPECT_EQ(label(kBss + 0x28), "behind (named main.registry)");
}

TEST_F(VariableLabelsTest, DoNotTakeTheSymbolOfALiteralForAName) {
  const auto bytes = binary::ElfBuilder(binary::ElfType::kExec).symbol("main..stmp_0", kData + 0x40, 16).build();
  const binary::ElfFile elf(ByteView(bytes, "program"));
  symbols_ = go::Symbols({{&elf, 0, "program"}});
  use(kData, kServe);
  pointers_ = {{kData + 0x40, kData}, {kBss + 0x20, kData + 0x48}};
  EXPECT_EQ(label(kData + 0x40), "behind (main.serve)");
  EXPECT_EQ(label(kBss + 0x20), "perhaps behind (main.serve)") << "by the literal on the way";
}

TEST_F(VariableLabelsTest, CompleteTheLabelsOfRootsWithoutAName) {
  use(kBss, kServe);
  use(kBss + 8, kServe, kInit);
  heap::Snapshot snapshot;
  heap::LabelWriter labels(snapshot.labels);
  const auto add = [&](heap::RootKind kind, const heap::Label& label, Address where) {
    heap::Root root;
    root.kind = kind;
    root.label = labels.add(label);
    root.where = where;
    snapshot.roots.push_back(root);
  };
  heap::Label named, place, unknown, frame;
  named.variable = snapshot.strings.add("main.cache");
  place.data = {heap::Section::kBss, {}, 8};
  unknown.data = {heap::Section::kData, {}, 0};
  frame.code.function = snapshot.strings.add("main.main");
  add(heap::RootKind::kGlobal, named, kBss);
  add(heap::RootKind::kGlobal, place, kBss + 8);
  add(heap::RootKind::kGlobal, unknown, kData);
  add(heap::RootKind::kFrame, frame, kBss + 8);
  facts_.variables = {{{kBss, kBss + 8}, kType}};
  label_variables(facts_, pointers_, symbols_, modules_, name_of_, snapshot);
  EXPECT_EQ(snapshot.roots[0].type, kType);
  EXPECT_FALSE(snapshot.roots[1].type);
  place.basis = heap::Basis::kCode;
  place.user = snapshot.strings.add("main.serve");
  place.other_user = snapshot.strings.add("main.init");
  std::vector<heap::Label> found;
  found.reserve(snapshot.roots.size());
  for (const heap::Root& root : snapshot.roots) found.push_back(snapshot.labels[root.label.row]);
  EXPECT_TRUE(found == (std::vector{named, place, unknown, frame}));
}

TEST_F(VariableLabelsTest, SayWhereInItsTypeARootBegins) {
  use(kBss, kServe);
  facts_.variables = {{{kBss, kBss + 24}, kType}};
  heap::Snapshot snapshot;
  heap::LabelWriter labels(snapshot.labels);
  heap::Label place;
  place.data = {heap::Section::kBss, {}, 16};
  heap::Root root;
  root.label = labels.add(place);
  root.where = kBss + 16;
  snapshot.roots.push_back(root);
  label_variables(facts_, pointers_, symbols_, modules_, name_of_, snapshot);
  EXPECT_EQ(snapshot.roots[0].type, kType);
  EXPECT_EQ(snapshot.roots[0].type_offset, 16U);
  EXPECT_TRUE(heap::is_field(snapshot.roots[0], snapshot.labels[snapshot.roots[0].label.row]));
}

TEST(StaticPointers, AreWordsOfDataThatLeadToVariables) {
  binary::Bytes data;
  data.u64(0x2010).u64(0x5000).u64(0x1000).u64(0x2000);  // the second leads to no variable
  const auto bytes = binary::ElfBuilder(binary::ElfType::kExec).segment(binary::kSegmentLoad, 6, kData, data).build();
  const binary::ElfFile elf(ByteView(bytes, "program"));
  std::vector<go::Module> modules(1);
  modules[0].path = "program";
  modules[0].data = {kData, kData + 0x40};  // the file ends before
  modules[0].bss = {kBss, kBss + 0x40};
  EXPECT_THAT(static_pointers({{&elf, 0, "program"}}, modules),
              ElementsAre(FieldsAre(kData, kData + 16), FieldsAre(kBss, kData + 24), FieldsAre(kBss + 0x10, kData)));
}

TEST(TypedVariables, EachAddressKeepsTheLargestType) {
  std::vector<TypedVariable> variables = {
      {{kBss, kBss + 8}, TypeId(1)}, {{kData, kData + 8}, TypeId(2)}, {{kBss, kBss + 24}, kType}};
  variables.push_back({{kBss + 8, kBss + 24}, TypeId(1)});
  keep_largest(variables);
  ASSERT_EQ(variables.size(), 2U) << "none lies within another one";
  EXPECT_EQ(variables[0].type, TypeId(2));
  EXPECT_EQ(variables[1].type, kType);
}

TEST(Pointees, EachWordKeepsTheWholeSizeOrTheLargest) {
  std::vector<Pointee> pointees = {{Address(0x30), 8, false}, {Address(0x10), 16, false}, {Address(0x30), 24, false},
                                   {Address(0x10), 8, true},  {Address(0x20), 40, false}, {Address(0x10), 32, false}};
  keep_largest(pointees);
  ASSERT_EQ(pointees.size(), 3U);
  EXPECT_EQ(pointees[0].where, Address(0x10));
  EXPECT_EQ(pointees[0].size, 8U);
  EXPECT_TRUE(pointees[0].is_whole);
  EXPECT_EQ(pointees[1].size, 40U);
  EXPECT_EQ(pointees[2].size, 24U);
}

}  // namespace
}  // namespace holdfast::typing

#include "typing/variable_labels.h"

#include <gmock/gmock.h>

#include <map>

#include "binary/elf_builder.h"

namespace holdfast::typing {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;

constexpr Address kData{0x1000}, kBss{0x2000};
constexpr Address kServe{0x100}, kInit{0x200}, kOtherInit{0x300}, kBook{0x400}, kTwin{0x500};

class VariableLabelsTest : public testing::Test {
 protected:
  VariableLabelsTest() : modules_(1) {
    modules_[0].data = {kData, kData + 0x100};
    modules_[0].bss = {kBss, kBss + 0x100};
  }

  std::string label(Address word) const {
    return VariableLabels(facts_, pointers_, symbols_, modules_, name_of_).label(word);
  }
  // By address.
  void use(Address variable, Address function, Address second = {}) {
    facts_.uses.push_back({variable, {function, second}});
  }

  VariableFacts facts_;
  std::vector<StaticPointer> pointers_;
  go::Symbols symbols_{std::vector<go::LoadedImage>()};
  std::vector<go::Module> modules_;
  go::FunctionName name_of_ = [](Address entry) {
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
  EXPECT_EQ(label(kData), "global of main.serve, main.init");
  EXPECT_EQ(label(kData + 8), "global of main.book");
  EXPECT_EQ(label(kData + 16), "global of main.serve");
}

TEST_F(VariableLabelsTest, SayHowFarAWordLiesInAVariableOfKnownType) {
  use(kBss, kServe);
  facts_.extents = {{kBss, kBss + 24}};
  EXPECT_EQ(label(kBss + 16), "global+0x10 of main.serve");
  EXPECT_EQ(label(kBss + 24), "0x18 after a global of main.serve");
}

TEST_F(VariableLabelsTest, PreferWhoWorksWithTheWholeToWhoFillsAPart) {
  use(kBss, kServe);
  use(kBss + 8, kInit);
  EXPECT_EQ(label(kBss + 8), "global of main.init");
  facts_.extents = {{kBss, kBss + 24}};
  EXPECT_EQ(label(kBss + 8), "global+0x8 of main.serve");
}

TEST_F(VariableLabelsTest, SayWhatOnlyAFunctionNearByUses) {
  use(kData + 0xf8, kServe);
  EXPECT_EQ(label(kBss + 8), "") << "a use in another section is not near";
  use(kBss + 8, kBook);
  EXPECT_EQ(label(kBss), "");
  EXPECT_EQ(label(kBss + 0x18), "0x10 after a global of main.book");
}

TEST_F(VariableLabelsTest, FollowPointersThatTheLinkerWrote) {
  use(kData, kServe, kBook);
  use(kBss, kBook);
  pointers_ = {{kBss + 0x20, kData}};
  EXPECT_EQ(label(kBss + 0x20), "variable behind a global of main.serve, main.book");
  EXPECT_EQ(label(kBss + 0x28), "variable perhaps behind a global of main.serve, main.book");
  facts_.pointees = {{kData, 16, false}};
  EXPECT_EQ(label(kBss + 0x28), "variable behind a global of main.serve, main.book");
  EXPECT_EQ(label(kBss + 0x30), "variable perhaps behind a global of main.serve, main.book");
  facts_.pointees = {{kData, 16, true}};
  EXPECT_EQ(label(kBss + 0x30), "0x30 after a global of main.book");
  EXPECT_EQ(label(kBss + 0x18), "0x18 after a global of main.book");
}

TEST_F(VariableLabelsTest, FollowPointersFromVariableToVariable) {
  use(kData, kServe);
  pointers_ = {{kData + 0x40, kData}, {kBss + 0x20, kData + 0x40}};
  EXPECT_EQ(label(kBss + 0x20), "variable behind a global of main.serve");
  pointers_ = {{kData + 0x40, kBss + 0x20}, {kBss + 0x20, kData + 0x40}};
  EXPECT_EQ(label(kBss + 0x20), "") << "round in circles";
}

TEST_F(VariableLabelsTest, NameAlsoWhoHoldsAWordThatOnlyAnInitialiserFills) {
  use(kData, kServe);
  use(kBss + 0x28, kInit);
  pointers_ = {{kBss + 0x20, kData}};
  EXPECT_EQ(label(kBss + 0x28), "global of main.init, perhaps behind one of main.serve");
  facts_.pointees = {{kData, 16, false}};
  EXPECT_EQ(label(kBss + 0x28), "variable behind a global of main.serve");
}

TEST_F(VariableLabelsTest, DoNotTakeAnotherPackagesNeighbourForTheHolder) {
  use(kData, kServe);
  use(kBss + 0x28, kOtherInit);
  pointers_ = {{kBss + 0x20, kData}};
  EXPECT_EQ(label(kBss + 0x28), "global of iter.init");
}

TEST_F(VariableLabelsTest, NameTheHolderBySymbol) {
  const auto bytes = binary::ElfBuilder(binary::ElfType::kExec).symbol("main.registry", kData, 8).build();
  const binary::ElfFile elf(ByteView(bytes, "program"));
  symbols_ = go::Symbols({{&elf, 0, "program"}});
  pointers_ = {{kBss + 0x20, kData}};
  EXPECT_EQ(label(kBss + 0x20), "variable behind main.registry");
  EXPECT_EQ(label(kBss + 0x28), "variable perhaps behind main.registry");
  EXPECT_EQ(label(kBss), "");
  use(kBss + 0x28, kInit);
  use(kBss + 0x30, kOtherInit);
  EXPECT_EQ(label(kBss + 0x28), "global of main.init, perhaps behind main.registry");
  EXPECT_EQ(label(kBss + 0x30), "global of iter.init");
  facts_.pointees = {{kData, 24, true}};
  EXPECT_EQ(label(kBss + 0x28), "variable behind main.registry");
}

TEST_F(VariableLabelsTest, GoIntoTheNamesOfRootsWithoutSymbol) {
  const auto bytes = binary::ElfBuilder(binary::ElfType::kExec).symbol("main.cache", kBss, 8).build();
  const binary::ElfFile elf(ByteView(bytes, "program"));
  symbols_ = go::Symbols({{&elf, 0, "program"}});
  use(kBss, kServe);
  use(kBss + 8, kServe, kInit);
  heap::Snapshot snapshot;
  const auto add = [&](heap::RootKind kind, const char* name, Address where) {
    heap::Root root;
    root.kind = kind;
    root.name = snapshot.strings.add(name);
    root.where = where;
    snapshot.roots.push_back(root);
  };
  add(heap::RootKind::kGlobal, "main.cache", kBss);
  add(heap::RootKind::kGlobal, "bss+0x8", kBss + 8);
  add(heap::RootKind::kGlobal, "data+0x0", kData);
  add(heap::RootKind::kFrame, "main.main", kBss + 8);
  label_variables(VariableLabels(facts_, pointers_, symbols_, modules_, name_of_), symbols_, snapshot);
  std::vector<std::string> names;
  for (const heap::Root& root : snapshot.roots) names.emplace_back(snapshot.strings[root.name]);
  EXPECT_THAT(names, ElementsAre("main.cache", "global of main.serve, main.init (bss+0x8)", "data+0x0", "main.main"));
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

}  // namespace
}  // namespace holdfast::typing

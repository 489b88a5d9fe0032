#include "code/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "code/facts_file.h"

namespace holdfast::code {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Address kBase{0x400000};
constexpr Address kItem{0x500000}, kNode{0x500040};
constexpr Address kFunction{0x401000}, kOther{0x402000};
constexpr AddressRange kExtent{kBase, Address(0x600000)};

Origin argument(Address function) {
  return {.root = Origin::Root::kArgument, .at = function};
}

FactTables some_facts() {
  FactTables facts;
  facts.origins[{.root = Origin::Root::kGlobal, .at = Address(0x5f0000)}] = {WordType::pointer(kItem), true, kFunction};
  facts.origins[argument(kFunction).load(16).load(8)] = {WordType::part(kNode, 0), false, kFunction};
  facts.origins[argument(kFunction).load(8)] = {WordType::pointer(kNode, 0, true), false, kOther};
  facts.given[kOther][2] = WordType::pointer(kItem);
  facts.variables[Address(0x5f0100)] = {kNode, kFunction};
  facts.closures[kOther] = {kItem, kOther};
  facts.cleanups[kFunction] = {kNode, kOther};
  facts.uses = {{Address(0x5f0000), {kFunction, Address()}}, {Address(0x5f0100), {kFunction, kOther}}};
  facts.removals = {{kItem, kNode}, {kFunction}};
  return facts;
}

TEST(Facts, WordsBehindArgumentsAreListedByTheWay) {
  Facts facts{{}};
  facts.replace(some_facts());
  ASSERT_NE(facts.argument_uses(kFunction), nullptr);
  const std::vector<PathWord>& below = facts.argument_uses(kFunction)->below;
  ASSERT_EQ(below.size(), 2U);
  EXPECT_EQ(below[0].word, WordType::pointer(kNode, 0, true));
  EXPECT_EQ(below[1].origin, argument(kFunction).load(16).load(8));
  EXPECT_EQ(facts.argument_uses(kOther), nullptr);
}

TEST(Facts, OfTheLibraryStandBeforeThoseOfTheCode) {
  const PathWord root{argument(kFunction).load(16), WordType::pointer(kItem)};
  Facts facts{{{kFunction, {root}}}};
  EXPECT_THAT(facts.argument_uses(kFunction)->below, ElementsAre(root));
  FactTables found = some_facts();
  const Origin second{.root = Origin::Root::kArgument, .number = 1, .at = kFunction};
  found.origins[argument(kFunction)] = found.origins[second.load(8)] = {WordType::pointer(kNode), false, kOther};
  facts.replace(found);
  const ArgumentUses& uses = *facts.argument_uses(kFunction);
  EXPECT_THAT(uses.below, ElementsAre(root, PathWord{second.load(8), WordType::pointer(kNode)}));
  EXPECT_EQ(uses.words[0], WordType::pointer(kNode));
}

TEST(Facts, TellWhichQuestionsHaveAnotherAnswer) {
  Facts facts{{}};
  facts.replace(some_facts());
  EXPECT_THAT(facts.replace(some_facts()).all(), IsEmpty());
  FactTables next = some_facts();
  next.given[kOther][1] = WordType::pointer(kNode);
  next.closures.erase(kOther);
  const Origin path = argument(kFunction).load(8);
  next.origins[path].word = WordType::pointer(kItem);
  const Questions changed = facts.replace(next);
  EXPECT_THAT(changed.all(), UnorderedElementsAre(Facts::question_given(kOther), Facts::question_closure(kOther),
                                                  Facts::question(path), Facts::question_argument_uses(kFunction)));
  EXPECT_TRUE(changed.contains(Facts::question(path)));
  EXPECT_FALSE(changed.contains(Facts::question_given(kFunction)));
}

std::vector<SignatureSource> some_signatures() {
  return {{kFunction, SignatureSource::Kind::kMethod, kItem, kNode},
          {kOther, SignatureSource::Kind::kReceiver, kNode},
          {Address(0x580000), SignatureSource::Kind::kItab, kItem}};
}

std::vector<std::byte> written() {
  return write_facts(some_facts(), some_signatures(), kBase);
}

TEST(FactsFile, GivesBackWhatWasWritten) {
  const std::vector<std::byte> bytes = written();
  const auto kept = read_facts(bytes, kBase, kExtent);
  EXPECT_EQ(kept, (KeptFacts{some_facts(), some_signatures()}));
  EXPECT_EQ(write_facts(kept->tables, kept->signatures, kBase), bytes);
}

TEST(FactsFile, HoldsWhereverTheProgramIsLoaded) {
  constexpr std::uint64_t kMoved = 0x7f0000000000;
  const AddressRange there{kExtent.begin + kMoved, kExtent.end + kMoved};
  const auto facts = read_facts(written(), kBase + kMoved, there);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->tables.closures.at(kOther + kMoved), (NamedType{kItem + kMoved, kOther + kMoved}));
  EXPECT_EQ(facts->tables.given.at(kOther + kMoved)[2], WordType::pointer(kItem + kMoved));
  EXPECT_EQ(facts->signatures.front(),
            (SignatureSource{kFunction + kMoved, SignatureSource::Kind::kMethod, kItem + kMoved, kNode + kMoved}));
}

TEST(FactsFile, RefusesWhatIsDamagedOrLeadsElsewhere) {
  const std::vector<std::byte> bytes = written();
  EXPECT_FALSE(read_facts({}, kBase, kExtent));
  EXPECT_FALSE(read_facts(bytes, kBase, {kBase, kBase + 0x1000}));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read_facts(std::span(bytes).first(size), kBase, kExtent)) << size;
  std::mt19937 random(3);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> damaged = bytes;
    damaged[random() % damaged.size()] ^= std::byte(1U << random() % 8);
    const auto facts = read_facts(damaged, kBase, kExtent);
    if (!facts) continue;
    for (const auto& [origin, verdict] : facts->tables.origins)
      EXPECT_TRUE(kExtent.contains(origin.at) && kExtent.contains(verdict.word.type));
    for (const SignatureSource& source : facts->signatures)
      EXPECT_TRUE(kExtent.contains(source.at) && kExtent.contains(source.receiver));
  }
}

}  // namespace
}  // namespace holdfast::code

#include "typing/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "typing/heap_for_tests.h"
#include "typing/propagate.h"

namespace holdfast::typing {
namespace {

using go::TypeImage;
using testing::ElementsAre;

class ReasonsOfTypes : public testing::Test {
 protected:
  ReasonsOfTypes() : program(26), image(program.image) {
    integer = image.integer();
    string = image.string();
    eface = image.interface({}, "interface {}");
    item_pointer = image.pointer(Address(), "*main.Item");
    set_direct(item_pointer);
    item = image.structure({{"n", integer, 0}, {"next", item_pointer, 8}, {"any", eface, 16}}, 32, "main.Item",
                           {"main", {}});
    image.write(item_pointer + go::kElemAt, item.value);
    other = image.structure({{"s", string, 0}, {"to", item_pointer, 16}, {"t", integer, 24}}, 32, "main.Other",
                            {"main", {}});
    program.known = {item_pointer, item};
  }
  void set_direct(Address type) {
    auto header = *go::read_type_header(image.memory(), type);
    header.tflag |= 32;  // since Go 1.26
    image.write(type, header);
  }
  TypeId id(Address descriptor) { return program.types->intern(descriptor); }

  // The objects that reasons lead through, as "row.word", and the ground where they begin.
  std::vector<std::string> chain(const Reasons& reasons, std::uint32_t row) {
    std::vector<std::string> out;
    Source source = reasons.source_of(row);
    while (!source.outside) {
      out.push_back(std::to_string(source.row) + "." + std::to_string(source.word));
      if (source.is_last()) return out;
      const auto old = reasons.replaced(source.row, source.time);
      source = old ? old->source : reasons.source_of(source.row);
      if (out.size() > 1000) break;
    }
    out.push_back("ground " + std::to_string(static_cast<int>(reasons.grounds(source.row).ground)) + " +" +
                  std::to_string(source.word));
    return out;
  }
  static std::string ground(Ground ground, int word = 0) {
    return "ground " + std::to_string(static_cast<int>(ground)) + " +" + std::to_string(word);
  }
  static auto because(Ground ground) {
    return [ground] { return Grounds{.ground = ground}; };
  }

  TestProgram program;
  TypeImage& image;
  TestHeap heap;
  Address integer, string, eface, item, item_pointer, other;
};

TEST_F(ReasonsOfTypes, EachKindOfClaimNamesItsSource) {
  program.functions[TypeImage::kText + 0x40] = "main.run.func1";
  const std::uint32_t headed = heap.add(32, true), next = heap.add(32, true), boxed = heap.add(32, true),
                      from_variable = heap.add(32, true), elements = heap.add(96, true), closure = heap.add(16, true),
                      found = heap.add(48, true), held = heap.add(32, true);
  heap.write(headed, 8, heap.at(next));
  heap.write(next, 16, item);
  heap.write(next, 24, heap.at(boxed));
  heap.write(closure, 0, TypeImage::kText + 0x40);
  heap.write(found, 16, item);  // an interface in an object without a type
  heap.write(found, 24, heap.at(held));
  le64 words[4] = {0, 0, 0, heap.at(from_variable).value};
  program.open();
  Reasons reasons(heap.objects());
  Propagation p(heap, *program.types, &reasons);
  p.because(because(Ground::kHeader));
  p.claim_object(headed, id(item), KnownBy::kHeader);
  p.because(because(Ground::kVariable));
  const Address holder =
      image.structure({{"pad", string, 0}, {"b", string, 8}, {"to", item_pointer, 24}}, 32, "main.V", {"main", {}});
  p.claim_value(std::as_bytes(std::span(words)), id(holder), KnownBy::kDwarf);
  p.because(because(Ground::kLocal));
  p.claim_elements(heap.at(elements), id(item), 3, KnownBy::kDwarf);
  p.run();
  p.claim_untyped();
  p.run();
  reasons.finish();
  EXPECT_THAT(chain(reasons, headed), ElementsAre(ground(Ground::kHeader)));
  EXPECT_THAT(chain(reasons, next), ElementsAre("0.1", ground(Ground::kHeader)));
  EXPECT_THAT(chain(reasons, boxed), ElementsAre("1.3")) << "an interface needs no more";
  EXPECT_EQ(reasons.source_of(boxed).known_by, KnownBy::kInterface);
  EXPECT_THAT(chain(reasons, from_variable), ElementsAre(ground(Ground::kVariable, 3)));
  EXPECT_THAT(chain(reasons, elements), ElementsAre(ground(Ground::kLocal)));
  EXPECT_THAT(chain(reasons, closure), ElementsAre(ground(Ground::kFirstWord)));
  EXPECT_EQ(reasons.source_of(held).row, found);
  EXPECT_EQ(reasons.source_of(held).word, 3U);
  EXPECT_TRUE(reasons.source_of(held).whole);
}

TEST_F(ReasonsOfTypes, AClaimOnTheInsideSaysSo) {
  const std::uint32_t holder = heap.add(32, true), backing = heap.add(160, true);
  const Address slice = image.slice(item, "[]main.Item");
  const Address tail = image.structure({{"tail", slice, 0}}, 24, "main.Tail", {"main", {}});
  heap.write_slice(holder, 0, heap.at(backing) + 64, 2);
  program.open();
  Reasons reasons(heap.objects());
  Propagation p(heap, *program.types, &reasons);
  p.because(because(Ground::kHeader));
  p.claim_object(holder, id(tail), KnownBy::kHeader);
  p.run();
  reasons.finish();
  EXPECT_EQ(p.known_by(backing), KnownBy::kInferred);
  EXPECT_FALSE(reasons.source_of(backing).whole);
  EXPECT_THAT(chain(reasons, backing), ElementsAre("0.0", ground(Ground::kHeader)));
}

TEST_F(ReasonsOfTypes, AHolderIsToldAsItWasTakenForThen) {
  const std::uint32_t holder = heap.add(32, true), held = heap.add(32, true);
  heap.write(holder, 8, heap.at(held));
  program.open();
  Reasons reasons(heap.objects());
  Propagation p(heap, *program.types, &reasons);
  p.because(because(Ground::kCode));
  p.claim_target(heap.at(holder), id(item), KnownBy::kCode);
  p.run();
  p.because(because(Ground::kHeader));
  p.claim_object(holder, id(other), KnownBy::kHeader);
  p.run();
  reasons.finish();
  EXPECT_EQ(p.type(holder), id(other));
  EXPECT_THAT(chain(reasons, holder), ElementsAre(ground(Ground::kHeader)));
  const Source source = reasons.source_of(held);
  ASSERT_EQ(source.row, holder);
  const auto then = reasons.replaced(holder, source.time);
  ASSERT_TRUE(then);
  EXPECT_EQ(then->type, id(item));
  EXPECT_THAT(chain(reasons, held), ElementsAre("0.1", ground(Ground::kCode)));
}

TEST_F(ReasonsOfTypes, ObjectsThatProveEachOtherEndInWhatWasThereFirst) {
  const Address large_pointer = image.pointer(Address(), "*main.Large");
  const Address link = image.structure({{"to", large_pointer, 0}, {"n", integer, 8}}, 16, "main.Link", {"main", {}});
  const Address small = image.structure({{"n", integer, 0}, {"link", image.pointer(link, "*main.Link"), 8}}, 16,
                                        "main.Small", {"main", {}});
  const Address large =
      image.structure({{"small", small, 0}, {"s", string, 16}, {"t", string, 32}}, 48, "main.Large", {"main", {}});
  image.write(large_pointer + go::kElemAt, large.value);
  const std::uint32_t a = heap.add(48, true), b = heap.add(16, true);
  heap.write(a, 8, heap.at(b));
  heap.write(b, 0, heap.at(a));
  program.open();
  Reasons reasons(heap.objects());
  Propagation p(heap, *program.types, &reasons);
  p.because(because(Ground::kCode));
  p.claim_target(heap.at(a), id(small), KnownBy::kCode);
  p.run();
  reasons.finish();
  EXPECT_EQ(p.type(a), id(large));
  EXPECT_THAT(chain(reasons, a), ElementsAre("1.0", "0.1", ground(Ground::kCode)));
  EXPECT_THAT(chain(reasons, b), ElementsAre("0.1", ground(Ground::kCode)));
}

TEST_F(ReasonsOfTypes, ConflictsAddUpToWhatThePropagationCounts) {
  const std::uint32_t twice = heap.add(32, true), once = heap.add(32, true), better = heap.add(32, true);
  program.open();
  Reasons reasons(heap.objects());
  Propagation p(heap, *program.types, &reasons);
  const auto claim = [&](std::uint32_t row, Address type, KnownBy known_by, Ground ground) {
    p.because(because(ground));
    p.claim_target(heap.at(row), id(type), known_by);
  };
  for (const std::uint32_t row : {twice, once}) claim(row, item, KnownBy::kInterface, Ground::kSection);
  claim(twice, other, KnownBy::kCode, Ground::kCode);
  claim(twice, other, KnownBy::kCode, Ground::kLocal);
  claim(once, other, KnownBy::kCode, Ground::kCode);
  claim(better, item, KnownBy::kCode, Ground::kCode);
  claim(better, other, KnownBy::kInterface, Ground::kSection);
  p.run();
  reasons.finish();
  ASSERT_EQ(reasons.conflicts().size(), 2U);
  const Conflict& first = reasons.conflicts()[0];
  EXPECT_EQ(first.kept, id(item));
  EXPECT_EQ(first.kept_by, KnownBy::kInterface);
  EXPECT_EQ(first.refused, id(other));
  EXPECT_EQ(first.refused_by, KnownBy::kCode);
  EXPECT_EQ(first.claims, 3U);
  EXPECT_EQ(reasons.conflicts()[1].kept, id(other));
  EXPECT_EQ(first.claims + reasons.conflicts()[1].claims, p.stats().conflicts);
  ASSERT_EQ(reasons.cases().size(), 3U) << "each object once";
  EXPECT_EQ(reasons.grounds(reasons.cases()[0].refused.row).ground, Ground::kCode) << "the first of two";
  EXPECT_EQ(reasons.grounds(reasons.cases()[2].kept.row).ground, Ground::kSection);
  EXPECT_EQ(reasons.grounds(reasons.cases()[2].refused.row).ground, Ground::kCode);
}

// Also: every chain ends.
TEST_F(ReasonsOfTypes, TypesAreTheSameWithReasonsAndWithout) {
  constexpr std::uint32_t kObjects = 600;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    TestHeap heap_of_seed;
    for (std::uint32_t i = 0; i < kObjects; ++i) heap_of_seed.add(random() % 4 == 0 ? 96 : 32, true);
    const auto any = [&] {
      return heap_of_seed.at(static_cast<std::uint32_t>(random() % kObjects)) + (random() % 8 == 0 ? 32U : 0U);
    };
    if (seed == 1) program.open();
    for (std::uint32_t i = 0; i < kObjects; ++i) {
      heap_of_seed.write(i, 8, any());
      heap_of_seed.write(i, 16, random() % 3 == 0 ? item.value : any().value);
      heap_of_seed.write(i, 24, any());
    }
    std::vector<std::tuple<std::uint32_t, Address, KnownBy>> claims;
    claims.reserve(20);
    for (int i = 0; i < 20; ++i)
      claims.emplace_back(static_cast<std::uint32_t>(random() % kObjects), random() % 2 == 0 ? item : other,
                          random() % 2 == 0 ? KnownBy::kDwarf : KnownBy::kCode);
    Reasons reasons(kObjects);
    Propagation with(heap_of_seed, *program.types, &reasons), without(heap_of_seed, *program.types);
    for (Propagation* p : {&with, &without}) {
      for (const auto& [row, type, known_by] : claims) {
        p->because(because(Ground::kCode));
        p->claim_target(heap_of_seed.at(row), id(type), known_by);
        if (row % 3 == 0) p->run();
      }
      p->run();
      p->claim_untyped();
      p->run();
    }
    reasons.finish();
    EXPECT_EQ(with.stats().conflicts, without.stats().conflicts);
    EXPECT_EQ(with.stats().claims, without.stats().claims);
    for (std::uint32_t row = 0; row < kObjects; ++row) {
      ASSERT_EQ(with.type(row), without.type(row)) << seed;
      ASSERT_EQ(with.known_by(row), without.known_by(row)) << seed;
      if (!with.type(row)) continue;
      ASSERT_LE(chain(reasons, row).size(), 1000U) << seed << " " << row;
    }
  }
}

}  // namespace
}  // namespace holdfast::typing

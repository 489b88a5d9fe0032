#include "typing/named_reasons.h"

#include <gmock/gmock.h>

#include "binary/elf_builder_for_tests.h"
#include "typing/heap_image_for_tests.h"

namespace holdfast::typing {
namespace {

using go::TypeImage;
using heap::Witness;
using testing::SizeIs;

// A page with a header leads to a list of items; a package variable is an interface that holds another one.
class NamedReasonsTest : public testing::Test {
 protected:
  NamedReasonsTest() : image_(heap_.image) {
    const Address integer = image_.integer(), string = image_.string();
    const Address pointer = image_.pointer(Address(), "*main.Item");
    item_ = image_.structure({{"name", string, 0}, {"next", pointer, 16}, {"n", integer, 24}}, 32, "main.Item",
                             {"main", {}});
    image_.write(pointer + go::kElemAt, item_.value);
    other_ = image_.structure({{"a", string, 0}, {"b", string, 16}}, 32, "main.Other", {"main", {}});
    page_ =
        image_.structure({{"items", image_.array(pointer, 70, "[70]*main.Item"), 0}}, 560, "main.Page", {"main", {}});
    image_.set_typelinks({item_, other_, page_});
    variables_ = image_.space(0x100, 64);
    image_.modules[0].data = {variables_, variables_ + 0x100};
    page_at_ = heap_.add_span(27, 576, true, 1, 8);
    list_ = heap_.add_span(4, 32, true, ~std::uint64_t{0});
    image_.write(page_at_, page_.value);
    image_.write(page_at_ + 8 + 24, list_.value);
    for (std::uint64_t i = 0; i + 1 < 64; ++i) image_.write(item(i) + 16, item(i + 1).value);
  }
  Address item(std::uint64_t i) const { return list_ + 32 * i; }
  // Calls look(reasons) with the reasons of what is found.
  template <typename Look>
  void find(const Look& look) {
    bool told = false;
    heap_.find_types([&](const heap::Snapshot&, const heap::TypeReasons& reasons) {
      look(reasons);
      told = true;
    });
    EXPECT_TRUE(told);
  }
  std::string name(TypeId type) const {
    return type ? std::string(heap_.snapshot.strings[heap_.snapshot.types[type.row].name]) : std::string();
  }

  HeapImage heap_;
  TypeImage& image_;
  Address item_, other_, page_, variables_, page_at_, list_;
};

TEST_F(NamedReasonsTest, LeadFromFieldToFieldToAHeader) {
  find([&](const heap::TypeReasons& reasons) {
    const heap::TypeChain chain = reasons.chain(heap_.object(item(1)));
    ASSERT_THAT(chain.steps, SizeIs(3));
    EXPECT_EQ(chain.left_out, 0U);
    const heap::TypeStep& own = chain.steps[0];
    EXPECT_EQ(name(own.type), "main.Item");
    EXPECT_EQ(own.known_by, KnownBy::kPropagated);
    EXPECT_EQ(own.witness, Witness::kHolder);
    EXPECT_EQ(own.holder, heap_.object(item(0)));
    EXPECT_EQ(own.field, ".next");
    EXPECT_EQ(own.word, item(0) + 16);
    EXPECT_EQ(chain.steps[1].holder, heap_.object(page_at_));
    EXPECT_EQ(chain.steps[1].field, ".items[3]");
    EXPECT_EQ(chain.steps[1].word, page_at_ + 8 + 24) << "behind the header";
    EXPECT_EQ(chain.steps[2].witness, Witness::kHeader);
    EXPECT_EQ(chain.steps[2].descriptor, page_);
    EXPECT_EQ(chain.steps[2].at, page_at_ + 8);
  });
}

TEST_F(NamedReasonsTest, LeaveTheMiddleOfALongChainOut) {
  find([&](const heap::TypeReasons& reasons) {
    const heap::TypeChain chain = reasons.chain(heap_.object(item(63)));
    EXPECT_EQ(chain.steps.size() + chain.left_out, 65U);
    EXPECT_EQ(chain.left_out, 45U);
    EXPECT_EQ(chain.head, 12U);
    EXPECT_EQ(chain.steps[11].object, heap_.object(item(52)));
    EXPECT_EQ(chain.steps[12].object, heap_.object(item(6)));
    EXPECT_EQ(chain.steps.back().witness, Witness::kHeader);
  });
}

TEST_F(NamedReasonsTest, NameTheVariableThatAnInterfaceLiesIn) {
  const Address boxed = heap_.add_object();
  image_.write(variables_ + 0x20, other_.value);
  image_.write(variables_ + 0x28, boxed.value);
  const auto bytes = binary::ElfBuilder(binary::ElfType::kExec).symbol("main.any", variables_ + 0x20, 16).build();
  const binary::ElfFile elf(ByteView(bytes, "program"));
  heap_.symbols = go::Symbols({{&elf, 0, "program"}});
  find([&](const heap::TypeReasons& reasons) {
    const heap::TypeChain chain = reasons.chain(heap_.object(boxed));
    ASSERT_THAT(chain.steps, SizeIs(1));
    EXPECT_EQ(chain.steps[0].witness, Witness::kInterface);
    EXPECT_EQ(chain.steps[0].word, variables_ + 0x20) << "the first of its words";
    EXPECT_EQ(chain.steps[0].descriptor, other_);
    EXPECT_EQ(chain.steps[0].variable.variable, "main.any");
    EXPECT_EQ(chain.steps[0].variable.offset, 8U) << "the word that leads to the object";
    EXPECT_EQ(reasons.variable_at(variables_ + 0x28), chain.steps[0].variable);
    EXPECT_EQ(reasons.variable_at(variables_ + 0x40), (heap::VariableWord{"", heap::Section::kData, "", 0x40, {}}));
    EXPECT_TRUE(reasons.variable_at(page_at_).empty()) << "no variable";
  });
}

TEST_F(NamedReasonsTest, TellBothSidesOfAConflict) {
  image_.write(variables_ + 0x20, other_.value);
  image_.write(variables_ + 0x28, item(0).value);
  find([&](const heap::TypeReasons& reasons) {
    const std::vector<heap::TypeConflict> conflicts = reasons.conflicts();
    ASSERT_THAT(conflicts, SizeIs(1));
    EXPECT_EQ(name(conflicts[0].kept.type), "main.Other");
    EXPECT_EQ(conflicts[0].kept.witness, Witness::kInterface);
    EXPECT_EQ(name(conflicts[0].refused.type), "main.Item");
    EXPECT_EQ(conflicts[0].refused.witness, Witness::kHolder);
    EXPECT_EQ(conflicts[0].cause, heap::ConflictCause::kEvidence);
    EXPECT_EQ(conflicts[0].objects, 1U);
    EXPECT_EQ(conflicts[0].standing, 1U);
    EXPECT_EQ(conflicts[0].bytes, 32U);
    const heap::TypeChain chain = reasons.chain(heap_.object(item(0)));
    ASSERT_THAT(chain.refused, SizeIs(1));
    EXPECT_EQ(name(chain.refused[0].type), "main.Item");
  });
}

TEST_F(NamedReasonsTest, AreEmptyForAnObjectWithoutAType) {
  const Address unknown = heap_.add_object();
  find([&](const heap::TypeReasons& reasons) { EXPECT_THAT(reasons.chain(heap_.object(unknown)).steps, SizeIs(0)); });
}

}  // namespace
}  // namespace holdfast::typing

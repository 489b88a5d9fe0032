#include "go/pointer_mask.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "go/type_image_for_tests.h"

namespace holdfast::go {
namespace {

// Compares word by word, over `count` values that lie one after the other.
void expect_tiles(const PointerMask* mask, const std::vector<bool>& pointers, std::uint64_t count) {
  ASSERT_NE(mask, nullptr);
  const std::uint64_t words = pointers.size() * count;
  for (std::uint64_t w = 0; w < words; ++w) {
    const std::uint64_t k = mask->size == 0 ? 0 : w % (mask->size / 8);
    const bool is_pointer = k < mask->bits() && mask->test(k);
    ASSERT_EQ(is_pointer, pointers[w % pointers.size()]) << "word " << w;
  }
}

void set_header(TypeImage& image, Address type, std::uint8_t tflag, std::uint8_t kind_bits, Address gc_data) {
  auto header = *read_type_header(image.memory(), type);
  header.tflag = static_cast<std::uint8_t>(header.tflag | tflag);
  header.kind_byte = static_cast<std::uint8_t>(header.kind_byte | kind_bits);
  header.gc_data = gc_data.value;
  image.write(type, header);
}

TEST(PointerMasks, ReadsPlainMasksAndRemembersThem) {
  TypeImage image(22);
  const Address type =
      image.structure({{"a", image.string(), 0}, {"b", image.integer(), 16}, {"c", image.string(), 24}}, 40, "main.T");
  const Runtime runtime = image.runtime();
  LossLedger losses;
  const PointerMasks masks(runtime, losses);
  const PointerMask* mask = masks.of(type);
  expect_tiles(mask, image.pointers(type), 3);
  EXPECT_EQ(mask->size, 40U);
  EXPECT_EQ(mask->pointer_bytes, 32U);
  EXPECT_EQ(masks.of(type), mask);
  EXPECT_EQ(masks.of(image.integer())->pointer_bytes, 0U);
  EXPECT_TRUE(losses.sorted().empty());
}

TEST(PointerMasks, AnArrayAnswersWithItsElement) {
  TypeImage image(21);
  const Address elem = image.structure({{"a", image.integer(), 0}, {"b", image.string(), 8}}, 24, "main.T");
  const Address array = image.array(image.array(elem, 5, "[5]main.T"), 7, "[7][5]main.T");
  const Runtime runtime = image.runtime();
  LossLedger losses;
  const PointerMasks masks(runtime, losses);
  EXPECT_EQ(masks.of(array)->size, 24U);
  expect_tiles(masks.of(array), image.pointers(array), 2);
}

TEST(PointerMasks, ExpandsGcProgramsUpTo123) {
  TypeImage image(23);
  const Address elem = image.structure({{"a", image.integer(), 0}, {"b", image.string(), 8}}, 24, "main.E");
  const Address type =
      image.structure({{"x", image.string(), 0}, {"y", image.array(elem, 40, "[40]main.E"), 16}}, 976, "main.T");
  // The program has 10 for the string, 010 for the first element, and that again 39 times; the last word may be left
  // out.
  const Address program = image.space(32);
  image.write(program, std::uint32_t{5});
  image.write_bytes(program + 4, std::string_view("\x05\x09\x83\x27\x00", 5));
  set_header(image, type, 0, 64, program);
  const Runtime runtime = image.runtime();
  LossLedger losses;
  const PointerMasks masks(runtime, losses);
  expect_tiles(masks.of(type), image.pointers(type), 1);

  image.write(program, std::uint32_t{4});  // without its end mark
  const PointerMasks again(runtime, losses);
  EXPECT_EQ(again.of(type), nullptr);
  EXPECT_FALSE(losses.sorted().empty());
}

TEST(PointerMasks, BuildsMasksOnDemandFromTheFieldsWhateverTheSlotSays) {
  for (const std::uint64_t slot_value : {std::uint64_t{0}, std::uint64_t{0xdeadbeef}}) {
    TypeImage image(27);
    const Address inner = image.structure({{"a", image.integer(), 0}, {"b", image.string(), 8}}, 24, "main.I");
    const Address array = image.array(inner, 20, "[20]main.I");
    const Address nested = image.structure({{"n", image.integer(), 0}, {"list", array, 8}}, 488, "main.N");
    const Address type = image.structure({{"none", image.structure({}, 0, "struct {}"), 0},
                                          {"s", image.string(), 0},
                                          {"n", nested, 16},
                                          {"m", nested, 504}},
                                         992, "main.T");
    const Address slot = image.space(8);
    image.write(slot, slot_value);
    for (const Address on_demand : {type, nested}) set_header(image, on_demand, 16, 0, slot);
    const Runtime runtime = image.runtime();
    LossLedger losses;
    const PointerMasks masks(runtime, losses);
    expect_tiles(masks.of(type), image.pointers(type), 2);
    EXPECT_TRUE(losses.sorted().empty());
  }
}

TEST(PointerMasks, ReadsTheNamelessTypesOf122AndOfUserArenas) {
  TypeImage image(22);
  image.build_on_heap(true);
  // Only size, pointer bytes, mask and the flag are set; the kind is 0.
  const Address type = image.space(48);
  TypeHeader header = {};
  header.size = 8ULL * 130;
  header.pointer_bytes = 8ULL * 129;
  header.tflag = 16;
  std::vector<bool> pointers(130);
  pointers[0] = pointers[64] = pointers[128] = true;
  header.gc_data = image.bitmap(pointers).value;
  image.write(type, header);
  const Runtime runtime = image.runtime();
  LossLedger losses;
  const PointerMasks masks(runtime, losses);
  expect_tiles(masks.of(type), pointers, 1);
}

TEST(PointerMasks, RefusesDescriptorsThatContradictThemselves) {
  TypeImage image(26);
  const Address good = image.string();
  const auto broken = [&](auto change) {
    const Address type = image.string();
    auto header = *read_type_header(image.memory(), type);
    change(header);
    image.write(type, header);
    return type;
  };
  const Address pointers_beyond_size = broken([](TypeHeader& h) { h.pointer_bytes = 24; });
  const Address odd = broken([](TypeHeader& h) { h.pointer_bytes = 12; });
  const Address no_mask = broken([](TypeHeader& h) { h.gc_data = 0x10; });
  const Address endless = broken([](TypeHeader& h) { h.size = h.pointer_bytes = std::uint64_t{1} << 46; });
  // A struct with a mask on demand that contains itself.
  const Address self = image.structure({{"a", good, 0}}, 64, "main.S");
  set_header(image, self, 16, 0, Address(0));
  const auto fields = image.memory().pointer(self + kFieldsAt);
  image.write(fields + 8, self.value);
  const Runtime runtime = image.runtime();
  LossLedger losses;
  const PointerMasks masks(runtime, losses);
  for (const Address type : {pointers_beyond_size, odd, no_mask, endless, self, Address(0x1234), Address(~7ULL)}) {
    EXPECT_EQ(masks.of(type), nullptr) << std::hex << type.value;
    EXPECT_EQ(masks.of(type), nullptr);
  }
  ASSERT_EQ(losses.sorted().size(), 1U);
  EXPECT_EQ(losses.sorted()[0].count, 7U);
  EXPECT_NE(masks.of(good), nullptr);
}

TEST(PointerMasks, AnswersTheSameFromManyThreads) {
  TypeImage image(26);
  std::vector<Address> types;
  std::mt19937_64 random(3);
  for (int i = 0; i < 1500; ++i) {
    std::vector<bool> pointers(1 + random() % 20);
    for (auto&& bit : pointers) bit = random() % 2 != 0;
    types.push_back(image.basic(TypeKind::kStruct, "main.T", pointers.size() * 8, pointers));
  }
  const Runtime runtime = image.runtime();
  LossLedger losses;
  const PointerMasks masks(runtime, losses);
  std::vector<std::vector<const PointerMask*>> seen(4);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 3; ++round)
        for (const Address type : types) seen[t].push_back(masks.of(type));
    });
  for (auto& thread : threads) thread.join();
  for (unsigned t = 1; t < 4; ++t) EXPECT_EQ(seen[t], seen[0]);
  for (std::size_t i = 0; i < types.size(); ++i) expect_tiles(seen[0][i], image.pointers(types[i]), 2);
}

}  // namespace
}  // namespace holdfast::go

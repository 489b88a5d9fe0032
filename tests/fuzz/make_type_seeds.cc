// Writes the seeds of fuzz_types, fuzz_typing, fuzz_stack and fuzz_gc_program: make_type_seeds tests/fuzz/seeds
#include <fstream>
#include <string>

#include "binary/elf_builder_for_tests.h"
#include "fuzz_stack.h"
#include "go/type_image_for_tests.h"

namespace {

using namespace holdfast;
using namespace holdfast::go;

std::string module_of(int minor) {
  TypeImage image(minor);
  const Address integer = image.integer();
  const Address item =
      image.structure({{"n", integer, 0}, {"s", image.string(), 8, true}}, 24, "main.Item", {"main", {}});
  const Address method = image.function({image.pointer(item, "*main.Item"), image.slice(integer, "[]int")}, {integer},
                                        true, "func(*main.Item, ...int) int");
  const Address doer = image.interface({{"Do", method}}, "main.Doer", {"main", {{"Do", method}, {"End", method}}});
  image.map(integer, image.array(item, 3, "[3]main.Item"), item, "map[int][3]main.Item");
  image.chan(item, "<-chan main.Item", 1);
  const Address itab = image.space(32);
  image.write(itab, doer.value);
  image.write(itab + 8, item.value);
  image.build_on_heap(false);
  std::string out(1, static_cast<char>(minor - kOldestMinor));
  for (std::uint64_t at = 0; at < image.types_used(); ++at)
    out.push_back(static_cast<char>(image.memory().integer<std::uint8_t>(TypeImage::kTypes + at)));
  return out;
}

// The same types as the beginning of a heap of 64-byte slots. Behind them are slots that point to one another, as
// slices do.
std::string heap_of(int minor) {
  constexpr std::uint64_t kSlot = 64, kSlots = 24;
  std::string out = module_of(minor);
  out.insert(1, 1, '\1');
  out.resize(2 + (out.size() - 2 + kSlot - 1) / kSlot * kSlot);
  const std::uint64_t first = (out.size() - 2) / kSlot;
  binary::Bytes slots;
  for (std::uint64_t i = 0; i < kSlots; ++i) {
    const auto slot = [&](std::uint64_t by) { return (TypeImage::kHeap + (first + (i + by) % kSlots) * kSlot).value; };
    slots.u64(slot(1)).u64(1).u64(1).u64(slot(2)).u64(24).u64(slot(3) + 8).u64(TypeImage::kTypes.value).u64(slot(4));
  }
  const auto bytes = slots.get();
  return out + std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// A goroutine in main.f with maps of arguments and locals, a variable on the stack, and a deferred call.
std::string stack_of(int minor, char status) {
  binary::Bytes gofunc;
  gofunc.zeros(fuzz::kArgumentsMap).u32(1).u32(3).u8(5);
  gofunc.zeros(fuzz::kLocalsMap - gofunc.size()).u32(3).u32(7).u8(0x7f).u8(0x41).u8(3);
  gofunc.zeros(fuzz::kStackObjects - gofunc.size()).u64(1).u32(~15U).u32(16).u32(16).u32(0);
  gofunc.zeros(fuzz::kGofuncBytes - gofunc.size());
  binary::Bytes out;
  out.u8(static_cast<std::uint8_t>(minor - kOldestMinor)).u8(static_cast<std::uint8_t>(status | 16)).u8(0x20).u8(8);
  out.append(gofunc.get()).u8(3).zeros(fuzz::kRodataBytes - 1).zeros(fuzz::kDeferBytes);
  out.zeros(fuzz::kStackBytes - fuzz::kAboveTop - 0x48);
  for (std::uint64_t i = 0; i < 7; ++i) out.u64(0xc000400000 + i * 0x100);
  const auto bytes = out.get();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  for (const int minor : {19, 23, 26, 27}) write(folder + "/fuzz_types/go1." + std::to_string(minor), module_of(minor));
  for (const int minor : {19, 22, 27}) write(folder + "/fuzz_typing/go1." + std::to_string(minor), heap_of(minor));
  write(folder + "/fuzz_stack/waiting", stack_of(19, 4));
  write(folder + "/fuzz_stack/running", stack_of(26, 2));
  using namespace std::string_literals;
  write(folder + "/fuzz_gc_program/repeats", "\x05\x0d\x83\x02\x00"s);
  write(folder + "/fuzz_gc_program/long_period", "\x40\x11\x22\x33\x44\x55\x66\x77\x01\x80\x40\xac\x02\x00"s);
}

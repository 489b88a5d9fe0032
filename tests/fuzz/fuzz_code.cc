// Follows any bytes as the machine code of one function of a program with a few types, with anything known of origins:
// it must end, and whatever it says must be about types that exist.
#include "base/error.h"
#include "code/interpreter.h"
#include "go/type_image_for_tests.h"

namespace {

using namespace holdfast;
using namespace holdfast::code;

constexpr Address kEntry{0x401000};
constexpr Address kVariables{0x700000};
constexpr std::uint64_t kVariableBytes = 0x1000;

class Program {
 public:
  Program() {
    const Address integer = image_.integer();
    item_ = image_.structure({{"n", integer, 0}}, 8, "main.Item", {"main", {}});
    const Address pointer = image_.pointer(item_, "*main.Item");
    const Address node = image_.structure({{"item", pointer, 0}, {"next", pointer, 8}}, 16, "main.Node", {"main", {}});
    image_.slice(node, "[]main.Node");
    const Address take = image_.function({pointer}, {pointer}, false, "func(*main.Item) *main.Item");
    doer_ = image_.interface({{"Do", take}}, "main.Doer", {"main", {}});
    image_.chan(item_, "chan main.Item");
  }
  go::TypeImage& image() { return image_; }
  Address item() const { return item_; }
  Address doer() const { return doer_; }

 private:
  go::TypeImage image_{26};
  Address item_, doer_;
};

class Listener : public Observer {
 public:
  explicit Listener(WordTypes& types) : types_(types) {}
  void word(const Origin& origin, const WordType& word, bool) override {
    HOLDFAST_CHECK(static_cast<bool>(origin) && origin.loads <= Origin::kMostLoads);
    check(word);
  }
  void variable(Address, Address type) override { HOLDFAST_CHECK(types_.find(type) != nullptr); }
  void use(Address variable, bool) override {
    HOLDFAST_CHECK(variable >= kVariables && variable < kVariables + kVariableBytes);
  }
  void closure(Address, Address type) override { HOLDFAST_CHECK(types_.find(type) != nullptr); }
  void cleanup(Address, Address) override {}
  void removal(Address map_type) override { HOLDFAST_CHECK(!map_type || types_.find(map_type) != nullptr); }
  void result(std::uint8_t number, const WordType& word) override {
    HOLDFAST_CHECK(number < kArgumentRegisters.size());
    if (word) check(word);
  }
  void given(Address, std::uint8_t number, const WordType& word) override {
    HOLDFAST_CHECK(number < kArgumentRegisters.size());
    check(word);
  }
  void frame_word(Address, std::int64_t, const WordType& word) override { check(word); }
  void frame_variable(Address, std::int64_t, const WordType& pointer) override { check(pointer); }

 private:
  void check(const WordType& word) {
    const WordTypes::Type* const type = types_.find(word.type);
    HOLDFAST_CHECK(static_cast<bool>(word));
    if (type != nullptr && word.kind == WordKind::kPointer) HOLDFAST_CHECK(word.offset <= type->size);
  }
  WordTypes& types_;
};

// Something is known of every other origin.
class Known : public Knowledge {
 public:
  explicit Known(const Program& program) : program_(program) {
    const Origin behind = Origin{.root = Origin::Root::kArgument, .at = kEntry}.load(8);
    uses_.below = {{behind, WordType::pointer(program.item())}, {behind.load(16), WordType::part(program.doer(), 0)}};
  }
  WordType word_at(const Origin& origin) const override {
    if (origin.at.value / 8 % 2 == 0) return {};
    return origin.number % 2 == 0 ? WordType::pointer(program_.item()) : WordType::part(program_.doer(), 0);
  }
  RegisterWords given(Address) const override { return {WordType(), WordType::pointer(program_.item()), WordType()}; }
  const ArgumentUses* argument_uses(Address function) const override {
    return function.value % 2 == 0 ? &uses_ : nullptr;
  }
  Address closure_type(Address) const override { return {}; }

 private:
  const Program& program_;
  ArgumentUses uses_;
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Program program;
  static const go::Runtime runtime = program.image().runtime();
  static const go::TypeReader reader(runtime);
  static const Callees callees({{Address(0x401010), Callee::kNewObject},
                                {Address(0x401020), Callee::kMapElement},
                                {Address(0x401030), Callee::kGrowSlice},
                                {Address(0x401040), Callee::kWriteBarrier},
                                {Address(0x401050), Callee::kDuff},
                                {Address(0x401060), Callee::kMakeSmallMap},
                                {Address(0x401070), Callee::kAddCleanup},
                                {Address(0x401080), Callee::kMapRemove}});
  static const Signatures signatures({}, reader);
  const AddressRange types_range{go::TypeImage::kTypes, go::TypeImage::kTypes + go::TypeImage::kBytes};
  const CodeImage image{runtime.memory,
                        callees,
                        signatures,
                        {{kVariables, kVariables + kVariableBytes}},
                        {{go::TypeImage::kText, types_range.end}},
                        {types_range}};
  WordTypes types(reader);
  Listener listener(types);
  const Known known(program);
  Interpreter interpreter(image, known, types, listener);
  interpreter.run(kEntry, std::as_bytes(std::span(data, size)), true);
  return 0;
}

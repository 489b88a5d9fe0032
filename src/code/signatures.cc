#include "code/signatures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "go/package_names.h"

namespace holdfast::code {
namespace {

using go::TypeKind;

constexpr std::size_t kFloatRegisters = 15;

// Assigns registers to the parts of values.
class Assignment {
 public:
  Assignment(WordTypes& types, RegisterWords& out) : types_(types), out_(out) {}

  void add(Address type) {
    const RegisterWords words = out_;
    const std::size_t integers = integers_, floats = floats_;
    if (assign(type, type, 0, 0)) return;
    out_ = words;  // to the stack
    integers_ = integers;
    floats_ = floats;
  }

 private:
  // Assigns registers to the value of `type` at `offset` of `whole`. False if it does not fit.
  bool assign(Address whole, Address type, std::uint64_t offset, int depth) {
    const WordTypes::Type* const row = types_.find(type);
    if (row == nullptr || depth > 32) return false;
    switch (row->kind) {
      case TypeKind::kStruct:
        for (const WordTypes::Field& field : row->fields)
          if (!assign(whole, field.type, offset + field.offset, depth + 1)) return false;
        return true;
      case TypeKind::kArray:
        return row->count == 0 || (row->count == 1 && assign(whole, row->elem, offset, depth + 1));
      case TypeKind::kFloat32:
      case TypeKind::kFloat64:
        return ++floats_ <= kFloatRegisters;
      case TypeKind::kComplex64:
      case TypeKind::kComplex128:
        return (floats_ += 2) <= kFloatRegisters;
      default:
        for (std::uint64_t word = 0; word < std::max<std::uint64_t>(1, row->size / 8); ++word) {
          if (integers_ == out_.size()) return false;
          out_[integers_++] = types_.word_at(whole, offset + word * 8);
        }
        return true;
    }
  }

  WordTypes& types_;
  RegisterWords& out_;
  std::size_t integers_ = 0;
  std::size_t floats_ = 0;
};

// The receiver's type according to a method's name: "example.com/app.(*Cart).Add" -> "*example.com/app.Cart". Closures
// and wrappers within methods are no methods.
std::optional<std::string> receiver_of(std::string_view name) {
  const std::size_t open = name.find(".(*");
  if (open == std::string_view::npos) return std::nullopt;
  const std::size_t close = name.find(").", open);
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view type = name.substr(open + 3, close - open - 3);
  const std::string_view method = name.substr(close + 2);
  if (type.find('[') != std::string_view::npos || method.find_first_of(".-") != std::string_view::npos)
    return std::nullopt;
  return fmt::format("*{}.{}", go::unescaped(name.substr(0, open)), type);
}

}  // namespace

RegisterWords in_registers(WordTypes& types, std::span<const Address> values) {
  RegisterWords out;
  Assignment assignment(types, out);
  for (const Address value : values) assignment.add(value);
  return out;
}

Signatures::Signatures(const go::Runtime& runtime, const go::TypeReader& reader, const go::TypeUniverse& universe,
                       std::span<const binary::FunctionInfo> all) {
  WordTypes types(reader);
  known_.reserve(all.size());
  for (const Address type : universe.types()) add_methods(types, reader, type);
  for (const go::Itab& itab : universe.itabs()) add_itab(types, runtime, itab);
  add_by_name(reader, universe, all);
  add_makers_of_bytes(reader, universe, all);
}

void Signatures::add(WordTypes& types, Address code, Address receiver, Address function_type) {
  if (!code || known_.contains(code)) return;
  const WordTypes::Type* const function = types.find(function_type);
  if (function == nullptr || function->kind != TypeKind::kFunc) return;
  std::vector<Address> in = {receiver};
  in.insert(in.end(), function->in.begin(), function->in.end());
  known_[code] = {in_registers(types, in), in_registers(types, function->out), true};
}

void Signatures::add_methods(WordTypes& types, const go::TypeReader& reader, Address type) {
  for (const go::TypeMethod& method : reader.methods(type)) add(types, method.code, type, method.type);
}

// Adds methods that the linker dropped from method tables. Only pointer receivers: for others the itab names a wrapper.
void Signatures::add_itab(WordTypes& types, const go::Runtime& runtime, const go::Itab& itab) {
  constexpr std::uint64_t kCodeAt = 24;  // runtime.itab.fun, Go 1.17-1.27
  const WordTypes::Type* const type = types.find(itab.type);
  const WordTypes::Type* const interface = types.find(itab.interface);
  if (type == nullptr || interface == nullptr || type->kind != TypeKind::kPointer) return;
  values_[itab.address] = in_registers(types, {&itab.type, 1}).front();
  for (std::size_t i = 0; i < interface->methods.size(); ++i) {
    const auto code = runtime.memory.try_pointer(itab.address + kCodeAt + i * 8);
    if (code) add(types, *code, itab.type, interface->methods[i]);
  }
}

// Functions of the runtime that allocate bytes without being told a type (Go 1.19-1.27).
void Signatures::add_makers_of_bytes(const go::TypeReader& reader, const go::TypeUniverse& universe,
                                     std::span<const binary::FunctionInfo> all) {
  static constexpr std::string_view kBytes[] = {"internal/bytealg.MakeNoZero", "runtime.rawbyteslice",
                                                "runtime.stringtoslicebyte"};
  static constexpr std::string_view kTexts[] = {
      "runtime.concatstrings",     "runtime.concatstring2", "runtime.concatstring3",
      "runtime.concatstring4",     "runtime.concatstring5", "runtime.slicebytetostring",
      "runtime.slicerunetostring", "runtime.intstring",     "runtime.gostring"};
  Address byte, text;
  for (const Address type : universe.types()) {
    const auto header = reader.header(type);
    if (!header || (header->kind() != TypeKind::kUint8 && header->kind() != TypeKind::kString)) continue;
    const auto read = reader.read(type);
    if (read && read->full_name() == "uint8") byte = type;
    if (read && read->full_name() == "string") text = type;
  }
  for (const binary::FunctionInfo& function : all) {
    const bool bytes = byte && std::ranges::find(kBytes, function.name) != std::end(kBytes);
    const bool texts = text && std::ranges::find(kTexts, function.name) != std::end(kTexts);
    if (!bytes && !texts) continue;
    Signature& signature = known_[function.entry];
    signature.out[0] = bytes ? WordType::pointer(byte, 0, true) : WordType::part(text, 0);
    signature.knows_results = true;
  }
}

void Signatures::add_by_name(const go::TypeReader& reader, const go::TypeUniverse& universe,
                             std::span<const binary::FunctionInfo> all) {
  std::unordered_map<std::string, Address> pointee;  // of "*T" where T has a name
  for (const Address type : universe.types())
    if (const auto header = reader.header(type); header && header->is_named())
      if (const auto read = reader.read(type)) pointee.try_emplace(fmt::format("*{}", read->full_name()), type);
  for (const binary::FunctionInfo& function : all) {
    const auto name = receiver_of(function.name);
    const auto type = name ? pointee.find(*name) : pointee.end();
    if (type == pointee.end() || known_.contains(function.entry)) continue;
    known_[function.entry].in[0] = WordType::pointer(type->second);
  }
}

}  // namespace holdfast::code

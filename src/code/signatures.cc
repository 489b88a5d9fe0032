#include "code/signatures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

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

using Kind = SignatureSource::Kind;

// Finds who tells what about which function. Who comes first is believed.
class Search {
 public:
  Search(const go::Runtime& runtime, const go::TypeReader& reader, const go::TypeUniverse& universe,
         std::span<const binary::FunctionInfo> all)
      : runtime_(runtime), reader_(reader), universe_(universe), all_(all), types_(reader) {
    found_.reserve(all.size());
  }

  std::vector<SignatureSource> run() {
    for (const Address type : universe_.types())
      for (const go::TypeMethod& method : reader_.methods(type)) add(method.code, type, method.type);
    for (const go::Itab& itab : universe_.itabs()) add_itab(itab);
    add_by_name();
    add_makers_of_bytes();
    std::vector<SignatureSource> sources;
    sources.reserve(found_.size());
    for (const auto& [at, source] : found_) sources.push_back(source);
    std::ranges::sort(sources);
    return sources;
  }

 private:
  void add(Address code, Address receiver, Address function_type) {
    if (!code || found_.contains(code)) return;
    const WordTypes::Type* const function = types_.find(function_type);
    if (function == nullptr || function->kind != TypeKind::kFunc) return;
    found_[code] = {code, Kind::kMethod, receiver, function_type};
  }

  // Adds methods that the linker dropped from method tables. Only pointer receivers: for others the itab names a
  // wrapper.
  void add_itab(const go::Itab& itab) {
    constexpr std::uint64_t kCodeAt = 24;  // runtime.itab.fun, Go 1.17-1.27
    const WordTypes::Type* const type = types_.find(itab.type);
    const WordTypes::Type* const interface = types_.find(itab.interface);
    if (type == nullptr || interface == nullptr || type->kind != TypeKind::kPointer) return;
    found_[itab.address] = {itab.address, Kind::kItab, itab.type};
    for (std::size_t i = 0; i < interface->methods.size(); ++i) {
      const auto code = runtime_.memory.try_pointer(itab.address + kCodeAt + i * 8);
      if (code) add(*code, itab.type, interface->methods[i]);
    }
  }

  // Functions of the runtime that allocate bytes without being told a type (Go 1.19-1.27), and some of the library
  // whose first result is a string: many variables have nothing else that says what they are.
  void add_makers_of_bytes() {
    static constexpr std::string_view kSliceMakers[] = {"internal/bytealg.MakeNoZero", "runtime.rawbyteslice",
                                                        "runtime.stringtoslicebyte"};
    static constexpr std::string_view kTextMakers[] = {"runtime.concatstrings",
                                                       "runtime.concatstring2",
                                                       "runtime.concatstring3",
                                                       "runtime.concatstring4",
                                                       "runtime.concatstring5",
                                                       "runtime.slicebytetostring",
                                                       "runtime.slicerunetostring",
                                                       "runtime.intstring",
                                                       "runtime.gostring",
                                                       "fmt.Sprint",
                                                       "fmt.Sprintf",
                                                       "fmt.Sprintln",
                                                       "strings.Clone",
                                                       "strings.Join",
                                                       "strings.Map",
                                                       "strings.Repeat",
                                                       "strings.Replace",
                                                       "strings.ReplaceAll",
                                                       "strings.ToLower",
                                                       "strings.ToTitle",
                                                       "strings.ToUpper",
                                                       "strings.ToValidUTF8",
                                                       "strconv.FormatFloat",
                                                       "strconv.FormatInt",
                                                       "strconv.FormatUint",
                                                       "strconv.Itoa",
                                                       "strconv.Quote",
                                                       "encoding/hex.EncodeToString",
                                                       "path.Join",
                                                       "path/filepath.Join"};
    Address byte, text;
    for (const Address type : universe_.types()) {
      const auto header = reader_.header(type);
      if (!header || (header->kind() != TypeKind::kUint8 && header->kind() != TypeKind::kString)) continue;
      const auto read = reader_.read(type);
      if (read && read->full_name() == "uint8") byte = type;
      if (read && read->full_name() == "string") text = type;
    }
    for (const binary::FunctionInfo& function : all_) {
      if (byte && std::ranges::find(kSliceMakers, function.name) != std::end(kSliceMakers))
        found_[function.entry] = {function.entry, Kind::kBytes, byte};
      if (text && std::ranges::find(kTextMakers, function.name) != std::end(kTextMakers))
        found_[function.entry] = {function.entry, Kind::kText, text};
    }
  }

  void add_by_name() {
    std::unordered_map<std::string, Address> pointee;  // of "*T" where T has a name
    for (const Address type : universe_.types())
      if (const auto header = reader_.header(type); header && header->is_named())
        if (const auto read = reader_.read(type)) pointee.try_emplace(fmt::format("*{}", read->full_name()), type);
    for (const binary::FunctionInfo& function : all_) {
      const auto name = receiver_of(function.name);
      const auto type = name ? pointee.find(*name) : pointee.end();
      if (type != pointee.end() && !found_.contains(function.entry))
        found_[function.entry] = {function.entry, Kind::kReceiver, type->second};
    }
  }

  const go::Runtime& runtime_;
  const go::TypeReader& reader_;
  const go::TypeUniverse& universe_;
  std::span<const binary::FunctionInfo> all_;
  WordTypes types_;
  std::unordered_map<Address, SignatureSource> found_;
};

}  // namespace

RegisterWords in_registers(WordTypes& types, std::span<const Address> values) {
  RegisterWords out;
  Assignment assignment(types, out);
  for (const Address value : values) assignment.add(value);
  return out;
}

std::vector<SignatureSource> find_signatures(const go::Runtime& runtime, const go::TypeReader& reader,
                                             const go::TypeUniverse& universe,
                                             std::span<const binary::FunctionInfo> all) {
  return Search(runtime, reader, universe, all).run();
}

Signatures::Signatures(std::vector<SignatureSource> sources, const go::TypeReader& reader)
    : sources_(std::move(sources)), made_(sources_.size()), types_(reader) {
  for (std::uint32_t row = 0; row < sources_.size(); ++row) rows_.insert(sources_[row].at, row);
}

const Signature* Signatures::make(std::uint32_t row) const {
  const std::lock_guard lock(making_);
  if (const Signature* const made = made_[row].load(std::memory_order_relaxed)) return made;
  const SignatureSource& source = sources_[row];
  Signature out;
  switch (source.kind) {
    case Kind::kMethod:
      if (const WordTypes::Type* const function = types_.find(source.type)) {
        std::vector<Address> in = {source.receiver};
        in.insert(in.end(), function->in.begin(), function->in.end());
        out = {in_registers(types_, in), in_registers(types_, function->out), true};
      }
      break;
    case Kind::kReceiver:
      out.in[0] = WordType::pointer(source.receiver);
      break;
    case Kind::kBytes:
      out.out[0] = WordType::pointer(source.receiver, 0, true);
      out.knows_results = true;
      break;
    case Kind::kText:
      out.out[0] = WordType::part(source.receiver, 0);
      out.knows_results = true;
      break;
    case Kind::kItab:
      out.in = in_registers(types_, {&source.receiver, 1});
      break;
  }
  const Signature* const made = &store_.emplace_back(out);
  made_[row].store(made, std::memory_order_release);
  return made;
}

}  // namespace holdfast::code

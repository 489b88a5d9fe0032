#include "code/facts_file.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/wire.h"

namespace holdfast::code {
namespace {

// A hash of the sources, from the build: it stands for the rules that found the facts.
constexpr std::uint64_t kRules = HOLDFAST_RULES_OF_CODE;

struct Header {
  le64 rules;
  // Rows, which follow in this order.
  le64 origins, given, variables, closures, cleanups, uses, removed_types, removing_functions, signatures;
};

struct WordRow {
  std::uint8_t kind = 0;  // WordKind
  std::uint8_t in_array = 0;
  le32 offset;
  le64 type;
};

struct OriginRow {
  std::uint8_t root = 0;  // Origin::Root
  std::uint8_t loads = 0;
  std::uint8_t number = 0;
  std::uint8_t strong = 0;
  le64 at;
  les32 offsets[Origin::kMostLoads];
  WordRow word;
  le64 said_by;
};

struct GivenRow {
  le64 function;
  std::uint8_t number = 0;
  WordRow word;
};

struct NamedRow {
  le64 at, type, said_by;
};

struct UseRow {
  le64 variable;
  le64 functions[2];  // ~0 = none
};
constexpr std::uint64_t kNobody = ~std::uint64_t{0};

struct AddressRow {
  le64 at;
};

struct SignatureRow {
  std::uint8_t kind = 0;  // SignatureSource::Kind
  le64 at, receiver;
  le64 type;  // kNobody = none
};

class Writer {
 public:
  explicit Writer(Address base) : base_(base) {}

  template <typename Row>
  void put(const Row& row) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(&row);
    out_.insert(out_.end(), bytes, bytes + sizeof row);
  }
  std::uint64_t from_base(Address at) const { return at.value - base_.value; }
  WordRow row(const WordType& word) const {
    return {static_cast<std::uint8_t>(word.kind), static_cast<std::uint8_t>(word.in_array), word.offset,
            from_base(word.type)};
  }
  void put_named(const std::unordered_map<Address, NamedType>& map) {
    std::vector<std::pair<Address, NamedType>> rows(map.begin(), map.end());
    std::ranges::sort(rows, {}, [](const auto& entry) { return entry.first; });
    for (const auto& [at, named] : rows) put(NamedRow{from_base(at), from_base(named.type), from_base(named.said_by)});
  }
  void put_addresses(const std::vector<Address>& addresses) {
    for (const Address at : addresses) put(AddressRow{from_base(at)});
  }
  std::vector<std::byte> take() { return std::move(out_); }

 private:
  Address base_;
  std::vector<std::byte> out_;
};

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, Address base, const AddressRange& image)
      : left_(bytes), base_(base), image_(image) {}

  // False at the end of the bytes.
  template <typename Row>
  bool take(Row& row) {
    if (left_.size() < sizeof row) return false;
    std::memcpy(&row, left_.data(), sizeof row);
    left_ = left_.subspan(sizeof row);
    return true;
  }
  bool at_end() const { return left_.empty(); }
  // False if it lies outside of the image.
  bool address(std::uint64_t from_base, Address& at) const {
    at = Address(base_.value + from_base);
    return image_.contains(at);
  }
  bool word(const WordRow& row, WordType& word) const {
    if (row.kind != static_cast<std::uint8_t>(WordKind::kPointer) &&
        row.kind != static_cast<std::uint8_t>(WordKind::kPart))
      return false;
    word.kind = static_cast<WordKind>(row.kind);
    word.in_array = row.in_array != 0;
    word.offset = row.offset;
    return row.in_array <= 1 && address(row.type, word.type);
  }
  bool named(std::uint64_t count, std::unordered_map<Address, NamedType>& map) {
    for (; count > 0; --count) {
      NamedRow row;
      Address at;
      NamedType named;
      if (!take(row) || !address(row.at, at) || !address(row.type, named.type) || !address(row.said_by, named.said_by))
        return false;
      map.emplace(at, named);
    }
    return true;
  }
  bool uses(std::uint64_t count, std::vector<VariableUse>& uses) {
    for (; count > 0; --count) {
      UseRow row;
      VariableUse use;
      if (!take(row) || !address(row.variable, use.variable)) return false;
      for (std::size_t i = 0; i < use.functions.size(); ++i)
        if (row.functions[i] != kNobody && !address(row.functions[i], use.functions[i])) return false;
      uses.push_back(use);
    }
    return std::ranges::is_sorted(uses, {}, &VariableUse::variable);
  }
  bool addresses(std::uint64_t count, std::vector<Address>& addresses) {
    for (; count > 0; --count) {
      AddressRow row;
      Address at;
      if (!take(row) || !address(row.at, at)) return false;
      addresses.push_back(at);
    }
    return std::ranges::is_sorted(addresses);
  }
  bool signatures(std::uint64_t count, std::vector<SignatureSource>& signatures) {
    for (; count > 0; --count) {
      SignatureRow row;
      SignatureSource source;
      if (!take(row) || row.kind > static_cast<std::uint8_t>(SignatureSource::Kind::kItab) ||
          !address(row.at, source.at) || !address(row.receiver, source.receiver) ||
          (row.type != kNobody && !address(row.type, source.type)))
        return false;
      source.kind = static_cast<SignatureSource::Kind>(row.kind);
      signatures.push_back(source);
    }
    return std::ranges::is_sorted(signatures);
  }
  bool origins(std::uint64_t count, FactTables& facts) {
    for (; count > 0; --count) {
      OriginRow row;
      Origin origin;
      Verdict verdict;
      if (!take(row) || !address(row.at, origin.at) || !word(row.word, verdict.word) ||
          !address(row.said_by, verdict.said_by))
        return false;
      const bool is_origin = row.root > 0 && row.root <= static_cast<std::uint8_t>(Origin::Root::kCapture);
      if (!is_origin || row.loads > Origin::kMostLoads || row.number >= kArgumentWords || row.strong > 1) return false;
      origin.root = static_cast<Origin::Root>(row.root);
      origin.loads = row.loads;
      origin.number = row.number;
      for (std::size_t i = 0; i < Origin::kMostLoads; ++i) origin.offsets[i] = row.offsets[i];
      verdict.strong = row.strong != 0;
      facts.origins.emplace(origin, verdict);
    }
    return true;
  }
  bool given(std::uint64_t count, FactTables& facts) {
    for (; count > 0; --count) {
      GivenRow row;
      Address function;
      if (!take(row) || !address(row.function, function) || row.number >= kArgumentWords ||
          !word(row.word, facts.given[function][row.number]))
        return false;
    }
    return true;
  }

 private:
  std::span<const std::byte> left_;
  Address base_;
  AddressRange image_;
};

std::vector<GivenRow> rows_of(const std::unordered_map<Address, RegisterWords>& given, const Writer& writer) {
  std::vector<GivenRow> rows;
  for (const auto& [function, words] : given)
    for (std::size_t i = 0; i < words.size(); ++i)
      if (words[i]) rows.push_back({writer.from_base(function), static_cast<std::uint8_t>(i), writer.row(words[i])});
  std::ranges::sort(rows, {}, [](const GivenRow& row) { return std::pair(std::uint64_t{row.function}, row.number); });
  return rows;
}

}  // namespace

std::vector<std::byte> write_facts(const FactTables& facts, std::span<const SignatureSource> signatures, Address base) {
  Writer writer(base);
  const std::vector<GivenRow> given = rows_of(facts.given, writer);
  writer.put(Header{kRules, facts.origins.size(), given.size(), facts.variables.size(), facts.closures.size(),
                    facts.cleanups.size(), facts.uses.size(), facts.removals.types.size(),
                    facts.removals.functions.size(), signatures.size()});
  std::vector<std::pair<Origin, Verdict>> origins(facts.origins.begin(), facts.origins.end());
  std::ranges::sort(origins, {}, [](const auto& entry) { return entry.first; });
  for (const auto& [origin, verdict] : origins) {
    OriginRow row{static_cast<std::uint8_t>(origin.root),
                  origin.loads,
                  origin.number,
                  static_cast<std::uint8_t>(verdict.strong),
                  writer.from_base(origin.at),
                  {},
                  writer.row(verdict.word),
                  writer.from_base(verdict.said_by)};
    for (std::size_t i = 0; i < Origin::kMostLoads; ++i) row.offsets[i] = origin.offsets[i];
    writer.put(row);
  }
  for (const GivenRow& row : given) writer.put(row);
  writer.put_named(facts.variables);
  writer.put_named(facts.closures);
  writer.put_named(facts.cleanups);
  for (const VariableUse& use : facts.uses) {
    UseRow row{writer.from_base(use.variable), {}};
    for (std::size_t i = 0; i < use.functions.size(); ++i)
      row.functions[i] = use.functions[i] ? writer.from_base(use.functions[i]) : kNobody;
    writer.put(row);
  }
  writer.put_addresses(facts.removals.types);
  writer.put_addresses(facts.removals.functions);
  for (const SignatureSource& source : signatures)
    writer.put(SignatureRow{static_cast<std::uint8_t>(source.kind), writer.from_base(source.at),
                            writer.from_base(source.receiver), source.type ? writer.from_base(source.type) : kNobody});
  return writer.take();
}

std::optional<KeptFacts> read_facts(std::span<const std::byte> bytes, Address base, const AddressRange& image) {
  Reader reader(bytes, base, image);
  Header header;
  KeptFacts kept;
  FactTables& facts = kept.tables;
  if (!reader.take(header) || header.rules != kRules) return std::nullopt;
  const bool whole = reader.origins(header.origins, facts) && reader.given(header.given, facts) &&
                     reader.named(header.variables, facts.variables) && reader.named(header.closures, facts.closures) &&
                     reader.named(header.cleanups, facts.cleanups) && reader.uses(header.uses, facts.uses) &&
                     reader.addresses(header.removed_types, facts.removals.types) &&
                     reader.addresses(header.removing_functions, facts.removals.functions) &&
                     reader.signatures(header.signatures, kept.signatures) && reader.at_end();
  return whole ? std::optional(std::move(kept)) : std::nullopt;
}

}  // namespace holdfast::code

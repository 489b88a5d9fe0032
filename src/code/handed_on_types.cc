#include "code/handed_on_types.h"

#include <algorithm>
#include <cstring>

#include "base/loss.h"
#include "go/type_universe.h"

namespace holdfast::code {
namespace {

using binary::Instruction;
using binary::Operation;

// Functions of the runtime that take a type, and keep it for themselves.
constexpr std::array kHarmless = std::to_array<std::string_view>(
    {"newobject",   "newarray",     "mallocgc",  "makeslice", "growslice",      "moveSlice",
     "convT",       "makemap",      "mapaccess", "mapassign", "mapdelete",      "mapclear",
     "mapiterinit", "mapIterStart", "makechan",  "typedmem",  "typedslice",     "wbZero",
     "wbMove",      "memclr",       "memmove",   "memequal",  "gcWriteBarrier", "bulkBarrier"});

// cmov moves one register into another if a condition holds: 0f 40 .. 0f 4f, behind prefixes.
bool is_conditional_move(std::span<const std::byte> encoding) {
  for (std::size_t i = 0; i + 1 < encoding.size() && i < 4; ++i)
    if (encoding[i] == std::byte{0x0f}) return (encoding[i + 1] & std::byte{0xf0}) == std::byte{0x40};
  return false;
}

constexpr std::uint64_t kWord = 8;
constexpr std::uint64_t kChunk = 1 << 20;

}  // namespace

void HandedOnTypes::take_function(Address entry, std::string_view name) {
  if (std::ranges::any_of(kHarmless, [&](std::string_view prefix) { return name.starts_with(prefix); }))
    harmless_.insert(entry);
}

void HandedOnTypes::set(std::uint8_t number, Address at) {
  if (number >= held_.size()) return;
  held_[number] = at && runtime_.module_of_type(at) != nullptr ? at : Address();
}

void HandedOnTypes::hand_on(std::uint8_t number) {
  if (number < held_.size() && held_[number]) seen_.insert(held_[number]);
}

void HandedOnTypes::hand_on_all() {
  for (std::uint8_t number = 0; number < held_.size(); ++number) hand_on(number);
  held_ = {};
}

void HandedOnTypes::look_at(std::span<const Instruction> instructions, std::span<const Address> labels,
                            std::span<const std::byte> bytes) {
  held_ = {};
  auto label = labels.begin();
  for (const Instruction& in : instructions) {
    // What comes from elsewhere does not have what is held here, so whatever uses it there is not followed.
    for (; label != labels.end() && *label <= in.at; ++label)
      if (*label == in.at) hand_on_all();
    const std::uint64_t from = in.at - instructions.front().at;
    step(in, bytes.subspan(std::min<std::uint64_t>(from, bytes.size()),
                           std::min<std::uint64_t>(in.length, bytes.size() - from)));
  }
  hand_on_all();
}

void HandedOnTypes::step(const Instruction& in, std::span<const std::byte> encoding) {
  switch (in.operation) {
    case Operation::kConstant:
      return set(in.reg, in.value);
    case Operation::kAddress:
      if (in.memory.base == binary::kRip && in.memory.index == binary::kNoRegister)
        return set(in.reg, Address(static_cast<std::uint64_t>(in.memory.displacement)));
      hand_on(in.memory.base);
      hand_on(in.memory.index);
      return set(in.reg, {});
    case Operation::kMove:
      return set(in.reg, in.other < held_.size() ? held_[in.other] : Address());
    case Operation::kLoad:
    case Operation::kPop:
      return set(in.reg, {});
    case Operation::kStore:
    case Operation::kPush:
      return hand_on(in.reg);
    case Operation::kStoreConstant:
      if (runtime_.module_of_type(in.value) != nullptr) seen_.insert(in.value);
      return;
    case Operation::kAdd:
    case Operation::kAddRegister:
    case Operation::kExchange:
      hand_on(in.reg);
      hand_on(in.other);
      return set(in.reg, {});
    case Operation::kOther:
      if (is_conditional_move(encoding)) return hand_on_all();
      for (std::uint8_t number = 0; number < held_.size(); ++number)
        if ((in.writes >> number & 1) != 0) held_[number] = {};
      return;
    case Operation::kCall:
      if (harmless_.contains(in.value)) held_ = {};
      return hand_on_all();
    case Operation::kCallRegister:
    case Operation::kCallMemory:
    case Operation::kJump:
    case Operation::kJumpIf:
    case Operation::kJumpElsewhere:
    case Operation::kReturn:
      return hand_on_all();
    case Operation::kTrap:
      held_ = {};
      return;
    default:
      return;
  }
}

std::unordered_set<Address> HandedOnTypes::find(std::span<const Address> made, std::span<const AddressRange> data) {
  std::vector<Address> pending;
  for (const Address at : seen_)
    if (types_.is_type(at)) pending.push_back(at);
  LossLedger losses;
  go::TypeUniverse universe(runtime_, types_, losses);
  universe.add(made);
  universe.add(pending);
  handed_on_.insert(pending.begin(), pending.end());
  look_at_data(data, universe.types());
  pending.assign(handed_on_.begin(), handed_on_.end());
  std::vector<Address> named;
  while (!pending.empty()) {
    const Address at = pending.back();
    pending.pop_back();
    named.clear();
    types_.references(at, named);
    for (const Address one : named)
      if (handed_on_.insert(one).second) pending.push_back(one);
  }
  return std::move(handed_on_);
}

// Words of descriptors are left out: they hand on only what their own type is handed on with.
void HandedOnTypes::look_at_data(std::span<const AddressRange> data, const std::vector<Address>& all) {
  const std::unordered_set<Address> known(all.begin(), all.end());
  for (const AddressRange& range : data) {
    Address from = range.begin;
    for (auto type = std::ranges::lower_bound(all, range.begin); type != all.end() && *type < range.end; ++type) {
      if (*type > from) look_at_words({from, *type}, known);
      const Address end = *type + types_.descriptor_bytes(*type).value_or(0);
      from = std::max(from, end);
    }
    if (from < range.end) look_at_words({from, range.end}, known);
  }
}

void HandedOnTypes::look_at_words(AddressRange range, const std::unordered_set<Address>& all) {
  Address at((range.begin.value + kWord - 1) / kWord * kWord);
  std::vector<std::byte> bytes;
  for (; at + kWord <= range.end; at = at + bytes.size()) {
    bytes.resize(std::min<std::uint64_t>(kChunk, (range.end - at) / kWord * kWord));
    if (!runtime_.memory.try_read(at, bytes)) continue;
    for (std::size_t i = 0; i + kWord <= bytes.size(); i += kWord) {
      std::uint64_t word = 0;
      std::memcpy(&word, &bytes[i], kWord);
      if (word % kWord == 0 && runtime_.module_of_type(Address(word)) != nullptr && all.contains(Address(word)))
        handed_on_.insert(Address(word));
    }
  }
}

}  // namespace holdfast::code

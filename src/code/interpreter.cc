#include "code/interpreter.h"

#include <algorithm>

#include "base/architecture.h"

namespace holdfast::code {

using binary::Instruction;
using binary::kNoRegister;
using binary::MemoryOperand;
using binary::Operation;
using go::TypeKind;

namespace {

constexpr std::uint8_t kStackPointer = kArchitecture.stack_pointer;
constexpr std::size_t kMostSlots = 1 << 17;  // words of a frame
constexpr int kMostPasses = 6;               // before the one that reports
constexpr std::uint64_t kItabCodeAt = 24;    // runtime.itab.fun, Go 1.17-1.27

bool within(const std::vector<AddressRange>& ranges, Address at) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) { return range.contains(at); });
}

}  // namespace

bool CodeImage::is_variable(Address at) const {
  return within(writable, at);
}

bool CodeImage::is_constant(Address at) const {
  return within(constant, at);
}

bool CodeImage::is_type(Address at) const {
  return within(types, at);
}

void Interpreter::run(Address entry, std::span<const std::byte> code, bool with_frame) {
  entry_ = entry;
  end_ = entry + code.size();
  with_frame_ = with_frame;
  binary::decode(code, entry, code_);
  find_labels();
  origins_.clear();
  known_.clear();
  given_ = knowledge_.given(entry);
  locals_.clear();
  arguments_.clear();
  frame_variables_.clear();
  frame_words_.clear();
  int passes = loops_ ? kMostPasses : 0;
  do {
    changed_ = false;
    if (passes > 0) pass(false);
  } while (changed_ && --passes > 0);
  pass(true);
  report_frame();
}

// Lists where jumps within the function lead. A jump back to the entry follows the growing of the stack: it brings
// nothing new, and joining it would lose the arguments.
void Interpreter::find_labels() {
  labels_.clear();
  loops_ = false;
  for (std::uint32_t i = 0; i < code_.size(); ++i) {
    const Instruction& in = code_[i];
    const bool jumps = in.operation == Operation::kJump || in.operation == Operation::kJumpIf;
    if (!jumps || in.value <= entry_ || in.value >= end_) continue;
    labels_.push_back({.at = in.value, .first_source = i, .backward = in.value <= in.at, .registers = {}});
  }
  std::stable_sort(labels_.begin(), labels_.end(), [](const Label& a, const Label& b) { return a.at < b.at; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    loops_ = loops_ || labels_[i].backward;
    if (kept > 0 && labels_[kept - 1].at == labels_[i].at) {
      labels_[kept - 1].backward = labels_[kept - 1].backward || labels_[i].backward;
      labels_[kept - 1].first_source = std::min(labels_[kept - 1].first_source, labels_[i].first_source);
    } else {
      labels_[kept++] = labels_[i];
    }
  }
  labels_.resize(kept);
}

// Sets the registers as they are at the entry.
void Interpreter::enter() {
  forget_registers();
  reg(kStackPointer) = Value::stack(0);
  const Signature* const signature = image_.signatures.find(entry_);
  for (std::uint8_t i = 0; i < kArgumentWords; ++i) {
    const Origin origin{.root = Origin::Root::kArgument, .number = i, .at = entry_};
    if (const WordType known = signature != nullptr ? signature->in[i] : WordType())
      reg(kArgumentRegisters[i]) = Value::typed(known);
    else if (given_[i])
      reg(kArgumentRegisters[i]) = Value::typed(given_[i], origins_.id(origin));
    else
      reg(kArgumentRegisters[i]) = of_origin(origin);
  }
  if (const Address closure = knowledge_.closure_type(entry_))
    reg(kArchitecture.closure_register) = Value::typed(WordType::pointer(closure));
  else
    reg(kArchitecture.closure_register) = Value::typed({}, origins_.id({.root = Origin::Root::kCapture, .at = entry_}));
}

void Interpreter::pass(bool last) {
  reporting_ = last;
  dead_ = false;
  mixed_.clear();
  enter();
  auto label = labels_.begin();
  for (now_ = 0; now_ < code_.size(); ++now_) {
    while (label != labels_.end() && label->at < code_[now_].at) ++label;  // into the middle of an instruction
    if (label != labels_.end() && label->at == code_[now_].at) arrive(*label++);
    if (!dead_) step(code_[now_]);
  }
}

void Interpreter::arrive(Label& label) {
  if (!dead_) {
    if (label.reached)
      for (std::size_t i = 0; i < registers_.size(); ++i) label.registers[i] = met(label.registers[i], registers_[i]);
    else
      label.registers = registers_;
    label.reached = true;
  }
  if (!label.reached) return;  // only code that nothing leads to so far jumps here
  dead_ = false;
  registers_ = label.registers;
  vectors_.fill({});
  const std::uint32_t from = label.backward ? 0 : label.first_source;
  while (!mixed_.empty() && mixed_.back().first >= from) mixed_.pop_back();
  if (!mixed_.empty() && mixed_.back().second >= from)
    mixed_.back().second = now_;
  else
    mixed_.emplace_back(from, now_);
}

Value Interpreter::met(const Value& a, const Value& b) {
  if (a == b) return a;
  const Value one = resolved(a), other = resolved(b);
  if (is_neutral(one) && other.is_typed()) return other;
  return is_neutral(other) && one.is_typed() ? one : meet(one, other);
}

// Nil and addresses of variables (empty slices hold one) do not contradict any type.
bool Interpreter::is_neutral(const Value& value) const {
  return value.is_constant() && (value.is_nil() || image_.is_variable(value.address()));
}

void Interpreter::leave_for(Address target) {
  const auto label =
      std::lower_bound(labels_.begin(), labels_.end(), target, [](const Label& l, Address at) { return l.at < at; });
  if (label == labels_.end() || label->at != target) return;
  const bool backward = target <= code_[now_].at;
  if (!label->reached) {
    label->registers = registers_;
    changed_ = changed_ || backward;
  } else {
    for (std::size_t i = 0; i < registers_.size(); ++i) {
      const Value both = met(label->registers[i], registers_[i]);
      changed_ = changed_ || (backward && both != label->registers[i]);
      label->registers[i] = both;
    }
  }
  label->reached = true;
}

void Interpreter::forget_registers() {
  registers_.fill({});
  vectors_.fill({});
}

void Interpreter::step(const Instruction& in) {
  for (std::uint8_t r = 0; in.operation == Operation::kOther && r < kRegisters; ++r)
    if ((in.writes >> r & 1) != 0) reg(r) = {};
  switch (in.operation) {
    case Operation::kMove:
      reg(in.reg) = in.width == kWord ? look(in.other) : Value();
      return;
    case Operation::kConstant:
      reg(in.reg) = in.width >= 4 ? Value::constant(in.value.value) : Value();
      return;
    case Operation::kAddress:
      reg(in.reg) = in.width == kWord ? address_of(in.memory) : Value();
      return;
    case Operation::kLoad:
      reg(in.reg) = in.width == kWord ? load(in.memory) : Value();
      return;
    case Operation::kStore:
      store(in.memory, in.width == kWord ? look(in.reg) : Value());
      return;
    case Operation::kStoreConstant:
      store(in.memory, in.width == kWord ? Value::constant(in.value.value) : Value());
      return;
    case Operation::kAdd:
      reg(in.reg) = moved(look(in.reg), static_cast<std::int64_t>(in.value.value), false);
      return;
    case Operation::kAddRegister:
      reg(in.reg) = look(in.reg).is_typed() ? moved(reg(in.reg), 0, true) : moved(look(in.other), 0, true);
      return;
    case Operation::kPush:
      reg(kStackPointer) = moved(reg(kStackPointer), -8, false);
      return;
    case Operation::kPop:
      reg(kStackPointer) = moved(reg(kStackPointer), 8, false);
      if (in.reg < registers_.size()) reg(in.reg) = {};
      return;
    case Operation::kVectorLoad:
      if (in.reg < vectors_.size()) vectors_[in.reg] = {load(in.memory), load(in.memory, kWord)};
      return;
    case Operation::kVectorStore:
      if (in.reg >= vectors_.size()) return;
      store(in.memory, vectors_[in.reg].first);
      store(in.memory, vectors_[in.reg].second, kWord);
      return;
    case Operation::kVectorZero:
      if (in.reg < vectors_.size()) vectors_[in.reg] = {Value::constant(0), Value::constant(0)};
      return;
    case Operation::kVectorMove:
      if (in.reg < vectors_.size() && in.other < vectors_.size()) vectors_[in.reg] = vectors_[in.other];
      return;
    case Operation::kExchange:
      for (std::uint8_t r = 0; r < kRegisters; ++r)
        if ((in.writes >> r & 1) != 0) reg(r) = {};
      return;
    case Operation::kCall:
    case Operation::kCallRegister:
    case Operation::kCallMemory:
      return call(in);
    case Operation::kJumpIf:
      return leave_for(in.value);
    case Operation::kJump:
      if (in.value > entry_ && in.value < end_) leave_for(in.value);
      dead_ = true;
      return;
    case Operation::kJumpElsewhere:
    case Operation::kTrap:
      dead_ = true;
      return;
    case Operation::kReturn:
      give_back();
      dead_ = true;
      return;
    case Operation::kCompare:
    case Operation::kOther:
      return;
  }
}

// --- memory ---

std::optional<Address> Interpreter::constant_address(const MemoryOperand& memory, std::int64_t more) const {
  if (memory.other_segment || memory.index != kNoRegister) return std::nullopt;
  const auto by = static_cast<std::uint64_t>(memory.displacement + more);
  if (memory.base == binary::kRip || memory.base == kNoRegister) return Address(by);
  const Value& base = registers_[memory.base];
  if (!base.is_constant()) return std::nullopt;
  return Address(base.number + by);
}

std::optional<std::int64_t> Interpreter::stack_offset(const MemoryOperand& memory, std::int64_t more) const {
  if (memory.base >= registers_.size() || memory.index != kNoRegister || memory.other_segment) return std::nullopt;
  const Value& base = registers_[memory.base];
  if (base.kind != ValueKind::kStack) return std::nullopt;
  return static_cast<std::int64_t>(base.number) + memory.displacement + more;
}

Value Interpreter::of_origin(const Origin& origin) {
  const Origins::Id id = origins_.id(origin);
  if (id == 0) return {};
  if (id >= known_.size()) known_.resize(id + 1);
  if (!known_[id]) known_[id] = knowledge_.word_at(origin);
  return Value::typed(*known_[id], id);
}

// Reads a word of the program's read-only parts: dictionaries, itabs, static closures.
Value Interpreter::loaded_constant(Address at) const {
  const auto word = image_.memory.try_integer<std::uint64_t>(at);
  return word ? Value::constant(*word) : Value();
}

Value Interpreter::load(const MemoryOperand& memory, std::int64_t more) {
  if (const auto at = constant_address(memory, more)) {
    if (image_.is_variable(*at)) {
      note_use(*at);
      return of_origin({.root = Origin::Root::kGlobal, .at = *at});
    }
    return image_.is_constant(*at) ? loaded_constant(*at) : Value();
  }
  if (const auto offset = stack_offset(memory, more)) return read_slot(*offset);
  if (memory.base >= registers_.size() || memory.other_segment) return {};
  const Value& base = look(memory.base);
  const std::int64_t displacement = memory.displacement + more;
  const bool indexed = memory.index != kNoRegister;
  if (base.is_typed() && (indexed || !is_beyond(base, displacement))) {
    const Value value = load_typed(base.word(), displacement, indexed);
    if (value.kind != ValueKind::kUnknown || base.is_pointer()) return value;
  }
  if (indexed && memory.scale == 1 && memory.index < registers_.size() && look(memory.index).is_typed())
    return load_typed(registers_[memory.index].word(), displacement, true);
  return indexed ? Value() : of_origin(origin_of(base).load(displacement));
}

// Whether the place lies behind the value of the pointer's type. Often only the beginning of a value is known, as the
// lock that a structure begins with.
bool Interpreter::is_beyond(const Value& pointer, std::int64_t displacement) const {
  if (!pointer.is_pointer() || pointer.in_array || pointer.origin == 0) return false;
  const WordTypes::Type* const type = types_.find(pointer.address());
  return type != nullptr &&
         displacement + static_cast<std::int64_t>(pointer.offset) >= static_cast<std::int64_t>(type->size);
}

Value Interpreter::load_typed(const WordType& word, std::int64_t displacement, bool indexed) {
  const WordTypes::Type* const type = types_.find(word.type);
  if (type == nullptr || displacement + static_cast<std::int64_t>(word.offset) < 0) return {};
  std::uint64_t at = static_cast<std::uint64_t>(displacement) + word.offset;
  if (word.kind == WordKind::kPointer) {
    if ((word.in_array || indexed) && type->size > 0) at %= type->size;
    return Value::typed(types_.word_at(word.type, at));
  }
  if (type->kind == TypeKind::kFunc && displacement == 0) return Value::method(word.type, false);
  if (type->kind != TypeKind::kInterface || word.offset != 0 || indexed) return {};
  const auto number = static_cast<std::uint64_t>(displacement - static_cast<std::int64_t>(kItabCodeAt)) / kWord;
  if (displacement < static_cast<std::int64_t>(kItabCodeAt) || number >= type->methods.size()) return {};
  return type->methods[number] ? Value::method(type->methods[number], true) : Value();
}

void Interpreter::store(const MemoryOperand& memory, const Value& value, std::int64_t more) {
  if (const auto offset = stack_offset(memory, more)) {
    if (FrameSlot* const slot = slot_at(*offset)) write_slot(*slot, value);
    if (value.is_typed()) note_frame(frame_words_, *offset, value.word());
    return;
  }
  if (const auto at = constant_address(memory, more)) {
    if (!image_.is_variable(*at)) return;
    note_use(*at, !value.is_nil());
    if (value.is_typed()) note({.root = Origin::Root::kGlobal, .at = *at}, value.word(), true);
    return;
  }
  if (memory.base >= registers_.size() || memory.other_segment) return;
  const Value& base = look(memory.base);
  const std::int64_t displacement = memory.displacement + more;
  const bool indexed = memory.index != kNoRegister;
  if (base.is_pointer() && (indexed || !is_beyond(base, displacement))) {
    const Value field = load_typed(base.word(), displacement, indexed);
    if (field.is_typed()) note_argument(value, field.word());
    const bool is_start = base.offset == 0 && displacement == 0 && !base.in_array && !indexed;
    const bool may_be_code =
        value.is_constant() && image_.is_constant(value.address()) && !image_.is_type(value.address());
    if (reporting_ && is_start && may_be_code) observer_.closure(value.address(), base.address());
  } else if (value.is_typed() && !indexed) {
    note(origin_of(base).load(displacement), value.word(), true);
  }
}

Value Interpreter::address_of(const MemoryOperand& memory) {
  if (const auto at = constant_address(memory, 0)) {
    if (image_.is_variable(*at)) note_use(*at);
    return Value::constant(at->value);
  }
  if (const auto offset = stack_offset(memory, 0)) return Value::stack(*offset);
  if (memory.base >= registers_.size()) return {};
  const bool indexed = memory.index != kNoRegister;
  const Value& base = look(memory.base);
  if (indexed && memory.scale == 1 && !base.is_typed() && memory.index < registers_.size())
    return moved(look(memory.index), memory.displacement, true);
  return moved(base, memory.displacement, indexed);
}

// The value plus a distance and, if `indexed`, some number of elements.
Value Interpreter::moved(const Value& value, std::int64_t by, bool indexed) const {
  if (!indexed && value.is_constant()) return Value::constant(value.number + static_cast<std::uint64_t>(by));
  if (!indexed && value.kind == ValueKind::kStack) return Value::stack(static_cast<std::int64_t>(value.number) + by);
  const WordTypes::Type* const type = value.is_typed() ? types_.find(value.address()) : nullptr;
  // The first word of a string still leads to its bytes when the beginning is cut off.
  const bool is_text = type != nullptr && type->kind == TypeKind::kString && value.word_kind == WordKind::kPart;
  if (is_text && value.offset == 0 && !value.in_array && by >= 0) return Value::typed(value.word());
  if (!value.is_pointer()) return {};
  const std::int64_t at = static_cast<std::int64_t>(value.offset) + by;
  if (type == nullptr || type->size == 0 || at < 0) return {};
  WordType word = value.word();
  word.in_array = word.in_array || indexed;
  if (!word.in_array && static_cast<std::uint64_t>(at) >= type->size) return {};
  word.offset = static_cast<std::uint32_t>(static_cast<std::uint64_t>(at) % type->size);
  return Value::typed(word);
}

Interpreter::FrameSlot* Interpreter::slot_at(std::int64_t offset) {
  if (offset % 8 != 0) return nullptr;
  std::vector<FrameSlot>& slots = offset < 0 ? locals_ : arguments_;
  const auto number = static_cast<std::uint64_t>(offset < 0 ? -offset : offset) / kWord;
  if (number >= kMostSlots) return nullptr;
  if (number >= slots.size()) slots.resize(number + 1);
  return &slots[number];
}

void Interpreter::write_slot(FrameSlot& slot, const Value& value) {
  const bool is_only = slot.written == kNever || (slot.written == now_ && !slot.has_others);
  if (!is_only && !slot.has_others) changed_ = true;
  slot = {value, now_, !is_only};
}

// The type of a slot holds all the time (types from code, 4.1). Which value it has, and where that came from, is known
// only if it was written on every way that leads here. Where a local variable's value came from, it is known if one
// instruction writes it and no other: compiled code reads no variable that was not written.
Value Interpreter::read_slot(std::int64_t offset) {
  const FrameSlot* const slot = slot_at(offset);
  if (slot == nullptr || slot->written == kNever) return {};
  if (!is_mixed(slot->written)) return slot->value;
  const bool is_written_once = !slot->has_others && slot->written < now_;
  if (offset < 0 && is_written_once && slot->value.origin != 0) return slot->value;
  return slot->value.is_typed() ? Value::typed(slot->value.word()) : Value();
}

bool Interpreter::is_mixed(std::uint32_t written) const {
  if (written >= now_) return true;  // written by the pass before
  const auto range = std::upper_bound(mixed_.begin(), mixed_.end(), std::pair(written, std::uint32_t{0}));
  return range != mixed_.begin() && std::prev(range)->second > written;
}

// --- calls ---

Address Interpreter::type_in(std::uint8_t number) const {
  const Value& value = registers_[number];
  return value.is_constant() && image_.is_type(Address(value.number)) ? Address(value.number) : Address();
}

void Interpreter::call(const Instruction& in) {
  if (in.operation == Operation::kCallRegister)
    return call_indirect(in.reg < registers_.size() ? look(in.reg) : Value());
  if (in.operation == Operation::kCallMemory) return call_indirect(load(in.memory));
  const Callee callee = image_.callees.find(in.value);
  if (callee == Callee::kWriteBarrier) {
    reg(kArchitecture.write_barrier_result) = {};
  } else if (callee == Callee::kDuff) {
    for (const std::uint8_t number : kArchitecture.duff_register) reg(number) = {};
    vectors_.fill({});
  } else if (callee == Callee::kAway) {
    dead_ = true;
  } else if (!call_runtime(callee)) {
    call_with(image_.signatures.find(in.value), in.value, false);
  }
}

bool Interpreter::call_runtime(Callee callee) {
  const Address first_type = type_in(kArgumentRegisters[0]);
  const auto pointer = [](Address type, bool in_array = false) {
    return type ? WordType::pointer(type, 0, in_array) : WordType();
  };
  WordType result;
  std::optional<Value> made;
  switch (callee) {
    case Callee::kNewObject:
      result = pointer(first_type);
      break;
    case Callee::kMalloc:
      result = pointer(type_in(kArgumentRegisters[1]));
      break;
    case Callee::kMakeSlice:
      result = pointer(first_type, true);
      break;
    case Callee::kGrowSlice:
      result = pointer(type_in(kArgumentRegisters[4]), true);
      note(origin_of(look(kArgumentRegisters[0])), result, true);
      break;
    case Callee::kGrowSliceTypeFirst:
      result = pointer(first_type, true);
      note(origin_of(look(kArgumentRegisters[1])), result, true);
      break;
    case Callee::kMapElement:
    case Callee::kMapUse:
    case Callee::kMapRemove: {
      const WordTypes::Type* const map = first_type ? types_.find(first_type) : nullptr;
      const bool is_known = map != nullptr && map->kind == TypeKind::kMap;
      if (callee == Callee::kMapRemove && reporting_) observer_.removal(is_known ? first_type : Address());
      if (!is_known) break;
      note(origin_of(look(kArgumentRegisters[1])), WordType::part(first_type, 0), true);
      if (reg(kArgumentRegisters[1]).kind == ValueKind::kStack)
        note_frame(frame_variables_, static_cast<std::int64_t>(reg(kArgumentRegisters[1]).number),
                   WordType::part(first_type, 0));
      if (callee == Callee::kMapElement) result = pointer(map->elem);
      break;
    }
    case Callee::kMakeSmallMap:
      made = of_origin({.root = Origin::Root::kCall, .at = code_[now_].at + code_[now_].length});
      break;
    case Callee::kMakeMap:
    case Callee::kMakeChan:
      if (first_type) result = WordType::part(first_type, 0);
      break;
    case Callee::kConvert:
      note_argument(look(kArgumentRegisters[1]), pointer(first_type));
      result = pointer(first_type);
      break;
    case Callee::kTypedMove:
      note_argument(look(kArgumentRegisters[1]), pointer(first_type));
      note_argument(look(kArgumentRegisters[2]), pointer(first_type));
      break;
    case Callee::kTypedClear:
      note_argument(look(kArgumentRegisters[1]), pointer(first_type));
      break;
    case Callee::kTypedSliceCopy:
      note(origin_of(look(kArgumentRegisters[1])), pointer(first_type, true), true);
      note(origin_of(look(kArgumentRegisters[3])), pointer(first_type, true), true);
      break;
    case Callee::kAnyAddress:
      break;
    case Callee::kAddCleanup:
      note_cleanup();
      return false;
    default:
      return false;
  }
  const Value stack = reg(kStackPointer), frame = reg(kArchitecture.frame_pointer);
  forget_registers();
  reg(kStackPointer) = stack;
  reg(kArchitecture.frame_pointer) = frame;
  reg(kArgumentRegisters[0]) = made.value_or(Value::typed(result));
  return true;
}

// The dictionary of runtime.AddCleanup[T, S] holds func(S), the type of the cleanup function, among other types.
void Interpreter::note_cleanup() {
  constexpr std::uint64_t kMostEntries = 32;
  const Value dictionary = look(kArgumentRegisters[0]), function = look(kArgumentRegisters[2]);
  if (!reporting_ || !dictionary.is_constant() || !function.is_constant()) return;
  if (!image_.is_constant(dictionary.address()) || !image_.is_constant(function.address())) return;
  const Value code = loaded_constant(function.address());
  for (std::uint64_t i = 0; i < kMostEntries && code.is_constant(); ++i) {
    const Value entry = loaded_constant(dictionary.address() + i * kWord);
    if (!entry.is_constant() || !image_.is_type(entry.address())) continue;
    const WordTypes::Type* const type = types_.find(entry.address());
    if (type == nullptr || type->kind != TypeKind::kFunc || type->in.size() != 1 || !type->out.empty()) continue;
    if (image_.is_constant(code.address())) observer_.cleanup(code.address(), type->in.front());
    return;
  }
}

// `entry` is null for calls through a word. The signature does not include the receiver.
void Interpreter::call_with(const Signature* signature, Address entry, bool has_receiver) {
  if (reporting_) note_arguments(signature, entry, has_receiver);
  const Value stack = reg(kStackPointer), frame = reg(kArchitecture.frame_pointer);
  forget_registers();
  reg(kStackPointer) = stack;
  reg(kArchitecture.frame_pointer) = frame;
  for (std::uint8_t i = 0; i < kArgumentWords; ++i) {
    if (signature != nullptr && signature->knows_results)
      reg(kArgumentRegisters[i]) = Value::typed(signature->out[i]);
    else if (entry)
      reg(kArgumentRegisters[i]) = Value::result(entry, i);
  }
}

void Interpreter::note_arguments(const Signature* signature, Address entry, bool has_receiver) {
  const std::uint8_t first = has_receiver ? 1 : 0;
  const ArgumentUses* const uses = entry ? knowledge_.argument_uses(entry) : nullptr;
  for (std::uint8_t i = first; i < kArgumentWords; ++i) {
    WordType wanted = signature != nullptr ? signature->in[i - first] : WordType();
    const Value& value = look(kArgumentRegisters[i]);
    if (entry && value.is_typed()) observer_.given(entry, i, value.word());
    if (!wanted && i > first) wanted = value_behind(look(kArgumentRegisters[i - 1]));
    const bool is_exact = static_cast<bool>(wanted);
    if (!wanted && uses != nullptr) wanted = uses->words[i];
    note_argument(value, wanted);
    if (is_exact || uses == nullptr) continue;
    for (const PathWord& below : uses->below)
      if (below.origin.number == i) note_below(value, below);
  }
}

// An interface goes into two registers that follow each other, so behind the address of an itab comes a value of its
// type.
WordType Interpreter::value_behind(const Value& itab) const {
  return itab.is_constant() && image_.is_constant(itab.address()) ? image_.signatures.value_behind(itab.address())
                                                                  : WordType();
}

void Interpreter::call_indirect(const Value& target) {
  const WordTypes::Type* const function = target.kind == ValueKind::kMethod ? types_.find(target.address()) : nullptr;
  if (function == nullptr || function->kind != TypeKind::kFunc) {
    const bool known = target.is_constant() && image_.is_constant(Address(target.number));
    return call_with(known ? image_.signatures.find(Address(target.number)) : nullptr, Address(), false);
  }
  Signature signature{in_registers(types_, function->in), in_registers(types_, function->out), true};
  if (!target.is_method) return call_with(&signature, Address(), false);
  // The receiver takes the first register, so all others move by one.
  call_with(&signature, Address(), true);
}

void Interpreter::give_back() {
  if (!reporting_) return;
  for (std::uint8_t i = 0; i < kArgumentWords; ++i) {
    const Value& value = look(kArgumentRegisters[i]);
    if (!is_neutral(value)) observer_.result(i, value.word());
  }
}

// --- what is learnt ---

void Interpreter::note(const Origin& origin, const WordType& word, bool strong) {
  if (reporting_ && word && origin) observer_.word(origin, word, strong);
}

void Interpreter::note_use(Address variable, bool stores) {
  if (reporting_) observer_.use(variable, stores);
}

// The value was passed or stored as such a word.
void Interpreter::note_argument(const Value& value, const WordType& wanted) {
  if (!wanted || !reporting_) return;
  note(origin_of(value), wanted, false);
  const bool is_address = wanted.kind == WordKind::kPointer && wanted.offset == 0 && value.is_constant();
  if (is_address && image_.is_variable(Address(value.number))) observer_.variable(Address(value.number), wanted.type);
  if (value.kind == ValueKind::kStack && wanted.kind == WordKind::kPointer && wanted.offset == 0)
    note_frame(frame_variables_, static_cast<std::int64_t>(value.number), wanted);
}

// The value was passed to a function that has said what is reached from its argument.
void Interpreter::note_below(const Value& value, const PathWord& below) {
  const Origin& path = below.origin;
  Origin origin = origin_of(value);
  std::size_t next = 0;
  if (value.is_constant()) {
    const Address at = value.address() + static_cast<std::uint64_t>(path.offsets[next++]);
    if (image_.is_variable(at)) origin = {.root = Origin::Root::kGlobal, .at = at};
  } else if (value.kind == ValueKind::kStack && path.loads == 1) {
    note_frame(frame_words_, static_cast<std::int64_t>(value.number) + path.offsets[0], below.word);
  }
  for (; next < path.loads; ++next) origin = origin.load(path.offsets[next]);
  note(origin, below.word, false);
}

void Interpreter::note_frame(std::map<std::int64_t, std::vector<WordType>>& said, std::int64_t offset,
                             const WordType& word) const {
  if (!with_frame_ || !reporting_) return;
  std::vector<WordType>& words = said[offset];
  if (std::ranges::find(words, word) == words.end()) words.push_back(word);
}

void Interpreter::report_frame() {
  for (const auto& [offset, words] : frame_words_)
    for (const WordType& word : words) observer_.frame_word(entry_, offset, word);
  for (const auto& [offset, pointers] : frame_variables_)
    for (const WordType& pointer : pointers) observer_.frame_variable(entry_, offset, pointer);
}

}  // namespace holdfast::code

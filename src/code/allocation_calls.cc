#include "code/allocation_calls.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "binary/instructions.h"
#include "code/handed_on_types.h"
#include "go/type_reader.h"

namespace holdfast::code {
namespace {

using binary::Instruction;
using binary::Operation;
using compiler::Allocates;
using compiler::AllocationCall;
using compiler::Allocator;

constexpr std::uint64_t kLongestFunction = 16 << 20;
constexpr int kDeepest = 16;  // types within types

// What an argument register is known to hold.
struct Held {
  enum class Kind : std::uint8_t { kUnknown, kAddress, kConstant, kStack } kind = Kind::kUnknown;
  std::uint64_t value = 0;
};

// The argument registers of a function, from one instruction to the next.
class Registers {
 public:
  void forget() { held_.fill({}); }
  const Held& operator[](std::uint8_t number) const { return held_[number]; }

  void step(const Instruction& in) {
    switch (in.operation) {
      case Operation::kConstant:
        return set(in.reg, {Held::Kind::kConstant, in.value.value});
      case Operation::kAddress:
        if (in.memory.base == binary::kRip && in.memory.index == binary::kNoRegister)
          return set(in.reg, {Held::Kind::kAddress, static_cast<std::uint64_t>(in.memory.displacement)});
        return set(in.reg, {in.memory.base == binary::kRsp ? Held::Kind::kStack : Held::Kind::kUnknown, 0});
      case Operation::kMove:
        return set(in.reg, in.other < held_.size() ? held_[in.other] : Held());
      case Operation::kLoad:
      case Operation::kAdd:
      case Operation::kAddRegister:
      case Operation::kPop:
        return set(in.reg, {});
      case Operation::kOther:
      case Operation::kExchange:
        for (std::uint8_t number = 0; number < held_.size(); ++number)
          if ((in.writes >> number & 1) != 0) held_[number] = {};
        return;
      case Operation::kCall:
      case Operation::kCallRegister:
      case Operation::kCallMemory:
      case Operation::kJump:
      case Operation::kJumpElsewhere:
      case Operation::kReturn:
      case Operation::kTrap:
        return forget();
      default:
        return;
    }
  }

 private:
  void set(std::uint8_t number, Held held) {
    if (number < held_.size()) held_[number] = held;
  }
  std::array<Held, 16> held_ = {};
};

class Finder {
 public:
  explicit Finder(const go::FunctionTables& functions)
      : functions_(functions), runtime_(functions.runtime()), types_(runtime_), handed_on_(runtime_) {}

  compiler::AllocationCalls find(std::span<const AddressRange> data) {
    for (std::uint32_t module = 0; module < runtime_.modules.size(); ++module)
      for (std::uint32_t i = 0; const auto code = functions_.function({module, i}); ++i) take_allocator(*code);
    for (std::uint32_t module = 0; module < runtime_.modules.size(); ++module)
      for (std::uint32_t i = 0; const auto code = functions_.function({module, i}); ++i) look_at(*code);
    std::ranges::sort(out_.lines);
    out_.lines.erase(std::ranges::unique(out_.lines).begin(), out_.lines.end());
    std::vector<Address> made;
    for (const auto& [address, type] : known_types_) made.push_back(address);
    const std::unordered_set<Address> handed_on = handed_on_.find(made, data);
    for (const auto& [address, type] : known_types_)
      if (type.row != AllocationCall::kNoType) out_.types[type.row].is_handed_on = handed_on.contains(address);
    return std::move(out_);
  }

 private:
  void take_allocator(const go::Code& code) {
    constexpr std::string_view kRuntime = "runtime.";
    std::string_view name = code.function.name;
    if (!name.starts_with(kRuntime)) return;
    name.remove_prefix(kRuntime.size());
    handed_on_.take_function(code.function.entry, name);
    if (const Allocator* const allocator = compiler::find_allocator(name))
      allocators_[code.function.entry] = {allocator, name};
  }

  static bool is_of_runtime(std::string_view name) {
    return name.starts_with("runtime.") || name.starts_with("runtime/internal/") ||
           name.starts_with("internal/runtime/");
  }

  void look_at(const go::Code& code) {
    const binary::FunctionInfo& function = code.function;
    const std::uint64_t size = function.end - function.entry;
    if ((function.flags & binary::kFlagAssembly) != 0 || size == 0) return;
    code.table->for_each_line(function, [&](std::string_view path, std::uint32_t line) {
      if (!path.empty() && line > 0) out_.lines.push_back({out_.texts.add(path), line});
    });
    if (is_of_runtime(function.name)) return;
    bytes_.resize(std::min(size, kLongestFunction));
    if (size > kLongestFunction || !runtime_.memory.try_read(function.entry, bytes_)) {
      out_.is_complete = false;
      return;
    }
    binary::decode(bytes_, function.entry, instructions_);
    find_labels();
    handed_on_.look_at(instructions_, labels_, bytes_);
    Registers registers;
    auto label = labels_.begin();
    for (const Instruction& in : instructions_) {
      for (; label != labels_.end() && *label <= in.at; ++label)
        if (*label == in.at) registers.forget();
      const bool may_end_here = in.operation == Operation::kCall || in.operation == Operation::kJump;
      const auto called = may_end_here ? allocators_.find(in.value) : allocators_.end();
      if (called != allocators_.end()) add(*called->second.allocator, called->second.name, in.at, registers);
      registers.step(in);
    }
  }

  void find_labels() {
    labels_.clear();
    for (const Instruction& in : instructions_)
      if (in.operation == Operation::kJump || in.operation == Operation::kJumpIf) labels_.push_back(in.value);
    std::ranges::sort(labels_);
  }

  // Which register has the type (code/callees.h).
  std::optional<std::uint8_t> type_register(const Allocator& allocator, std::string_view name) const {
    if (name.starts_with("mallocgc")) return binary::kRbx;
    switch (allocator.what) {
      case Allocates::kGrowth:
        return runtime_.version.grow_slice_takes_type_last() ? binary::kRsi : binary::kRax;
      case Allocates::kInterface:
        if (name != "convT" && name != "convTnoptr") return std::nullopt;
        return binary::kRax;
      case Allocates::kObject:
      case Allocates::kSlice:
      case Allocates::kChannel:
      case Allocates::kMapStore:
        return binary::kRax;
      case Allocates::kMap:
        if (name == "makemap_small") return std::nullopt;
        return binary::kRax;
      default:
        return std::nullopt;
    }
  }

  struct Type {
    StringId name;
    std::uint64_t bytes = 0;
    std::uint32_t row = AllocationCall::kNoType;
  };

  Type type_at(Address at) {
    const auto [known, is_new] = known_types_.try_emplace(at);
    if (!is_new) return known->second;
    if (const auto type = types_.read(at)) {
      known->second = {out_.texts.add(type->full_name()), type->size, static_cast<std::uint32_t>(out_.types.size())};
      out_.types.push_back(made_type(*type));
    }
    return known->second;
  }

  compiler::MadeType made_type(const go::TypeDescriptor& type) {
    compiler::MadeType made;
    made.name = out_.texts.add(full_name(type, 0));
    made.bytes = type.size;
    if (type.kind == go::TypeKind::kArray || type.kind == go::TypeKind::kChan)
      if (const auto elem = types_.read(type.elem)) made.elem = out_.texts.add(full_name(*elem, 0));
    std::optional<go::TypeDescriptor> part = type;
    for (int depth = 0; part && depth < kDeepest; ++depth) {
      const Address first = part->kind == go::TypeKind::kStruct && !part->fields.empty() ? part->fields.front().type
                            : part->kind == go::TypeKind::kArray                         ? part->elem
                                                                                         : Address();
      part = first ? types_.read(first) : std::nullopt;
      if (part) made.begins_with.push_back(out_.texts.add(full_name(*part, 0)));
    }
    return made;
  }

  // The descriptor of a composed type has its parts without their import paths.
  std::string full_name(const go::TypeDescriptor& type, int depth) const {
    if (type.named || depth > kDeepest) return type.full_name();
    return go::compose_type_name(type, [&](Address part) {
      const auto read = types_.read(part);
      return read ? full_name(*read, depth + 1) : std::string("?");
    });
  }

  void add(const Allocator& allocator, std::string_view name, Address at, const Registers& registers) {
    AllocationCall call;
    call.what = allocator.what;
    call.callee = out_.texts.add(name);
    call.has_buffer = allocator.what == Allocates::kText && registers[binary::kRax].kind == Held::Kind::kStack;
    if (const auto reg = type_register(allocator, name)) {
      const Held& held = registers[*reg];
      if (held.kind == Held::Kind::kAddress) {
        const Type type = type_at(Address(held.value));
        call.type = type.name;
        call.made = type.row;
        if (allocator.what == Allocates::kObject || allocator.what == Allocates::kInterface) call.bytes = type.bytes;
      }
    }
    const Held& size = registers[binary::kRax];
    if (name.starts_with("mallocgc") && size.kind == Held::Kind::kConstant) call.bytes = size.value;
    call.first_frame = static_cast<std::uint32_t>(out_.frames.size());
    for (const binary::SourceFrame& frame : functions_.source_frames(at, false)) {
      std::uint32_t begins = 0;
      if (!frame.inlined)
        if (const auto code = functions_.find(at)) begins = static_cast<std::uint32_t>(code->function.start_line);
      out_.frames.push_back({out_.texts.add(frame.function), out_.texts.add(frame.file), frame.line, begins});
    }
    call.frames = static_cast<std::uint32_t>(out_.frames.size()) - call.first_frame;
    if (call.frames > 0) out_.calls.push_back(call);
  }

  struct Known {
    const Allocator* allocator = nullptr;
    std::string_view name;
  };

  const go::FunctionTables& functions_;
  const go::Runtime& runtime_;
  go::TypeReader types_;
  HandedOnTypes handed_on_;
  std::unordered_map<Address, Known> allocators_;
  std::unordered_map<Address, Type> known_types_;
  std::vector<std::byte> bytes_;
  std::vector<Instruction> instructions_;
  std::vector<Address> labels_;
  compiler::AllocationCalls out_;
};

}  // namespace

compiler::AllocationCalls find_allocation_calls(const go::FunctionTables& functions,
                                                std::span<const AddressRange> data) {
  return Finder(functions).find(data);
}

}  // namespace holdfast::code

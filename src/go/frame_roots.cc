#include "go/frame_roots.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "base/architecture.h"
#include "go/gc_program.h"
#include "go/stack_memory.h"

namespace holdfast::go {
namespace {

// The runtime takes nothing below for a pointer (minLegalPointer, Go 1.19-1.27).
constexpr std::uint64_t kLowestPointer = 4096;
// By default a goroutine's stack has at most 1 GB, and so have its frames, objects and masks.
constexpr std::uint64_t kMostStackBytes = std::uint64_t{1} << 40;
constexpr std::uint32_t kMostObjectsOfFrame = 1 << 20;

// runtime.stackObjectRecord, Go 1.18-1.27.
struct ObjectRecord {
  les32 offset;    // from varp if negative, else from argp
  les32 size;      // bytes
  les32 pointers;  // bytes from the start that can hold pointers; negative (up to 1.23): the mask is a GC program
  le32 mask;       // offset from moduledata.rodata
};
static_assert(sizeof(ObjectRecord) == 16);

// Bytes of the target, for as long as they are looked at.
class Bytes {
 public:
  Bytes(const MemorySource& memory, Address at, std::uint64_t size) : view_(memory.try_view(at, size)) {
    if (view_ != nullptr || size == 0) return;
    copy_.resize(size);
    if (memory.try_read(at, copy_)) view_ = copy_.data();
  }
  explicit operator bool() const { return view_ != nullptr; }
  const std::byte* data() const { return view_; }

 private:
  const std::byte* view_;
  std::vector<std::byte> copy_;
};

// Calls visit(i) for every set bit among the first `count`.
template <typename Visit>
void for_each_bit(const std::byte* bits, std::uint64_t count, Visit&& visit) {
  for (std::uint64_t first = 0; first < count; first += 8) {
    auto byte = std::to_integer<unsigned>(bits[first / 8]);
    if (count - first < 8) byte &= (1U << (count - first)) - 1;
    for (; byte != 0; byte &= byte - 1) visit(first + static_cast<unsigned>(std::countr_zero(byte)));
  }
}

}  // namespace

StackRootFinder::StackRootFinder(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses)
    : runtime_(runtime),
      functions_(functions),
      losses_(losses),
      context_(runtime.layouts.offset("runtime.g", "sched.ctxt")),
      defers_(runtime.layouts.offset("runtime.g", "_defer")),
      defer_fn_(runtime.layouts.offset("runtime._defer", "fn")),
      defer_link_(runtime.layouts.offset("runtime._defer", "link")),
      defer_heap_(runtime.layouts.offset("runtime._defer", "heap")) {}

// One pass over one stack.
class StackRootFinder::Scan {
 public:
  Scan(const StackRootFinder& finder, const Goroutine& goroutine, const Stack& stack)
      : finder_(finder),
        functions_(finder.functions_),
        memory_(finder.runtime_.memory),
        goroutine_(goroutine),
        stack_(stack),
        words_(memory_, goroutine.stack) {}

  std::vector<StackRoot> run() {
    if (stack_.complete())
      scan_frames();
    else
      scan_whole_stack();
    scan_context();
    scan_registers();
    scan_system_stack();
    scan_defers();
    if (goroutine_.panics) take(WordOrigin{}, goroutine_.panics.value);
    scan_objects();
    return std::move(roots_);
  }

 private:
  struct WordOrigin {
    Address slot;
    std::uint32_t frame = StackRoot::kNoFrame;
    std::int32_t offset = 0;
    StackRootKind kind = StackRootKind::kLocal;
    bool conservative = false;
  };
  struct Object {
    AddressRange range;
    std::uint64_t pointer_bytes = 0;
    Address mask;
    bool is_program = false;
    bool is_reg_args = false;
    bool scanned = false;
    std::uint32_t frame = 0;
    std::int32_t offset = 0;
  };
  struct StackMap {
    std::uint64_t bits = 0;
    Address bitmap;
  };

  void lose(LossKind kind, Address where) const { finder_.losses_.add(kind, where); }

  // Takes a word that may be a pointer: it is a root, or leads to an object on this stack.
  void take(const WordOrigin& origin, std::uint64_t value) {
    if (value < kLowestPointer) return;
    if (words_.contains(Address(value)))
      (origin.conservative ? maybe_into_stack_ : into_stack_).push_back(Address(value));
    else
      roots_.push_back({origin.slot, Address(value), origin.frame, origin.offset, origin.kind, origin.conservative});
  }

  void take_word(WordOrigin origin) {
    if (const auto value = words_.word(origin.slot))
      take(origin, *value);
    else
      lose(LossKind::kUnreadableStackWord, origin.slot);
  }

  void scan_frames() {
    bool conservative = false;
    for (std::uint32_t i = 0; i < stack_.frames.size(); ++i) {
      const StackFrame& frame = stack_.frames[i];
      const auto code = functions_.function(frame.function);
      if (!code) continue;
      // The frame of an injected call holds the registers of the code below it, which was stopped between two calls. So
      // does the frame of the write barrier, whose caller's map says nothing about this place.
      const bool injected = code->special == SpecialFunction::kAsyncPreempt ||
                            code->special == SpecialFunction::kDebugCall ||
                            code->special == SpecialFunction::kWriteBarrier;
      if (conservative || injected || stopped_between_calls(i))
        scan_conservatively(i, frame, *code);
      else
        scan_precisely(i, frame, *code);
      conservative = injected;
    }
  }

  bool stopped_between_calls(std::uint32_t i) const {
    // What runtime.systemstack works on may be held by its caller's frame only.
    const std::uint32_t count = stack_.start == StackStart::kSystemStack ? 2 : 1;
    return stack_.running() && i < count;
  }

  void scan_conservatively(std::uint32_t i, const StackFrame& frame, const Code& code) {
    for (Address at = frame.sp; at < frame.varp; at += kWord) take_word(conservative_word(i, frame, at));
    std::uint64_t args = static_cast<std::uint32_t>(code.function.args);
    if (code.function.args == binary::kArgsUnknown) {
      const auto map = reflect_args(frame, code);
      args = map ? map->bits * kWord : 0;
    }
    for (Address at = frame.argp(); at < frame.argp() + args; at += kWord)
      if (words_.contains(at)) take_word(conservative_word(i, frame, at));
  }

  static WordOrigin conservative_word(std::uint32_t i, const StackFrame& frame, Address at) {
    const std::uint64_t offset = at < frame.varp ? at - frame.varp : at - frame.argp();
    return {at, i, static_cast<std::int32_t>(offset), StackRootKind::kConservativeWord, true};
  }

  void scan_precisely(std::uint32_t i, const StackFrame& frame, const Code& code) {
    if (!frame.continue_pc) return;
    const std::int32_t index = stack_map_index(frame, code);
    if (frame.varp > frame.sp)
      if (const auto map = stack_map(code, binary::FuncData::kLocalsPointerMaps, index, frame))
        scan_map(*map, frame.varp - map->bits * kWord, frame.varp, i, StackRootKind::kLocal);
    if (const auto map = args_map(frame, code, index))
      scan_map(*map, frame.argp(), frame.argp(), i, StackRootKind::kArgument);
    add_objects(i, frame, code);
  }

  static std::int32_t stack_map_index(const StackFrame& frame, const Code& code) {
    if (frame.continue_pc == code.function.entry) return 0;
    return std::max(code.table->pcdata(code.function, binary::PcData::kStackMap, frame.continue_pc - 1), 0);
  }

  // runtime.stackmap is {n, nbit int32; bytedata}: n bitmaps of nbit bits.
  std::optional<StackMap> stack_map(const Code& code, binary::FuncData which, std::int32_t index,
                                    const StackFrame& frame) const {
    const Address at = functions_.funcdata(code, which);
    const auto count = at ? memory_.try_integer<std::int32_t>(at) : std::nullopt;
    const auto bits = at ? memory_.try_integer<std::int32_t>(at + 4) : std::nullopt;
    if (!count || !bits || *count <= 0 || *bits < 0 || (*bits > 0 && index >= *count)) {
      lose(LossKind::kMissingStackMap, frame.pc);
      return std::nullopt;
    }
    const std::uint64_t bytes = (static_cast<std::uint32_t>(*bits) + 7) / 8;
    return StackMap{static_cast<std::uint32_t>(*bits), at + 8 + static_cast<std::uint32_t>(index) * bytes};
  }

  std::optional<StackMap> args_map(const StackFrame& frame, const Code& code, std::int32_t index) const {
    if (code.function.args == binary::kArgsUnknown) return reflect_args(frame, code);
    if (code.function.args <= 0) return std::nullopt;
    return stack_map(code, binary::FuncData::kArgsPointerMaps, index, frame);
  }

  // reflect.makeFuncStub and methodValueCall serve functions of every type. So the map is in the record at SP, a
  // reflect.makeFuncCtxt {fn, stack *bitVector, argLen}; results count once the byte 32 behind it is set.
  std::optional<StackMap> reflect_args(const StackFrame& frame, const Code& code) const {
    if (code.special != SpecialFunction::kReflectStub || frame.sp + kWord >= frame.fp) return std::nullopt;
    const Address first = frame.sp + kArchitecture.minimal_frame;
    const auto record = words_.word(first);
    const auto results = words_.word(first + 4 * kWord);
    if (!record || !results) return std::nullopt;
    const auto fn = memory_.try_pointer(Address(*record));
    const auto vector = memory_.try_pointer(Address(*record) + kWord);
    const auto arg_bytes = memory_.try_integer<std::uint64_t>(Address(*record) + 2 * kWord);
    const auto bits = vector ? memory_.try_integer<std::int32_t>(*vector) : std::nullopt;
    const auto bitmap = vector ? memory_.try_pointer(*vector + kWord) : std::nullopt;
    if (!arg_bytes || !bits || !bitmap || *bits < 0 || fn != code.function.entry) {
      lose(LossKind::kMissingStackMap, frame.pc);
      return std::nullopt;
    }
    std::uint64_t words = static_cast<std::uint32_t>(*bits);
    if ((*results & 0xff) == 0) words = std::min(words, *arg_bytes / kWord);
    return StackMap{words, *bitmap};
  }

  void scan_map(const StackMap& map, Address first, Address origin, std::uint32_t frame, StackRootKind kind) {
    if (map.bits == 0) return;
    // Up to Go 1.21, the map of arguments of functions in assembly has twice the bits that it needs; those beyond the
    // stack are not set.
    bool fits = map.bits / 2 <= words_.range().size() / kWord;
    const Bytes bitmap(memory_, map.bitmap, fits ? (map.bits + 7) / 8 : 0);
    if (fits && !bitmap) {
      lose(LossKind::kMissingStackMap, map.bitmap);
      return;
    }
    if (fits)
      for_each_bit(bitmap.data(), map.bits, [&](std::uint64_t bit) {
        const Address slot = first + bit * kWord;
        fits = fits && words_.contains(slot);
        if (fits) take_word({slot, frame, static_cast<std::int32_t>(slot - origin), kind, false});
      });
    if (!fits) lose(LossKind::kBadStackMap, first);
  }

  // Adds the variables whose address was taken. They are scanned if a pointer to them turns up.
  void add_objects(std::uint32_t i, const StackFrame& frame, const Code& code) {
    if (code.special == SpecialFunction::kReflectStub && code.function.args == binary::kArgsUnknown) {
      // The assembly code of the stubs keeps the register arguments at the top of the locals, and no table says so.
      add_object(i, frame,
                 {.offset = -static_cast<std::int32_t>(kArchitecture.reg_args_bytes),
                  .size = kArchitecture.reg_args_bytes,
                  .pointers = kArchitecture.reg_args_pointers_at + kArchitecture.argument_registers * kWord,
                  .mask = 0},
                 Address(), true);
      return;
    }
    const Address at = functions_.funcdata(code, binary::FuncData::kStackObjects);
    if (!at) return;
    const auto count = memory_.try_integer<std::uint64_t>(at);
    const bool sane = count && *count <= kMostObjectsOfFrame;
    const Bytes records(memory_, at + kWord, sane ? *count * sizeof(ObjectRecord) : 0);
    if (!sane || (*count > 0 && !records)) {
      lose(LossKind::kBadStackObjects, at);
      return;
    }
    for (std::uint64_t k = 0; k < *count; ++k) {
      ObjectRecord record;
      std::memcpy(&record, records.data() + k * sizeof(record), sizeof(record));
      add_object(i, frame, record, code.module->rodata, false);
    }
  }

  void add_object(std::uint32_t i, const StackFrame& frame, const ObjectRecord& record, Address rodata, bool reg_args) {
    const std::int64_t offset = record.offset;
    const Address begin = (offset < 0 ? frame.varp : frame.argp()) + static_cast<std::uint64_t>(offset);
    const std::int64_t size = record.size;
    if (begin < frame.sp) return;  // it does not exist yet: the frame is being set up
    if (size <= 0 || !words_.contains(begin) || static_cast<std::uint64_t>(size) > words_.range().end - begin) return;
    const std::int64_t pointers = record.pointers;
    objects_.push_back({.range = {begin, begin + static_cast<std::uint64_t>(size)},
                        .pointer_bytes = std::min(static_cast<std::uint64_t>(pointers < 0 ? -pointers : pointers),
                                                  static_cast<std::uint64_t>(size)),
                        .mask = rodata + record.mask,
                        .is_program = pointers < 0,
                        .is_reg_args = reg_args,
                        .frame = i,
                        .offset = record.offset});
  }

  // Pointers into the stack reach objects, whose pointers reach more. Exact pointers are followed first, so that an
  // object is read conservatively only if no exact one leads to it.
  void scan_objects() {
    std::sort(objects_.begin(), objects_.end(),
              [](const Object& a, const Object& b) { return a.range.begin < b.range.begin; });
    while (!into_stack_.empty() || !maybe_into_stack_.empty()) {
      const bool conservative = into_stack_.empty();
      auto& queue = conservative ? maybe_into_stack_ : into_stack_;
      const Address pointer = queue.back();
      queue.pop_back();
      const auto after = std::upper_bound(objects_.begin(), objects_.end(), pointer,
                                          [](Address at, const Object& object) { return at < object.range.begin; });
      if (after == objects_.begin()) continue;
      Object& object = *std::prev(after);
      if (!object.range.contains(pointer) || object.scanned) continue;
      object.scanned = true;
      scan_object(object, conservative);
    }
  }

  void scan_object(const Object& object, bool conservative) {
    const std::uint64_t words = object.pointer_bytes / kWord;
    const auto take_bit = [&](std::uint64_t bit) {
      take_word({object.range.begin + bit * kWord, object.frame, object.offset + static_cast<std::int32_t>(bit * kWord),
                 StackRootKind::kStackObject, conservative});
    };
    if (object.is_reg_args) {
      for (std::uint64_t i = 0; i < kArchitecture.argument_registers; ++i)
        take_bit(kArchitecture.reg_args_pointers_at / kWord + i);
    } else if (object.is_program) {
      constexpr std::uint64_t kLengthPrefix = 4;
      const auto program = expand_gc_program(memory_, object.mask + kLengthPrefix, words, words + 64);
      for (std::uint64_t i = 0; i < program.bits.count; ++i)
        if (program.bits.test(i)) take_bit(i);
    } else if (const Bytes mask(memory_, object.mask, (words + 7) / 8); mask) {
      for_each_bit(mask.data(), words, take_bit);
    } else if (words != 0) {
      lose(LossKind::kBadStackObjects, object.mask);
    }
  }

  // Reads every word in use, frame by frame as far as frames are known.
  void scan_whole_stack() {
    if (!stack_.low_water) return;
    finder_.losses_.add(LossKind::kStackNotUnwound, fmt::format("one of them: {}", text_of(stack_.end)), goroutine_.g);
    std::uint32_t i = 0;
    const Address first((stack_.low_water.value + kWord - 1) / kWord * kWord);
    for (Address at = first; words_.contains(at); at += kWord) {
      while (i < stack_.frames.size() && at >= stack_.frames[i].fp) ++i;
      const bool in_frame = i < stack_.frames.size() && at >= stack_.frames[i].sp;
      take_word(in_frame ? conservative_word(i, stack_.frames[i], at)
                         : WordOrigin{at, StackRoot::kNoFrame, 0, StackRootKind::kConservativeWord, true});
    }
  }

  void scan_context() {
    const Address slot = goroutine_.g + finder_.context_;
    take({slot, StackRoot::kNoFrame, 0, StackRootKind::kContext, stack_.running()}, goroutine_.sched_ctxt.value);
  }

  void scan_registers() {
    if (stack_.registers) {
      const auto& general = stack_.registers->general;
      for (std::size_t i = 0; i < general.size(); ++i)
        if (i != kArchitecture.stack_pointer)
          take({Address(), 0, static_cast<std::int32_t>(i), StackRootKind::kRegister, true}, general[i]);
    }
    // From Go 1.27 on the collector also looks at the vector registers of a goroutine that was stopped between two
    // calls.
    if (!goroutine_.async_safe_point || !goroutine_.extended_registers) return;
    scan_range({goroutine_.extended_registers, goroutine_.extended_registers + kArchitecture.vector_register_bytes},
               StackRootKind::kRegister);
  }

  void scan_system_stack() { scan_range(stack_.system_stack, StackRootKind::kSystemStack); }

  void scan_range(const AddressRange& range, StackRootKind kind) {
    if (range.empty() || range.size() > kMostStackBytes) return;
    const StackMemory words(memory_, range);
    for (Address at = range.begin; words.contains(at); at += kWord)
      if (const auto value = words.word(at)) take({at, StackRoot::kNoFrame, 0, kind, true}, *value);
  }

  // Deferred calls are in no frame's map: their records lie on this stack or in the heap and form one list.
  void scan_defers() {
    const auto origin = [](Address at) { return WordOrigin{at, StackRoot::kNoFrame, 0, StackRootKind::kDefer, false}; };
    const Address head = goroutine_.g + finder_.defers_;
    Address mark;  // an earlier record, ever further back (Brent); meeting it again shows that the list is a ring
    std::uint64_t next_mark = 1;
    Address record = goroutine_.defers;
    for (std::uint64_t i = 0; record; ++i) {
      const auto fn = memory_.try_integer<std::uint64_t>(record + finder_.defer_fn_);
      const auto link = memory_.try_integer<std::uint64_t>(record + finder_.defer_link_);
      const auto in_heap = memory_.try_integer<std::uint8_t>(record + finder_.defer_heap_);
      if (!fn || !link || !in_heap || record == mark) {
        lose(LossKind::kBadDefer, record);
        return;
      }
      if (i == next_mark) {
        mark = record;
        next_mark *= 2;
      }
      if (i == 0 && *in_heap != 0) take(origin(head), record.value);
      take(origin(record + finder_.defer_fn_), *fn);
      take(origin(record + finder_.defer_link_), *link);
      record = Address(*link);
    }
  }

  const StackRootFinder& finder_;
  const FunctionTables& functions_;
  const MemorySource& memory_;
  const Goroutine& goroutine_;
  const Stack& stack_;
  const StackMemory words_;
  std::vector<StackRoot> roots_;
  std::vector<Object> objects_;
  std::vector<Address> into_stack_;        // pointers into this stack that have to be followed
  std::vector<Address> maybe_into_stack_;  // the same, from conservative words
};

std::vector<StackRoot> StackRootFinder::roots(const Goroutine& goroutine, const Stack& stack) const {
  if (goroutine.dead() || goroutine.stack.empty()) return {};
  return Scan(*this, goroutine, stack).run();
}

}  // namespace holdfast::go

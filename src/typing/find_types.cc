#include "typing/find_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/architecture.h"
#include "code/library_uses.h"
#include "code/loaded_types.h"
#include "go/library_layouts.h"
#include "go/package_names.h"
#include "go/timers.h"
#include "go/type_reader.h"
#include "go/type_universe.h"
#include "typing/code_claims.h"
#include "typing/dwarf_evidence.h"
#include "typing/frame_headers.h"
#include "typing/live_words.h"
#include "typing/map_removals.h"
#include "typing/map_shapes.h"
#include "typing/named_reasons.h"
#include "typing/propagate.h"
#include "typing/shapes.h"
#include "typing/type_table.h"
#include "typing/typed_heap.h"

namespace holdfast::typing {
namespace {

constexpr bool same(auto a, auto b) {
  return static_cast<int>(a) == static_cast<int>(b);
}

// The layers go and heap do not know each other: each has these numbers.
constexpr bool kinds_of_descriptors_agree() {
  using Descriptor = go::TypeKind;
  using Heap = heap::TypeKind;
  return same(Descriptor::kInvalid, Heap::kInvalid) && same(Descriptor::kBool, Heap::kBool) &&
         same(Descriptor::kInt, Heap::kInt) && same(Descriptor::kInt8, Heap::kInt8) &&
         same(Descriptor::kInt16, Heap::kInt16) && same(Descriptor::kInt32, Heap::kInt32) &&
         same(Descriptor::kInt64, Heap::kInt64) && same(Descriptor::kUint, Heap::kUint) &&
         same(Descriptor::kUint8, Heap::kUint8) && same(Descriptor::kUint16, Heap::kUint16) &&
         same(Descriptor::kUint32, Heap::kUint32) && same(Descriptor::kUint64, Heap::kUint64) &&
         same(Descriptor::kUintptr, Heap::kUintptr) && same(Descriptor::kFloat32, Heap::kFloat32) &&
         same(Descriptor::kFloat64, Heap::kFloat64) && same(Descriptor::kComplex64, Heap::kComplex64) &&
         same(Descriptor::kComplex128, Heap::kComplex128) && same(Descriptor::kArray, Heap::kArray) &&
         same(Descriptor::kChan, Heap::kChan) && same(Descriptor::kFunc, Heap::kFunc) &&
         same(Descriptor::kInterface, Heap::kInterface) && same(Descriptor::kMap, Heap::kMap) &&
         same(Descriptor::kPointer, Heap::kPointer) && same(Descriptor::kSlice, Heap::kSlice) &&
         same(Descriptor::kString, Heap::kString) && same(Descriptor::kStruct, Heap::kStruct) &&
         same(Descriptor::kUnsafePointer, Heap::kUnsafePointer);
}
static_assert(kinds_of_descriptors_agree());

class TypePass {
 public:
  TypePass(const TypeInputs& inputs, heap::Snapshot& snapshot, LossLedger& losses, bool keep_reasons)
      : inputs_(inputs),
        runtime_(inputs.runtime),
        snapshot_(snapshot),
        losses_(losses),
        reader_(runtime_),
        universe_(runtime_, reader_, losses),
        layouts_(go::read_library_layouts(runtime_.layouts)),
        table_(runtime_, reader_, universe_, layouts_, snapshot.strings,
               [this](Address code) { return entry_name(code); }),
        heap_(runtime_, inputs.index, snapshot),
        reasons_(keep_reasons ? std::make_unique<Reasons>(snapshot.objects) : nullptr),
        propagation_(heap_, table_, reasons_.get()) {}

  FoundTypes run() {
    open_plugins();
    add_loaded_types();
    const LiveWords live(runtime_, inputs_.functions, inputs_.scheduler, inputs_.threads);
    code::CodeEvidence code = code::read_code(runtime_, inputs_.functions, reader_, universe_, live.functions(),
                                              inputs_.kept_code_facts, losses_);
    CodeClaims claims(code, runtime_, table_, propagation_);
    claims.set_closure_layouts();
    claim_headers();
    claim_runtime();
    claim_specials();
    for_each_dwarf([&](DwarfEvidence& dwarf) {
      dwarf.claim_globals();
      claim_cleanup_arguments(dwarf);
      dwarf.claim_frames(live.frames());
    });
    claim_sections();
    if (inputs_.dwarf != nullptr) propagation_.run();  // an earlier run keeps precedence over what the code says
    claims.claim_strong();
    propagation_.run();
    claims.claim_weak();
    for (const go::SpecialRoot& special : inputs_.specials)
      if (has_cleanup_argument(special)) claims.claim_cleanup(special.function, special.words[1].value);
    claims.claim_frames(live.frames());
    propagation_.run();
    claim_doubtful_frames(live.doubtful_frames(), claims);
    claim_channels();
    propagation_.claim_untyped();
    propagation_.run();
    claim_shapes();
    add_frame_headers(live, code);
    const std::vector<heap::MapRemovals> removals =
        find_map_removals(code, table_, [this](Address at) { return entry_name(at); });
    std::vector<std::byte> kept = std::move(code.facts);
    VariableFacts variables = facts_of(std::move(code));
    fill(removals);
    return {std::move(variables), std::move(kept), interface_words()};
  }

  // Must come after run(), with reasons kept.
  void tell_reasons(const ReasonsCallback& callback) {
    reasons_->finish();
    callback(snapshot_, NamedReasons(inputs_, snapshot_, table_, *reasons_));
  }

 private:
  VariableFacts facts_of(code::CodeEvidence code) {
    VariableFacts facts{std::move(code.uses), std::move(slice_variables_), {}, {}};
    for (const code::TypedVariable& variable : code.variables)
      if (const TypeId type = table_.intern(variable.type))
        facts.variables.push_back({{variable.at, variable.at + table_[type].size}, type});
    for (const code::GlobalWord& global : code.globals)
      if (global.word.kind == code::WordKind::kPointer && global.word.offset == 0 && !global.word.in_array)
        if (const TypeId type = table_.intern(global.word.type)) {
          facts.pointees.push_back({global.at, table_[type].size, false, type});
          add_library_word(global.at, type, facts);
        }
    // A type without a descriptor is at least as large as what is read or written of it.
    for (const code::AccessPath& path : code.paths)
      if (path.origin.root == code::Origin::Root::kGlobal && path.origin.loads > 0)
        facts.pointees.push_back({path.origin.at, static_cast<std::uint64_t>(path.origin.offsets[0]) + kWord, false});
    if (inputs_.dwarf != nullptr) add_dwarf_variables(*inputs_.dwarf, inputs_.symbol_images.front(), facts);
    for (const auto& [info, image] : plugins_) add_dwarf_variables(*info, *image, facts);
    add_reached_variables(facts);
    keep_largest(facts.variables);
    keep_largest(facts.pointees);
    return facts;
  }

  // Adds the variable of the standard library that the word is a part of, if what it leads to tells which.
  void add_library_word(Address at, TypeId pointee, VariableFacts& facts) {
    const auto word = code::library_word(table_.name(pointee));
    if (!word) return;
    if (!word->variable.empty()) return facts.names.push_back({at, word->variable});
    const auto field = runtime_.layouts.find(word->structure, word->field);
    const TypeId type = table_.by_name(word->structure);
    if (!field || !type) return;
    const Address begin(at.value - field->offset);
    facts.variables.push_back({{begin, begin + table_[type].size}, type});
  }

  // Adds values that typed pointers lead to. A symbol knows better where a variable ends than a pointer to more.
  void add_reached_variables(VariableFacts& facts) const {
    for (const auto& [at, reached] : propagation_.reached()) {
      const AddressRange range{at, at + table_[reached.type].size};
      const go::Variable* const symbol = inputs_.symbols.find(at);
      if (reached.count == 1 && (symbol == nullptr || range.end <= symbol->range.end))
        facts.variables.push_back({range, reached.type});
    }
  }

  // Adds the types of variables that are roots, and of what variables point to that is no object.
  void add_dwarf_variables(const binary::DwarfInfo& info, const go::LoadedImage& image, VariableFacts& facts) {
    std::unordered_set<Address> roots;
    for (const heap::Root& root : snapshot_.roots)
      if (root.kind == heap::RootKind::kGlobal) roots.insert(root.where);
    DwarfEvidence dwarf(info, runtime_, image, table_, snapshot_.strings, propagation_);
    for (const binary::DwarfGlobal& global : info.globals()) {
      const Address at = image.at(global.address);
      if (roots.contains(at))
        if (const TypeId type = dwarf.type_of_variable(global.type))
          facts.variables.push_back({{at, at + table_[type].size}, type});
      const binary::DwarfTypeId pointer = info.underlying(global.type);
      if (!pointer || info.type(pointer).tag != binary::DwarfTag::kPointer || !info.type(pointer).target) continue;
      const binary::DwarfTypeId target = info.type(pointer).target;
      const bool is_static = runtime_.is_variable(runtime_.memory.try_pointer(at).value_or(Address()));
      facts.pointees.push_back(
          {at, info.type(target).size, true, is_static ? dwarf.type_of_variable(target) : TypeId()});
    }
  }

  // Adds types that only the code names. These are few, so code that does not lie together in our memory is left out.
  void add_loaded_types() {
    for (const go::Module& module : runtime_.modules) {
      const std::uint64_t size = module.etext - module.text;
      if (const std::byte* const code = runtime_.memory.try_view(module.text, size))
        universe_.add(code::loaded_types({code, size}, module.text, {module.types, module.etypes}));
    }
  }

  // A plugin has its own debug information.
  void open_plugins() {
    if (inputs_.dwarf == nullptr) return;
    for (std::size_t i = 1; i < inputs_.symbol_images.size(); ++i) {
      const go::LoadedImage& image = inputs_.symbol_images[i];
      if (!image.elf->has_dwarf()) continue;
      try {
        plugins_.emplace_back(std::make_unique<binary::DwarfInfo>(image.elf->file()), &image);
      } catch (const Error& error) {
        losses_.add(LossKind::kBadDebugInformation, error.what());
      }
    }
  }

  // Calls claim(evidence) for the debug information of the program and of each plugin.
  template <typename Claim>
  void for_each_dwarf(const Claim& claim) {
    if (inputs_.dwarf == nullptr) return;
    const auto claim_one = [&](const binary::DwarfInfo& info, const go::LoadedImage& image) {
      DwarfEvidence dwarf(info, runtime_, image, table_, snapshot_.strings, propagation_);
      claim(dwarf);
    };
    claim_one(*inputs_.dwarf, inputs_.symbol_images.front());
    for (const auto& [info, image] : plugins_) claim_one(*info, *image);
  }

  // These words are often all that a loop at work has of an object, but must not unsettle what is known otherwise.
  void claim_doubtful_frames(std::span<const LiveFrame> frames, CodeClaims& claims) {
    if (frames.empty()) return;
    propagation_.set_in_doubt(true);
    for_each_dwarf([&](DwarfEvidence& dwarf) { dwarf.claim_frames(frames); });
    claims.claim_frames(frames);
    propagation_.run();
    propagation_.set_in_doubt(false);
  }

  // Of frames that no stack map describes only debug information is believed: their words may be dead.
  void add_frame_headers(const LiveWords& live, const code::CodeEvidence& code) {
    FrameHeaders headers(runtime_, heap_, table_, snapshot_.strings);
    for_each_dwarf([&](DwarfEvidence& dwarf) {
      headers.add_variables(dwarf, live.frames());
      headers.add_variables(dwarf, live.doubtful_frames());
    });
    headers.add_code(code, live.frames());
    snapshot_.frame_headers = headers.take();
    if (inputs_.dwarf == nullptr) slice_variables_ = headers.slices_in_variables(code);
  }

  // The name of the function that begins at `code`; empty if none does.
  std::string entry_name(Address code) const {
    const auto found = inputs_.functions.find(code);
    return found && found->function.entry == code ? std::string(found->function.name) : std::string();
  }

  // Notes where the function that begins at `code` was written.
  void add_place(Address code, heap::Type& type) const {
    const auto frames = inputs_.functions.source_frames(code, false);
    if (frames.empty() || frames.back().file.empty()) return;
    type.file = snapshot_.strings.add(frames.back().file);
    type.line = frames.back().line;
  }

  // Claims the types that large spans and allocation headers name (Go 1.22+; reference 3.3).
  void claim_headers() {
    propagation_.because([] { return Grounds{.ground = Ground::kSpan}; });
    for (const LargeType& large : inputs_.large_types)
      if (const heap::Span& span = snapshot_.spans[large.span.row]; span.objects == 1)
        claim_object(span.first_object, large.descriptor, KnownBy::kHeader);
    propagation_.because([] { return Grounds{.ground = Ground::kHeader}; });
    for (const heap::Span& span : snapshot_.spans) {
      if (span.header == 0) continue;
      std::uint32_t row = span.first_object;
      for (std::uint32_t w = 0; w < (span.slots + 63) / 64; ++w) {
        for (std::uint64_t bits = snapshot_.allocated[span.bits_at + w]; bits != 0; bits &= bits - 1, ++row) {
          const std::uint64_t slot = w * std::uint64_t{64} + static_cast<unsigned>(std::countr_zero(bits));
          claim_object(row, runtime_.memory.try_pointer(span.base + slot * span.slot_size).value_or(Address()),
                       KnownBy::kHeader);
        }
      }
    }
  }

  void claim_object(std::uint32_t row, Address descriptor, KnownBy known_by) {
    if (!descriptor) return;
    if (descriptor != last_descriptor_) {
      last_descriptor_ = descriptor;
      last_type_ = table_.intern(descriptor);
    }
    if (last_type_) propagation_.claim_object(row, last_type_, known_by);
  }

  // Claims a structure of the runtime in the heap, or follows it where it is a variable: runtime.m0 and g0.
  void claim_structure(Address at, const char* name) {
    const auto bytes = runtime_.layouts.size_of(name);
    if (!at || !bytes) return;
    TypeId type = table_.by_name(name);
    if (!type) type = table_.opaque(name, *bytes);
    propagation_.claim_target(at, type, KnownBy::kRuntime);
    claim_value(at, type);
  }

  // Claims the table of itabs once it has grown out of its variable. It is allocated as if it had no pointers, since
  // itabs do not lie in the heap (runtime.itabAdd, Go 1.19-1.27), so its own type would not fit.
  void claim_itab_table() {
    if (const Address table = go::itab_table(runtime_))
      propagation_.claim_target(table, table_.opaque("runtime.itabTableType", go::kItabTableEntriesAt),
                                KnownBy::kRuntime);
  }

  // Claims what the values that goroutines wait to send point to. Those lie mostly on stacks; the channel knows their
  // type (runtime.hchan.elemtype).
  void claim_sent_values() {
    if (!layouts_.channel) return;
    const std::vector<go::WaitTarget>& waits = inputs_.scheduler.waits;
    for (const go::Goroutine& g : inputs_.scheduler.goroutines) {
      if (g.wait_reason != go::WaitReason::kChanSend) continue;
      for (const go::WaitTarget& wait : std::span(waits).subspan(g.first_wait, g.wait_count)) {
        const auto type = wait.kind == go::WaitTargetKind::kChannel && wait.elem
                              ? runtime_.memory.try_pointer(wait.object + layouts_.channel->elem_type)
                              : std::nullopt;
        if (type) claim_value(wait.elem, table_.intern(*type));
      }
    }
  }

  // Claims channels that goroutines wait for: each knows the type of its elements. The runtime's functions, whose
  // frames these goroutines have, know it only as a runtime.hchan.
  void claim_waited_channels() {
    if (!layouts_.channel) return;
    for (const go::WaitTarget& wait : inputs_.scheduler.waits) {
      if (wait.kind != go::WaitTargetKind::kChannel) continue;
      const auto elem = runtime_.memory.try_pointer(wait.object + layouts_.channel->elem_type);
      const TypeId type = elem && *elem ? table_.intern(*elem) : TypeId();
      if (const TypeId channel = type ? table_.channel_of(type) : TypeId())
        propagation_.claim_target(wait.object, channel, KnownBy::kRuntime);
    }
  }

  // Claims what a value outside of the heap points to.
  void claim_value(Address at, TypeId type) {
    constexpr std::uint64_t kLargest = 1 << 20;  // no larger value lies on a stack
    if (!type || table_[type].size > kLargest || inputs_.index.find_page(at)) return;
    std::vector<std::byte> value(table_[type].size);
    if (runtime_.memory.try_read(at, value)) propagation_.claim_value(value, type, KnownBy::kRuntime);
  }

  // Guesses the types of what is left. Several rounds, since each type that is found may decide about its neighbours.
  void claim_shapes() {
    if (MapShapes(layouts_, heap_, table_, propagation_).claim() > 0) propagation_.run();
    constexpr int kMostRounds = 3;
    Shapes shapes(reader_, universe_, heap_, table_, propagation_);
    for (int round = 0; round < kMostRounds && shapes.claim() > 0; ++round) propagation_.run();
  }

  // A channel that goroutines wait for is at least known to be one, if nothing tells what its elements are.
  void claim_channels() {
    for (const go::WaitTarget& wait : inputs_.scheduler.waits) {
      if (wait.kind != go::WaitTargetKind::kChannel) continue;
      const ObjectId object = inputs_.index.find_object(wait.object);
      if (object && !propagation_.type(object.row)) claim_structure(wait.object, "runtime.hchan");
    }
  }

  // Claims the structures of the scheduler, which the runtime's lists name.
  void claim_runtime() {
    const auto list = [&](const char* name) {
      propagation_.because(
          [&] { return Grounds{.ground = Ground::kList, .name = go::add_name(snapshot_.strings, name)}; });
    };
    const auto claim = [&](Address at, const char* name) { claim_structure(at, name); };
    list("runtime.allgs");
    for (const go::Goroutine& g : inputs_.scheduler.goroutines) claim(g.g, "runtime.g");
    list("runtime.allm");
    for (const go::Machine& m : inputs_.scheduler.machines) {
      claim(m.m, "runtime.m");
      claim(m.g0, "runtime.g");
      claim(m.gsignal, "runtime.g");
    }
    list("runtime.allp");
    for (const go::Processor& p : inputs_.scheduler.processors) claim(p.p, "runtime.p");
    list("runtime.p.timers");
    claim_timers();
    list("runtime.itabTable");
    claim_itab_table();
    list("runtime.hchan.sendq");
    claim_sent_values();
    list("runtime.g.waiting");
    claim_waited_channels();
    for (const go::WaitTarget& wait : inputs_.scheduler.waits)
      if (const TypeId waiter = table_.waiter()) propagation_.claim_target(wait.sudog, waiter, KnownBy::kRuntime);
  }

  // Claims the timers that the runtime's heaps name in their middle.
  void claim_timers() {
    constexpr std::uint64_t kTimerBytes = 80;  // of time.Timer and time.Ticker (Go 1.19-1.22)
    const bool embedded = runtime_.version.timers_are_embedded();
    const std::uint64_t bytes =
        embedded ? kTimerBytes : runtime_.layouts.size_of("runtime.timeTimer").value_or(kTimerBytes);
    std::map<Address, bool> is_of_time;  // by code
    for (const go::Timer& timer : go::read_timers(runtime_, inputs_.scheduler.processors).all) {
      if (!timer.function) continue;
      const auto [known, is_new] = is_of_time.try_emplace(timer.function);
      if (is_new) known->second = entry_name(timer.function).starts_with("time.");
      if (!known->second) continue;
      const char* const name = !embedded ? "runtime.timeTimer" : timer.period > 0 ? "time.Ticker" : "time.Timer";
      TypeId type = table_.by_name(name);
      if (!type) type = table_.opaque(name, bytes);
      propagation_.claim_target(timer.value, type, KnownBy::kRuntime);
    }
  }

  // Claims objects with finalizers, whose pointer type is kept beside the function, and the functions, which are
  // closures; and what weak pointers lead to, which is no more than the address of their object.
  void claim_specials() {
    constexpr std::uint64_t kHandleBytes = 8;  // of an atomic.Uintptr (Go 1.23+)
    for (const go::SpecialRoot& special : inputs_.specials) {
      if (special.kind == go::SpecialRootKind::kWeakHandle && !special.words.empty()) {
        propagation_.because([] { return Grounds{.ground = Ground::kSpecial}; });
        propagation_.claim_target(special.words.front().value, table_.opaque("weak handle", kHandleBytes),
                                  KnownBy::kRuntime);
      }
      if (!special.function) continue;
      propagation_.because([&] {
        const bool is_finalizer = special.kind == go::SpecialRootKind::kFinalizer || special.argument_type;
        return Grounds{.ground = Ground::kSpecial,
                       .code = special.function,
                       .special = is_finalizer ? heap::SpecialPart::kFinalizer : heap::SpecialPart::kCleanup};
      });
      if (special.argument_type) {
        const TypeId pointer = table_.intern(special.argument_type);
        const Address object = special.object ? special.object : special.words[1].value;
        if (pointer && table_[pointer].elem) propagation_.claim_target(object, table_[pointer].elem, KnownBy::kRuntime);
      }
      if (special.function && !special.words.empty())
        propagation_.claim_target(special.words.front().value, table_.any_closure(), KnownBy::kClosure);
    }
  }

  // Whether the record of a cleanup has the argument in a word of its own, as from Go 1.26 on (fn, arg, call). Before,
  // fn captures it. Up to 1.24 due cleanups wait in the queue of finalizers.
  static bool has_cleanup_argument(const go::SpecialRoot& special) {
    const bool is_cleanup =
        special.kind == go::SpecialRootKind::kCleanup || special.kind == go::SpecialRootKind::kCleanupQueue;
    return special.function && is_cleanup && special.words.size() > 1;
  }

  void claim_cleanup_arguments(DwarfEvidence& dwarf) {
    for (const go::SpecialRoot& special : inputs_.specials) {
      const bool is_cleanup =
          special.kind == go::SpecialRootKind::kCleanup || special.kind == go::SpecialRootKind::kCleanupQueue;
      const bool is_queued_as_finalizer =
          special.kind == go::SpecialRootKind::kFinalizerQueue && !special.argument_type;
      if (has_cleanup_argument(special))
        dwarf.claim_argument(special.function, special.words[1].value);
      else if (special.function && (is_cleanup || is_queued_as_finalizer))
        dwarf.claim_captured_argument(special.words.front().value);
    }
  }

  // Claims what interfaces in package variables hold. An interface lies within one variable: a variable that leads to a
  // type and the next one, which may lead to anything, are none.
  void claim_sections() {
    std::vector<std::byte> bytes;
    for (const go::Module& module : runtime_.modules)
      for (const AddressRange& section : {module.data, module.bss})
        for (const AddressRange& part : inputs_.symbols.parts_of(section)) {
          const Address begin((part.begin.value + 7) / 8 * 8);
          if (begin + 16 > part.end) continue;
          bytes.resize((part.end - begin) / 8 * 8);
          propagation_.because([&] { return Grounds{.ground = Ground::kSection, .at = begin}; });
          if (runtime_.memory.try_read(begin, bytes)) propagation_.claim_interfaces(bytes);
        }
  }

  // Words that begin interfaces, for whoever decodes the content later.
  void add_named_words() {
    if (!snapshot_.content.known()) return;
    auto& words = snapshot_.named_words;
    for (const go::Itab& itab : universe_.itabs())
      if (const TypeId type = table_.intern(itab.type)) words.push_back({itab.address, type, table_[type].direct, {}});
    for (std::uint32_t t = 0; t < table_.types().size(); ++t)
      if (const Type& type = table_.types()[t]; type.descriptor)
        words.push_back({type.descriptor, TypeId(t), type.direct, {}});
    std::ranges::stable_sort(words, {}, &heap::NamedWord::word);
    const auto repeated = std::ranges::unique(words, {}, &heap::NamedWord::word);
    words.erase(repeated.begin(), repeated.end());
  }

  // The words that begin interfaces whose values have types in the table.
  std::vector<heap::NamedWord> interface_words() const {
    std::vector<heap::NamedWord> words;
    for (std::uint32_t t = 0; t < table_.types().size(); ++t)
      if (const Type& type = table_.types()[t]; type.descriptor)
        words.push_back({type.descriptor, TypeId(t), type.direct, {}});
    std::ranges::stable_sort(words, {}, &heap::NamedWord::word);
    const std::size_t descriptors = words.size();
    for (const go::Itab& itab : universe_.itabs()) {
      const auto end = words.begin() + static_cast<std::ptrdiff_t>(descriptors);
      const auto found = std::ranges::lower_bound(words.begin(), end, itab.type, {}, &heap::NamedWord::word);
      if (found != end && found->word == itab.type) words.push_back({itab.address, found->type, found->direct, {}});
    }
    std::ranges::stable_sort(words, {}, &heap::NamedWord::word);
    const auto repeated = std::ranges::unique(words, {}, &heap::NamedWord::word);
    words.erase(repeated.begin(), repeated.end());
    return words;
  }

  // `removals`: by row of the table; rows that were added since have none.
  void fill(std::span<const heap::MapRemovals> removals) {
    add_named_words();
    snapshot_.object_type = propagation_.take<heap::ObjectType>(
        [](TypeId type, KnownBy known_by) { return heap::ObjectType(type, known_by); });
    for (const Type& type : table_.types()) {
      heap::Type row;
      row.name = type.name;
      row.kind = type.kind;
      row.role = type.role;
      row.is_named = type.is_named;
      row.size = type.size;
      row.pointer_bytes = type.pointer_bytes;
      row.elem = type.elem;
      row.key = type.key;
      row.of = type.of;
      row.count = type.count;
      row.first_field = type.first_field;
      row.field_count = type.field_count;
      if (snapshot_.types.size() < removals.size()) row.removals = removals[snapshot_.types.size()];
      if (type.code) add_place(type.code, row);
      snapshot_.types.push_back(row);
    }
    for (const Field& field : table_.fields()) snapshot_.fields.push_back({field.name, field.type, field.offset});
    if (const PropagationStats& stats = propagation_.stats(); stats.conflicts > 0)
      losses_.add(LossKind::kTypeConflict, inputs_.index.address_of(ObjectId(stats.first_conflict)), stats.conflicts);
  }

  const TypeInputs& inputs_;
  const go::Runtime& runtime_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  go::TypeReader reader_;
  go::TypeUniverse universe_;
  go::LibraryLayouts layouts_;
  TypeTable table_;
  TypedHeap heap_;
  std::unique_ptr<Reasons> reasons_;  // null: nobody will ask
  Propagation propagation_;
  std::vector<TypedVariable> slice_variables_;  // where there is no debug information
  std::vector<std::pair<std::unique_ptr<const binary::DwarfInfo>, const go::LoadedImage*>> plugins_;
  Address last_descriptor_;
  TypeId last_type_;
};

}  // namespace

FoundTypes add_types(const TypeInputs& inputs, heap::Snapshot& snapshot, LossLedger& losses,
                     const ReasonsCallback& reasons) {
  TypePass pass(inputs, snapshot, losses, static_cast<bool>(reasons));
  FoundTypes found = pass.run();
  if (reasons) pass.tell_reasons(reasons);
  return found;
}

}  // namespace holdfast::typing

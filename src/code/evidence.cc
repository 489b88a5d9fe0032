#include "code/evidence.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/cancel.h"
#include "base/parallel.h"
#include "code/facts.h"
#include "code/facts_file.h"
#include "code/interpreter.h"

namespace holdfast::code {
namespace {

constexpr unsigned kMostRounds = 4;
constexpr unsigned kParts = 32;
constexpr std::size_t kMostClaims = 12;  // different ones on one word; more would be noise
constexpr std::uint64_t kLongestFunction = 8 << 20;

// A claim on a word, and the lowest instruction that makes it.
struct WordClaim {
  WordType word;
  Address said_by;
};

// All claims on one word, each once.
struct Claims {
  std::vector<WordClaim> strong, weak;  // ascending by type

  static void add(std::vector<WordClaim>& words, const WordClaim& said) {
    const auto at = std::lower_bound(words.begin(), words.end(), said.word,
                                     [](const WordClaim& a, const WordType& word) { return a.word < word; });
    if (at != words.end() && at->word == said.word)
      at->said_by = std::min(at->said_by, said.said_by);
    else if (words.size() < kMostClaims)
      words.insert(at, said);
  }
};

// From which maps a function removes entries.
struct Removals {
  std::vector<Address> types;     // each once
  bool has_unknown_type = false;  // it is told a type only when it runs
};

// These remove entries for others, who tell them the type.
bool removes_for_others(std::string_view function) {
  return function.starts_with("runtime.") || function.starts_with("reflect.map") ||
         function.starts_with("internal/runtime/maps.");
}

using FrameClaims = std::map<std::pair<Address, std::int64_t>, std::vector<WordClaim>>;  // function, offset
using OriginClaims = std::unordered_map<Origin, Claims, OriginHash>;

// Everything that a function was seen to return, by result register.
struct Results {
  std::uint32_t anything = 0;  // a bit per register that may hold something unknown
  std::vector<std::pair<std::uint8_t, WordClaim>> words;

  std::vector<WordClaim> of(std::uint8_t number) const {
    std::vector<WordClaim> out;
    for (const auto& [reg, said] : words)
      if (reg == number && (anything >> number & 1) == 0) Claims::add(out, said);
    return out;
  }
};

// What the functions said in one round.
struct Round {
  OriginClaims origins;
  std::unordered_map<Address, std::vector<WordClaim>> variables;  // pointers to what they are
  std::unordered_map<Address, std::vector<WordClaim>> closures;
  std::unordered_map<Address, std::vector<WordClaim>> cleanups;
  std::unordered_map<Address, Results> results;
  std::unordered_map<Address, Removals> removals;  // by function
  std::unordered_map<Address, std::array<std::vector<WordClaim>, kArgumentRegisters.size()>> given;
  FrameClaims frame_words, frame_variables;
  VariableUses uses;  // only from the first round: later ones would say the same

  void merge(std::span<const Round> others) {
    run_both(
        [&] {
          for (const Round& other : others) merge_origins(other);
        },
        [&] {
          for (const Round& other : others) merge_rest(other);
        });
  }

 private:
  void merge_origins(const Round& other) {
    for (const auto& [origin, claims] : other.origins) {
      Claims& mine = origins[origin];
      for (const WordClaim& said : claims.strong) Claims::add(mine.strong, said);
      for (const WordClaim& said : claims.weak) Claims::add(mine.weak, said);
    }
  }
  void merge_rest(const Round& other) {
    const auto merge_words = [](auto& to, const auto& from) {
      for (const auto& [at, words] : from)
        for (const WordClaim& said : words) Claims::add(to[at], said);
    };
    merge_words(variables, other.variables);
    merge_words(closures, other.closures);
    merge_words(cleanups, other.cleanups);
    merge_words(frame_words, other.frame_words);
    merge_words(frame_variables, other.frame_variables);
    for (const auto& [function, arguments] : other.given)
      for (std::size_t i = 0; i < arguments.size(); ++i)
        for (const WordClaim& said : arguments[i]) Claims::add(given[function][i], said);
    // The newest round knows best what a function returns.
    for (const auto& [function, result] : other.results) results[function] = result;
    for (const auto& [function, removed] : other.removals) removals[function] = removed;
    uses.merge(other.uses);
  }
};

// Writes down what the interpreter reports, leaving out what says nothing: types that stand for several.
class Recorder : public Observer {
 public:
  Recorder(Round& round, WordTypes& types) : round_(round), types_(types) {}

  // `interpreter` is about to follow the function.
  void begin(const binary::FunctionInfo& function, const Interpreter& interpreter) {
    results_ = &(round_.results[function.entry] = {});
    function_ = &function;
    interpreter_ = &interpreter;
    used_.clear();
  }
  // The function has been followed to its end for the first time.
  void end(const binary::FunctionInfo& function) { round_.uses.add(function.entry, function.name, used_); }

  void word(const Origin& origin, const WordType& word, bool strong) override {
    if (is_nameless(word.type) || (word.kind == WordKind::kPointer && word.offset != 0)) return;
    Claims& claims = round_.origins[origin];
    Claims::add(strong ? claims.strong : claims.weak, said(word));
  }
  void variable(Address variable, Address type) override {
    if (!is_nameless(type)) Claims::add(round_.variables[variable], said(WordType::pointer(type)));
  }
  void use(Address variable, bool stores) override { used_.push_back({variable, stores}); }
  void closure(Address code, Address type) override {
    const WordTypes::Type* const row = types_.find(type);
    // struct {F uintptr; X0 ...}, without a name of its own
    if (row == nullptr || row->kind != go::TypeKind::kStruct || row->fields.empty()) return;
    const WordTypes::Type* const first = types_.find(row->fields.front().type);
    if (first != nullptr && first->kind == go::TypeKind::kUintptr)
      Claims::add(round_.closures[code], said(WordType::pointer(type)));
  }
  void cleanup(Address code, Address type) override {
    if (!is_nameless(type)) Claims::add(round_.cleanups[code], said(WordType::pointer(type)));
  }
  void removal(Address map_type) override {
    if (removes_for_others(function_->name)) return;
    Removals& removals = round_.removals[function_->entry];
    if (!map_type)
      removals.has_unknown_type = true;
    else if (std::ranges::find(removals.types, map_type) == removals.types.end())
      removals.types.push_back(map_type);
  }
  void result(std::uint8_t number, const WordType& word) override {
    if (!word || is_nameless(word.type) || word.offset != 0)
      results_->anything |= 1U << number;
    else
      results_->words.emplace_back(number, said(word));
  }
  void given(Address function, std::uint8_t number, const WordType& word) override {
    if (!is_nameless(word.type) && (word.kind == WordKind::kPart || word.offset == 0))
      Claims::add(round_.given[function][number], said(word));
  }
  void frame_word(Address function, std::int64_t offset, const WordType& word) override {
    if (!is_nameless(word.type) && (word.kind == WordKind::kPart || word.offset == 0))
      Claims::add(round_.frame_words[{function, offset}], said(word));
  }
  void frame_variable(Address function, std::int64_t offset, const WordType& pointer) override {
    if (!is_nameless(pointer.type)) Claims::add(round_.frame_variables[{function, offset}], said(pointer));
  }

 private:
  bool is_nameless(Address type) {
    const WordTypes::Type* const row = types_.find(type);
    return row == nullptr || row->is_nameless;
  }

  WordClaim said(const WordType& word) const { return {word, interpreter_->position()}; }

  Round& round_;
  WordTypes& types_;
  const Interpreter* interpreter_ = nullptr;
  const binary::FunctionInfo* function_ = nullptr;  // the one that is followed
  Results* results_ = nullptr;                      // of it
  std::vector<VariableUses::Use> used_;
};

// Decides what follows from all claims.
class ClaimWeigher {
 public:
  explicit ClaimWeigher(const go::TypeReader& reader) : types_(reader) {}

  // Adds what words are.
  void weigh_origins(const Round& round, FactTables& facts) {
    for (const auto& [origin, claims] : round.origins)
      if (const Verdict verdict = weigh(claims); verdict.word) facts.origins.emplace(origin, verdict);
    for (const auto& [function, given] : round.results)
      for (std::uint8_t i = 0; i < kArgumentWords; ++i)
        if (const WordClaim said = largest(given.of(i), true); said.word)
          facts.origins[{.root = Origin::Root::kResult, .number = i, .at = function}] = {said.word, true, said.said_by};
  }

  // Adds what functions are given, and what variables, closures and arguments of cleanups are.
  void weigh_rest(const Round& round, FactTables& facts) {
    for (const auto& [function, arguments] : round.given) {
      RegisterWords words;
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = smallest(arguments[i]);
      if (std::ranges::any_of(words, [](const WordType& word) { return static_cast<bool>(word); }))
        facts.given.emplace(function, words);
    }
    for (const auto& [at, words] : round.variables)
      if (const WordClaim said = largest(words, false); said.word) facts.variables[at] = {said.word.type, said.said_by};
    for (const auto& [code, words] : round.closures)
      if (words.size() == 1) facts.closures[code] = {words.front().word.type, words.front().said_by};
    for (const auto& [code, words] : round.cleanups)
      if (words.size() == 1) facts.cleanups[code] = {words.front().word.type, words.front().said_by};
    facts.removals = removals_of(round);
  }

  // The words of frames on which all claims agree.
  std::vector<FrameWord> frame_words_from(const FrameClaims& claims) {
    std::vector<FrameWord> out;
    for (const auto& [at, words] : claims)
      if (const WordClaim said = largest(words, false); said.word) out.push_back({at.first, at.second, said.word});
    return out;
  }

 private:
  static MapRemovals removals_of(const Round& round) {
    std::set<Address> types, functions;
    for (const auto& [function, removed] : round.removals) {
      types.insert(removed.types.begin(), removed.types.end());
      if (removed.has_unknown_type) functions.insert(function);
    }
    return {{types.begin(), types.end()}, {functions.begin(), functions.end()}};
  }

  // Strong claims that disagree leave nothing. Weak claims count where there is no strong one.
  Verdict weigh(const Claims& claims) {
    const bool strong = !claims.strong.empty();
    const WordClaim said = largest(strong ? claims.strong : claims.weak, strong);
    return {said.word, strong, said.said_by};
  }

  // The claim whose type begins with the type of each other claim.
  WordClaim largest(const std::vector<WordClaim>& words, bool strong) {
    if (words.size() >= kMostClaims) return {};
    for (const WordClaim& said : words) {
      const bool has_all = std::all_of(words.begin(), words.end(), [&](const WordClaim& other) {
        return said.word.kind == other.word.kind && said.word.offset == other.word.offset &&
               types_.begins_with(said.word.type, other.word.type);
      });
      if (!has_all) continue;
      WordClaim out = said;
      for (const WordClaim& other : words) out.word.in_array = out.word.in_array || (strong && other.word.in_array);
      return out;
    }
    return {};
  }

  // The type that all others begin with: the address of a value is also the address of its first field.
  WordType smallest(const std::vector<WordClaim>& words) {
    if (words.size() >= kMostClaims) return {};
    for (const auto& [word, said_by] : words)
      if (std::ranges::all_of(words, [&, wanted = word](const WordClaim& other) {
            return wanted.kind == other.word.kind && wanted.offset == other.word.offset &&
                   types_.begins_with(other.word.type, wanted.type);
          }))
        return word;
    return {};
  }

  WordTypes types_;
};

// Passes questions on and remembers them, so that a function is followed again only if an answer has changed.
class Asked : public Knowledge {
 public:
  explicit Asked(const Knowledge& knowledge) : knowledge_(knowledge) {}

  WordType word_at(const Origin& origin) const override {
    questions_.push_back(Facts::question(origin));
    return knowledge_.word_at(origin);
  }
  const ArgumentUses* argument_uses(Address function) const override {
    questions_.push_back(Facts::question_argument_uses(function));
    return knowledge_.argument_uses(function);
  }
  RegisterWords given(Address function) const override {
    questions_.push_back(Facts::question_given(function));
    return knowledge_.given(function);
  }
  Address closure_type(Address code) const override {
    questions_.push_back(Facts::question_closure(code));
    return knowledge_.closure_type(code);
  }
  // The questions since the last call, each once.
  std::vector<std::uint64_t> take() {
    std::sort(questions_.begin(), questions_.end());
    std::vector<std::uint64_t> out(questions_.begin(), std::unique(questions_.begin(), questions_.end()));
    questions_.clear();
    return out;
  }

 private:
  const Knowledge& knowledge_;
  mutable std::vector<std::uint64_t> questions_;
};

// Where the program's only module lies; null if there are several, whose facts are not kept.
struct Extent {
  Address base;  // what kept facts count from
  AddressRange image;
};

Extent extent_of(const go::Runtime& runtime) {
  if (runtime.modules.size() != 1) return {};
  const go::Module& module = runtime.modules.front();
  Extent extent{module.text, {std::min(module.text, module.types), std::max(module.etext, module.etypes)}};
  for (const AddressRange& range : module.variables()) extent.image.end = std::max(extent.image.end, range.end);
  return extent;
}

class Reading {
 public:
  // `kept`: the facts of an earlier run, if there are any.
  Reading(const go::Runtime& runtime, const go::FunctionTables& functions, const go::TypeReader& reader,
          const go::TypeUniverse& universe, std::optional<KeptFacts> kept, LossLedger& losses)
      : reader_(reader),
        losses_(losses),
        extent_(extent_of(runtime)),
        all_(list(runtime, functions)),
        callees_(functions, all_),
        signatures_(kept ? std::move(kept->signatures) : signatures_of(runtime, universe), reader),
        image_{runtime.memory, callees_, signatures_, {}, {}, {}},
        facts_(read_library_uses(runtime, reader, universe, all_)),
        weighers_{ClaimWeigher(reader), ClaimWeigher(reader)} {
    for (const go::Module& module : runtime.modules) {
      for (const AddressRange& range : module.variables())
        if (!range.empty()) image_.writable.push_back(range);
      image_.types.push_back({module.types, module.etypes});
      image_.constant.push_back(constant_part(module));
    }
    if (kept) facts_.start_with(std::move(kept->tables));
    is_known_ = kept.has_value();
  }

  CodeEvidence run(std::span<const Address> standing) {
    CodeEvidence out;
    asked_.resize(all_.size());
    if (!is_known_) learn();
    if (!is_known_ && extent_.base && lost_ == 0)
      out.facts = write_facts(facts_.tables(), signatures_.sources(), extent_.base);
    add_facts(out);
    out.is_whole = is_known_ || lost_ == 0;
    const Round frames =
        follow(Purpose::kFrames, [&](std::size_t i) { return std::ranges::binary_search(standing, all_[i].entry); });
    out.frame_words = weighers_[1].frame_words_from(frames.frame_words);
    out.frame_variables = weighers_[1].frame_words_from(frames.frame_variables);
    return out;
  }

 private:
  // The functions that the compiler made. Assembly keeps other rules (types from code, 9).
  static std::vector<binary::FunctionInfo> list(const go::Runtime& runtime, const go::FunctionTables& functions) {
    std::vector<binary::FunctionInfo> all;
    for (std::uint32_t module = 0; module < runtime.modules.size(); ++module) {
      for (std::uint32_t i = 0; true; ++i) {
        const auto code = functions.function({module, i});
        if (!code) break;
        const bool compiled = (code->function.flags & binary::kFlagAssembly) == 0;
        const std::uint64_t size = code->function.end - code->function.entry;
        if (compiled && size > 0 && size < kLongestFunction) all.push_back(code->function);
      }
    }
    return all;
  }

  // Who tells of which function. What the runtime has made for this process alone, outside of the program's image, is
  // no fact of the program.
  std::vector<SignatureSource> signatures_of(const go::Runtime& runtime, const go::TypeUniverse& universe) const {
    std::vector<SignatureSource> sources = find_signatures(runtime, reader_, universe, all_);
    if (extent_.base)
      std::erase_if(sources, [this](const SignatureSource& source) {
        return !extent_.image.contains(source.at) || !extent_.image.contains(source.receiver) ||
               (source.type && !extent_.image.contains(source.type));
      });
    return sources;
  }

  // Follows all functions, then again those with a question that now has another answer.
  void learn() {
    Questions changed;
    unsigned rounds = 0;
    do {
      const Round said = follow(rounds == 0 ? Purpose::kUses : Purpose::kMore, [&](std::size_t i) {
        return rounds == 0 ||
               std::ranges::any_of(asked_[i], [&](std::uint64_t question) { return changed.contains(question); });
      });
      said_.merge({&said, 1});
      FactTables facts;
      run_both([&] { weighers_[0].weigh_origins(said_, facts); }, [&] { weighers_[1].weigh_rest(said_, facts); });
      facts.uses = said_.uses.best();
      changed = facts_.replace(std::move(facts));
      ++rounds;
    } while (!changed.all().empty() && rounds < kMostRounds);
  }

  void add_facts(CodeEvidence& out) const {
    out.uses = facts_.tables().uses;
    out.removals = facts_.tables().removals;
    for (const auto& [origin, verdict] : facts_.tables().origins) {
      if (origin.root != Origin::Root::kGlobal) continue;
      if (origin.loads == 0)
        out.globals.push_back({origin.at, verdict.word, verdict.strong, verdict.said_by});
      else
        out.paths.push_back({origin, verdict.word, verdict.strong, verdict.said_by});
    }
    for (const auto& [at, named] : facts_.tables().variables) out.variables.push_back({at, named.type, named.said_by});
    for (const auto& [code, named] : facts_.tables().closures)
      out.closures.push_back({code, named.type, named.said_by});
    for (const auto& [code, named] : facts_.tables().cleanups)
      out.cleanups.push_back({code, named.type, named.said_by});
    std::ranges::sort(out.cleanups, {}, &ClosureType::code);
    std::ranges::sort(out.globals, {}, &GlobalWord::at);
    std::ranges::sort(out.variables, {}, &TypedVariable::at);
    std::ranges::sort(out.paths, {}, [](const AccessPath& path) { return std::pair(path.origin.loads, path.origin); });
    std::ranges::sort(out.closures, {}, &ClosureType::code);
  }

  // The first round also learns who uses which variable; a last one learns what frames hold.
  enum class Purpose : std::uint8_t { kUses, kMore, kFrames };

  // Follows the functions for which choose(number) holds and returns what they say.
  template <typename Choose>
  Round follow(Purpose purpose, const Choose& choose) {
    std::vector<Round> rounds(kParts);
    std::vector<std::uint64_t> unreadable(kParts);
    for_each_part(all_.size(), kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
      WordTypes types(reader_);
      Recorder recorder(rounds[part], types);
      Asked asked(facts_);
      Interpreter interpreter(image_, asked, types, recorder);
      std::vector<std::byte> copy;
      for (std::uint64_t i = begin; i < end; ++i) {
        throw_if_cancelled();
        if (!choose(i)) continue;
        recorder.begin(all_[i], interpreter);
        const auto code = bytes_of(all_[i], copy);
        if (code.empty()) {
          ++unreadable[part];
          continue;
        }
        interpreter.run(all_[i].entry, code, purpose == Purpose::kFrames);
        if (purpose == Purpose::kUses) recorder.end(all_[i]);
        asked_[i] = asked.take();
      }
    });
    Round said;
    said.merge(rounds);
    std::uint64_t lost = 0;
    for (const std::uint64_t count : unreadable) lost += count;
    if (lost > 0 && lost_ == 0) losses_.add(LossKind::kNoCode, Address(), lost);
    lost_ = std::max(lost, lost_);
    return said;
  }

  // The bytes in place or, where they do not lie together in our memory, in `copy`; empty if they cannot be read.
  std::span<const std::byte> bytes_of(const binary::FunctionInfo& function, std::vector<std::byte>& copy) const {
    const std::uint64_t size = function.end - function.entry;
    if (const std::byte* const bytes = image_.memory.try_view(function.entry, size)) return {bytes, size};
    copy.resize(size);
    if (!image_.memory.try_read(function.entry, copy)) return {};
    return copy;
  }

  // The part of the module that never changes, apart from variables in it, which is_variable() excludes first. It
  // reaches up to the variables, since static closures may follow the types (Go 1.27).
  static AddressRange constant_part(const go::Module& module) {
    const AddressRange known{std::min({module.text, module.types, module.pc_header}),
                             std::max({module.etext, module.etypes, module.pclntab_end})};
    Address end;
    for (const AddressRange& range : module.variables())
      if (!range.empty() && range.begin >= known.end && (!end || range.begin < end)) end = range.begin;
    return {known.begin, end ? end : known.end};
  }

  const go::TypeReader& reader_;
  LossLedger& losses_;
  const Extent extent_;
  std::vector<binary::FunctionInfo> all_;
  Callees callees_;
  Signatures signatures_;
  CodeImage image_;
  Facts facts_;
  std::array<ClaimWeigher, 2> weighers_;           // for two threads
  Round said_;                                     // in all rounds
  std::vector<std::vector<std::uint64_t>> asked_;  // by function
  std::uint64_t lost_ = 0;
  bool is_known_ = false;  // all there is to learn, from an earlier run
};

}  // namespace

const FrameWord* find_before(const std::vector<FrameWord>& words, Address function, std::int64_t offset) {
  const auto place_of = [](const FrameWord& word) { return std::pair(word.function, word.offset); };
  const auto behind = std::ranges::upper_bound(words, std::pair(function, offset), {}, place_of);
  if (behind == words.begin() || std::prev(behind)->function != function) return nullptr;
  return &*std::prev(behind);
}

const FrameWord* find_at(const std::vector<FrameWord>& words, Address function, std::int64_t offset) {
  const FrameWord* const found = find_before(words, function, offset);
  return found != nullptr && found->offset == offset ? found : nullptr;
}

CodeEvidence read_code(const go::Runtime& runtime, const go::FunctionTables& functions, const go::TypeReader& reader,
                       const go::TypeUniverse& universe, std::span<const Address> standing,
                       std::span<const std::byte> known, LossLedger& losses) {
  const Extent extent = extent_of(runtime);
  return Reading(runtime, functions, reader, universe, read_facts(known, extent.base, extent.image), losses)
      .run(standing);
}

}  // namespace holdfast::code

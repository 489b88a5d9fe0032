#include "code/evidence.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/cancel.h"
#include "base/parallel.h"
#include "code/interpreter.h"

namespace holdfast::code {
namespace {

constexpr unsigned kMostRounds = 4;
constexpr unsigned kParts = 32;
constexpr std::size_t kMostClaims = 12;  // different ones on one place; more would be noise
constexpr std::uint64_t kLongestFunction = 8 << 20;

// What was said of one place, each thing once.
struct Claims {
  std::vector<Word> strong, weak;  // ascending

  static void add(std::vector<Word>& words, const Word& word) {
    const auto at = std::lower_bound(words.begin(), words.end(), word);
    if (words.size() < kMostClaims && (at == words.end() || *at != word)) words.insert(at, word);
  }
};

using PlaceClaims = std::unordered_map<Place, Claims, PlaceHash>;

// A function's result register: all that it was seen to give back.
struct Result {
  std::vector<Word> words;
  bool anything = false;
};

struct Round {
  PlaceClaims places;
  std::unordered_map<Address, std::vector<Word>> variables;  // pointers to what they are
  std::unordered_map<Address, std::vector<Word>> closures;
  std::unordered_map<Address, std::array<Result, kArgumentRegisters.size()>> results;
  VariableUses uses;  // of the first round: no other knows better

  void merge(const Round& other) {
    for (const auto& [place, claims] : other.places) {
      Claims& mine = places[place];
      for (const Word& word : claims.strong) Claims::add(mine.strong, word);
      for (const Word& word : claims.weak) Claims::add(mine.weak, word);
    }
    const auto merge_words = [](auto& to, const auto& from) {
      for (const auto& [at, words] : from)
        for (const Word& word : words) Claims::add(to[at], word);
    };
    merge_words(variables, other.variables);
    merge_words(closures, other.closures);
    // What a function gives back is known better each time.
    for (const auto& [function, given] : other.results) results[function] = given;
    uses.merge(other.uses);
  }
};

class Recorder : public Observer {
 public:
  Recorder(Round& round, WordTypes& types) : round_(round), types_(types) {}

  // The function is followed from now on.
  void begin(Address function) {
    round_.results[function] = {};
    used_.clear();
  }
  // All of it has been followed, for the first time.
  void end(const binary::FunctionInfo& function) { round_.uses.add(function.entry, function.name, used_); }

  void word(const Place& place, const Word& word, bool strong) override {
    if (is_nameless(word.type) || (word.kind == Word::Kind::kPointer && word.offset != 0)) return;
    Claims& claims = round_.places[place];
    Claims::add(strong ? claims.strong : claims.weak, word);
  }
  void variable(Address variable, Address type) override {
    if (!is_nameless(type)) Claims::add(round_.variables[variable], Word::pointer(type));
  }
  void use(Address variable, bool stores) override { used_.push_back({variable, stores}); }
  void closure(Address code, Address type) override {
    const WordTypes::Type* const row = types_.find(type);
    // struct {F uintptr; X0 ...}, without a name of its own
    if (row == nullptr || row->kind != go::TypeKind::kStruct || row->fields.empty()) return;
    const WordTypes::Type* const first = types_.find(row->fields.front().type);
    if (first != nullptr && first->kind == go::TypeKind::kUintptr)
      Claims::add(round_.closures[code], Word::pointer(type));
  }
  void result(Address function, std::uint8_t number, const Word& word) override {
    Result& result = round_.results[function][number];
    if (!word || is_nameless(word.type) || word.offset != 0)
      result.anything = true;
    else if (!result.anything)
      Claims::add(result.words, word);
  }

 private:
  bool is_nameless(Address type) {
    const WordTypes::Type* const row = types_.find(type);
    return row == nullptr || row->is_nameless;
  }

  Round& round_;
  WordTypes& types_;
  std::vector<VariableUses::Use> used_;
};

// Everything that is known after some rounds.
class Verdicts : public Knowledge {
 public:
  struct Verdict {
    Word word;
    bool strong = false;
  };

  explicit Verdicts(const go::TypeReader& reader) : types_(reader) {}

  // All that was said so far. Afterwards changed() tells what it changed.
  void take(const Round& round) {
    std::unordered_map<Place, Verdict, PlaceHash> places;
    for (const auto& [place, claims] : round.places)
      if (const Verdict verdict = weigh(claims); verdict.word) places.emplace(place, verdict);
    for (const auto& [function, given] : round.results)
      for (std::uint8_t i = 0; i < kArgumentWords; ++i)
        if (const Word word = given[i].anything ? Word() : largest(given[i].words, true))
          places[{.root = Place::Root::kResult, .number = i, .at = function}] = {word, true};
    std::unordered_map<Address, Address> closures;
    for (const auto& [code, words] : round.closures)
      if (words.size() == 1) closures.emplace(code, words.front().type);
    variables_.clear();
    for (const auto& [at, words] : round.variables)
      if (const Word word = largest(words, false)) variables_.emplace(at, word.type);
    changed_.clear();
    note_changes(places, places_);
    note_changes(places_, places);
    for (const auto& [code, type] : closures)
      if (closure_type(code) != type) changed_.insert(question(code));
    places_ = std::move(places);
    closures_ = std::move(closures);
  }
  // Whether the answer to one of these questions has changed by the last take().
  bool changed(const std::vector<std::uint64_t>& questions) const {
    return std::any_of(questions.begin(), questions.end(), [&](std::uint64_t q) { return changed_.contains(q); });
  }
  bool has_changed() const { return !changed_.empty(); }
  // Numbers that stand for questions; two that share one do no harm.
  static std::uint64_t question(const Place& place) { return PlaceHash()(place); }
  static std::uint64_t question(Address closure) { return question({.root = Place::Root::kNone, .at = closure}); }

  Word word_at(const Place& place) const override {
    const auto at = places_.find(place);
    return at == places_.end() ? Word() : at->second.word;
  }
  Address closure_type(Address code) const override {
    const auto at = closures_.find(code);
    return at == closures_.end() ? Address() : at->second;
  }

  const std::unordered_map<Place, Verdict, PlaceHash>& places() const { return places_; }
  const std::unordered_map<Address, Address>& variables() const { return variables_; }
  const std::unordered_map<Address, Address>& closures() const { return closures_; }

 private:
  void note_changes(const std::unordered_map<Place, Verdict, PlaceHash>& from,
                    const std::unordered_map<Place, Verdict, PlaceHash>& to) {
    for (const auto& [place, verdict] : from) {
      const auto other = to.find(place);
      if (other == to.end() || other->second.word != verdict.word) changed_.insert(question(place));
    }
  }

  // Strong claims that do not agree leave nothing; without any, weak ones count.
  Verdict weigh(const Claims& claims) {
    if (!claims.strong.empty()) return {largest(claims.strong, true), true};
    return {largest(claims.weak, false), false};
  }

  // The one that begins with each of the others.
  Word largest(const std::vector<Word>& words, bool strong) {
    if (words.size() >= kMostClaims) return {};
    for (const Word& word : words) {
      const bool has_all = std::all_of(words.begin(), words.end(), [&](const Word& other) {
        return word.kind == other.kind && word.offset == other.offset && types_.begins_with(word.type, other.type);
      });
      if (!has_all) continue;
      Word out = word;
      for (const Word& other : words) out.in_array = out.in_array || (strong && other.in_array);
      return out;
    }
    return {};
  }

  WordTypes types_;
  std::unordered_set<std::uint64_t> changed_;
  std::unordered_map<Place, Verdict, PlaceHash> places_;
  std::unordered_map<Address, Address> variables_;
  std::unordered_map<Address, Address> closures_;
};

// Remembers what a function asked.
class Asked : public Knowledge {
 public:
  explicit Asked(const Knowledge& knowledge) : knowledge_(knowledge) {}

  Word word_at(const Place& place) const override {
    questions_.push_back(Verdicts::question(place));
    return knowledge_.word_at(place);
  }
  Address closure_type(Address code) const override {
    questions_.push_back(Verdicts::question(code));
    return knowledge_.closure_type(code);
  }
  // Since the last call, each once.
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

class Reading {
 public:
  Reading(const go::Runtime& runtime, const go::FunctionTables& functions, const go::TypeReader& reader,
          const go::TypeUniverse& universe, LossLedger& losses)
      : reader_(reader),
        losses_(losses),
        all_(list(runtime, functions)),
        callees_(functions),
        signatures_(runtime, reader, universe, all_),
        image_{runtime.memory, callees_, signatures_, {}, {}, {}},
        verdicts_(reader) {
    for (const go::Module& module : runtime.modules) {
      for (const AddressRange& range : module.variables())
        if (!range.empty()) image_.writable.push_back(range);
      image_.types.push_back({module.types, module.etypes});
      // What is not writable among these never changes; is_variable() is asked first.
      image_.constant.push_back({std::min({module.text, module.types, module.pc_header}),
                                 std::max({module.etext, module.etypes, module.pclntab_end})});
    }
  }

  CodeEvidence run() {
    CodeEvidence out;
    out.functions = all_.size();
    for (const binary::FunctionInfo& function : all_) out.instruction_bytes += function.end - function.entry;
    asked_.resize(all_.size());
    do {
      follow(out.rounds++ == 0);
    } while (verdicts_.has_changed() && out.rounds < kMostRounds);
    for (const auto& [place, verdict] : verdicts_.places()) {
      if (place.root != Place::Root::kGlobal) continue;
      if (place.loads == 0)
        out.globals.push_back({place.at, verdict.word, verdict.strong});
      else
        out.paths.push_back({place, verdict.word, verdict.strong});
    }
    out.uses = said_.uses.best();
    for (const auto& [at, type] : verdicts_.variables()) out.variables.push_back({at, type});
    for (const auto& [code, type] : verdicts_.closures()) out.closures.push_back({code, type});
    std::sort(out.globals.begin(), out.globals.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    std::sort(out.variables.begin(), out.variables.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    std::sort(out.paths.begin(), out.paths.end(), [](const AccessPath& a, const AccessPath& b) {
      return a.place.loads != b.place.loads ? a.place.loads < b.place.loads : a.place < b.place;
    });
    std::sort(out.closures.begin(), out.closures.end(), [](const auto& a, const auto& b) { return a.code < b.code; });
    return out;
  }

 private:
  // Functions that the compiler made: assembly keeps other rules.
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

  // The first time all functions, then those that asked what now has another answer.
  void follow(bool all) {
    std::vector<Round> rounds(kParts);
    std::vector<std::uint64_t> unreadable(kParts);
    for_each_part(all_.size(), kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
      WordTypes types(reader_);
      Recorder recorder(rounds[part], types);
      Asked asked(verdicts_);
      Interpreter interpreter(image_, asked, types, recorder);
      std::vector<std::byte> copy;
      for (std::uint64_t i = begin; i < end; ++i) {
        throw_if_cancelled();
        if (!all && !verdicts_.changed(asked_[i])) continue;
        recorder.begin(all_[i].entry);
        const std::uint64_t size = all_[i].end - all_[i].entry;
        const std::byte* bytes = image_.memory.try_view(all_[i].entry, size);
        if (bytes == nullptr) {
          copy.resize(size);
          if (!image_.memory.try_read(all_[i].entry, copy)) {
            ++unreadable[part];
            continue;
          }
          bytes = copy.data();
        }
        interpreter.run(all_[i].entry, {bytes, size});
        if (all) recorder.end(all_[i]);
        asked_[i] = asked.take();
      }
    });
    for (const Round& round : rounds) said_.merge(round);
    std::uint64_t lost = 0;
    for (const std::uint64_t count : unreadable) lost += count;
    if (lost > 0 && lost_ == 0)
      losses_.add("no-code", "machine code of functions cannot be read: it says nothing about types", Address(), lost);
    lost_ = lost;
    verdicts_.take(said_);
  }

  const go::TypeReader& reader_;
  LossLedger& losses_;
  std::vector<binary::FunctionInfo> all_;
  Callees callees_;
  Signatures signatures_;
  CodeImage image_;
  Verdicts verdicts_;
  Round said_;                                     // in all rounds
  std::vector<std::vector<std::uint64_t>> asked_;  // by function
  std::uint64_t lost_ = 0;
};

}  // namespace

CodeEvidence read_code(const go::Runtime& runtime, const go::FunctionTables& functions, const go::TypeReader& reader,
                       const go::TypeUniverse& universe, LossLedger& losses) {
  return Reading(runtime, functions, reader, universe, losses).run();
}

}  // namespace holdfast::code

#include "evidence/symptoms.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "base/units.h"

namespace holdfast::evidence {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
// Fewer are what a server has more of in one second than in the next.
constexpr std::uint64_t kLeastGoroutines = 50;
constexpr std::uint64_t kManyGoroutines = 10'000;
constexpr std::uint64_t kLeastWatched = 3;      // collections during a watch
constexpr std::uint64_t kLeastCollections = 6;  // fewer show no trend

std::uint64_t growth(std::uint64_t before, std::uint64_t now) {
  return now - std::min(before, now);
}

std::string between(const Look& before, const Look& now) {
  if (before.at_ns == 0 || now.at_ns <= before.at_ns) return "";
  return fmt::format(" in {}", format_seconds(static_cast<double>(now.at_ns - before.at_ns) * 1e-9));
}

std::string grew(std::string_view what, std::uint64_t before, std::uint64_t now) {
  if (now < before) return fmt::format("{} shrank from {} to {}", what, format_bytes(before), format_bytes(now));
  return fmt::format("{} grew by {}, from {} to {}", what, format_bytes(now - before), format_bytes(before),
                     format_bytes(now));
}

// The parts of what is resident outside of the Go heap.
struct Part {
  const char* name;
  std::uint64_t heap::Account::*bytes;
};
constexpr Part kOutside[] = {{"stacks", &heap::Account::stacks},
                             {"the C heap", &heap::Account::c_heap},
                             {"mappings", &heap::Account::mappings},
                             {"files", &heap::Account::files},
                             {"the runtime's records", &heap::Account::runtime},
                             {"package variables", &heap::Account::globals}};

class Judge {
 public:
  explicit Judge(const Sources& sources)
      : now_(*sources.now),
        before_(sources.before),
        collector_(sources.collector),
        dump_(sources.dump),
        watched_(sources.watched),
        findings_(watched_ == nullptr ? std::vector<view::TrendFinding>() : watched_->findings()),
        small_(least_growth(now_)) {}

  std::vector<SymptomRow> run() {
    std::vector<SymptomRow> rows = {resident(),   heap_and_profile(), live(),   garbage(),
                                    goroutines(), released(),         c_heap(), fragmentation()};
    const std::vector<SymptomRow> judged = rows;
    std::ranges::stable_sort(rows, std::greater(), [&](const SymptomRow& row) {
      const bool is_there = row.presence >= Presence::kPresent;
      return std::tuple(is_there, is_there && !is_explained(row, judged) && !passes(row, judged), rank(row.presence),
                        row.presence == Presence::kGrows ? row.grown : 0, row.bytes);
    });
    return rows;
  }

 private:
  // What counters did while somebody looked at them. Returns whether they show the symptom.
  bool add_watched(SymptomRow& out) const {
    if (watched_ == nullptr) return false;
    const std::string_view words = out.symptom == Symptom::kLiveGrows || out.symptom == Symptom::kGoroutinesGrow
                                       ? "it did not grow"
                                       : "nothing of it";
    const auto found = std::ranges::find(findings_, out.symptom, &view::TrendFinding::symptom);
    out.evidence.insert(out.evidence.begin(),
                        fmt::format("watched for {}: {}", format_seconds(watched_->seconds()),
                                    found == findings_.end() ? words : std::string_view(found->because)));
    if (found == findings_.end()) return false;
    // Of goroutines the pace is that of their stacks, which may be there from before.
    const bool grows = found->per_second > 0 || out.symptom == Symptom::kGoroutinesGrow;
    const Presence presence = grows ? Presence::kGrows : Presence::kPresent;
    if (rank(out.presence) < rank(presence)) out.presence = presence;
    if (presence == Presence::kGrows) out.grown = std::max(out.grown, found->bytes);
    return true;
  }

  // Whether another symptom says why this one is there.
  bool is_explained(const SymptomRow& row, const std::vector<SymptomRow>& rows) const {
    const auto is_there = [&](Symptom symptom, Presence least) {
      return std::ranges::any_of(
          rows, [&](const SymptomRow& one) { return one.symptom == symptom && rank(one.presence) >= rank(least); });
    };
    switch (row.symptom) {
      case Symptom::kRssGrowsHeapFlat: {
        const auto most = before_ != nullptr ? grown_outside() : largest_outside();
        return (most == &heap::Account::c_heap && is_there(Symptom::kCGrows, Presence::kGrows)) ||
               (most == &heap::Account::stacks && is_there(Symptom::kGoroutinesGrow, Presence::kGrows));
      }
      case Symptom::kHeapGrowsProfileFlat:
        return now_.is_profiling && (is_there(Symptom::kGarbageGrows, Presence::kPresent) ||
                                     is_there(Symptom::kLiveGrows, Presence::kGrows));
      case Symptom::kReleasedNotReturned:
        return now_.pace.known && now_.pace.gc_percent > 100 && is_there(Symptom::kGarbageGrows, Presence::kPresent);
      default:
        return false;
    }
  }

  // Whether time alone heals it, while something else is there that stays: the next collection frees what is dead.
  static bool passes(const SymptomRow& row, const std::vector<SymptomRow>& rows) {
    const auto is_passing = [](const SymptomRow& one) {
      return one.symptom == Symptom::kReleasedNotReturned || one.symptom == Symptom::kHeapGrowsProfileFlat ||
             (one.symptom == Symptom::kGarbageGrows && one.presence == Presence::kPresent);
    };
    return is_passing(row) && std::ranges::any_of(rows, [&](const SymptomRow& other) {
             return other.presence >= Presence::kPresent && !is_passing(other);
           });
  }

  std::uint64_t heap::Account::*largest_outside() const {
    return std::ranges::max_element(kOutside, {}, [&](const Part& part) { return now_.account.*part.bytes; })->bytes;
  }

  // Which part outside of the Go heap grew most; null without an earlier look.
  std::uint64_t heap::Account::*grown_outside() const {
    if (!knows_earlier_account()) return nullptr;
    return std::ranges::max_element(
               kOutside, {},
               [&](const Part& part) { return growth(before_->account.*part.bytes, now_.account.*part.bytes); })
        ->bytes;
  }

  static int rank(Presence presence) {
    switch (presence) {
      case Presence::kGrows:
        return 3;
      case Presence::kPresent:
        return 2;
      case Presence::kUnknown:
        return 1;
      case Presence::kAbsent:
        break;
    }
    return 0;
  }

  static SymptomRow row(Symptom symptom, Stage stage, std::uint64_t bytes) {
    SymptomRow out;
    out.symptom = symptom;
    out.stage = stage;
    out.bytes = bytes;
    return out;
  }

  // Without an account nothing is known of what is resident.
  bool knows_account() const { return now_.account.known && now_.account.rss > 0; }
  bool knows_earlier_account() const { return before_ != nullptr && before_->account.known && knows_account(); }

  SymptomRow unknown_account(SymptomRow out) const {
    out.evidence.push_back("what is resident is not known of this target");
    return out;
  }

  SymptomRow resident() const {
    const heap::Account& account = now_.account;
    const std::uint64_t outside = growth(now_.heap(), account.rss);
    SymptomRow out = row(Symptom::kRssGrowsHeapFlat, Stage::kSystem, outside);
    if (!knows_account()) return unknown_account(std::move(out));
    out.command = {"account", ""};
    out.presence = Presence::kAbsent;
    if (knows_earlier_account()) {
      const std::uint64_t more = growth(before_->account.rss, account.rss);
      const std::uint64_t more_heap = growth(before_->heap(), now_.heap());
      out.evidence.push_back(grew("what is resident", before_->account.rss, account.rss) + between(*before_, now_));
      out.evidence.push_back(grew("the Go heap of it", before_->heap(), now_.heap()));
      if (more < small_ || more_heap > more / 4) return out;
      out.presence = Presence::kGrows;
      out.grown = more;
      name_grown_part(out);
      return out;
    }
    out.evidence.push_back(
        fmt::format("{} of {} resident are the Go heap", format_bytes(now_.heap()), format_bytes(account.rss)));
    const bool by_watch = add_watched(out);
    if ((outside < 64 * kMiB || now_.heap() > account.rss / 2) && !by_watch) return out;
    if (!by_watch) out.presence = Presence::kPresent;
    const Part& most = *std::ranges::find(kOutside, largest_outside(), &Part::bytes);
    out.evidence.push_back(fmt::format("most of the rest is {}: {}", most.name, format_bytes(account.*most.bytes)));
    out.cause = fmt::format("most of the rest is {}", most.name);
    out.next = "see what the rest is; a heap profile cannot show it";
    return out;
  }

  void name_grown_part(SymptomRow& out) const {
    const Part& most = *std::ranges::find(kOutside, grown_outside(), &Part::bytes);
    out.evidence.push_back(grew(most.name, before_->account.*most.bytes, now_.account.*most.bytes));
    out.cause = fmt::format("what grows is {}", most.name);
    if (most.bytes == &heap::Account::stacks) {
      out.stage = Stage::kSurvival;
      out.command = {"goroutines", ""};
      out.next = "see which goroutines there are, and what they wait for: their stacks are what grows";
    } else if (most.bytes == &heap::Account::c_heap) {
      out.next = "look for the calls of cgo that allocate: no Go tool sees what C holds";
    } else if (most.bytes == &heap::Account::files) {
      out.next = "see which files are mapped: such pages are the system's to take back, but count for a container";
    } else {
      out.next = "see which mappings grew, and which Go memory points at them";
    }
  }

  SymptomRow heap_and_profile() const {
    SymptomRow out = row(Symptom::kHeapGrowsProfileFlat, Stage::kCollection, 0);
    if (!now_.profiled) {
      out.evidence.push_back("the program has no memory profile");
      return out;
    }
    if (!now_.is_profiling) return unprofiled(std::move(out));
    const std::uint64_t objects = now_.objects();
    out.bytes = growth(now_.profiled->value, objects);
    out.command = {"account", ""};
    out.presence = Presence::kAbsent;
    out.evidence.push_back(fmt::format("the heap has {} of objects, of which the profile says {} ({} to {})",
                                       format_bytes(objects), format_bytes(now_.profiled->value),
                                       format_bytes(now_.profiled->least), format_bytes(now_.profiled->most)));
    const bool is_there = objects > now_.profiled->most && objects - now_.profiled->most >= small_;
    if (before_ != nullptr && before_->profiled) {
      const std::uint64_t more = growth(before_->objects(), objects);
      const std::uint64_t more_profiled = growth(before_->profiled->value, now_.profiled->value);
      out.evidence.push_back(grew("the objects", before_->objects(), objects) + between(*before_, now_));
      out.evidence.push_back(grew("what the profile says", before_->profiled->value, now_.profiled->value));
      // What may be chance is no growth: more than the upper bound has to be there.
      if (is_there && more >= small_ && more_profiled <= more / 4) {
        out.grown = more - more_profiled;
        out.presence = Presence::kGrows;
      }
    }
    if (!is_there) return out;
    if (out.presence == Presence::kAbsent) out.presence = Presence::kPresent;
    explain_profile(out);
    return out;
  }

  SymptomRow unprofiled(SymptomRow out) const {
    out.stage = Stage::kAllocation;
    out.bytes = growth(now_.profiled->value, now_.objects());
    out.evidence.push_back(fmt::format("runtime.MemProfileRate is 0, and the profile has {} of {}",
                                       format_bytes(now_.profiled->value), format_bytes(now_.objects())));
    out.presence = Presence::kAbsent;
    if (out.bytes < small_ || out.bytes < now_.objects() / 2) return out;
    out.presence = Presence::kPresent;
    if (before_ != nullptr && growth(before_->objects(), now_.objects()) >= small_) {
      out.presence = Presence::kGrows;
      out.grown = growth(before_->objects(), now_.objects());
      out.evidence.push_back(grew("the objects", before_->objects(), now_.objects()) + between(*before_, now_));
    }
    out.cause = "the profiler is off, so what is allocated now is not recorded";
    out.next = "let the program set runtime.MemProfileRate again, to know the lines; who holds it is known without";
    out.command = {"owners", ""};
    return out;
  }

  // A profile counts as of the last completed collection. What it does not count came after that.
  void explain_profile(SymptomRow& out) const {
    if (now_.garbage >= now_.objects() / 2) {
      out.evidence.push_back(fmt::format("{} of the objects are dead: the next collection, at {}, frees them",
                                         format_bytes(now_.garbage), format_bytes(now_.account.next_gc)));
      out.cause = "dead objects that the collector has not freed yet";
      out.next = "compare after collections only; what is dead is no leak";
    } else {
      out.cause = "objects that came after the last collection, which a profile does not have yet";
      out.evidence.push_back(fmt::format("{} of the objects are alive, and many of them came after the last collection",
                                         format_bytes(now_.live)));
      out.next = "let a collection pass (a profile with gc=1), then look at the lines below";
    }
  }

  SymptomRow live() const {
    SymptomRow out = row(Symptom::kLiveGrows, Stage::kSurvival, now_.live);
    out.command = {"owners", ""};
    const bool by_cycles = judge_cycles(out);
    // What lives is only known after a collection, so a watch that saw few says nothing.
    const bool is_watched = watched_ != nullptr && watched_->live_by_collection().points >= kLeastWatched;
    if (is_watched && out.presence == Presence::kUnknown) out.presence = Presence::kAbsent;
    const bool by_watch = is_watched && add_watched(out);
    if (before_ != nullptr) {
      const std::uint64_t was = before_->live, is = now_.live;
      out.evidence.push_back(grew("what is alive, by the graph,", was, is) + between(*before_, now_));
      const bool grows = growth(was, is) >= small_ && growth(was, is) >= was / 10;
      if (grows) out.presence = Presence::kGrows;
      if (grows) out.grown = growth(was, is);
      if (!grows && !by_cycles && !by_watch) out.presence = Presence::kAbsent;
    } else if (collector_ == nullptr && !is_watched) {
      out.evidence.push_back(fmt::format(
          "{} are alive; one look does not tell whether that grows: --since F.hold, --watch 30s or --gctrace F does",
          format_bytes(now_.live)));
    }
    if (out.presence != Presence::kGrows) return out;
    out.cause = "something keeps what is allocated";
    out.next = "see who holds what came: the lines below, and what grew since, by owner (holdfast report --since)";
    return out;
  }

  // Returns whether the cycles tell that what lives grows.
  bool judge_cycles(SymptomRow& out) const {
    if (collector_ == nullptr) return false;
    const collector::Trend& trend = collector_->trend;
    out.evidence.push_back(fmt::format("{}: {} were alive after the first of {}, {} after the last", collector_->name,
                                       format_bytes(trend.first_live), format_count(trend.cycles, "collection"),
                                       format_bytes(trend.last_live)));
    if (trend.live_per_cycle && trend.cycles >= kLeastCollections) {
      out.presence = trend.grows ? Presence::kGrows : Presence::kAbsent;
      if (trend.grows) out.grown = growth(trend.first_live, trend.last_live);
      if (trend.grows)
        out.evidence.push_back(fmt::format("that is {} more with each",
                                           format_bytes(static_cast<std::uint64_t>(trend.live_per_cycle->per_step))));
      if (trend.grew_at_first) out.evidence.push_back("it grew at first only: the program was filling up");
    }
    return trend.grows;
  }

  SymptomRow garbage() const {
    const std::uint64_t dead = now_.garbage;
    SymptomRow out = row(Symptom::kGarbageGrows, Stage::kAllocation, dead);
    out.command = {"account", ""};
    out.presence = Presence::kAbsent;
    out.evidence.push_back(fmt::format("{} are dead and not freed yet, {} are alive; the next collection is at {}",
                                       format_bytes(dead), format_bytes(now_.live),
                                       format_bytes(now_.account.next_gc)));
    if (before_ != nullptr) {
      out.evidence.push_back(grew("what is dead", before_->garbage, dead));
      const std::uint64_t allocated = growth(before_->allocated_ever, now_.allocated_ever);
      if (const std::string time = between(*before_, now_); !time.empty() && before_->allocated_ever > 0)
        out.evidence.push_back(fmt::format(
            "{} were allocated{}, in {}", format_bytes(allocated), time,
            format_count(now_.collections - std::min(before_->collections, now_.collections), "collection")));
      out.grown = growth(before_->garbage, dead);
      if (out.grown >= small_) out.presence = Presence::kGrows;
    }
    if (out.presence == Presence::kAbsent && dead >= std::max(small_, 16 * kMiB) && dead > now_.live)
      out.presence = Presence::kPresent;
    add_watched(out);
    if (out.presence != Presence::kAbsent) explain_garbage(out);
    return out;
  }

  void explain_garbage(SymptomRow& out) const {
    out.cause = "code allocates much that dies soon";
    if (!now_.pace.known) {
      out.next = "see which lines allocate most, and whether the compiler could keep these objects on the stack";
    } else if (now_.pace.gc_percent < 0) {
      out.stage = Stage::kCollection;
      out.cause = "GOGC is off, so hardly anything is freed";
      out.evidence.push_back("GOGC is off: only a memory limit starts collections");
      out.next = "set GOGC again, or a memory limit that fits";
    } else if (now_.pace.gc_percent > 100) {
      out.stage = Stage::kCollection;
      out.evidence.push_back(fmt::format(
          "GOGC is {}: so many hundredths of what is alive may gather before a collection", now_.pace.gc_percent));
      out.cause = fmt::format("GOGC is {}, so the collector comes late", now_.pace.gc_percent);
      out.next = "a lower GOGC frees it earlier, at more processor time";
    } else {
      out.evidence.push_back(fmt::format("GOGC is {}", now_.pace.gc_percent));
      out.next = "see which lines allocate most, and whether the compiler could keep these objects on the stack";
    }
  }

  SymptomRow goroutines() const {
    SymptomRow out = row(Symptom::kGoroutinesGrow, Stage::kSurvival, now_.account.stacks);
    out.command = {"goroutines", ""};
    out.presence = before_ == nullptr && watched_ == nullptr ? Presence::kUnknown : Presence::kAbsent;
    out.evidence.push_back(
        fmt::format("{}, {} of stacks", format_count(now_.goroutines, "goroutine"), format_bytes(now_.account.stacks)));
    if (before_ != nullptr) {
      const std::uint64_t more = growth(before_->goroutines, now_.goroutines);
      out.evidence.push_back(
          fmt::format("there were {} before{}", format_count(before_->goroutines), between(*before_, now_)));
      if (more >= kLeastGoroutines && more >= before_->goroutines / 5) out.presence = Presence::kGrows;
      out.grown = growth(before_->account.stacks, now_.account.stacks);
    }
    add_watched(out);
    if (dump_ != nullptr) out.evidence.push_back(words_of(*dump_));
    if (now_.leaked > 0)
      out.evidence.push_back(fmt::format("{} of them can never go on, and alone hold {}", format_count(now_.leaked),
                                         format_bytes(now_.leaked_bytes)));
    if (out.presence != Presence::kGrows && (now_.goroutines >= kManyGoroutines || now_.leaked >= kLeastGoroutines))
      out.presence = Presence::kPresent;
    if (out.presence < Presence::kPresent) return out;
    out.bytes += now_.leaked_bytes;
    out.cause = fmt::format("{} of {} are {}", format_count(now_.at_that_place), format_count(now_.goroutines),
                            now_.most_goroutines);
    out.next = "see where they wait and who could wake them; those that nobody can are named by `holdfast report`";
    return out;
  }

  SymptomRow released() const {
    const heap::Account& account = now_.account;
    const std::uint64_t given_back = account.released_resident + account.lazy_free;
    SymptomRow out = row(Symptom::kReleasedNotReturned, Stage::kSystem, account.free_pages + account.lazy_free);
    if (!knows_account()) return unknown_account(std::move(out));
    out.command = {"account", ""};
    out.presence = Presence::kAbsent;
    out.evidence.push_back(fmt::format("{} of free pages are resident, {} of them given back to the system",
                                       format_bytes(account.free_pages), format_bytes(account.released_resident)));
    if (account.lazy_free > 0)
      out.evidence.push_back(fmt::format("{} are the system's to take whenever it needs them (MADV_FREE)",
                                         format_bytes(account.lazy_free)));
    // Up to the goal it is where the garbage of the next cycle will lie.
    const bool is_room = now_.spans_in_use + account.free_pages < account.next_gc + account.next_gc / 4;
    const bool is_there = given_back >= small_ || (!is_room && account.free_pages >= std::max(small_, account.rss / 4));
    const bool by_watch = add_watched(out);
    if (!is_there && !by_watch) return out;
    if (!by_watch) out.presence = Presence::kPresent;
    if (knows_earlier_account() && growth(before_->account.free_pages, account.free_pages) >= small_) {
      out.presence = Presence::kGrows;
      out.grown = growth(before_->account.free_pages, account.free_pages);
      out.evidence.push_back(grew("free pages", before_->account.free_pages, account.free_pages));
    }
    out.cause = given_back >= small_ ? "the runtime has given it back, and it is resident all the same"
                                     : "the heap was larger, and its free pages are not given back yet";
    out.next = given_back >= small_
                   ? "huge pages or MADV_FREE keep it resident: see what holds it"
                   : "the background scavenger returns it slowly; a memory limit makes it do so at once";
    return out;
  }

  SymptomRow c_heap() const {
    SymptomRow out = row(Symptom::kCGrows, Stage::kSystem, now_.account.c_heap);
    if (!knows_account()) return unknown_account(std::move(out));
    out.command = {"account", ""};
    out.presence = Presence::kAbsent;
    out.evidence.push_back(fmt::format("the C heap has {}", format_bytes(now_.account.c_heap)));
    if (knows_earlier_account() && growth(before_->account.c_heap, now_.account.c_heap) >= small_) {
      out.presence = Presence::kGrows;
      out.grown = growth(before_->account.c_heap, now_.account.c_heap);
      out.evidence.push_back(grew("it", before_->account.c_heap, now_.account.c_heap) + between(*before_, now_));
    } else if (now_.account.c_heap >= std::max(small_, now_.account.rss / 4)) {
      out.presence = Presence::kPresent;
    }
    add_watched(out);
    if (out.presence == Presence::kAbsent) return out;
    out.cause = "C code keeps what it has allocated";
    out.next = "look for the calls of cgo that allocate: no Go tool sees what C holds";
    return out;
  }

  SymptomRow fragmentation() const {
    const std::uint64_t free = growth(now_.objects_in_spans, now_.spans_in_use);
    SymptomRow out = row(Symptom::kFragmentation, Stage::kAllocation, free);
    if (now_.spans_in_use == 0) {
      out.evidence.push_back("the runtime's counters are not known");
      return out;
    }
    out.command = {"spans", "--classes"};
    out.presence = Presence::kAbsent;
    out.evidence.push_back(fmt::format("{} of the {} in spans in use have no object", format_bytes(free),
                                       format_bytes(now_.spans_in_use)));
    const bool by_watch = add_watched(out);
    if (free < std::max(small_, now_.spans_in_use / 4) && !by_watch) return out;
    if (!by_watch) out.presence = Presence::kPresent;
    if (before_ != nullptr && before_->spans_in_use > 0) {
      const std::uint64_t was = growth(before_->objects_in_spans, before_->spans_in_use);
      out.evidence.push_back(grew("that", was, free));
      out.grown = growth(was, free);
      if (out.grown >= small_) out.presence = Presence::kGrows;
    }
    out.cause = "few objects keep many spans";
    out.next = "a few objects keep whole spans: see which, by size class";
    return out;
  }

  const Look& now_;
  const Look* before_;
  const CollectorEvidence* collector_;
  const DumpEvidence* dump_;
  const view::CounterTrend* watched_;
  const std::vector<view::TrendFinding> findings_;
  std::uint64_t small_;
};

}  // namespace

std::uint64_t least_growth(const Look& now) {
  return std::max(4 * kMiB, now.account.rss / 20);
}

std::vector<SymptomRow> judge(const Sources& sources) {
  return Judge(sources).run();
}

std::string_view id_of(Presence presence) {
  switch (presence) {
    case Presence::kUnknown:
      return "unknown";
    case Presence::kAbsent:
      return "no";
    case Presence::kPresent:
      return "yes";
    case Presence::kGrows:
      return "grows";
  }
  return {};
}

}  // namespace holdfast::evidence

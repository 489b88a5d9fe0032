#include "session/session.h"

#include <thread>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "detect/findings.h"
#include "heap/object_index.h"
#include "os/process.h"

namespace holdfast::session {

Session::Session(const std::string& target, const capture::Options& options, Listener listener, heap::OwnerRules rules)
    : listener_(std::move(listener)),
      rules_(std::move(rules)),
      times_(listener_.passes_run),
      target_(capture::find_target(target, options)) {}

Session::Session(std::unique_ptr<capture::Target> target, Listener listener, heap::OwnerRules rules)
    : listener_(std::move(listener)),
      rules_(std::move(rules)),
      times_(listener_.passes_run),
      target_(std::move(target)) {}

std::unique_ptr<Session> Session::anew() const {
  return std::unique_ptr<Session>(new Session(target_->anew(), listener_, rules_));
}

capture::Prediction Session::predict() {
  const CancellationScope scope(&cancellation_);
  return target_->predict(times_);
}

void Session::open(const capture::Callbacks& callbacks) {
  HOLDFAST_CHECK(!snapshot_);
  const CancellationScope scope(&cancellation_);
  snapshot_ = target_->snapshot(callbacks, times_);
}

const heap::Snapshot& Session::snapshot() {
  if (!snapshot_) open({.first_look = listener_.first_look, .meanwhile = {}, .second_opinion = {}, .type_reasons = {}});
  return *snapshot_;
}

void Session::forget_content() {
  snapshot();
  snapshot_->content = {};
  snapshot_->named_words.clear();
}

// Passes over the graph would unpack what they need too, but in their own time.
void Session::unpack_edges(const heap::Snapshot& s) {
  if (!s.edges.row_begin.is_packed() && !s.edges.target.is_packed()) return;
  times_.run("unpack", [&] {
    s.edges.row_begin.unpack();
    s.edges.target.unpack();
  });
}

void Session::unpack() {
  const heap::Snapshot& s = snapshot();
  const CancellationScope scope(&cancellation_);
  unpack_edges(s);
  if (!s.edges.step.is_packed() && !s.object_type.is_packed()) return;
  times_.run("unpack", [&] {
    s.edges.step.unpack();
    s.object_type.unpack();
  });
}

void Session::find_dominators(const heap::Snapshot& s) {
  unpack_edges(s);
  dominators_ = graph::dominators(s, &times_);
}

const graph::Dominators& Session::dominators() {
  if (!snapshot_)
    open({.first_look = listener_.first_look,
          .meanwhile = [&](const heap::Snapshot& s) { find_dominators(s); },
          .meanwhile_can_wait = true,
          .second_opinion = {},
          .type_reasons = {}});
  const CancellationScope scope(&cancellation_);
  if (!dominators_) find_dominators(*snapshot_);
  return *dominators_;
}

// The depth-first search, most of the time that dominators take, has one thread, which waits for memory.
void Session::beside_dominators(const std::string& pass, const std::function<void(const heap::Snapshot&)>& work) {
  const bool come_with_snapshot = !snapshot_ && target_->form() != capture::TargetForm::kHold;
  if (come_with_snapshot) dominators();
  const heap::Snapshot& s = snapshot();
  const CancellationScope scope(&cancellation_);
  const auto run_pass = [&] { times_.run(pass, [&] { work(s); }); };
  if (dominators_) {
    run_pass();
  } else {
    unpack_edges(s);
    run_both([&] { find_dominators(s); }, run_pass);
  }
}

const graph::Reachability& Session::reached() {
  const heap::Snapshot& s = snapshot();
  const CancellationScope scope(&cancellation_);
  if (!dominators_) unpack_edges(s);
  if (!reached_)
    reached_ = times_.run("reach", [&] { return dominators_ ? graph::reachability(*dominators_) : graph::reach(s); });
  return *reached_;
}

const graph::Audit& Session::audit() {
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  if (!audit_) audit_ = times_.run("audit", [&] { return graph::audit(*snapshot_, live); });
  return *audit_;
}

namespace {

constexpr int kProofTries = 40;

// Polls rarely enough to cost nothing, and often enough to look before the next collection.
void wait_for_collection(capture::Target& target, std::uint64_t completed, std::chrono::seconds patience,
                         PassTimes& times) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + patience;
  times.run("wait for a collection", [&] {
    while (target.count_collections(times) == completed) {
      throw_if_cancelled();
      if (Clock::now() >= end)
        fail(ErrorCode::kUnsupported,
             "process {} has not collected within {} s, so nothing shows what it would have freed",
             target.process()->pid, patience.count());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
}

}  // namespace

// What was kept without a cause is looked for after more collections. In a program that collects faster than we look,
// a slot that is marked may have been used anew; hardly at every look.
void Session::look_until_sure(graph::LaterAudit& found, const heap::Snapshot& second, std::chrono::seconds patience) {
  std::uint64_t completed = second.audit.gc_cycles;
  bool sure = false;
  for (int attempt = 1; attempt <= kProofTries && !sure && !found.clean(); ++attempt) {
    const std::unique_ptr<capture::Target> again = target_->anew();
    wait_for_collection(*again, completed, patience, times_);
    const heap::Snapshot third = again->snapshot({}, times_);
    completed = third.audit.gc_cycles;
    sure = times_.run("later audit", [&] { return graph::audit_once_more(found, second, third); });
  }
}

graph::LaterAudit Session::audit_after_collection(std::chrono::seconds patience) {
  for (int attempt = 1; attempt <= kProofTries; ++attempt) {
    std::optional<heap::Snapshot> second;
    std::unique_ptr<capture::Target> again = target_->anew();
    again->count_collections(times_);  // opens it before it is needed
    const auto look_again = [&](const heap::Snapshot& first) {
      if (first.audit.gc_phase != 0 || first.audit.world_stopped) return;
      wait_for_collection(*again, first.audit.gc_cycles, patience, times_);
      second = again->snapshot({}, times_);
    };
    open({.first_look = {}, .meanwhile = look_again, .second_opinion = {}, .type_reasons = {}});
    if (second && graph::proves(*snapshot_, *second)) {
      const graph::Reachability& live = reached();
      const CancellationScope scope(&cancellation_);
      graph::LaterAudit found =
          times_.run("later audit", [&] { return graph::audit_later(*snapshot_, live, *second); });
      look_until_sure(found, *second, patience);
      return found;
    }
    target_ = target_->anew();
    snapshot_.reset();
  }
  fail(ErrorCode::kUnsupported,
       "process {} collects so often that no two of {} pairs of looks had one collection between them",
       target_->process()->pid, kProofTries);
}

view::Report Session::report(const view::ReportLimits& limits, view::EarlierLook* earlier) {
  dominators();
  // The snapshot is complete: the target is not looked at again. What holds what is final, too.
  const graph::Reachability& live = reached();
  // What lives is final.
  const graph::Audit& checked = audit();
  // How far the graph can be trusted is final.
  const CancellationScope scope(&cancellation_);
  const view::Groundwork& words = groundwork();
  // Whose each live object is, and what it is called, is final.
  view::Report report = times_.run("report", [&] { return view::make_report(words, live, checked, limits); });
  if (earlier != nullptr)
    times_.run("since", [&] {
      view::Moment now = view::make_moment(words, live);
      now.name = target_->name();
      report.since = view::changes_since(*earlier, now, *snapshot_, live.bits);
    });
  times_.run("findings", [&] { detect::add_findings(words, report); });
  // What is said is final; from here on it is only cut and shown.
  view::shorten(report, limits);
  report.took_ms = times_.milliseconds();
  report.peak_rss_bytes = os::own_peak_rss();
  return report;
}

const view::Groundwork& Session::groundwork() {
  const graph::Dominators& tree = dominators();
  unpack();
  const CancellationScope scope(&cancellation_);
  if (!groundwork_) times_.run("owners", [&] { groundwork_.emplace(*snapshot_, tree, rules_); });
  return *groundwork_;
}

void Session::run(const std::string& pass, const std::function<void()>& work) {
  const CancellationScope scope(&cancellation_);
  times_.run(pass, work);
}

std::vector<view::UnderRow> Session::under(const view::Subject& subject, const view::UnderLimits& limits) {
  const graph::Dominators& tree = dominators();
  const graph::Reachability& live = reached();
  const view::Groundwork& words = groundwork();
  const CancellationScope scope(&cancellation_);
  return times_.run("under", [&] { return view::under(words, graph::DominatorTree(tree), live, subject, limits); });
}

view::CutEffect Session::cut(const std::vector<view::Drop>& drops) {
  const graph::Dominators& tree = dominators();
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  return times_.run("cut", [&] {
    const heap::ObjectIndex index(*snapshot_);
    return view::cut(view::Names(*snapshot_, index, rules_), tree, live, drops);
  });
}

view::FewestPointers Session::fewest_pointers(const view::Subject& subject, std::uint32_t most) {
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  return times_.run("cut", [&] {
    const heap::ObjectIndex index(*snapshot_);
    const graph::Referrers referrers(*snapshot_);
    return view::fewest_pointers(view::Names(*snapshot_, index, rules_), live, referrers, subject, most);
  });
}

view::Why Session::why(const view::Subject& subject, const view::WhyLimits& limits) {
  std::optional<view::WhyGroundwork> groundwork;
  beside_dominators("referrers", [&](const heap::Snapshot& s) { groundwork.emplace(s, rules_, subject); });
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  return times_.run("why", [&] { return view::WhyFinder(*groundwork, *dominators_, live).why(subject, limits); });
}

view::Table Session::goroutines(const view::GoroutineTableOptions& options) {
  std::optional<view::GoroutineFacts> facts;
  beside_dominators("names, leaks", [&](const heap::Snapshot& s) { facts.emplace(s, rules_); });
  const CancellationScope scope(&cancellation_);
  return times_.run("goroutines", [&] { return view::goroutine_table(*facts, *dominators_, options); });
}

view::OneGoroutine Session::goroutine(std::uint64_t goid, std::size_t top) {
  const graph::Dominators& tree = dominators();
  const CancellationScope scope(&cancellation_);
  return times_.run("goroutine", [&] {
    const heap::ObjectIndex index(*snapshot_);
    const view::Names names(*snapshot_, index, rules_);
    return view::one_goroutine(names, view::Channels(names), tree, goid, top);
  });
}

view::GoroutineShares Session::goroutine_shares(const view::ShareOptions& options) {
  if (options.tells_apart()) return shares_told_apart(options);
  const graph::Dominators& tree = dominators();
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  return times_.run("shares", [&] {
    const heap::ObjectIndex index(*snapshot_);
    const view::Names names(*snapshot_, index, rules_);
    return view::goroutine_shares(names, tree, live);
  });
}

// The question has a root forest of its own, which must not be there any more when something else is asked.
view::GoroutineShares Session::shares_told_apart(const view::ShareOptions& options) {
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  std::vector<heap::Root> forest = view::forest_with_single(*snapshot_, options);
  struct Exchanged {
    std::vector<heap::Root>&mine, &other;
    Exchanged(std::vector<heap::Root>& a, std::vector<heap::Root>& b) : mine(a), other(b) { mine.swap(other); }
    Exchanged(const Exchanged&) = delete;
    Exchanged& operator=(const Exchanged&) = delete;
    ~Exchanged() { mine.swap(other); }
  } const exchanged(snapshot_->roots, forest);
  const graph::Dominators tree = graph::dominators(*snapshot_, &times_);
  return times_.run("shares", [&] {
    const heap::ObjectIndex index(*snapshot_);
    const view::Names names(*snapshot_, index, rules_);
    return view::goroutine_shares(names, tree, live, options);
  });
}

view::OneSpan Session::span(Address address, std::size_t top) {
  const graph::Reachability& live = reached();
  const view::Groundwork& words = groundwork();
  const CancellationScope scope(&cancellation_);
  return times_.run("span", [&] { return view::one_span(words, live, address, top); });
}

view::Table Session::dangling(std::span<const dumps::AskedAddress> asked) {
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  return times_.run("dangling", [&] { return view::dangling_table(*snapshot_, rules_, live, asked); });
}

view::Table Session::slices(const view::SliceOptions& options, view::SliceRows rows) {
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  return times_.run("slices", [&] { return view::slice_table(*snapshot_, rules_, live, options, rows); });
}

view::Moment Session::moment() {
  const graph::Dominators& tree = dominators();
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  std::optional<view::Groundwork> groundwork;
  times_.run("owners", [&] { groundwork.emplace(*snapshot_, tree, rules_); });
  view::Moment moment = times_.run("sums", [&] { return view::make_moment(*groundwork, live); });
  moment.name = target_->name();
  return moment;
}

view::EarlierLook Session::earlier_look() {
  view::Moment sums = moment();
  const CancellationScope scope(&cancellation_);
  dominators_.reset();
  return times_.run("keep",
                    [&] { return view::keep_earlier_look(std::move(sums), *snapshot_, std::move(reached_->bits)); });
}

void Session::add_to(view::GrowthBuilder& growth) {
  view::Moment moment = this->moment();
  const CancellationScope scope(&cancellation_);
  // What is said of this look is final. From here on only its slots count: the rest makes room for the next look.
  dominators_.reset();
  snapshot_->edges = {};
  snapshot_->content = {};
  times_.run("compare", [&] { growth.add(std::move(moment), *snapshot_, std::move(reached_->bits)); });
  snapshot_.reset();
  reached_.reset();
}

view::TypeComparison Session::compare_types() {
  std::optional<view::TypeComparison> comparison;
  capture::Callbacks callbacks;
  callbacks.second_opinion = [&](const heap::Snapshot& s, const heap::TypeColumns& without) {
    if (!s.target.has_dwarf)
      fail(ErrorCode::kUnsupported, "{} has no debug information that its types could be compared with", s.target.exe);
    comparison = view::compare_types(s, without, graph::dominators(s));
  };
  open(callbacks);
  if (!comparison) fail(ErrorCode::kUsage, "{} keeps one answer to what the types are", target_->name());
  return std::move(*comparison);
}

view::ExplainedType Session::explain_type(Address address) {
  view::ExplainedType explained{address, ObjectId(), std::nullopt};
  std::string place;
  const auto look = [&](const heap::Snapshot& s, const heap::TypeReasons* reasons) {
    const heap::ObjectIndex index(s);
    explained.object = index.find_object(address);
    if (!explained.object)
      place = view::place_text(s, index, address,
                               reasons == nullptr ? heap::VariableWord() : reasons->variable_at(address));
    else if (reasons != nullptr)
      explained.chain = reasons->chain(explained.object);
  };
  capture::Callbacks callbacks;
  callbacks.type_reasons = [&](const heap::Snapshot& s, const heap::TypeReasons& reasons) { look(s, &reasons); };
  open(callbacks);
  if (target_->form() == capture::TargetForm::kHold) look(*snapshot_, nullptr);
  if (!explained.object) fail(ErrorCode::kNotFound, "there is no object at {:#x}: it is in {}", address.value, place);
  return explained;
}

view::ShownObject Session::show(const view::ShowQuery& query) {
  std::unique_ptr<view::Naming> naming;
  beside_dominators("names", [&](const heap::Snapshot& s) { naming = std::make_unique<view::Naming>(s, rules_); });
  const heap::Snapshot& s = snapshot();
  const graph::Reachability& live = reached();
  const CancellationScope scope(&cancellation_);
  const ObjectId object = naming->index().find_object(query.address);  // if there is none, showing it says so
  // What parts alone keep alive depends on who else refers to what they lead to.
  const graph::Referrers referrers =
      times_.run("referrers", [&] { return query.by_retained ? graph::Referrers(s) : graph::Referrers(s, object); });
  const view::Groundwork groundwork =
      times_.run("owners", [&] { return view::Groundwork(std::move(naming), *dominators_, object); });
  return times_.run("show", [&] { return view::show_object(groundwork, live, referrers, query); });
}

std::vector<heap::TypeConflict> Session::type_conflicts() {
  std::vector<heap::TypeConflict> conflicts;
  capture::Callbacks callbacks;
  callbacks.type_reasons = [&](const heap::Snapshot&, const heap::TypeReasons& reasons) {
    conflicts = reasons.conflicts();
  };
  open(callbacks);
  if (target_->form() == capture::TargetForm::kHold)
    fail(ErrorCode::kUsage, "{} keeps types without the claims for them", target_->name());
  return conflicts;
}

}  // namespace holdfast::session

// One opened target and what has been computed of it. Each pass runs once, when its result is first asked for, and asks
// for what it needs itself. In the order of a report:
//
//   the steps of capture::Target::snapshot ... the target into a Snapshot: from here on nothing of it changes
//   dominators ... beside the search for types where they are asked for before the snapshot is
//   reach ........ from here on it is known what lives
//   audit ........ from here on it is known how far to trust that
//   report, findings ... what people read
//
// One thread at a time may use it, except for cancel() and go_on(), which any thread may call.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/timer.h"
#include "capture/target.h"
#include "graph/audit.h"
#include "graph/dominators.h"
#include "graph/later_audit.h"
#include "graph/reachability.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "heap/type_reasons.h"
#include "view/cut.h"
#include "view/dangling_table.h"
#include "view/goroutine_shares.h"
#include "view/goroutine_table.h"
#include "view/growth.h"
#include "view/one_goroutine.h"
#include "view/one_span.h"
#include "view/owner_table.h"
#include "view/report.h"
#include "view/shown_object.h"
#include "view/since.h"
#include "view/slice_table.h"
#include "view/type_chain.h"
#include "view/type_comparison.h"
#include "view/why.h"

namespace holdfast::session {

// What a front end wants to hear while passes run. Empty functions are not called.
struct Listener {
  std::function<void(const std::string& running)> passes_run;  // see PassTimes
  std::function<void(const heap::Snapshot&)> first_look;       // see capture::Callbacks
};

class Session {
 public:
  // Fails like capture::find_target. Nothing is opened. By the rules it says what holds what.
  Session(const std::string& target, const capture::Options& options, Listener listener,
          heap::OwnerRules rules = heap::OwnerRules::built_in());

  // A session on the same process, for another moment; it looks for nobody of that name. Fails as Target::anew() does.
  std::unique_ptr<Session> anew() const;

  const capture::Target& target() const { return *target_; }
  const heap::OwnerRules& rules() const { return rules_; }
  // Says what a stop would cost a live target.
  capture::Prediction predict();

  // These fail like capture::Target::snapshot, and throw Cancelled.
  const heap::Snapshot& snapshot();
  // Drops the bytes of the target that the snapshot has, if it has any.
  void forget_content();
  // Unpacks what of a .hold file is still packed (heap/column.h), which each pass does for what it needs itself. To be
  // called before an answer whose beginning is shown while the rest is made: it does not fail in the middle then.
  void unpack();
  const graph::Dominators& dominators();
  const graph::Reachability& reached();
  const graph::Audit& audit();
  // Makes a report with the findings, the times of the passes and our own peak of memory so far. It is made anew each
  // time.
  // With an earlier look, which is only read, it has what grew since then. That fails as view::changes_since() does.
  view::Report report(const view::ReportLimits& limits = {}, view::EarlierLook* earlier = nullptr);
  // What is said of the snapshot beside the report is made from this; it stays until the session ends.
  const view::Groundwork& groundwork();
  // Runs a pass of the caller's on what the session has: it is timed, and cancel() ends it.
  void run(const std::string& pass, const std::function<void()>& work);
  // Fails as view::find_subject() does.
  std::vector<view::UnderRow> under(const view::Subject& subject, const view::UnderLimits& limits = {});
  // Fail as view::find_subject() and view::cut() do.
  view::CutEffect cut(const std::vector<view::Drop>& drops);
  view::FewestPointers fewest_pointers(const view::Subject& subject, std::uint32_t most);
  view::Why why(const view::Subject& subject, const view::WhyLimits& limits = {});

  // Refers to the snapshot.
  view::Table goroutines(const view::GoroutineTableOptions& options);
  // Fails as view::one_goroutine() does.
  view::OneGoroutine goroutine(std::uint64_t goid, std::size_t top);

  view::GoroutineShares goroutine_shares(const view::ShareOptions& options);
  // Of these addresses, if any are given. Words are known as lengths are of slices(). Fails as view::dangling_table()
  // does.
  view::Table dangling(std::span<const dumps::AskedAddress> asked);
  // Lengths are known if the session's options ask for headers or content, or the .hold file has it. Fails as
  // view::slice_table() does.
  view::Table slices(const view::SliceOptions& options, view::SliceRows rows);
  // Fails as view::one_span() does.
  view::OneSpan span(Address address, std::size_t top);

  // Returns what a later report compares itself with, and gives away for it what the session has: nothing else can be
  // asked of it then.
  view::EarlierLook earlier_look();
  // Adds this look to a comparison, and gives away for it what the session has: nothing else can be asked of it then.
  // Fails like view::GrowthBuilder::add.
  void add_to(view::GrowthBuilder& growth);

  // Looks at a live process twice, with one collection between the looks, and returns what that freed of what nothing
  // reached at the first; what it kept without a cause, further looks try to find gone. The session's snapshot is that
  // of the first. Waits for the collection, at most for
  // `patience`; takes the memory of two looks. It comes first in a session or not at all. Fails with kUsage for files,
  // and with kUnsupported if the program collects not at all in that time, or too often.
  graph::LaterAudit audit_after_collection(std::chrono::seconds patience);

  // These look at the target in a way of their own, so they come first in a session or not at all. For a .hold file the
  // first and the last fail with kUsage, and a type is explained without its chain.
  view::TypeComparison compare_types();
  // Fails with kNotFound if no object is at the address, and says what is there.
  view::ExplainedType explain_type(Address address);
  std::vector<heap::TypeConflict> type_conflicts();

  // Looks at one object. Values are known if the session's options ask for content, or the .hold file has it. Fails as
  // view::show_object does.
  view::ShownObject show(const view::ShowQuery& query);

  PassTimes& times() { return times_; }
  // Ends what this session computes, and nothing else; until go_on() it computes nothing more. A look at a target that
  // was ended has to be made anew, what was computed before stays.
  void cancel() { cancellation_.request(); }
  void go_on() { cancellation_.forget(); }

 private:
  Session(std::unique_ptr<capture::Target> target, Listener listener, heap::OwnerRules rules);
  void open(const capture::Callbacks& callbacks);
  view::Moment moment();
  void unpack_edges(const heap::Snapshot& s);
  void find_dominators(const heap::Snapshot& s);
  // Runs a pass that needs the snapshot alone beside the dominators, or, where those come with the snapshot, after
  // them.
  void beside_dominators(const std::string& pass, const std::function<void(const heap::Snapshot&)>& work);
  view::GoroutineShares shares_told_apart(const view::ShareOptions& options);
  void look_until_sure(graph::LaterAudit& found, const heap::Snapshot& second, std::chrono::seconds patience);

  Listener listener_;
  heap::OwnerRules rules_;
  Cancellation cancellation_;
  PassTimes times_;
  std::unique_ptr<capture::Target> target_;
  std::optional<heap::Snapshot> snapshot_;
  std::optional<graph::Dominators> dominators_;
  std::optional<graph::Reachability> reached_;
  std::optional<graph::Audit> audit_;
  std::optional<view::Groundwork> groundwork_;
};

}  // namespace holdfast::session

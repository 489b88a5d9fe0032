// What a verb has at hand while it runs: its options, the session on its target, and where the answer goes.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "report/text_style.h"
#include "session/session.h"
#include "view/table_query.h"

namespace holdfast::cli {

// Exit codes.
constexpr int kStopped = 1;    // somebody asked us to stop
constexpr int kGateFound = 3;  // a gate found something

// What an answer says before a table: in JSON the fields of an object, which stand behind the schema.
struct TableHead {
  std::function<std::string(const report::TextStyle&)> text;
  std::function<nlohmann::ordered_json()> json;
};

class RunningVerb {
 public:
  RunningVerb(const Verb& verb, const Options& options) : verb_(verb), options_(options) {}

  const Options& options() const { return options_; }
  // The session on the target, or on one of several, in the order in which they are named. All are found at the first
  // call, and none is opened. What a name could also have meant is remarked on.
  session::Session& session(std::size_t number = 0);
  // Opens a session on one target more, for verbs whose words may be targets and other things. It lives as long as
  // this.
  session::Session& session_on(const std::string& target);
  // Opens a session that is the caller's, and tells what runs to its listener instead of the line of progress.
  std::unique_ptr<session::Session> session_for(const std::string& target, session::Listener listener);
  // Replaces the first session by one on the same process, for its next moment. The memory of the one before is free by
  // then.
  void look_again();
  // Ends the session, so that its memory is free.
  void close_session(std::size_t number) { sessions_[number].reset(); }

  // Ends the line of progress, and prints the text or the JSON, whichever was asked for.
  void answer(const std::function<std::string()>& text, const std::function<nlohmann::ordered_json()>& json);
  // Does the same with rows: the query is checked against the verb's columns before `make` touches the target.
  // `snapshot` returns the one whose target and losses are shown with it, or null. `head` is asked after `make`.
  void answer_with_table(const std::function<view::Table()>& make,
                         const std::function<const heap::Snapshot*()>& snapshot, const TableHead* head = nullptr);

  // Makes a remark (cli/output.h), above the line of progress if that is shown.
  void remark(std::string_view sentence) { progress_.remark(sentence); }
  // Wipes out the line of progress, since the result comes.
  void finish_progress() { progress_.finish(); }

  // From now on being stopped is the usual end of the verb: something has been answered, and it would go on for ever.
  void end_well_when_stopped() { ends_well_ = true; }
  bool ends_well_when_stopped() const { return ends_well_; }

  // Says what became of the targets of a verb that was stopped: a live process goes on. Of one that is not found yet
  // there is nothing to say.
  std::string fate_of_target() const;

  // How the text of an answer looks: bold where --color or a terminal lets it, as wide as cli/terminal.h says.
  report::TextStyle style() const;

 private:
  void find_targets();
  std::unique_ptr<session::Session> find(const std::string& target);
  std::unique_ptr<session::Session> make_session(const std::string& target, session::Listener listener,
                                                 bool reads_content, std::optional<Address> near = std::nullopt);
  session::Listener own_listener();

  const Verb& verb_;
  const Options& options_;
  Progress progress_;
  std::vector<std::unique_ptr<session::Session>> sessions_;  // null: closed
  bool ends_well_ = false;
};

// Says what a stop would cost: "would be held still for about 3.1 ms, longer if ...".
std::string prediction_text(const capture::Prediction& prediction);

// Runs the verb and returns the exit code.
int run_verb(const Verb& verb, const Options& options);

}  // namespace holdfast::cli

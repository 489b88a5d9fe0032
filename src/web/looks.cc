#include "web/looks.h"

#include <algorithm>

#include "base/error.h"
#include "report/memory_report.h"
#include "view/live_parts.h"

namespace holdfast::web {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostParts = 200;

Json sum_json(const view::MomentSum& sum) {
  return {{"objects", sum.count}, {"bytes", sum.bytes}};
}

// What became of objects since the look before, of all types.
Json flow_json(const view::Since& since) {
  view::Flow all;
  for (const view::TypeFlow& type : since.flows) all += type.flow;
  return {{"allocated", sum_json(all.allocated())},
          {"freed", sum_json(all.freed())},
          {"stayed", sum_json(all.stayed())},
          {"dropped", sum_json(all.dropped)}};
}

}  // namespace

const Json& Looks::add(session::Session& session, const view::Report& report) {
  const heap::Snapshot& snapshot = session.snapshot();
  Json sums = {{"look", sums_.size() + 1},
               {"at_ns", snapshot.target.captured_at_ns},
               {"pause_ms", snapshot.pause.measured_ms},
               {"live", session.reached().bytes},
               {"live_objects", session.reached().objects},
               {"objects", snapshot.objects},
               {"goroutines", report.goroutine_count},
               {"findings", report.findings.size()},
               {"account", report::account_json(snapshot.account)},
               {"flow", nullptr}};
  if (report.since && report.since->is_one_process) sums["flow"] = flow_json(*report.since);
  sums_.push_back(std::move(sums));
  if (wants_parts_) find_parts(session);
  return sums_.back();
}

Json Looks::sums() const {
  return Json(sums_);
}

void Looks::find_parts(session::Session& session) {
  const view::Groundwork& groundwork = session.groundwork();
  const graph::Reachability& reached = session.reached();
  const view::Table dangling = session.dangling({});
  Json parts = Json::array();
  session.run("picture", [&] {
    for (const view::LivePart& part : view::live_parts(groundwork, reached, dangling))
      parts.push_back(
          {{"state", std::string(words_of(part.state))},
           {"key", part.key},
           {"name", part.name.full},
           {"kind", std::string(part.kind)},
           {"bytes", part.bytes},
           {"count", part.count},
           {"open", part.open.verb.empty() ? Json(nullptr)
                                           : Json("holdfast " + part.open.verb + " TARGET " + part.open.arguments)}});
  });
  const Json json = {{"look", last()}, {"parts", std::move(parts)}};
  parts_.push_back({last(), json.dump(-1, ' ', false, Json::error_handler_t::replace)});
  if (parts_.size() > kMostParts) parts_.erase(parts_.begin() + 1);  // growth is told since the first
}

std::string Looks::parts(session::Session& session, std::uint64_t look) {
  const auto found = [&] { return std::ranges::find(parts_, look, &Parts::look); };
  if (found() == parts_.end() && look == last()) {
    wants_parts_ = true;
    find_parts(session);
  }
  if (found() == parts_.end())
    fail(ErrorCode::kNotFound, "the picture of look {} is not there: {}", look,
         look > last() ? "there was no such look" : "nobody had asked for pictures yet, or it is too old");
  return found()->json;
}

}  // namespace holdfast::web

#include "web/machine.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/error.h"
#include "capture/processes.h"
#include "capture/target.h"
#include "report/table_json.h"
#include "session/process_table.h"
#include "view/table_query.h"

namespace holdfast::web {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostFiles = 50;  // of the working folder

std::string text_of_machine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string processes_text() {
  capture::ProcessList list = capture::list_go_processes();
  const std::size_t closed = list.closed.size();
  const view::Table table = session::process_table(std::move(list.go));
  view::TableQuery query;
  query.top = 0;
  Json json = report::table_json(table, view::select(table, view::plan_table(table.shape, query)), nullptr);
  json["closed"] = closed;
  return text_of_machine(json);
}

Json file_json(const fs::path& path, bool is_recent) {
  std::error_code ignored;
  const auto written = fs::last_write_time(path, ignored);
  const auto since = std::chrono::file_clock::to_sys(written).time_since_epoch();
  return {{"path", path.string()},
          {"bytes", fs::file_size(path, ignored)},
          {"written_ns", std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()},
          {"recent", is_recent}};
}

}  // namespace

Machine::Machine(OpenSession open, std::function<std::size_t(const std::string&)> add)
    : open_(std::move(open)), add_(std::move(add)), worker_([] {}, [] {}) {}

void Machine::answer(const SharedExchange& exchange, const std::string& question) {
  const bool posts = exchange->request().method == "POST";
  if (posts != (question == "open"))
    return exchange->answer(error_response(405, "usage", posts ? "that only answers GET" : "that only answers POST"));
  worker_.add(exchange, [this, question, request = exchange->request()] { return answer_now(question, request); });
}

Response Machine::answer_now(const std::string& question, const Request& request) {
  if (question == "processes") return {.body = processes_text()};
  if (question == "files") return {.body = files()};
  const std::string target(request.field("target"));
  if (question != "predict" && question != "open") fail(ErrorCode::kNotFound, "there is no question \"{}\"", question);
  if (target.empty()) fail(ErrorCode::kUsage, "the question needs target=, a pid or a file");
  if (question == "predict") return {.body = predict(target)};
  return {.body = text_of_machine({{"number", add_(target)}})};
}

void Machine::remember(const std::string& target) const {
  if (std::error_code ignored; fs::is_regular_file(target, ignored)) recent_.add(target);
}

std::string Machine::predict(const std::string& target) {
  const std::unique_ptr<session::Session> session = open_(target, {});
  const capture::Prediction prediction = session->predict();
  return text_of_machine({{"pause_ms", prediction.pause.alone_ms},
                          {"pause_least_ms", prediction.pause.least_ms},
                          {"pause_most_ms", prediction.pause.most_ms},
                          {"bytes", prediction.bytes},
                          {"objects", prediction.objects},
                          {"memory_need", prediction.memory_need}});
}

// Those of the working folder are named as the user would name them.
std::string Machine::files() const {
  Json out = Json::array();
  for (const std::string& path : recent_.all()) out.push_back(file_json(path, true));
  std::error_code ignored;
  std::vector<fs::path> here;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::current_path(ignored), ignored)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file(ignored) && (name.ends_with(".hold") || name.starts_with("core"))) here.push_back(entry);
  }
  std::ranges::sort(here);
  std::size_t listed = 0;
  for (const fs::path& path : here)
    if (listed < kMostFiles && capture::names_target(path.string())) {
      out.push_back(file_json(path, false));
      ++listed;
    }
  return text_of_machine({{"folder", fs::current_path(ignored).string()}, {"files", std::move(out)}});
}

}  // namespace holdfast::web

#include "web/offline.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "report/report_json.h"
#include "web/api.h"
#include "web/page_files.h"

namespace holdfast::web {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kRows = "1000", kNodes = "4000";
constexpr std::size_t kMostThings = 60;  // objects and goroutines with answers of their own

std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What stands in a script must not end it, nor begin a comment of HTML in it. In JSON all of these are in texts.
std::string json_in_script(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json)
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  return out;
}

// The same of our own script, which has no comments of HTML.
std::string in_script(std::string text) {
  for (std::size_t at = 0; (at = text.find("</", at)) != std::string::npos; at += 3) text.insert(at + 1, "\\");
  return text;
}

// Collects answers until the file is full.
class Answers {
 public:
  Answers(Api& api, std::size_t room) : api_(api), room_(room) {}

  void put(const std::string& question, std::string answer) {
    room_ -= std::min(room_, question.size() + answer.size());
    text_ += (text_.empty() ? "" : ",") + Json(question).dump() + ":" + std::move(answer);
  }
  // Asks as the page does. `more` are fields that only say how much of it. Questions that fail have no answer here,
  // too.
  void ask(const std::string& question, const std::vector<std::pair<std::string, std::string>>& more = {}) {
    Request request;
    if (!asked_.insert(question).second || !parse_target("/" + question, request)) return;
    request.fields.insert(request.fields.end(), more.begin(), more.end());
    try {
      std::string answer = json_text(api_.answer(std::string_view(request.path).substr(1), request));
      if (answer.size() + question.size() < room_) put(question, std::move(answer));
    } catch (const Error&) {
    }
  }
  std::string json() const { return "{" + text_ + "}"; }

 private:
  Api& api_;
  std::size_t room_;
  std::string text_;
  std::set<std::string> asked_;
};

// The last word of a command that opens an object: "holdfast why 4711 0xc000123400".
std::string address_in(const Json& command) {
  if (!command.is_string()) return {};
  const std::string& text = command.get_ref<const std::string&>();
  const std::string word = text.substr(text.rfind(' ') + 1);
  return word.starts_with("0x") ? word : "";
}

void ask_about_things(const Json& report, Answers& answers) {
  std::size_t asked = 0;
  for (const char* const list : {"findings", "holders"})
    for (const Json& one : report[list]) {
      if (++asked > kMostThings) return;
      if (const std::string at = address_in(one["open"]); !at.empty()) {
        answers.ask("why?what=" + at);
        answers.ask("show?at=" + at);
        answers.ask("under?what=" + at);
      }
    }
  for (const Json& group : report["goroutines"])
    if (!group["goids"].empty() && ++asked <= kMostThings) answers.ask("goroutine?id=" + group["goids"][0].dump());
}

// Replaces what stands from the first `begin` to the `end` behind it.
void replace(std::string& page, std::string_view begin, std::string_view end, const std::string& by) {
  const std::size_t first = page.find(begin);
  HOLDFAST_CHECK(first != std::string::npos);
  const std::size_t last = page.find(end, first);
  HOLDFAST_CHECK(last != std::string::npos);
  page.replace(first, last + end.size() - first, by);
}

// Returns the asset that the page refers to by `attribute`, as src="/assets/index-CkT1.js".
std::string asset_of(const std::string& page, std::string_view attribute) {
  const std::size_t begin = page.find(attribute);
  HOLDFAST_CHECK(begin != std::string::npos);
  const std::size_t path = begin + attribute.size();
  const auto file = page_file(std::string_view(page).substr(path, page.find('"', path) - path));
  HOLDFAST_CHECK(file.has_value());
  return std::string(file->text);
}

}  // namespace

std::string offline_page(session::Session& session, const view::Report& report, const std::string& target,
                         std::size_t most) {
  std::string page(page_file("/")->text);
  const std::string script = in_script(asset_of(page, "src=\"")),
                    style = asset_of(page, "rel=\"stylesheet\" crossorigin href=\"");
  Api api(session, target);
  const Json json = report::report_json(report, target);
  const std::size_t frame = page.size() + script.size() + style.size() + 1000;
  Answers answers(api, most - std::min(most, frame));
  answers.put("report", json_text(json));
  for (const char* const name : {"goroutine-groups", "types"})
    answers.ask(std::string("table?name=") + name, {{"count", std::string(kRows)}});
  answers.ask("tree?by=dominators", {{"nodes", std::string(kNodes)}});
  ask_about_things(json, answers);
  for (const char* const name : {"roots", "owners", "span-classes", "labels", "cycles"})
    answers.ask(std::string("table?name=") + name, {{"count", std::string(kRows)}});
  answers.ask("tree?by=ways", {{"nodes", std::string(kNodes)}});
  replace(page, "<script type=\"module\"", "</script>",
          "<script type=\"application/json\" id=\"answers\">" + json_in_script(answers.json()) +
              "</script><script type=\"module\">" + script + "</script>");
  replace(page, "<link rel=\"stylesheet\"", ">", "<style>" + style + "</style>");
  return page;
}

}  // namespace holdfast::web

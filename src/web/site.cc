#include "web/site.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "web/page_files.h"

namespace holdfast::web {

using Json = nlohmann::ordered_json;

Site::Site(const SiteOptions& options)
    : server_(options.address, options.port, [this](const SharedExchange& exchange) { answer(exchange); }),
      access_(server_.authority(), options.names),
      host_(options.names.empty() ? server_.authority() : options.names.front()) {
  if (host_.find(':') == std::string::npos) host_ += ":" + std::to_string(server_.port());
}

void Site::add(std::string name, const MakeSession& make) {
  targets_.push_back(std::make_unique<OpenedTarget>(std::move(name), make));
}

std::string Site::new_url() {
  return "http://" + host_ + access_.new_link();
}

void Site::answer(const SharedExchange& exchange) {
  const Request& request = exchange->request();
  if (std::optional<Response> refused = access_.judge(request)) return exchange->answer(std::move(*refused));
  if (request.path == "/api" || request.path.starts_with("/api/")) return answer_api(exchange);
  if (request.method == "POST") return exchange->answer(error_response(405, "usage", "nothing is posted here"));
  const std::optional<PageFile> file = page_file(request.path);
  if (!file) return exchange->answer({404, "text/plain; charset=utf-8", "holdfast: there is no such file\n"});
  Response response{200, std::string(file->type), std::string(file->text)};
  if (file->is_for_ever) response.headers.emplace_back("Cache-Control", "private, max-age=31536000, immutable");
  exchange->answer(std::move(response));
}

// /api/targets, /api/link, and /api/NUMBER/QUESTION of one target.
void Site::answer_api(const SharedExchange& exchange) {
  const Request& request = exchange->request();
  const std::string_view path = std::string_view(request.path).substr(std::string_view("/api").size());
  if (path == "/targets") {
    Json names = Json::array();
    for (const auto& target : targets_) names.push_back(target->name());
    return exchange->answer({.body = Json{{"targets", names}}.dump(-1, ' ', false, Json::error_handler_t::replace)});
  }
  if (path == "/link") return exchange->answer({.body = Json{{"url", new_url()}}.dump()});
  std::size_t number = 0;
  const char* const end = path.data() + path.size();
  if (!path.empty()) {
    const auto [stop, error] = std::from_chars(path.data() + 1, end, number);
    if (error == std::errc() && stop != end && *stop == '/' && number < targets_.size()) {
      const std::string question(stop + 1, end);
      if (question == "compare") return compare(exchange, number);
      return targets_[number]->answer(exchange, question);
    }
  }
  exchange->answer(error_response(404, "not-found", "there is no such question"));
}

void Site::compare(const SharedExchange& exchange, std::size_t last) {
  std::vector<const OpenedTarget*> targets;
  for (const auto& [name, value] : exchange->request().fields) {
    if (name != "with") continue;
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || stop != value.data() + value.size() || number >= targets_.size())
      return exchange->answer(error_response(400, "usage", "with=" + value + " is no number of a target"));
    targets.push_back(targets_[number].get());
  }
  targets.push_back(targets_[last].get());
  if (targets.size() < 2) return exchange->answer(error_response(400, "usage", "the question needs with=, a target"));
  targets_[last]->compare(exchange, std::move(targets));
}

}  // namespace holdfast::web

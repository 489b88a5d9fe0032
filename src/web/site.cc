#include "web/site.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "web/page_files.h"

namespace holdfast::web {

using Json = nlohmann::ordered_json;

Site::Site(const SiteOptions& options, OpenSession open)
    : server_(options.address, options.port, [this](const SharedExchange& exchange) { answer(exchange); }),
      access_(server_.authority(), options.names),
      host_(options.names.empty() ? server_.authority() : options.names.front()),
      open_(std::move(open)),
      machine_(open_, [this](const std::string& target) { return add(target); }) {
  if (host_.find(':') == std::string::npos) host_ += ":" + std::to_string(server_.port());
}

std::size_t Site::add(const std::string& name) {
  const auto number_of = [&] {
    return static_cast<std::size_t>(std::ranges::find(targets_, name, [](const auto& one) { return one->name(); }) -
                                    targets_.begin());
  };
  {
    const std::lock_guard lock(mutex_);
    if (const std::size_t number = number_of(); number < targets_.size()) return number;
  }
  auto target = std::make_unique<OpenedTarget>(
      name, [this, name](session::Listener listener) { return open_(name, std::move(listener)); });
  machine_.remember(name);
  const std::lock_guard lock(mutex_);
  targets_.push_back(std::move(target));
  return targets_.size() - 1;
}

OpenedTarget* Site::target(std::size_t number) {
  const std::lock_guard lock(mutex_);
  return number < targets_.size() ? targets_[number].get() : nullptr;
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

// /api/targets, /api/link, /api/machine/QUESTION, and /api/NUMBER/QUESTION of one target.
void Site::answer_api(const SharedExchange& exchange) {
  const Request& request = exchange->request();
  const std::string_view path = std::string_view(request.path).substr(std::string_view("/api").size());
  if (path == "/targets") {
    Json names = Json::array();
    const std::lock_guard lock(mutex_);
    for (const auto& target : targets_) names.push_back(target->name());
    return exchange->answer({.body = Json{{"targets", names}}.dump(-1, ' ', false, Json::error_handler_t::replace)});
  }
  if (constexpr std::string_view kMachine = "/machine/"; path.starts_with(kMachine))
    return machine_.answer(exchange, std::string(path.substr(kMachine.size())));
  if (path == "/link") return exchange->answer({.body = Json{{"url", new_url()}}.dump()});
  std::size_t number = 0;
  const char* const end = path.data() + path.size();
  if (!path.empty()) {
    const auto [stop, error] = std::from_chars(path.data() + 1, end, number);
    OpenedTarget* const asked = error == std::errc() && stop != end && *stop == '/' ? target(number) : nullptr;
    if (asked != nullptr) {
      const std::string question(stop + 1, end);
      if (question == "compare") return compare(exchange, number);
      return asked->answer(exchange, question);
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
    const OpenedTarget* const earlier =
        error == std::errc() && stop == value.data() + value.size() ? target(number) : nullptr;
    if (earlier == nullptr)
      return exchange->answer(error_response(400, "usage", "with=" + value + " is no number of a target"));
    targets.push_back(earlier);
  }
  targets.push_back(target(last));
  if (targets.size() < 2) return exchange->answer(error_response(400, "usage", "the question needs with=, a target"));
  target(last)->compare(exchange, std::move(targets));
}

}  // namespace holdfast::web

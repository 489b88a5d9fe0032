#include "web/downloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/units.h"
#include "session/exports.h"
#include "view/subject.h"

namespace holdfast::web {
namespace {

using Json = nlohmann::ordered_json;
using session::ExportFormat;

constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;

// A name for a file: the program's, without folders and what shells and file systems have a meaning for.
std::string stem_of(const heap::TargetInfo& target) {
  std::string stem = target.name;
  std::ranges::replace_if(
      stem,
      [](unsigned char c) {
        return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
                 c == '.');
      },
      '_');
  return stem.empty() || stem.starts_with('.') ? "heap" + stem : stem;
}

std::string file_name(const heap::TargetInfo& target, const ExportFormat& format, std::string_view of) {
  const std::string_view ending = format.ending.empty() ? std::string_view(".txt") : format.ending;
  return fmt::format("{}-{}{}", stem_of(target), of, ending);
}

// About as many bytes as the file has, by what real ones had per object, with 1 M nodes at most in a heapsnapshot.
// Profiles are as large as there are stacks, which is little.
std::optional<std::uint64_t> about_bytes(const heap::Snapshot& snapshot, std::uint64_t live, std::string_view as) {
  const std::uint64_t objects = snapshot.objects;
  if (as == "heapsnapshot") return std::min<std::uint64_t>(objects, 1'000'000) * 90;
  if (as == "hprof") return live + objects * 32;
  if (as == "json-lines") return objects * 130;
  return std::nullopt;
}

}  // namespace

Json downloads_json(session::Session& session) {
  const heap::Snapshot& snapshot = session.snapshot();
  const std::uint64_t live = session.reached().bytes;
  Json files = Json::array();
  for (const ExportFormat& format : session::export_formats()) {
    if (format.is_of_part()) continue;  // it has to be said of what
    for (std::string_view rest = format.of; !rest.empty();) {
      const std::string_view of = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), of.size() + 1));
      const std::optional<std::uint64_t> bytes = about_bytes(snapshot, live, format.as);
      files.push_back({{"as", std::string(format.as)},
                       {"of", std::string(of)},
                       {"name", file_name(snapshot.target, format, of)},
                       {"bytes", bytes ? Json(*bytes) : Json(nullptr)},
                       {"fits", !bytes || *bytes <= kMostBytes}});
    }
  }
  return {{"most_bytes", kMostBytes}, {"files", std::move(files)}};
}

Response download(session::Session& session, const std::string& target, const Request& request) {
  const std::string as(request.field("as"));
  const std::vector<ExportFormat> all = session::export_formats();
  const auto format = std::ranges::find(all, as, &ExportFormat::as);
  if (format == all.end()) fail(ErrorCode::kUsage, "as={} is no form of export", as);
  const std::string of(request.field("of").empty() ? format->usual() : request.field("of"));
  session::ExportQuery query{.as = as, .of = of};
  if (!request.field("what").empty()) query.subject = view::parse_subject(request.field("what"));
  Response response{200, "application/octet-stream"};
  formats::Stream out([&](std::string_view bytes) {
    if (response.body.size() + bytes.size() > kMostBytes)
      fail(ErrorCode::kUnsupported, "the file has more than {}: `holdfast export {} --as {} --of {} -o FILE` writes it",
           format_bytes(kMostBytes), target, as, of);
    response.body += bytes;
  });
  session::write_export(session, query, out, [](const std::string&) {});
  response.headers.emplace_back("Content-Disposition", fmt::format("attachment; filename=\"{}\"",
                                                                   file_name(session.snapshot().target, *format, of)));
  return response;
}

}  // namespace holdfast::web

#include "web/page_files.h"

#include <algorithm>
#include <span>

#include "base/embedded_file.h"

namespace holdfast {
std::span<const EmbeddedFile> built_page();  // written by tools/embed
}  // namespace holdfast

namespace holdfast::web {
namespace {

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/html; charset=utf-8";
}

}  // namespace

std::optional<PageFile> page_file(std::string_view path) {
  constexpr std::string_view kAssets = "/assets/";
  const bool is_asset = path.starts_with(kAssets);
  const std::string_view name = is_asset ? path.substr(kAssets.size()) : "index.html";
  const auto files = built_page();
  const auto found = std::ranges::find(files, name, &EmbeddedFile::name);
  if (found == files.end() || (is_asset && name == "index.html")) return std::nullopt;
  return PageFile{type_of(name), found->text, is_asset};
}

}  // namespace holdfast::web

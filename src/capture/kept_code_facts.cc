#include "capture/kept_code_facts.h"

#include <fmt/format.h>

#include <utility>

namespace holdfast::capture {

KeptCodeFacts::KeptCodeFacts(const go::Runtime& runtime, const std::string& build_id,
                             std::optional<os::PrivateCache> cache) {
  if (build_id.empty() || !cache) return;
  const go::Module& module = runtime.modules.front();
  key_ = fmt::format("code {} {} {:#x} {:#x}", build_id, runtime.version.text, module.etext - module.text,
                     module.etypes - module.types);
  cache_ = std::move(cache);
  bytes_ = cache_->get(key_).value_or(std::vector<std::byte>());
}

void KeptCodeFacts::keep(std::vector<std::byte> bytes) {
  if (!cache_ || bytes.empty()) return;
  cache_->put(key_, bytes);
  bytes_ = std::move(bytes);
}

}  // namespace holdfast::capture

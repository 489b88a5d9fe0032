#include "cli/verbs/profile_source.h"

#include <span>

#include "capture/target.h"
#include "cli/source.h"
#include "formats/heap_profile.h"
#include "net/url.h"

namespace holdfast::cli {
namespace {

constexpr std::string_view kUsualProfile = "/debug/pprof/heap";

profile::Profile profile_of_target(RunningVerb& run, const std::string& word) {
  session::Session& session = run.session_on(word);
  const std::string file = formats::heap_profile_pprof(session.snapshot());
  profile::Profile profile = profile::Profile::parse(std::as_bytes(std::span(file)), session.target().name());
  profile.set_gc_cycles(session.snapshot().audit.gc_cycles);
  return profile;
}

profile::Profile profile_of_source(const Options& options, const std::string& word) {
  const Source source = read_source(net::is_url(word) ? net::complete_url(word, kUsualProfile) : word, options.http);
  return profile::Profile::parse(source.bytes, source.name);
}

}  // namespace

std::shared_ptr<const profile::Profile> read_profile(RunningVerb& run, const std::string& word) {
  const bool is_target = word != "-" && !net::is_url(word) && capture::names_target(word);
  return std::make_shared<const profile::Profile>(is_target ? profile_of_target(run, word)
                                                            : profile_of_source(run.options(), word));
}

}  // namespace holdfast::cli

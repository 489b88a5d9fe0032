// Reads any bytes as a profile of pprof, packed or not, and adds up what it says.
#include "base/error.h"
#include "profile/change.h"
#include "profile/profile.h"
#include "profile/sums.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::profile;
  try {
    const auto profile = std::make_shared<const Profile>(Profile::parse(std::as_bytes(std::span(data, size)), "input"));
    std::vector<FilteredProfile> profiles;
    profiles.emplace_back(profile);
    profiles.emplace_back(profile, StackQuery{.focus = "m", .hide = "^a", .show_from = "e", .tag_ignore = "8kb:"});
    for (const By by : {By::kFunction, By::kLine, By::kFile, By::kAddress}) {
      const std::vector<Sums> each = sum_up_apart(profiles, by);
      const Sums& sums = each.front();
      const Changes changes(each.front(), each.back(), profile->sample_types());
      HOLDFAST_CHECK(profile->default_type() < profile->sample_types().size());
      for (std::size_t site = 0; sums.is_sampled() && site < sums.sites().size(); ++site) {
        const Change change = changes.of(site, 0);
        HOLDFAST_CHECK(!change.least || *change.least <= *change.most);
      }
      for (std::size_t site = 0; sums.is_sampled() && site < sums.sites().size(); ++site)
        HOLDFAST_CHECK(!(sums.estimate(site, 0).least > sums.estimate(site, 0).most));
    }
  } catch (const Error&) {
    return 0;
  }
  return 0;
}

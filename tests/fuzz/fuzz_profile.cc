// Reads any bytes as a profile of pprof, packed or not, and adds up what it says.
#include "base/error.h"
#include "profile/profile.h"
#include "profile/sums.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::profile;
  try {
    const Profile profile = Profile::parse(std::as_bytes(std::span(data, size)), "input");
    for (const By by : {By::kFunction, By::kLine, By::kFile}) {
      const Sums sums = sum_up(profile, by);
      HOLDFAST_CHECK(profile.default_type() < profile.sample_types().size());
      for (std::size_t site = 0; sums.is_sampled() && site < sums.sites().size(); ++site)
        HOLDFAST_CHECK(!(sums.estimate(site, 0).least > sums.estimate(site, 0).most));
    }
  } catch (const Error&) {
    return 0;
  }
  return 0;
}

// Reads any bytes as one of the forms of profiles before profile.proto: what becomes of them has to be a profile that
// can be read to the end, and that has no more in it than the bytes can say.
#include "base/error.h"
#include "profile/legacy.h"
#include "profile/profile.h"
#include "profile/sums.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::profile;
  std::optional<Converted> converted;
  try {
    converted = convert_legacy({reinterpret_cast<const char*>(data), size}, size);
  } catch (const Error&) {
    return 0;
  }
  if (!converted) return 0;
  // Every address of 4 bytes or more takes less than 20 in the other form, and names are there once.
  constexpr std::size_t kMostPerByte = 32, kMostBeside = 4096;
  HOLDFAST_CHECK(converted->proto.size() <= size * kMostPerByte + kMostBeside);
  const Profile profile = Profile::parse(std::as_bytes(std::span(converted->proto)), "input");
  const Sums sums = sum_up(profile, By::kFunction);
  HOLDFAST_CHECK(!profile.sample_types().empty());
  for (std::size_t site = 0; sums.is_sampled() && site < sums.sites().size(); ++site)
    HOLDFAST_CHECK(!(sums.estimate(site, 0).least > sums.estimate(site, 0).most));
  return 0;
}

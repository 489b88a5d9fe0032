// What the first screen says of the runtime's memory profile.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "report/report_json.h"
#include "report/report_text.h"

namespace holdfast::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using view::AllocationSites;

constexpr std::uint64_t kRate = 512 << 10;

class MemoryProfileText : public testing::Test {
 protected:
  MemoryProfileText() {
    report_.holders.resize(3);
    report_.holder_count = 3;
    report_.profile = {true, kRate, false, 7, 6, false};
    for (view::Holder& holder : report_.holders) holder.allocated_at = sites(1);
    options_.style.width = 400;
  }

  static AllocationSites sites(std::uint64_t sampled) {
    AllocationSites sites;
    sites.sampled = sampled;
    sites.estimate = {{3, 1, 5}, {3 << 20, 1 << 20, 5 << 20}};
    sites.place_count = sampled > 0 ? 1 : 0;
    if (sampled > 0) sites.places.push_back({{"main.put", "/src/main.go", 9}, sampled, sites.estimate, {}});
    return sites;
  }
  std::string text() const { return report_text(report_, options_); }

  view::Report report_;
  TextOptions options_;
};

TEST_F(MemoryProfileText, SaysHowMuchAPlaceAllocated) {
  EXPECT_THAT(text(), HasSubstr("put there by main.put main.go:9 (1 of 1 sampled object: 1.0 MiB to 5.0 MiB)\n"));
  EXPECT_THAT(text(), Not(HasSubstr("allocated is not known")));
}

TEST_F(MemoryProfileText, SaysOfWhichHoldersThereIsNoSample) {
  report_.holders[1].allocated_at = sites(0);
  EXPECT_THAT(text(), HasSubstr("where 2 was allocated is not known: the profiler takes one object for each 512.0 KiB, "
                                "and none of it\n"));
  report_.holders[2].allocated_at = sites(0);
  EXPECT_THAT(text(), HasSubstr("where 2, 3 was allocated is not known"));
  const auto json = report_json(report_)["holders"][1]["allocated_at"];
  EXPECT_EQ(json["sampled_objects"], 0);
  EXPECT_EQ(json["estimate"]["bytes"]["most"], 5 << 20);
}

TEST_F(MemoryProfileText, SaysThatTheProfilerIsOffAndWhy) {
  for (view::Holder& holder : report_.holders) holder.allocated_at.reset();
  report_.profile = {true, 0, false, 0, 0, false};
  EXPECT_THAT(text(), HasSubstr("not known: runtime.MemProfileRate is 0, so the profiler is off\n"));
  report_.profile.switched_off = true;
  EXPECT_THAT(text(),
              HasSubstr("no code of the program reads the memory profile, so the linker has switched it off\n"));
  EXPECT_EQ(report_json(report_)["memory_profile"]["switched_off_by_linker"], true);
  report_.profile.sampled = 1;
  EXPECT_THAT(text(), HasSubstr("the linker has switched it off\n")) << "the runtime sampled itself as it began";
  report_.profile.switched_off = false;
  EXPECT_THAT(text(),
              HasSubstr("runtime.MemProfileRate is 0: only what was allocated before it was set has samples\n"));
  report_.profile = {};
  EXPECT_THAT(text(), HasSubstr("not known: the runtime's memory profile was not found\n"));
}

TEST_F(MemoryProfileText, SaysThatTheRateHasChanged) {
  report_.profile = {true, 4096, false, 3, 900, true};
  EXPECT_THAT(text(),
              HasSubstr("runtime.MemProfileRate has changed while the program ran: of one object for each 4.0 KiB "
                        "there would be about 900 samples, not 3; how much a place allocated cannot be told\n"));
  EXPECT_EQ(report_json(report_)["memory_profile"]["expected_objects"], 900);
}

TEST_F(MemoryProfileText, SaysNothingWhereThereIsNothingToHold) {
  report_.holders.clear();
  report_.profile = {};
  EXPECT_THAT(text(), Not(HasSubstr("memory profile")));
}

}  // namespace
}  // namespace holdfast::report

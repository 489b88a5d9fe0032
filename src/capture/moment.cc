#include "capture/moment.h"

#include "base/version.h"
#include "os/host.h"

namespace holdfast::capture {

void note_moment(heap::TargetInfo& target) {
  target.captured_at_ns = os::wall_clock_ns();
  os::Host host = os::this_host();
  target.host = std::move(host.name);
  target.kernel = std::move(host.kernel);
  target.captured_with = holdfast_version();
}

}  // namespace holdfast::capture

#include "capture/processes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace holdfast::capture {
namespace {

constexpr const char* kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(ContainerName, IsTheShortIdThatEnginesShow) {
  const std::string id = kId;
  EXPECT_EQ(container_name("0::/system.slice/docker-" + id + ".scope\n"), "0123456789ab");
  EXPECT_EQ(container_name("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope\n"), "0123456789ab");
  EXPECT_EQ(container_name("12:memory:/docker/" + id + "\n0::/\n"), "0123456789ab");
  EXPECT_EQ(container_name("0::/machine.slice/libpod-" + id + ".scope/container\n"), "0123456789ab");
  EXPECT_EQ(container_name("0::/lxc.payload.web/system.slice/ssh.service\n"), "web");
}

TEST(ContainerName, IsEmptyOutsideOfContainers) {
  EXPECT_EQ(container_name("0::/user.slice/user-1000.slice/session-2.scope\n"), "");
  EXPECT_EQ(container_name("0::/\n"), "");
  EXPECT_EQ(container_name(""), "");
  EXPECT_EQ(container_name("nonsense"), "");
  EXPECT_EQ(container_name("0::/system.slice/docker-0123.scope\n"), "");
}

TEST(ListGoProcesses, LeavesOutProcessesOfOtherLanguages) {
  const auto list = list_go_processes();
  EXPECT_TRUE(std::none_of(list.go.begin(), list.go.end(),
                           [](const GoProcess& process) { return process.status.pid == getpid(); }));
  EXPECT_TRUE(std::none_of(list.closed.begin(), list.closed.end(),
                           [](const ClosedProcess& process) { return process.status.pid == getpid(); }));
}

}  // namespace
}  // namespace holdfast::capture

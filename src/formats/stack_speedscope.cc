#include <functional>
#include <vector>

#include "base/version.h"
#include "formats/stack_files.h"

namespace holdfast::formats {
namespace {

using profile::CallNode;
using profile::CallTree;

// What speedscope shows in reasonable time: it searches the children of each node from the start.
constexpr std::uint64_t kParts = 100'000;
constexpr std::size_t kSiblings = 1'000, kDepth = 2'000;

void write_frames(const CallTree& tree, Stream& out) {
  for (std::size_t i = 0; i < tree.sites.size(); ++i) {
    const profile::Site& site = tree.sites[i];
    out.put(i == 0 ? "{\"name\":" : ",\n{\"name\":");
    out.put_json(site.function.empty() ? site.file : std::string_view(site.function));
    if (!site.file.empty()) {
      out.put(",\"file\":");
      out.put_json(site.file);
    }
    if (site.line > 0) out.print(",\"line\":{}", site.line);
    out.put("}");
  }
}

void write_profile(const CallTree& tree, const std::string& name, std::string_view unit, Stream& out) {
  const auto each = [&](const std::function<void(std::uint32_t)>& write) {
    bool first = true;
    for (std::uint32_t node = 1; node < tree.nodes.size(); ++node) {
      if (tree.nodes[node].value == 0) continue;
      if (!first) out.put(",");
      first = false;
      write(node);
    }
  };
  std::int64_t sum = 0;
  for (const CallNode& node : tree.nodes) sum += node.value;
  out.put("{\"type\":\"sampled\",\"name\":");
  out.put_json(name);
  out.print(",\"unit\":\"{}\",\"startValue\":0,\"endValue\":{},\n\"samples\":[", unit, sum);
  std::vector<std::uint32_t> stack;
  each([&](std::uint32_t node) {
    stack.clear();
    for (; node != 0; node = tree.nodes[node].parent) stack.push_back(tree.nodes[node].site);
    out.put("[");
    for (std::size_t i = stack.size(); i-- > 0;) out.print("{}{}", stack[i], i > 0 ? "," : "");
    out.put("]\n");
  });
  out.put("],\n\"weights\":[");
  each([&](std::uint32_t node) { out.print("{}", tree.nodes[node].value); });
  out.put("]}");
}

}  // namespace

void write_speedscope(const StackPicture& picture, Stream& out) {
  // Its units are these and "none"; frames are shared, so both parts have the same.
  const std::string_view unit = picture.unit == "bytes" || picture.unit == "nanoseconds" ? picture.unit : "none";
  const CallTree grown = part_of_tree(picture.tree, 1, kParts, kSiblings, kDepth);
  const CallTree shrunk = part_of_tree(picture.tree, -1, kParts, kSiblings, kDepth);
  out.print(
      "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"holdfast {}\",\"name\":",
      holdfast_version());
  out.put_json(picture.title);
  out.put(",\"activeProfileIndex\":0,\n\"shared\":{\"frames\":[\n");
  write_frames(grown, out);
  out.put("]},\n\"profiles\":[\n");
  write_profile(grown, picture.title + (picture.is_difference ? ", grown" : ""), unit, out);
  if (shrunk.nodes.size() > 1) {
    out.put(",\n");
    write_profile(shrunk, picture.title + ", shrunk", unit, out);
  }
  out.put("]}\n");
}

}  // namespace holdfast::formats

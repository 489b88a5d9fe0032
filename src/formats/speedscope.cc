#include "formats/speedscope.h"

#include <functional>
#include <vector>

#include "base/version.h"

namespace holdfast::formats {
namespace {

using view::HeldNode;

void write_frames(const view::HeldTree& tree, Stream& out) {
  for (std::size_t f = 0; f < tree.frames.size(); ++f) {
    const view::HeldFrame& frame = tree.frames[f];
    out.put(f == 0 ? "{\"name\":" : ",\n{\"name\":");
    out.put_json(frame.name);
    if (!frame.file.empty()) {
      out.put(",\"file\":");
      out.put_json(frame.file);
      if (frame.line > 0) out.print(",\"line\":{}", frame.line);
    }
    out.put("}");
  }
}

// The frames above a node, the outermost first. Nodes come in the order of a walk through the tree.
class Stacks {
 public:
  explicit Stacks(const view::HeldTree& tree) : tree_(tree) {}

  const std::vector<std::uint32_t>& of(std::uint32_t node) {
    frames_.clear();
    for (; node != 0; node = tree_.nodes[node].parent) frames_.push_back(tree_.nodes[node].frame);
    return frames_;
  }

 private:
  const view::HeldTree& tree_;
  std::vector<std::uint32_t> frames_;
};

void write_profile(const view::HeldTree& tree, const std::string& name, std::string_view unit,
                   std::uint64_t (*value)(const HeldNode&), Stream& out) {
  const auto each = [&](const std::function<void(std::uint32_t)>& write) {
    bool first = true;
    for (std::uint32_t node = 1; node < tree.nodes.size(); ++node) {
      if (value(tree.nodes[node]) == 0) continue;
      if (!first) out.put(",");
      first = false;
      write(node);
    }
  };
  std::uint64_t sum = 0;
  for (const HeldNode& node : tree.nodes) sum += value(node);
  out.put("{\"type\":\"sampled\",\"name\":");
  out.put_json(name);
  out.print(",\"unit\":\"{}\",\"startValue\":0,\"endValue\":{},\n\"samples\":[", unit, sum);
  Stacks stacks(tree);
  each([&](std::uint32_t node) {
    const std::vector<std::uint32_t>& frames = stacks.of(node);
    out.put("[");
    for (std::size_t i = frames.size(); i-- > 0;) out.print("{}{}", frames[i], i > 0 ? "," : "");
    out.put("]\n");
  });
  out.put("],\n\"weights\":[");
  each([&](std::uint32_t node) { out.print("{}", value(tree.nodes[node])); });
  out.put("]}");
}

}  // namespace

void write_speedscope(const std::string& name, std::span<const SpeedscopePart> parts, Stream& out) {
  out.print(
      "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"holdfast {}\",\"name\":",
      holdfast_version());
  out.put_json(name);
  out.put(",\"activeProfileIndex\":0,\n\"shared\":{\"frames\":[\n");
  write_frames(*parts.front().tree, out);
  out.put("]},\n\"profiles\":[\n");
  for (const SpeedscopePart& part : parts) {
    if (&part != &parts.front()) out.put(",\n");
    write_profile(
        *part.tree, part.name + ": bytes", "bytes", [](const HeldNode& node) { return node.bytes; }, out);
    out.put(",\n");
    write_profile(
        *part.tree, part.name + ": objects", "none", [](const HeldNode& node) { return node.objects; }, out);
  }
  out.put("]}\n");
}

}  // namespace holdfast::formats

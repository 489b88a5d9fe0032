#include "formats/dot.h"

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "view/names.h"

namespace holdfast::formats {
namespace {

constexpr std::size_t kLongestLine = 60;  // characters of a name in a box

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// The beginning and the end of a long name say more than its middle.
std::string shortened(const std::string& text) {
  if (text_width(text) <= kLongestLine) return text;
  std::size_t head = kLongestLine / 2, tail = text.size() - kLongestLine / 2;
  const auto is_inside = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; };
  while (head > 0 && is_inside(head)) --head;
  while (tail < text.size() && is_inside(tail)) ++tail;
  return fmt::format("{}…{}", text.substr(0, head), text.substr(tail));
}

std::string label_of(const view::Box& box) {
  std::string label = escaped(shortened(view::short_type(box.text)));
  if (box.kind == view::BoxKind::kRest)
    label = fmt::format("{} more", format_count(box.count));
  else if (box.count > 1)
    label = fmt::format("{} × {}", format_count(box.count), label);
  if (box.bytes > 0) label += fmt::format("\\n{}", format_bytes(box.bytes));
  if (box.retained > box.bytes)
    label += fmt::format("{}keeps {}", box.bytes > 0 ? ", " : "\\n", format_bytes(box.retained));
  if (box.address) label += fmt::format("\\n{}", hex(box.address));
  return label;
}

std::string_view color_of(const view::Box& box) {
  switch (box.kind) {
    case view::BoxKind::kRoot:
      return "#dbe9f6";
    case view::BoxKind::kRest:
      return "#eeeeee";
    case view::BoxKind::kThing:
      break;
  }
  return box.asked ? "#fde3b8" : "#ffffff";
}

void write_box(std::size_t number, const view::Box& box, Stream& out) {
  out.print("  b{} [label=\"{}\", tooltip=\"{}\", fillcolor=\"{}\"{}{}];\n", number, label_of(box), escaped(box.text),
            color_of(box), box.asked ? ", penwidth=3" : "",
            box.kind == view::BoxKind::kRest ? ", style=\"dashed,filled\"" : "");
}

void write_arrow(const view::Arrow& arrow, Stream& out) {
  std::string label = escaped(shortened(arrow.text));
  if (arrow.count > 1) label += fmt::format("{}× {}", label.empty() ? "" : " ", format_count(arrow.count));
  out.print("  b{} -> b{} [label=\"{}\"];\n", arrow.from, arrow.to, label);
}

}  // namespace

void write_dot(const view::Picture& picture, Stream& out) {
  std::string title = fmt::format("{}: {}, {}", escaped(shortened(picture.title)),
                                  format_count(picture.objects, "object"), format_bytes(picture.bytes));
  if (picture.not_looked_at > 0) title += fmt::format("; {} more not looked at", format_count(picture.not_looked_at));
  out.print("digraph heap {{\n  label=\"{}\";\n  labelloc=t;\n  rankdir=LR;\n  fontname=\"Helvetica,sans-serif\";\n",
            title);
  out.put("  node [shape=box, style=\"filled\", fontname=\"Helvetica,sans-serif\", fontsize=11];\n");
  out.put("  edge [fontname=\"Helvetica,sans-serif\", fontsize=9, color=\"#555555\"];\n");
  for (std::size_t i = 0; i < picture.boxes.size(); ++i) write_box(i, picture.boxes[i], out);
  for (const view::Arrow& arrow : picture.arrows) write_arrow(arrow, out);
  out.put("}\n");
}

}  // namespace holdfast::formats

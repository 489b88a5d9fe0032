#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/terminal_text.h"
#include "base/units.h"
#include "formats/stack_files.h"

namespace holdfast::formats {
namespace {

using profile::CallTree;

constexpr double kWidth = 1200, kMargin = 8, kRow = 17, kTop = 56, kCharacter = 6.6;
constexpr double kNarrowest = 0.3;  // pixels; what is narrower is not drawn
constexpr std::uint64_t kParts = 4'000;
constexpr std::size_t kSiblings = 1'000, kDepth = 300;

// Shows a box alone: everything that is not above or below it goes, and it becomes as wide as the picture. Boxes have
// their place as shares of the whole in data-x and data-w.
constexpr std::string_view kScript = R"js(
const boxes = [...document.querySelectorAll('g.b')], span = [0, 1];
function place() {
  for (const box of boxes) {
    const x = +box.dataset.x, w = +box.dataset.w, rect = box.firstElementChild.nextElementSibling, text = box.lastElementChild;
    const left = Math.max(x, span[0]), right = Math.min(x + w, span[1]), scale = WIDTH / (span[1] - span[0]);
    const width = (right - left) * scale;
    box.style.display = width < 0.3 ? 'none' : '';
    rect.setAttribute('x', MARGIN + (left - span[0]) * scale);
    rect.setAttribute('width', Math.max(width - 0.5, 0.3));
    text.setAttribute('x', MARGIN + (left - span[0]) * scale + 3);
    const fits = Math.floor((width - 6) / CHARACTER), name = box.dataset.n;
    text.textContent = fits < 3 ? '' : name.length <= fits ? name : name.slice(0, fits - 1) + '…';
  }
}
function zoom(box) {
  [span[0], span[1]] = box ? [+box.dataset.x, +box.dataset.x + +box.dataset.w] : [0, 1];
  place();
}
function search() {
  const asked = prompt('Which functions? A regular expression; empty for none', '');
  if (asked === null) return;
  let expression;
  try { expression = asked === '' ? null : new RegExp(asked); } catch (error) { alert(error); return; }
  const hits = [];
  for (const box of boxes) {
    const hit = expression && expression.test(box.dataset.n);
    box.classList.toggle('lit', !!hit);
    if (hit) hits.push([+box.dataset.x, +box.dataset.x + +box.dataset.w]);
  }
  let end = -1, sum = 0;
  for (const [from, to] of hits.sort((a, b) => a[0] - b[0])) {
    if (to > end) sum += to - Math.max(from, end);
    end = Math.max(end, to);
  }
  document.getElementById('found').textContent = expression ? 'found in ' + (100 * sum).toFixed(1) + ' %' : '';
}
for (const box of boxes) box.addEventListener('click', () => zoom(box));
document.getElementById('search').addEventListener('click', search);
document.getElementById('reset').addEventListener('click', () => zoom(null));
addEventListener('keydown', event => { if (event.key === '/') { event.preventDefault(); search(); } if (event.key === 'Escape') zoom(null); });
)js";

// Names come from the target: what is no UTF-8 is no XML either.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : cleaned(text)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

// "net/http" of "net/http.(*conn).serve".
std::string_view package_of(std::string_view function) {
  const std::size_t slash = function.substr(0, function.find_first_of("[(")).find_last_of('/');
  return function.substr(0, function.find('.', slash == std::string_view::npos ? 0 : slash));
}

std::string color_of(std::string_view function, int change) {
  if (change > 0) return "#e8927c";
  if (change < 0) return "#8fb3e0";
  if (function.starts_with('(')) return "#dddddd";
  return fmt::format("hsl({},{}%,{}%)", hash_of(package_of(function)) % 360, 55, 76);
}

std::string words(std::int64_t value, std::string_view unit) {
  const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
  if (unit == "bytes") return format_bytes(number);
  return unit == "nanoseconds" ? format_seconds(static_cast<double>(number) * 1e-9) : format_count(number);
}

class FlameWriter {
 public:
  FlameWriter(const StackPicture& picture, Stream& out)
      : unit_(picture.unit),
        grown_(part_of_tree(picture.tree, 1, kParts, kSiblings, kDepth)),
        shrunk_(part_of_tree(picture.tree, -1, kParts, kSiblings, kDepth)),
        out_(out) {
    is_difference_ = picture.is_difference || shrunk_.nodes.size() > 1;
    total_ = static_cast<double>(std::max(values_below(grown_)[0], values_below(shrunk_)[0]));
  }

  void run(const std::string& title) {
    const double middle = kTop + kRow * static_cast<double>(rows_of(grown_) + 1);
    const double height =
        (is_difference_ ? middle + kRow * static_cast<double>(rows_of(shrunk_) + 1) : middle) + kMargin;
    begin(title, height);
    draw(grown_, kTop, is_difference_ ? 1 : 0);
    if (is_difference_) draw(shrunk_, middle, -1);
    out_.print("<script><![CDATA[\nconst WIDTH = {}, MARGIN = {}, CHARACTER = {};", kWidth - 2 * kMargin, kMargin,
               kCharacter);
    out_.put(kScript);
    out_.put("]]></script>\n</svg>\n");
  }

 private:
  void begin(const std::string& title, double height) {
    out_.print(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"monospace\" font-size=\"11\">\n<style>rect {{ stroke: #fff; stroke-width: 0.5 }} g.b {{ cursor: "
        "pointer }} g.b:hover rect {{ stroke: #000 }} g.lit rect {{ fill: #d33cbd }} .button {{ cursor: pointer; fill: "
        "#0645ad }}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        kWidth, height);
    out_.print("<text x=\"{}\" y=\"20\" font-size=\"15\">{}</text>\n", kMargin, escaped(title));
    out_.print("<text x=\"{}\" y=\"40\">{}</text>\n", kMargin,
               is_difference_ ? "red: grew; blue, below: shrank; widths are of one scale"
                              : "colours are packages; click a box to see it alone");
    out_.print(
        "<text x=\"{0}\" y=\"20\" class=\"button\" id=\"search\">Search (/)</text>\n<text x=\"{1}\" y=\"20\" "
        "class=\"button\" "
        "id=\"reset\">All (Esc)</text>\n<text x=\"{0}\" y=\"40\" id=\"found\"></text>\n",
        kWidth - 200, kWidth - 90);
  }

  static std::vector<std::size_t> depths(const CallTree& tree) {
    std::vector<std::size_t> out(tree.nodes.size());
    for (std::size_t i = 1; i < tree.nodes.size(); ++i) out[i] = out[tree.nodes[i].parent] + 1;
    return out;
  }
  static std::size_t rows_of(const CallTree& tree) { return std::ranges::max(depths(tree)) + 1; }

  // Nodes below one come in a row, so each begins where the one before ended.
  void draw(const CallTree& tree, double top, int change) {
    const std::vector<std::int64_t> sums = values_below(tree);
    const std::vector<std::size_t> depth = depths(tree);
    std::vector<double> begins(tree.nodes.size()), next(tree.nodes.size());
    if (total_ <= 0) return;
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      const std::uint32_t parent = tree.nodes[i].parent;
      begins[i] = i == 0 ? 0 : next[parent];
      if (i > 0) next[parent] += static_cast<double>(sums[i]) / total_;
      next[i] = begins[i];
      const std::string_view name = i == 0 ? std::string_view("all") : name_of(tree.sites[tree.nodes[i].site]);
      box(name, i == 0 ? std::string_view() : place_of(tree.sites[tree.nodes[i].site]), begins[i], sums[i],
          tree.nodes[i].value, top + kRow * static_cast<double>(depth[i]), i == 0 ? "#cccccc" : color_of(name, change));
    }
  }

  static std::string_view name_of(const profile::Site& site) {
    return site.function.empty() ? site.file : std::string_view(site.function);
  }
  std::string_view place_of(const profile::Site& site) {
    place_ = site.file.empty() || site.function.empty() ? "" : fmt::format("\n{}:{}", site.file, site.line);
    return place_;
  }

  void box(std::string_view name, std::string_view place, double begin, std::int64_t sum, std::int64_t own, double y,
           const std::string& color) {
    const double share = static_cast<double>(sum) / total_, width = share * (kWidth - 2 * kMargin);
    if (width < kNarrowest) return;
    const double x = kMargin + begin * (kWidth - 2 * kMargin);
    const std::string shown = escaped(name);
    out_.print("<g class=\"b\" data-x=\"{:.7f}\" data-w=\"{:.7f}\" data-n=\"{}\"><title>{}{}\n{}, {:.2f} %", begin,
               share, shown, shown, escaped_lines(place), words(sum, unit_), 100 * share);
    if (own > 0) out_.print("; itself {}", words(own, unit_));
    out_.print("</title><rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"/>", x, y,
               std::max(width - 0.5, kNarrowest), kRow - 1, color);
    out_.print("<text x=\"{:.2f}\" y=\"{:.2f}\">{}</text></g>\n", x + 3, y + 12, escaped(cut(name, width)));
  }

  static std::string escaped_lines(std::string_view text) { return text.empty() ? "" : "\n" + escaped(text.substr(1)); }

  // What fits; names of Go are mostly ASCII, and what is not is not cut in the middle of a character.
  static std::string cut(std::string_view name, double width) {
    const auto fits = static_cast<std::size_t>(std::max(0.0, (width - 6) / kCharacter));
    if (fits < 3) return "";
    if (name.size() <= fits) return std::string(name);
    std::size_t end = fits - 1;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
    return std::string(name.substr(0, end)) + "…";
  }

  std::string_view unit_;
  CallTree grown_, shrunk_;
  Stream& out_;
  std::string place_;
  bool is_difference_ = false;
  double total_ = 0;
};

}  // namespace

void write_flame_svg(const StackPicture& picture, Stream& out) {
  FlameWriter(picture, out).run(picture.title);
}

}  // namespace holdfast::formats

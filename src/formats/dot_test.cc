#include "formats/dot.h"

#include <gmock/gmock.h>

namespace holdfast::formats {
namespace {

using ::testing::HasSubstr;

std::string dot_of(const view::Picture& picture) {
  std::string text;
  Stream out([&](std::string_view bytes) { text += bytes; });
  write_dot(picture, out);
  out.flush();
  return text;
}

TEST(Dot, HasTheBoxesAndArrowsOfThePicture) {
  view::Picture picture;
  picture.title = "shortest ways to 2 × example.com/app/cart.Item";
  picture.objects = 5;
  picture.bytes = 320;
  picture.boxes = {{.kind = view::BoxKind::kRoot, .text = "main.\"odd\"", .retained = 320},
                   {.text = "example.com/app/cart.Item", .count = 2, .bytes = 64, .retained = 320, .asked = true},
                   {.kind = view::BoxKind::kRest, .text = "…", .count = 3, .bytes = 256}};
  picture.arrows = {{0, 1, ".items", 2}, {1, 2, "", 1}};
  const std::string text = dot_of(picture);
  EXPECT_THAT(text, HasSubstr("b0 [label=\"main.\\\"odd\\\"\\nkeeps 320 B\""));
  EXPECT_THAT(text,
              HasSubstr("b1 [label=\"2 × cart.Item\\n64 B, keeps 320 B\", tooltip=\"example.com/app/cart.Item\""));
  EXPECT_THAT(text, HasSubstr("penwidth=3"));
  EXPECT_THAT(text, HasSubstr("b2 [label=\"3 more\\n256 B\""));
  EXPECT_THAT(text, HasSubstr("b0 -> b1 [label=\".items × 2\"]"));
  EXPECT_THAT(text, HasSubstr("5 objects, 320 B"));
}

TEST(Dot, CutsLongNamesBetweenCharacters) {
  view::Picture picture;
  std::string name;
  for (int i = 0; i < 100; ++i) name += "é";
  picture.boxes = {{.text = name}};
  const std::string text = dot_of(picture);
  const std::size_t at = text.find("b0 [label=\"") + 11;
  const std::string label = text.substr(at, text.find('"', at) - at);
  EXPECT_LT(label.size(), 70U);
  EXPECT_THAT(label, HasSubstr("é…é"));
}

}  // namespace
}  // namespace holdfast::formats

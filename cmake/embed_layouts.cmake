# Writes OUTPUT, a .cc whose holdfast::go::embedded_layout(name) returns the text of the file <name>.json of FOLDER.
# Run at build time: cmake -DFOLDER=... -DOUTPUT=... -P embed_layouts.cmake
file(GLOB files ${FOLDER}/*.json)
list(SORT files)
set(text "// Made by cmake/embed_layouts.cmake from data/layouts.\n#include \"go/layout_names.h\"\n\nnamespace holdfast::go {\n\n")
string(APPEND text "std::string_view embedded_layout(std::string_view name) {\n")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WLE)
  file(READ ${file} content)
  string(APPEND text "  if (name == \"${name}\") return R\"json(${content})json\";\n")
endforeach()
string(APPEND text "  return {};\n}\n\n}  // namespace holdfast::go\n")
file(WRITE ${OUTPUT} "${text}")

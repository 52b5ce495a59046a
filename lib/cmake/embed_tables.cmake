# SPDX-License-Identifier: Apache-2.0
# Text files compiled in, behind src/base/embedded.h. Each file becomes a
# source of bytes (string literals may end at 64 kB) that is made again when
# the file changes; one more source lists them by name.
#
#   isoflop_embed_tables(<variable> <directory> <file>...)
#
# sets <variable> to the sources. Run as a script it makes one source.

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  file(READ "${INPUT}" bytes HEX)
  string(LENGTH "${bytes}" size)
  math(EXPR size "${size} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REPEAT "....," 16 row)
  string(REGEX REPLACE "(${row})" "\\1\n" bytes "${bytes}")
  file(WRITE "${OUTPUT}"
    "namespace isoflop::tables {\n"
    "extern const unsigned char ${SYMBOL}[];\n"
    "extern const unsigned long ${SYMBOL}_size;\n"
    "const unsigned char ${SYMBOL}[] = {\n${bytes}0};\n"
    "const unsigned long ${SYMBOL}_size = ${size};\n"
    "}  // namespace isoflop::tables\n")
  return()
endif()

set(isoflop_embed_script ${CMAKE_CURRENT_LIST_FILE})

function(isoflop_embed_tables variable directory)
  set(sources)
  set(declarations)
  set(entries)
  foreach(name IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "${name}" symbol)
    set(symbol table_${symbol})
    set(source ${CMAKE_CURRENT_BINARY_DIR}/tables/${symbol}.cc)
    add_custom_command(
      OUTPUT ${source}
      COMMAND ${CMAKE_COMMAND}
        -D INPUT=${directory}/${name}
        -D OUTPUT=${source}
        -D SYMBOL=${symbol}
        -P ${isoflop_embed_script}
      DEPENDS ${directory}/${name} ${isoflop_embed_script}
      COMMENT "Embedding ${name}"
      VERBATIM)
    list(APPEND sources ${source})
    string(APPEND declarations
      "extern const unsigned char ${symbol}[];\n"
      "extern const unsigned long ${symbol}_size;\n")
    string(APPEND entries
      "    {\"${name}\", tables::${symbol}, tables::${symbol}_size},\n")
  endforeach()
  set(index ${CMAKE_CURRENT_BINARY_DIR}/tables/embedded.cc)
  file(CONFIGURE OUTPUT ${index} @ONLY CONTENT [[
#include "base/embedded.h"

namespace isoflop {
namespace tables {
@declarations@}  // namespace tables
namespace {

struct Table {
  std::string_view name;
  const unsigned char* bytes;
  unsigned long size;
};

}  // namespace

std::string_view embedded_table(std::string_view name) {
  // Sizes live in other sources, so the list is made on first use.
  static const Table tables[] = {
@entries@    {"", nullptr, 0}};
  for (const Table& table : tables) {
    if (table.name == name && table.bytes != nullptr) {
      return {reinterpret_cast<const char*>(table.bytes), table.size};
    }
  }
  return {};
}

}  // namespace isoflop
]])
  set(${variable} ${sources} ${index} PARENT_SCOPE)
endfunction()

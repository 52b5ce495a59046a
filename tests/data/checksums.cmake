# SPDX-License-Identifier: Apache-2.0
# cmake [-D UPDATE=ON] -P checksums.cmake: compares data/CHECKSUMS with the
# tables below data/, or writes it.
get_filename_component(data ${CMAKE_CURRENT_LIST_DIR}/../../data ABSOLUTE)
file(GLOB_RECURSE tables RELATIVE ${data}
  ${data}/*.csv ${data}/*.json ${data}/*.toml)
list(SORT tables)
set(wanted "")
foreach(table IN LISTS tables)
  file(SHA256 ${data}/${table} hash)
  string(APPEND wanted "${hash}  ${table}\n")
endforeach()

if(UPDATE)
  file(WRITE ${data}/CHECKSUMS "${wanted}")
  return()
endif()
set(found "")
if(EXISTS ${data}/CHECKSUMS)
  file(READ ${data}/CHECKSUMS found)
endif()
if(NOT found STREQUAL wanted)
  message(FATAL_ERROR "data/CHECKSUMS differs from the tables, which give\n"
    "${wanted}A wanted change: cmake -D UPDATE=ON -P "
    "tests/data/checksums.cmake, and say why in CHANGELOG.md")
endif()

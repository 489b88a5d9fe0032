# The architecture as a table (docs/architecture.md): which layer may use which. Configure fails on a
# library that asks for more, and the test `layers` (tools/check_layers) fails on an include that does.

set(holdfast_layers base compiler os net binary go code heap collector dumps profile typing capture graph view detect evidence formats query session report web cli)

set(holdfast_base_may_use)
set(holdfast_compiler_may_use base)
set(holdfast_os_may_use base)
set(holdfast_net_may_use base)
set(holdfast_collector_may_use base)
set(holdfast_dumps_may_use base)
set(holdfast_profile_may_use base heap)
set(holdfast_binary_may_use base)
set(holdfast_go_may_use base binary)
set(holdfast_code_may_use base compiler binary go)
set(holdfast_typing_may_use base binary go code heap)
set(holdfast_heap_may_use base)
set(holdfast_capture_may_use base compiler os binary go code typing heap)
set(holdfast_graph_may_use base heap)
set(holdfast_view_may_use base collector dumps compiler profile heap graph)
set(holdfast_detect_may_use base heap graph view)
set(holdfast_evidence_may_use base collector compiler dumps profile heap graph view)
set(holdfast_formats_may_use base compiler profile heap graph view)
set(holdfast_query_may_use base heap graph view)
set(holdfast_report_may_use base collector dumps heap graph view evidence query)
set(holdfast_session_may_use base compiler os dumps heap capture graph view detect evidence formats query)
set(holdfast_web_may_use base os dumps heap capture graph view detect evidence formats session query report)
set(holdfast_cli_may_use base compiler os collector dumps net profile heap capture graph view detect evidence session formats query report web)

add_library(holdfast_warnings INTERFACE)
target_compile_options(holdfast_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Werror)
if(CMAKE_UNITY_BUILD)
  # gcc 12 takes fmt 9's parser of format strings for one that writes too far when several sources share a unit. Builds of
  # single sources look for the real thing.
  target_compile_options(holdfast_warnings INTERFACE -Wno-stringop-overflow)
endif()

# The presets that tests and users build compile several sources of a layer at a time (CMAKE_UNITY_BUILD): most of what
# a source costs is its headers. ALONE names those whose local names meet another file's.
#
# LIGHT says that the layer computes little, since it makes text of what is found or calls the system: to optimise it
# takes a third of its compile time and saves nothing that a user would notice.
#
# holdfast_library(<layer> SOURCES ... [USES <layer> ...] [LINKS <target> ...] [TESTS ...] [TEST_LINKS ...] [ALONE ...] [LIGHT])
function(holdfast_library layer)
  cmake_parse_arguments(ARG "LIGHT" "" "SOURCES;USES;LINKS;TESTS;TEST_LINKS;ALONE" ${ARGN})
  add_library(holdfast_${layer} STATIC ${ARG_SOURCES})
  if(ARG_ALONE)
    set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  target_include_directories(holdfast_${layer} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(holdfast_${layer} PUBLIC ${ARG_LINKS} PRIVATE holdfast_warnings)
  if(ARG_LIGHT)
    target_compile_options(holdfast_${layer} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  foreach(below IN LISTS ARG_USES)
    if(NOT below IN_LIST holdfast_${layer}_may_use)
      message(FATAL_ERROR "${layer} may use ${holdfast_${layer}_may_use}, not ${below}")
    endif()
    target_link_libraries(holdfast_${layer} PUBLIC holdfast_${below})
  endforeach()
  if(ARG_TESTS)
    add_executable(${layer}_tests ${ARG_TESTS})
    # Checks need no speed, and to optimise them takes half of the time of a build.
    target_compile_options(${layer}_tests PRIVATE -O0)
    target_link_libraries(${layer}_tests PRIVATE holdfast_${layer} ${ARG_TEST_LINKS} holdfast_warnings
                                                 GTest::gtest GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${layer}_tests TEST_PREFIX "${layer}." DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit)
  endif()
endfunction()

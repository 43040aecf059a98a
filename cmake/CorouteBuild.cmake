# What every target of this repository is compiled with; nothing of it reaches users of the installed package.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL)
  find_program(CCACHE ccache)
  if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  endif()
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12.3)
  message(WARNING "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles three coroutine patterns (README.md, \"Compilers\"); "
                  "clang 19 or g++ 13 and up don't.")
endif()

add_library(coroute_build INTERFACE)
target_compile_options(coroute_build INTERFACE -Wall -Wextra -Wpedantic -Wconversion)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(coroute_build INTERFACE -Wshadow)  # GCC's also warns of constructor parameters named as members
endif()
if(COROUTE_WARNINGS_AS_ERRORS)
  target_compile_options(coroute_build INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False positives of g++ 12 in inlined standard library code and coroutine frames.
  target_compile_options(coroute_build INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer
                                                 -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
                                                 -Wno-mismatched-new-delete -Wno-tsan)
endif()
if(COROUTE_SANITIZE)
  add_compile_options(-fsanitize=${COROUTE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${COROUTE_SANITIZE})
endif()

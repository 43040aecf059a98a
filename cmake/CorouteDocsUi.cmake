# The files of Swagger UI and ReDoc: found or fetched, gzipped, listed for src/openapi/docs_files.cpp to embed.
#   COROUTE_DOCS_UI=OFF      leaves them out: libraries are 0.8 MB smaller, /docs and /redoc say so
#   COROUTE_SWAGGER_UI_DIR   a folder with swagger-ui-dist, or with swagger-ui-dist/ and redoc/ in it, such as
#                            node_modules; nothing is fetched then
#   neither                  the wheel of cmake/docs_ui.txt is fetched with pip, checked by its hash
option(COROUTE_DOCS_UI "Embed Swagger UI and ReDoc for /docs and /redoc" ON)
set(COROUTE_SWAGGER_UI_DIR "" CACHE PATH
    "An unpacked swagger-ui-dist, or the folder of it and redoc; empty: fetched with pip")
set(COROUTE_DOCS_UI_WHEEL ${CMAKE_CURRENT_LIST_DIR}/docs_ui.txt)

# Into `folder`, unless it is there from an earlier run; COROUTE_DOCS_UI_ERROR says what went wrong.
function(coroute_fetch_docs_ui folder)
  set(COROUTE_DOCS_UI_ERROR "" PARENT_SCOPE)
  file(SHA256 ${COROUTE_DOCS_UI_WHEEL} wanted)
  if(EXISTS ${folder}/${wanted})
    return()
  endif()
  file(REMOVE_RECURSE ${folder})
  find_program(COROUTE_PIP_PYTHON NAMES python3 python)
  if(NOT COROUTE_PIP_PYTHON)
    set(COROUTE_DOCS_UI_ERROR "there is no python3 with pip to fetch it" PARENT_SCOPE)
    return()
  endif()
  message(STATUS "Docs UI: fetching Swagger UI and ReDoc with pip")
  execute_process(
    COMMAND ${COROUTE_PIP_PYTHON} -m pip --disable-pip-version-check --retries 1 download --quiet --no-deps
            --only-binary :all: --require-hashes --requirement ${COROUTE_DOCS_UI_WHEEL} --dest ${folder}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  file(GLOB wheel ${folder}/*.whl)
  if(NOT result EQUAL 0 OR NOT wheel)
    string(STRIP "${output}" output)
    set(COROUTE_DOCS_UI_ERROR "pip could not fetch it:\n${output}" PARENT_SCOPE)
    return()
  endif()
  file(ARCHIVE_EXTRACT INPUT ${wheel} DESTINATION ${folder})
  file(TOUCH ${folder}/${wanted})
endfunction()

# Gzips the files `names` of `source_folder` and adds them to the list as those of `package`.
function(coroute_list_docs_package package source_folder names)
  find_program(COROUTE_GZIP gzip REQUIRED)
  foreach(name IN LISTS names)
    file(SHA256 ${source_folder}/${name} hash)
    string(APPEND hashes ${hash})
  endforeach()
  string(SHA256 tag "${hashes}")
  string(SUBSTRING ${tag} 0 12 tag)
  set(type_of.css "text/css; charset=utf-8")
  set(type_of.js "text/javascript; charset=utf-8")
  set(type_of.png "image/png")
  set(type_of.txt "text/plain; charset=utf-8")
  foreach(name IN LISTS names)
    set(source ${source_folder}/${name})
    file(SHA256 ${source} hash)
    string(SUBSTRING ${hash} 0 16 hash)
    file(SIZE ${source} size)
    set(packed ${COROUTE_DOCS_UI_BUILD_DIR}/${package}/${name}.gz)
    file(MAKE_DIRECTORY ${COROUTE_DOCS_UI_BUILD_DIR}/${package})
    # -n: the same bytes on every machine. Kept when they are, so that nothing is linked again.
    execute_process(COMMAND ${COROUTE_GZIP} -9 -n -c ${source} OUTPUT_FILE ${packed}.new COMMAND_ERROR_IS_FATAL ANY)
    file(COPY_FILE ${packed}.new ${packed} ONLY_IF_DIFFERENT)
    file(REMOVE ${packed}.new)
    cmake_path(GET name EXTENSION LAST_ONLY extension)
    string(MAKE_C_IDENTIFIER coroute_docs_${package}_${name} symbol)
    set(type "${type_of${extension}}")
    string(APPEND COROUTE_DOCS_UI_ROWS "DOCS_FILE(${symbol}, \"${package}@${tag}\", \"${name}\", \"${type}\", "
                                       "\"${packed}\", ${size}, \"${hash}\")\n")
    list(APPEND COROUTE_DOCS_UI_PACKED ${packed})
  endforeach()
  set(COROUTE_DOCS_UI_ROWS "${COROUTE_DOCS_UI_ROWS}" PARENT_SCOPE)
  set(COROUTE_DOCS_UI_PACKED "${COROUTE_DOCS_UI_PACKED}" PARENT_SCOPE)
endfunction()

# Makes `source`, which is docs_files.cpp, embed what there is.
function(coroute_embed_docs_ui source)
  if(NOT COROUTE_DOCS_UI)
    message(STATUS "Docs UI: left out, COROUTE_DOCS_UI is OFF")
    return()
  endif()
  set(COROUTE_DOCS_UI_BUILD_DIR ${CMAKE_CURRENT_BINARY_DIR}/docs_ui)
  if(COROUTE_SWAGGER_UI_DIR)
    cmake_path(ABSOLUTE_PATH COROUTE_SWAGGER_UI_DIR BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE root)
  else()
    coroute_fetch_docs_ui(${COROUTE_DOCS_UI_BUILD_DIR}/wheel)
    set(root ${COROUTE_DOCS_UI_BUILD_DIR}/wheel/drf_spectacular_sidecar/static/drf_spectacular_sidecar)
    if(COROUTE_DOCS_UI_ERROR)
      message(WARNING "This build has no docs UI, /docs and /redoc will say so: ${COROUTE_DOCS_UI_ERROR}\n"
                      "With network: apt install python3-pip. Without: put swagger-ui-dist of npm somewhere and set "
                      "COROUTE_SWAGGER_UI_DIR. To do without: COROUTE_DOCS_UI=OFF.")
      return()
    endif()
  endif()
  find_path(swagger_ui swagger-ui-bundle.js PATHS ${root} ${root}/swagger-ui-dist NO_CACHE NO_DEFAULT_PATH)
  find_path(redoc redoc.standalone.js PATHS ${root}/redoc/bundles NO_CACHE NO_DEFAULT_PATH)
  if(NOT swagger_ui)
    message(FATAL_ERROR "There is no swagger-ui-bundle.js in COROUTE_SWAGGER_UI_DIR, ${root}, "
                        "nor in swagger-ui-dist below it")
  endif()

  set(prepared ${COROUTE_DOCS_UI_BUILD_DIR}/prepared)
  file(REMOVE_RECURSE ${prepared})
  set(swagger_ui_files swagger-ui.css swagger-ui-bundle.js oauth2-redirect.js favicon-32x32.png)
  foreach(name IN LISTS swagger_ui_files)
    if(NOT EXISTS ${swagger_ui}/${name})
      message(FATAL_ERROR "There is no ${name} in ${swagger_ui}: a newer swagger-ui-dist has it")
    endif()
    file(COPY ${swagger_ui}/${name} DESTINATION ${prepared})
  endforeach()
  # Apache License 2.0, section 4: whoever gets the program gets the licence and the notice.
  file(READ ${swagger_ui}/LICENSE licence)
  file(WRITE ${prepared}/LICENSE.txt "swagger-ui\nCopyright 2020-2021 SmartBear Software Inc.\n\n${licence}")
  coroute_list_docs_package(swagger-ui-dist ${prepared} "${swagger_ui_files};LICENSE.txt")
  set(found "Swagger UI")

  if(redoc)
    file(REMOVE_RECURSE ${prepared})
    # The one thing that ReDoc would load from elsewhere, a logo: it shows none when there is none.
    file(READ ${redoc}/redoc.standalone.js script)
    string(REPLACE "https://cdn.redoc.ly/redoc/logo-mini.svg" "data:," script "${script}")
    file(WRITE ${prepared}/redoc.standalone.js "${script}")
    file(COPY_FILE ${redoc}/redoc.standalone.js.LICENSE.txt ${prepared}/redoc.standalone.js.LICENSE.txt)
    file(COPY_FILE ${root}/redoc/LICENSE ${prepared}/LICENSE.txt)
    coroute_list_docs_package(redoc ${prepared} "redoc.standalone.js;redoc.standalone.js.LICENSE.txt;LICENSE.txt")
    string(APPEND found " and ReDoc")
  endif()
  message(STATUS "Docs UI: ${found} from ${root}")

  set(list ${COROUTE_DOCS_UI_BUILD_DIR}/docs_ui_list.inc)
  file(CONFIGURE OUTPUT ${list} CONTENT "${COROUTE_DOCS_UI_ROWS}")  # written only when it changes
  set_source_files_properties(${source} PROPERTIES COMPILE_DEFINITIONS "COROUTE_DOCS_UI_LIST=\"${list}\""
                                                   OBJECT_DEPENDS "${COROUTE_DOCS_UI_PACKED}")
endfunction()

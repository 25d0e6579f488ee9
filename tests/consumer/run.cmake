# SPDX-License-Identifier: BSL-1.0
# cmake -DMODE=installed|embedded -DBUILD=<build folder of cosio> -DSOURCE=<cosio> -DWORK=<build folder of the user>
#       -DCOMPILER=<c++> -DCCACHE=<ccache, or nothing> -DFLAGS=<flags of cosio's build> -P run.cmake
# Builds a user's project against cosio and runs it.
function(step)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${ARGN}\n${out}")
    endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
set(configure
    ${CMAKE_COMMAND} -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS} -B ${WORK})
if(MODE STREQUAL installed)
    step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
    step(${configure} -S ${SOURCE}/tests/consumer/project -DCMAKE_PREFIX_PATH=${WORK}/prefix)
else()
    set(ENV{CCACHE_BASEDIR} ${SOURCE})
    set(ENV{CCACHE_NOHASHDIR} 1)
    step(${configure} -S ${SOURCE}/tests/consumer/embedded
        -DCOSIO_SOURCE_DIR=${SOURCE} -DCOSIO_WARNINGS_AS_ERRORS=ON -DLAUNCHER=${CCACHE})
endif()
step(${CMAKE_COMMAND} --build ${WORK} --target consumer)
step(${WORK}/consumer)

# SPDX-License-Identifier: BSL-1.0
# cmake -DMODE=installed|embedded -DBUILD=<build folder of cosio> -DSOURCE=<cosio> -DWORK=<folder>
#       -DCOMPILER=<c++> -DFLAGS=<flags> -P run.cmake
# Builds a user's project against cosio and runs it. FLAGS are what the installed libraries were compiled with; embedded
# ones are compiled for this alone, with none, and only those that the project links.
function(step)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${ARGN}\n${out}")
    endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
set(configure
    ${CMAKE_COMMAND} -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER} -B ${WORK}/build)
if(MODE STREQUAL installed)
    step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
    step(${configure} -S ${SOURCE}/tests/consumer/project -DCMAKE_PREFIX_PATH=${WORK}/prefix
        -DCMAKE_CXX_FLAGS=${FLAGS})
else()
    step(${configure} -S ${SOURCE}/tests/consumer/embedded -DCOSIO_SOURCE_DIR=${SOURCE})
endif()
step(${CMAKE_COMMAND} --build ${WORK}/build --target consumer)
step(${WORK}/build/consumer)

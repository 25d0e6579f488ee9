# SPDX-License-Identifier: BSL-1.0
# Brotli::encoder and, for tests, Brotli::decoder: distributions ship no CMake package of it. Installed beside the
# package of cosio, whose static library needs the encoder.
find_path(Brotli_INCLUDE_DIR brotli/encode.h)
find_library(Brotli_encoder_LIBRARY brotlienc)
find_library(Brotli_decoder_LIBRARY brotlidec)
find_library(Brotli_common_LIBRARY brotlicommon)
mark_as_advanced(
    Brotli_INCLUDE_DIR Brotli_encoder_LIBRARY Brotli_decoder_LIBRARY Brotli_common_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Brotli REQUIRED_VARS
    Brotli_encoder_LIBRARY Brotli_decoder_LIBRARY Brotli_common_LIBRARY Brotli_INCLUDE_DIR)

foreach(part IN ITEMS encoder decoder)
    if(Brotli_FOUND AND NOT TARGET Brotli::${part})
        add_library(Brotli::${part} UNKNOWN IMPORTED)
        set_target_properties(Brotli::${part} PROPERTIES
            IMPORTED_LOCATION "${Brotli_${part}_LIBRARY}"
            INTERFACE_INCLUDE_DIRECTORIES "${Brotli_INCLUDE_DIR}"
            INTERFACE_LINK_LIBRARIES "${Brotli_common_LIBRARY}")
    endif()
endforeach()

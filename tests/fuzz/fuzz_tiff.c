/* libFuzzer target: TIFF files. The input is a whole file.
 * Reaches image/tiff.c, tiff_page.c, tiff_open.c and the parts of libtiff that they let in. */
#include "image/tiff_internal.h"
#include "tests/fuzz/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decoder(mm_tiff_from_bytes, data, size);
}

/* libFuzzer target: BMP files. The input is a whole file.
 * Reaches image/bmp.c. */
#include "image/bmp_internal.h"
#include "tests/fuzz/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decoder(mm_bmp_from_bytes, data, size);
}

/* libFuzzer target: JPEG files. The input is a whole file.
 * Reaches image/jpeg.c and the parts of libjpeg that it lets in. */
#include "image/jpeg_internal.h"
#include "tests/fuzz/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decoder(mm_jpeg_from_bytes, data, size);
}

/* libFuzzer target: NRRD files. The input is a whole file.
 * Reaches image/nrrd.c, nrrd_header.c, nrrd_axes.c, fields.c and decode.c. */
#include "image/nrrd_internal.h"
#include "tests/fuzz/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decoder(mm_nrrd_from_bytes, data, size);
}

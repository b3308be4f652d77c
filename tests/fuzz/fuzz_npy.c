/* libFuzzer target: NumPy files. The input is a whole file.
 * Reaches image/npy.c and decode.c. */
#include "image/npy_internal.h"
#include "tests/fuzz/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decoder(mm_npy_from_bytes, data, size);
}

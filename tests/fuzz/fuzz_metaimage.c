/* libFuzzer target: MetaImage files. The input is a whole file.
 * Reaches image/metaimage.c, metaimage_header.c, fields.c and decode.c. */
#include "image/metaimage_internal.h"
#include "tests/fuzz/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decoder(mm_meta_from_bytes, data, size);
}

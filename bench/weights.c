/* Writes what an archive mostly holds: `weights FILE MIB`, a safetensors file with one tensor of normally distributed floats, the same in
 * every run. */
#include <stdio.h>

#include "base/file.h"
#include "base/random.h"

#define PIECE (1 << 18)

int main(int argc, char **argv)
{
    static float values[PIECE];
    static char header[256];
    struct mm_file_writer out;
    struct mm_random random;
    struct mm_error err;
    long long mib = argc == 3 ? strtoll(argv[2], NULL, 10) : 0;
    if (mib < 1) {
        fprintf(stderr, "usage: weights FILE MIB\n");
        return 2;
    }
    if (mm_file_writer_open(&out, argv[1], &err) != MM_OK)
        goto failed;
    uint64_t length = 248;
    int n = snprintf(header, sizeof header, "{\"w\":{\"dtype\":\"F32\",\"shape\":[%lld],\"data_offsets\":[0,%lld]}}",
                     mib << 18, mib << 20);
    memset(header + n, ' ', sizeof header - (size_t)n);
    mm_file_writer_write(&out, &length, sizeof length);
    mm_file_writer_write(&out, header, (size_t)length);
    for (long long i = 0; i < mib; i++) {
        mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, (uint32_t)i, 0, 0);
        mm_random_normals(&random, values, PIECE);
        for (size_t k = 0; k < PIECE; k++)
            values[k] *= 0.05f;
        mm_file_writer_write(&out, values, sizeof values);
    }
    if (mm_file_writer_commit(&out, &err) == MM_OK)
        return 0;
failed:
    fprintf(stderr, "%s\n", err.text);
    return 1;
}

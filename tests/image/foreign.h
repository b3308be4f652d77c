/* Files that other programs wrote are read as those programs read them: what the tests of the formats share. */
#ifndef MM_TESTS_IMAGE_FOREIGN_H
#define MM_TESTS_IMAGE_FOREIGN_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "image/affine.h"
#include "image/format.h"
#include "tests/image/foreign_samples.h"
#include "tests/support/scratch.h"

static inline bool foreign_near(double got, double expected)
{
    return fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected));
}

static inline void foreign_check_one(struct scratch *scratch, const struct foreign_sample *sample)
{
    struct mm_error err;
    struct mm_volume *v;
    struct mm_image_info info;
    double sum = 0, weighted = 0;
    char *path = mm_arena_format(&scratch->arena, "tests/fuzz/corpus/%s/%s", sample->format, sample->name);
    if (mm_image_read(&scratch->arena, path, &v, &err) != MM_OK || mm_image_header(path, &info, &err) != MM_OK)
        fail_msg("%s", err.text);
    if (v->type != sample->type || v->rank != sample->rank || v->channels != sample->channels ||
        memcmp(v->size, sample->size, sizeof v->size) != 0 || !mm_affine_near(v->affine, sample->affine, 1e-12))
        fail_msg("%s: another type, size or affine", path);
    if (info.type != v->type || info.rank != v->rank || info.channels != v->channels ||
        memcmp(info.size, v->size, sizeof v->size) != 0 || memcmp(info.affine, v->affine, sizeof v->affine) != 0)
        fail_msg("%s: the header alone says something else", path);
    for (size_t i = 0; i < mm_volume_voxels(v) * (size_t)v->channels; i++) {
        double value;
        mm_convert(&value, MM_F64, (unsigned char *)v->data + i * mm_type_bytes(v->type), v->type, 1, 1);
        sum += value;
        weighted += value * (double)(1 + i % 1009);
    }
    if (!foreign_near(sum, sample->sum) || !foreign_near(weighted, sample->weighted))
        fail_msg("%s: sum %.17g and weighted sum %.17g, not %.17g and %.17g", path, sum, weighted, sample->sum,
                 sample->weighted);
}

/* All samples of a format. */
static inline void foreign_check(struct scratch *scratch, const char *format)
{
    for (size_t i = 0; i < sizeof foreign_samples / sizeof *foreign_samples; i++) {
        if (strcmp(foreign_samples[i].format, format) == 0)
            foreign_check_one(scratch, &foreign_samples[i]);
    }
}

/* A sample's bytes, in the arena, to be damaged. */
static inline unsigned char *foreign_bytes(struct scratch *scratch, const char *format, const char *name,
                                           size_t *size)
{
    struct mm_error err;
    unsigned char *bytes;
    char *path = mm_arena_format(&scratch->arena, "tests/fuzz/corpus/%s/%s", format, name);
    if (mm_file_read(&scratch->arena, path, (size_t)1 << 20, &bytes, size, &err) != MM_OK)
        fail_msg("%s", err.text);
    return bytes;
}

#endif

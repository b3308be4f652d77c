/* NIfTI: files made by nibabel, real ones with awkward headers and nibabel's numbers, broken headers, round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "image/affine.h"
#include "image/gzip.h"
#include "image/nifti_internal.h"
#include "tests/image/nifti_samples.h"
#include "tests/image/waves.h"
#include "tests/support/scratch.h"

#define SAMPLES   (sizeof samples / sizeof *samples)
#define PLAIN_MAX 2048

static struct mm_error err;

/* Sum of the voxels that are finite; least, most and number of the others when asked for. */
struct summary {
    double sum, least, most;
    int odd;
};

static struct summary summarise(const struct mm_volume *v)
{
    struct summary s = {.least = INFINITY, .most = -INFINITY};
    size_t n = mm_volume_voxels(v) * (size_t)v->channels;
    for (size_t i = 0; i < n; i++) {
        double value;
        mm_convert(&value, MM_F64, (unsigned char *)v->data + i * mm_type_bytes(v->type), v->type, 1, 1);
        if (!isfinite(value)) {
            s.odd++;
            continue;
        }
        s.sum += value;
        s.least = fmin(s.least, value);
        s.most = fmax(s.most, value);
    }
    return s;
}

static void check_sample(const struct sample *sample, const struct mm_volume *v)
{
    char codes[4];
    assert_int_equal(v->type, sample->type);
    assert_int_equal(v->rank, sample->rank);
    assert_int_equal(v->channels, sample->channels);
    assert_memory_equal(v->size, sample->size, sizeof v->size);
    if (!mm_affine_near(v->affine, sample->affine, 1e-6))
        fail_msg("%s: another affine", sample->name);
    mm_affine_codes(v->affine, 3, codes);
    assert_string_equal(codes, sample->codes);
    assert_true(mm_volume_get(v, 0, 0, 0, 0) == sample->first);
    assert_true(mm_volume_get(v, v->channels - 1, v->size[2] - 1, v->size[1] - 1, v->size[0] - 1) == sample->last);
    assert_true(summarise(v).sum == sample->sum);
}

/* The sample unpacked: how many bytes it has. */
static size_t unpack(const struct sample *sample, unsigned char plain[PLAIN_MAX])
{
    size_t size = mm_gzip_prefix(sample->bytes, sample->length, plain, PLAIN_MAX);
    assert_in_range(size, 352, PLAIN_MAX - 1);
    return size;
}

static void nibabels_files_are_read(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; i < SAMPLES; i++) {
        unsigned char plain[PLAIN_MAX];
        struct mm_volume *v;
        size_t size = unpack(&samples[i], plain);
        assert_int_equal(mm_nifti_from_bytes(&scratch->arena, samples[i].bytes, samples[i].length, &v, &err), MM_OK);
        check_sample(&samples[i], v);
        assert_int_equal(mm_nifti_from_bytes(&scratch->arena, plain, size, &v, &err), MM_OK);
        check_sample(&samples[i], v);
    }
}

/* Content decides: gzip under .nii and plain under .nii.gz; the header alone says the same as the whole. */
static void names_do_not_matter(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; i < SAMPLES; i++) {
        unsigned char plain[PLAIN_MAX];
        size_t size = unpack(&samples[i], plain);
        const char *paths[3] = {scratch_file(scratch, "gzip.nii", samples[i].bytes, samples[i].length),
                                scratch_file(scratch, "plain.nii.gz", plain, size),
                                scratch_file(scratch, "no extension", samples[i].bytes, samples[i].length)};
        for (int k = 0; k < 3; k++) {
            struct mm_volume *v;
            struct mm_image_info info;
            assert_int_equal(mm_image_read(&scratch->arena, paths[k], &v, &err), MM_OK);
            check_sample(&samples[i], v);
            assert_int_equal(mm_image_header(paths[k], &info, &err), MM_OK);
            assert_true(info.type == v->type && info.rank == v->rank && info.channels == v->channels);
            assert_memory_equal(info.size, v->size, sizeof v->size);
            assert_memory_equal(info.affine, v->affine, sizeof v->affine);
            assert_int_equal(info.file_bytes, k == 1 ? size : samples[i].length);
        }
    }
}

static void every_cut_is_an_error(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; i < SAMPLES; i++) {
        unsigned char plain[PLAIN_MAX];
        struct mm_volume *v;
        size_t size = unpack(&samples[i], plain);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(mm_nifti_from_bytes(&scratch->arena, plain, cut, &v, &err), MM_ERR_DATA);
        for (size_t cut = 0; cut < samples[i].length; cut++)
            assert_int_equal(mm_nifti_from_bytes(&scratch->arena, samples[i].bytes, cut, &v, &err), MM_ERR_DATA);
    }
}

/* A header of ours with some bytes changed: what the error says. Offsets of NIfTI-1. */
static const struct {
    size_t at, count;
    const char *bytes, *says;
} broken[] = {
    {0, 4, "\x01\x02\x03\x04", "not a NIfTI file"},
    {344, 3, "ni1", ".hdr/.img pair"},
    {344, 4, "\0\0\0\0", "magic is 00 00 00 00"},
    {40, 2, "\x09\0", "dim[0] is 9, NIfTI allows 1 to 7"},
    {40, 2, "\0\0", "dim[0] is 0"},
    {40, 2, "\xff\xff", "dim[0] is -1"},
    {40, 2, "\x01\0", "a list of 4 numbers"},
    {44, 2, "\0\0", "dim[2] is 0"},
    {46, 2, "\xfe\xff", "dim[3] is -2"},
    {42, 6, "\xff\x7f\xff\x7f\xff\x7f", "too large"},
    {42, 4, "\xff\x7f\xff\x7f", "cut short"},
    {40, 12, "\x05\0\x04\0\x03\0\x02\0\x02\0\x02\0", "5 dimensions, 4 x 3 x 2 x 2 x 2"},
    {40, 16, "\x07\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x02\0", "7 dimensions"},
    {70, 2, "\x20\0", "datatype 32"},
    {70, 2, "\0\x06", "datatype 1536"},
    {70, 2, "\x80\0", "cut short"}, /* RGB24: more bytes than there are */
    {108, 4, "\0\0\0\0", "vox_offset is 0"},
    {108, 4, "\0\0\xc0\x7f", "vox_offset is nan"},
    {108, 4, "\0\0\xa0\xc3", "vox_offset is -320"},
    {108, 4, "\0\x40\xb0\x43", "vox_offset is 352.5"},
    {108, 4, "\0\0\x80\x5f", "vox_offset is 1.84467e+19"},
    {108, 4, "\0\0\0\x44", "cut short"}, /* 512: the voxels no longer fit */
    {116, 4, "\0\0\x80\x7f", "scl_inter is inf"},
    {280, 4, "\0\0\xc0\x7f", "the sform affine holds numbers that are not finite"},
    {280, 4, "\0\0\0\0", "the sform affine is singular"},
    {76, 4, "\0\0\0\0", NULL},      /* qfac 0 counts as 1 */
    {112, 4, "\0\0\xc0\x7f", NULL}, /* a slope that is not a number: no scaling */
    {112, 4, "\0\0\0\0", NULL},
    {254, 2, "\x63\0", NULL}, /* an unknown sform code: the qform counts */
    {72, 2, "\x63\0", NULL},  /* bitpix is not used */
};

static size_t make_file(unsigned char bytes[PLAIN_MAX])
{
    struct mm_nifti h = {.version = 1, .dim = {3, 4, 3, 2, 1, 1, 1, 1}, .datatype = 4, .slope = 2, .inter = 1};
    const double affine[16] = {-2, 0, 0, 10, 0, 2, 0, 20, 0, 0, 3, 30, 0, 0, 0, 1};
    mm_nifti_set_affine(&h, affine);
    memset(bytes, 7, PLAIN_MAX);
    return mm_nifti_encode(&h, bytes) + 48;
}

static void broken_headers_say_what_is_wrong(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        unsigned char bytes[PLAIN_MAX];
        struct mm_volume *v;
        size_t size = make_file(bytes);
        memcpy(bytes + broken[i].at, broken[i].bytes, broken[i].count);
        err.text[0] = '\0';
        enum mm_status s = mm_nifti_from_bytes(&scratch->arena, bytes, size, &v, &err);
        if (s != (broken[i].says ? MM_ERR_DATA : MM_OK) || (s && !strstr(err.text, broken[i].says)))
            fail_msg("case %zu: status %d, \"%s\"; expected \"%s\"", i, s, err.text, broken[i].says);
    }
}

static void unknown_sform_codes_leave_the_qform(void **state)
{
    struct scratch *scratch = *state;
    unsigned char bytes[PLAIN_MAX];
    struct mm_volume *v;
    size_t size = make_file(bytes);
    bytes[254] = 99;
    bytes[283] = 0x41; /* srow_x[0] is no longer -2 */
    assert_int_equal(mm_nifti_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_OK);
    assert_true(fabs(v->affine[0] + 2) < 1e-6);
    bytes[252] = 0; /* neither: nibabel's base affine */
    assert_int_equal(mm_nifti_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_OK);
    const double base[16] = {-2, 0, 0, 3, 0, 2, 0, -2, 0, 0, 3, -1.5, 0, 0, 0, 1};
    assert_true(mm_affine_near(v->affine, base, 1e-9));
    memcpy(bytes + 256, "\0\0\x40\x40", 4); /* quatern_b 3 */
    bytes[252] = 1;
    assert_int_equal(mm_nifti_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "quaternion"));
}

/* A few hundred bytes of gzip that promise gigabytes: refused before anything is allocated. */
static void small_files_cannot_ask_for_much_memory(void **state)
{
    struct scratch *scratch = *state;
    unsigned char bytes[PLAIN_MAX], *packed;
    struct mm_volume *v;
    size_t size = make_file(bytes), packed_size;
    memcpy(bytes + 42, "\0\x08\0\x08\0\x08", 6); /* 2048 cubed */
    assert_int_equal(mm_gzip_pack(&scratch->arena, bytes, size, &packed, &packed_size, &err), MM_OK);
    size_t held = scratch->arena.bytes;
    assert_int_equal(mm_nifti_from_bytes(&scratch->arena, packed, packed_size, &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "more than"));
    assert_int_equal(scratch->arena.bytes, held);
}

static void colours_become_three_planes(void **state)
{
    struct scratch *scratch = *state;
    unsigned char bytes[PLAIN_MAX];
    struct mm_volume *v;
    size_t size = make_file(bytes);
    memcpy(bytes + 70, "\x80\0", 2);
    memcpy(bytes + 112, "\0\0\x80\x3f\0\0\0\0", 8); /* slope 1, intercept 0 */
    for (int i = 0; i < 72; i++)
        bytes[352 + i] = (unsigned char)i;
    assert_int_equal(mm_nifti_from_bytes(&scratch->arena, bytes, size + 24, &v, &err), MM_OK);
    assert_int_equal(v->channels, 3);
    assert_int_equal(v->type, MM_U8);
    for (int c = 0; c < 3; c++)
        assert_true(mm_volume_get(v, c, 1, 2, 3) == 69 + c);
}

static const double oblique[16] = {1.4,  -0.3, 0.25, -90.5, 0.35, 1.9, -0.4, 33.25,
                                   -0.1, 0.3,  -2.5, 7.125, 0,    0,   0,    1};

static void check_round_trip(struct scratch *scratch, const struct mm_volume *v, const char *name)
{
    char *path = scratch_path(scratch, name);
    struct mm_volume *back;
    assert_int_equal(mm_image_write(path, v, &err), MM_OK);
    assert_int_equal(mm_image_read(&scratch->arena, path, &back, &err), MM_OK);
    assert_int_equal(back->type, v->type);
    assert_int_equal(back->rank, v->channels > 1 ? 3 : v->rank);
    assert_true(wave_difference(back, v) == 0);
    for (int i = 0; i < 16; i++)
        assert_true(back->affine[i] == (float)v->affine[i]);
}

static void volumes_of_every_type_come_back_exactly(void **state)
{
    struct scratch *scratch = *state;
    for (int type = 0; type < MM_TYPE_COUNT; type++) {
        for (int channels = 1; channels <= 3; channels += 2) {
            struct mm_volume *v = wave_volume(&scratch->arena, (enum mm_type)type, 3, channels, 5, 4, 3);
            memcpy(v->affine, oblique, sizeof oblique);
            check_round_trip(scratch, v, "a.nii");
            check_round_trip(scratch, v, "a.nii.gz");
            check_round_trip(scratch, wave_interleave(&scratch->arena, v), "a.NII.GZ");
        }
    }
    struct mm_volume *flat = wave_volume(&scratch->arena, MM_U8, 2, 1, 7, 5, 1);
    check_round_trip(scratch, flat, "flat.nii.gz");
}

static void long_axes_make_nifti_2(void **state)
{
    struct scratch *scratch = *state;
    struct mm_volume *v = wave_volume(&scratch->arena, MM_U8, 3, 1, 2, 32768, 1);
    unsigned char *bytes;
    size_t size;
    check_round_trip(scratch, v, "long.nii");
    assert_int_equal(mm_file_read(&scratch->arena, scratch_path(scratch, "long.nii"), 1 << 20, &bytes, &size, &err),
                     MM_OK);
    assert_memory_equal(bytes, "\x1c\x02\0\0n+2", 8);
    assert_int_equal(size, 544 + 65536);
}

static void qform_and_pixdim_agree_with_the_sform(void **state)
{
    (void)state;
    /* Rotations about each axis by many angles, with and without a mirror. */
    for (int turn = 0; turn < 72; turn++) {
        double m[16], back[16], angle = turn * 0.2617993877991494, c = cos(angle), s = sin(angle);
        int a = turn % 3, b = (turn + 1) % 3;
        mm_affine_identity(m);
        m[5 * a] = m[5 * b] = c;
        m[4 * a + b] = -s;
        m[4 * b + a] = s;
        for (int r = 0; r < 3; r++) {
            m[4 * r] *= 1.5;
            m[4 * r + 2] *= turn % 2 ? -0.75 : 2;
            m[4 * r + 3] = 10 * r - 5;
        }
        struct mm_nifti h = {.version = 2, .dim = {3, 1, 1, 1}};
        mm_nifti_set_affine(&h, m);
        assert_int_equal(h.qform_code, 2);
        assert_true(h.pixdim[0] == (turn % 2 ? -1 : 1));
        h.sform_code = 0;
        assert_int_equal(mm_nifti_get_affine(&h, back, &err), MM_OK);
        assert_true(mm_affine_near(back, m, 1e-7));
    }
    struct mm_nifti sheared = {.version = 1};
    mm_nifti_set_affine(&sheared, oblique);
    assert_int_equal(sheared.qform_code, 0);
    assert_int_equal(sheared.sform_code, 2);
}

static void equal_volumes_give_equal_files(void **state)
{
    struct scratch *scratch = *state;
    struct mm_volume *v = wave_volume(&scratch->arena, MM_I16, 3, 2, 9, 8, 7);
    unsigned char *bytes[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        char *path = scratch_path(scratch, i ? "b.nii.gz" : "a.nii.gz");
        assert_int_equal(mm_image_write(path, i ? wave_interleave(&scratch->arena, v) : v, &err), MM_OK);
        assert_int_equal(mm_file_read(&scratch->arena, path, 1 << 20, &bytes[i], &size[i], &err), MM_OK);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
}

static void singular_affines_are_not_written(void **state)
{
    struct scratch *scratch = *state;
    struct mm_volume *v = wave_volume(&scratch->arena, MM_U8, 3, 1, 2, 2, 2);
    char *path = scratch_path(scratch, "a.nii");
    v->affine[10] = 0;
    assert_int_equal(mm_image_write(path, v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "affine"));
    assert_false(mm_file_exists(path));
}

static const char *data_folder(struct mm_arena *arena)
{
    const char *root = getenv("MMAR_TEST_DATA");
    return mm_file_join(arena, root && *root ? root : "../shared/data", "nifti_edge_cases");
}

static double number(const cJSON *object, const char *name)
{
    return cJSON_GetNumberValue(mm_json_get(object, name));
}

static void check_near(double got, double expected, const char *file, const char *what)
{
    if (!(fabs(got - expected) <= 1e-6 * fmax(1, fabs(expected))))
        fail_msg("%s: %s is %.17g, nibabel says %.17g", file, what, got, expected);
}

/* All that nibabel says of one file. */
static void check_file(struct mm_arena *arena, const char *folder, const cJSON *expected)
{
    struct mm_volume *v;
    const char *name = expected->string;
    const cJSON *shape = mm_json_get(expected, "shape"), *rows = mm_json_get(expected, "affine");
    const cJSON *line = mm_json_get(expected, "first_axis_line");
    if (mm_image_read(arena, mm_file_join(arena, folder, name), &v, &err) != MM_OK)
        fail_msg("%s", err.text);
    for (int a = 0; a < 3; a++) {
        assert_int_equal(v->size[a], cJSON_GetArrayItem(shape, a)->valuedouble);
        check_near(sqrt(v->affine[a] * v->affine[a] + v->affine[4 + a] * v->affine[4 + a] +
                        v->affine[8 + a] * v->affine[8 + a]),
                   cJSON_GetArrayItem(mm_json_get(expected, "zooms"), a)->valuedouble, name, "a zoom");
    }
    assert_int_equal(v->channels, cJSON_GetArraySize(shape) > 3 ? cJSON_GetArrayItem(shape, 3)->valuedouble : 1);
    for (int i = 0; i < 16; i++)
        check_near(v->affine[i], cJSON_GetArrayItem(cJSON_GetArrayItem(rows, i / 4), i % 4)->valuedouble, name,
                   "the affine");
    char codes[4];
    mm_affine_codes(v->affine, 3, codes);
    assert_string_equal(codes, cJSON_GetStringValue(mm_json_get(expected, "axcodes")));
    struct summary s = summarise(v);
    check_near(s.sum, number(expected, "scaled_sum"), name, "the sum");
    check_near(s.least, number(expected, "scaled_min"), name, "the least value");
    check_near(s.most, number(expected, "scaled_max"), name, "the greatest value");
    assert_int_equal(s.odd, number(expected, "nonfinite"));
    for (int i = 0; i < cJSON_GetArraySize(line); i++) {
        double at = mm_volume_get(v, v->channels / 2, v->size[2] / 2, v->size[1] / 2, i);
        check_near(at, cJSON_GetArrayItem(line, i)->valuedouble, name, "the line through the middle");
    }
}

/* nibabel's own test files with awkward headers, against its numbers; those it says nothing of are no images. */
static void real_files_are_read_as_nibabel_reads_them(void **state)
{
    struct scratch *scratch = *state;
    const char *folder = data_folder(&scratch->arena);
    cJSON *expected;
    const cJSON *file;
    struct mm_volume *v;
    if (mm_json_read(&scratch->arena, mm_file_join(&scratch->arena, folder, "expected.json"), &expected, &err) !=
        MM_OK) {
        printf("skipped: real_files_are_read_as_nibabel_reads_them: no %s\n", folder);
        return;
    }
    cJSON_ArrayForEach (file, expected)
        check_file(&scratch->arena, folder, file);
    static const char *const others[][2] = {{"row_major.dconn.nii", "CIFTI-2"}, {"test.mgz", "not an image"}};
    for (int i = 0; i < 2; i++) {
        char *path = mm_file_join(&scratch->arena, folder, others[i][0]);
        assert_int_equal(mm_image_read(&scratch->arena, path, &v, &err), MM_ERR_DATA);
        assert_non_null(strstr(err.text, others[i][1]));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nibabels_files_are_read),
        TEST(names_do_not_matter),
        TEST(every_cut_is_an_error),
        TEST(broken_headers_say_what_is_wrong),
        TEST(unknown_sform_codes_leave_the_qform),
        TEST(small_files_cannot_ask_for_much_memory),
        TEST(colours_become_three_planes),
        TEST(volumes_of_every_type_come_back_exactly),
        TEST(long_axes_make_nifti_2),
        TEST(qform_and_pixdim_agree_with_the_sform),
        TEST(equal_volumes_give_equal_files),
        TEST(singular_affines_are_not_written),
        TEST(real_files_are_read_as_nibabel_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

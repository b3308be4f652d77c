/* The device "cpu": copies, sums, updates and reorders are the same on any number of threads; what lies outside is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "trainer/backends/device.h"
#include "trainer/optimizers/optimizer.h"

#define COUNT ((size_t)200003) /* several shards and a rest */

struct rig {
    struct mm_pool *pool;
    struct mm_device *device;
    const struct mm_device_type *type;
    struct mm_buffer *a, *b;
    float *host_a, *host_b;
};

static int open_rig(void **state)
{
    static struct rig rig;
    rig.type = &mm_device_cpu;
    assert_int_equal(mm_pool_open(3, &rig.pool, NULL), MM_OK);
    assert_int_equal(rig.type->open(rig.pool, &rig.device, NULL), MM_OK);
    assert_int_equal(rig.type->buffer_make(rig.device, COUNT * 4, &rig.a, NULL), MM_OK);
    assert_int_equal(rig.type->buffer_make(rig.device, COUNT * 4, &rig.b, NULL), MM_OK);
    rig.host_a = rig.type->host(rig.device, rig.a, 0);
    rig.host_b = rig.type->host(rig.device, rig.b, 0);
    *state = &rig;
    return 0;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    rig->type->buffer_free(rig->device, rig->a);
    rig->type->buffer_free(rig->device, rig->b);
    rig->type->buffer_free(rig->device, NULL);
    rig->type->close(rig->device);
    mm_pool_close(rig->pool);
    return 0;
}

static void test_copies(void **state)
{
    const struct rig *rig = *state;
    const float from[] = {1, 2, 3};
    float to[3] = {0};
    for (size_t i = 0; i < COUNT; i++)
        assert_true(rig->host_a[i] == 0);
    assert_int_equal(rig->type->upload(rig->device, rig->a, 64, from, sizeof from, NULL), MM_OK);
    assert_int_equal(rig->type->download(rig->device, rig->a, 68, to, 8, NULL), MM_OK);
    assert_true(to[0] == 2 && to[1] == 3 && to[2] == 0);
    assert_ptr_equal(rig->type->host(rig->device, rig->a, 64), (char *)rig->host_a + 64);
    assert_int_equal(rig->type->wait(rig->device, NULL), MM_OK);
}

static void test_fill_and_accumulate(void **state)
{
    const struct rig *rig = *state;
    assert_int_equal(rig->type->fill(rig->device, rig->a, 4, 2.5f, COUNT - 2, NULL), MM_OK);
    assert_true(rig->host_a[0] == 0 && rig->host_a[1] == 2.5f && rig->host_a[COUNT - 2] == 2.5f &&
                rig->host_a[COUNT - 1] == 0);
    for (size_t i = 0; i < COUNT; i++)
        rig->host_b[i] = (float)i;
    assert_int_equal(rig->type->accumulate(rig->device, rig->a, 4, rig->b, 8, COUNT - 2, NULL), MM_OK);
    for (size_t i = 1; i < COUNT - 1; i++)
        assert_true(rig->host_a[i] == 2.5f + (float)(i + 1));
    assert_true(rig->host_a[0] == 0 && rig->host_a[COUNT - 1] == 0);
}

static void test_outside_is_refused(void **state)
{
    const struct rig *rig = *state;
    struct mm_error err = {0};
    float host[4] = {0};
    assert_int_equal(rig->type->upload(rig->device, rig->a, COUNT * 4 - 8, host, 12, &err), MM_ERR_DEVICE);
    assert_non_null(strstr(err.text, "outside a buffer"));
    assert_int_equal(rig->type->download(rig->device, rig->a, SIZE_MAX - 3, host, 8, NULL), MM_ERR_DEVICE);
    assert_int_equal(rig->type->fill(rig->device, rig->a, 8, 0, COUNT - 1, NULL), MM_ERR_DEVICE);
    assert_int_equal(rig->type->accumulate(rig->device, rig->a, 0, rig->b, 4, COUNT, NULL), MM_ERR_DEVICE);
    struct mm_buffer *buffer = NULL;
    assert_int_equal(rig->type->buffer_make(rig->device, SIZE_MAX, &buffer, &err), MM_ERR_MEMORY);
    assert_null(buffer);
    mm_memory_fail_at(2);
    assert_int_equal(rig->type->buffer_make(rig->device, 64, &buffer, &err), MM_ERR_MEMORY);
    mm_memory_fail_at(0);
}

/* Where an element lies, as tensor.h says. */
static size_t place(const struct mm_desc *desc, int64_t n, int64_t c, int64_t i)
{
    int64_t channels = desc->dim[1], area = mm_desc_area(desc);
    switch (desc->layout) {
    case MM_LAYOUT_BLOCKED16:
        return (size_t)(((n * ((channels + 15) / 16) + c / 16) * area + i) * 16 + c % 16);
    case MM_LAYOUT_CHANNELS_LAST:
        return (size_t)((n * area + i) * channels + c);
    default:
        return (size_t)((n * channels + c) * area + i);
    }
}

static float value_of(int64_t n, int64_t c, int64_t i)
{
    return (float)(1 + n * 1000000 + c * 5000 + i);
}

static void check_reorder(const struct rig *rig, const struct mm_desc *from, const struct mm_desc *to)
{
    const struct mm_ref source = {rig->a, 64, from}, target = {rig->b, 128, to};
    float *in = rig->host_a + 16, *out = rig->host_b + 32;
    size_t used = 0;
    memset(rig->host_a, 0, COUNT * 4);
    memset(rig->host_b, 0xff, COUNT * 4);
    for (int64_t n = 0; n < from->dim[0]; n++)
        for (int64_t c = 0; c < from->dim[1]; c++)
            for (int64_t i = 0; i < mm_desc_area(from); i++)
                in[place(from, n, c, i)] = value_of(n, c, i);
    assert_int_equal(rig->type->reorder(rig->device, &source, &target, NULL), MM_OK);
    for (int64_t n = 0; n < from->dim[0]; n++)
        for (int64_t c = 0; c < from->dim[1]; c++)
            for (int64_t i = 0; i < mm_desc_area(from); i++, used++)
                if (out[place(to, n, c, i)] != value_of(n, c, i))
                    fail_msg("%s to %s: item %d, channel %d, voxel %d", mm_layout_name(from->layout),
                             mm_layout_name(to->layout), (int)n, (int)c, (int)i);
    size_t zeros = 0;
    for (size_t i = 0; i < mm_desc_elements(to); i++)
        zeros += out[i] == 0;
    assert_int_equal(zeros, mm_desc_elements(to) - used);              /* the padding, all of it */
    assert_int_equal(((unsigned char *)out)[mm_desc_bytes(to)], 0xff); /* and nothing behind */
    assert_int_equal(((unsigned char *)out)[-1], 0xff);
}

static void test_reorders(void **state)
{
    const struct mm_desc shapes[] = {
        {MM_DT_F32, MM_LAYOUT_PLAIN, 3, {2, 1, 3, 4, 5}},  {MM_DT_F32, MM_LAYOUT_PLAIN, 3, {1, 16, 3, 4, 5}},
        {MM_DT_F32, MM_LAYOUT_PLAIN, 2, {3, 17, 1, 9, 7}}, {MM_DT_F32, MM_LAYOUT_PLAIN, 2, {2, 35, 1, 33, 37}},
        {MM_DT_F32, MM_LAYOUT_PLAIN, 3, {1, 32, 1, 1, 1}}, {MM_DT_F32, MM_LAYOUT_PLAIN, 2, {1, 3, 1, 64, 64}},
    };
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int i = 0; i < MM_LAYOUT_COUNT; i++)
            for (int k = 0; k < MM_LAYOUT_COUNT; k++) {
                const struct mm_desc from = mm_desc_with(shapes[s], (enum mm_layout)i),
                                     to = mm_desc_with(shapes[s], (enum mm_layout)k);
                check_reorder(*state, &from, &to);
            }
}

static void test_refused_reorders(void **state)
{
    const struct rig *rig = *state;
    const struct mm_desc a = mm_desc_make(2, 1, 3, 1, 4, 5), other = mm_desc_make(2, 1, 3, 1, 5, 4);
    const struct mm_desc big = mm_desc_make(2, 1, 1, 1, 1, COUNT + 1);
    struct mm_desc half = a;
    half.dtype = MM_DT_BF16;
    assert_int_equal(
        rig->type->reorder(rig->device, &(struct mm_ref){rig->a, 0, &a}, &(struct mm_ref){rig->b, 0, &other}, NULL),
        MM_ERR_DEVICE);
    assert_int_equal(
        rig->type->reorder(rig->device, &(struct mm_ref){rig->a, 0, &a}, &(struct mm_ref){rig->b, 0, &half}, NULL),
        MM_ERR_DEVICE);
    assert_int_equal(
        rig->type->reorder(rig->device, &(struct mm_ref){rig->a, 0, &big}, &(struct mm_ref){rig->b, 0, &big}, NULL),
        MM_ERR_DEVICE);
}

/* w -= lr * g, counting elements and pieces in its slots. */
static void plain_update(const void *self, const struct mm_update *u)
{
    for (size_t i = 0; i < u->n; i++) {
        u->w[i] -= (float)u->lr * u->g[i];
        u->slot[0][i] += *(const float *)self;
    }
    u->slot[1][0] += 1;
}

static void check_update(const struct rig *rig, bool elementwise, float pieces)
{
    const struct mm_optimizer optimizer = {.slots = 2, .elementwise = elementwise, .update = plain_update};
    const struct mm_desc desc = mm_desc_vector((int64_t)COUNT);
    const float self = 3;
    struct mm_buffer *slot[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(rig->type->buffer_make(rig->device, COUNT * 4, &slot[i], NULL), MM_OK);
    const struct mm_ref weight = {rig->a, 0, &desc}, gradient = {rig->b, 0, &desc},
                        slots[] = {{slot[0], 0, &desc}, {slot[1], 0, &desc}};
    for (size_t i = 0; i < COUNT; i++) {
        rig->host_a[i] = 1;
        rig->host_b[i] = (float)(i % 100);
    }
    assert_int_equal(rig->type->update(rig->device, &optimizer, &self, 0.5, 1, &weight, &gradient, slots, NULL),
                     MM_OK);
    const float *first = rig->type->host(rig->device, slot[0], 0), *second = rig->type->host(rig->device, slot[1], 0);
    float sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(rig->host_a[i] == 1 - 0.5f * (float)(i % 100) && first[i] == 3);
        sum += second[i];
    }
    assert_true(sum == pieces);
    for (int i = 0; i < 2; i++)
        rig->type->buffer_free(rig->device, slot[i]);
}

static void test_updates(void **state)
{
    check_update(*state, true, 4); /* shards of 65536 */
    check_update(*state, false, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_copies, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_fill_and_accumulate, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_outside_is_refused, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_reorders, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_refused_reorders, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_updates, open_rig, close_rig),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The choice of backends: order, names, and the message for a name that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trainer/backends/backend.h"

static size_t select_names(const char *name, char *names, size_t size)
{
    const struct mm_backend *chosen[MM_BACKENDS_MAX];
    const struct mm_device_type *device = NULL;
    struct mm_error err;
    size_t count, length = 0;
    assert_int_equal(mm_backend_select(name, chosen, &count, &device, &err), MM_OK);
    assert_ptr_equal(device, &mm_device_cpu);
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(names + length, size - length, "%s ", chosen[i]->name);
    return count;
}

static void reference_is_always_last(void **state)
{
    char names[256];
    (void)state;
    select_names("auto", names, sizeof names);
    assert_string_equal(names, MM_ONEDNN ? "onednn cpu reference " : "cpu reference ");
    select_names("cpu", names, sizeof names);
    assert_string_equal(names, "cpu reference ");
    select_names("reference", names, sizeof names);
    assert_string_equal(names, "reference ");
}

static void an_unknown_name_is_an_error_with_the_names(void **state)
{
    const struct mm_backend *chosen[MM_BACKENDS_MAX];
    const struct mm_device_type *device;
    struct mm_error err;
    size_t count;
    (void)state;
    assert_int_equal(mm_backend_select("cuda", chosen, &count, &device, &err), MM_ERR_USAGE);
    assert_non_null(strstr(err.text, "\"cuda\""));
    assert_non_null(strstr(err.text, "reference"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_is_always_last),
        cmocka_unit_test(an_unknown_name_is_an_error_with_the_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

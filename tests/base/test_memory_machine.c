/* What this machine says of its memory: something, and not more than it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/memory.h"

static void less_is_available_than_there_is(void **state)
{
    (void)state;
    uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    assert_true(mm_memory_available() > 1 << 20);
    assert_true(mm_memory_available() < total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(less_is_available_than_there_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

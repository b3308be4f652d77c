/* What this machine says of its memory: something, and not more than it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/support/scratch.h"

static void less_is_available_than_there_is(void **state)
{
    (void)state;
    uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    assert_true(mm_memory_available() > 1 << 20);
    assert_true(mm_memory_available() < total);
}

/* A machine in a folder: files are written below it, with the folders that they need. */
static void write_file(struct scratch *scratch, const char *path, const char *text)
{
    char folder[256];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%s/%.*s", scratch->folder, (int)(slash - path), path);
        mkdir(folder, 0700);
    }
    scratch_file(scratch, path, text, strlen(text));
}

static uint64_t available(const struct scratch *scratch)
{
    return mm_memory_available_at(scratch->folder);
}

static struct scratch *make_machine(void **state, const char *groups)
{
    write_file(*state, "proc/meminfo", "MemTotal: 4000 kB\nMemAvailable: 3000 kB\n");
    write_file(*state, "proc/self/cgroup", groups);
    return *state;
}

static void what_is_available_is_told_where_no_group_limits(void **state)
{
    struct scratch *machine = make_machine(state, "0::/a/b\n");
    assert_int_equal(available(machine), 3000 * 1024);
    write_file(machine, "sys/fs/cgroup/a/memory.max", "max\n");
    write_file(machine, "sys/fs/cgroup/a/memory.current", "1000\n");
    assert_int_equal(available(machine), 3000 * 1024);
}

static void nothing_is_known_without_the_systems_word(void **state)
{
    assert_int_equal(available(*state), 0);
}

static void the_narrowest_group_limits(void **state)
{
    struct scratch *machine = make_machine(state, "0::/a/b\n");
    write_file(machine, "sys/fs/cgroup/a/memory.max", "900000\n");
    write_file(machine, "sys/fs/cgroup/a/memory.current", "400000\n");
    assert_int_equal(available(machine), 500000);
    write_file(machine, "sys/fs/cgroup/a/b/memory.max", "100000\n");
    write_file(machine, "sys/fs/cgroup/a/b/memory.current", "30000\n");
    assert_int_equal(available(machine), 70000);
    write_file(machine, "sys/fs/cgroup/a/b/memory.stat", "anon 10000\ninactive_file 20000\n");
    assert_int_equal(available(machine), 90000);
    write_file(machine, "sys/fs/cgroup/a/b/memory.current", "200000\n");
    assert_int_equal(available(machine), 0);
}

/* As the clusters have it that still use the first version; in a container the group's path is not to be seen. */
static void groups_of_the_first_version_limit_too(void **state)
{
    struct scratch *machine = make_machine(state, "5:cpuset,memory:/slurm/job_1/step_0\n4:memories:/x\n0::/\n");
    write_file(machine, "sys/fs/cgroup/memory/slurm/job_1/memory.limit_in_bytes", "800000\n");
    write_file(machine, "sys/fs/cgroup/memory/slurm/job_1/memory.usage_in_bytes", "300000\n");
    write_file(machine, "sys/fs/cgroup/memory/slurm/job_1/memory.stat", "total_inactive_file 100000\n");
    write_file(machine, "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "8\n");
    write_file(machine, "sys/fs/cgroup/memory/x/memory.usage_in_bytes", "3\n");
    assert_int_equal(available(machine), 600000);
    write_file(machine, "sys/fs/cgroup/memory/memory.limit_in_bytes", "70000\n");
    write_file(machine, "sys/fs/cgroup/memory/memory.usage_in_bytes", "30000\n");
    assert_int_equal(available(machine), 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(less_is_available_than_there_is),
        cmocka_unit_test_setup_teardown(what_is_available_is_told_where_no_group_limits, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_known_without_the_systems_word, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_narrowest_group_limits, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(groups_of_the_first_version_limit_too, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What this machine says of its memory: something, and not more than it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static void less_is_available_than_there_is(void **state)
{
    (void)state;
    uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    assert_true(mm_memory_available() > 1 << 20);
    assert_true(mm_memory_available() < total);
}

/* A machine in a folder: files are written below it, with the folders that they need. */
static void write_file(const char *root, const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *stream = fopen(whole, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void make_machine(char root[32], const char *groups)
{
    snprintf(root, 32, "/tmp/machine.XXXXXX");
    assert_non_null(mkdtemp(root));
    write_file(root, "/proc/meminfo", "MemTotal: 4000 kB\nMemAvailable: 3000 kB\n");
    write_file(root, "/proc/self/cgroup", groups);
}

static void remove_machine(const char *root)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    assert_int_equal(system(command), 0);
}

static void what_is_available_is_told_where_no_group_limits(void **state)
{
    (void)state;
    char root[32];
    make_machine(root, "0::/a/b\n");
    assert_int_equal(mm_memory_available_at(root), 3000 * 1024);
    write_file(root, "/sys/fs/cgroup/a/memory.max", "max\n");
    write_file(root, "/sys/fs/cgroup/a/memory.current", "1000\n");
    assert_int_equal(mm_memory_available_at(root), 3000 * 1024);
    remove_machine(root);
    assert_int_equal(mm_memory_available_at(root), 0);
}

static void the_narrowest_group_limits(void **state)
{
    (void)state;
    char root[32];
    make_machine(root, "0::/a/b\n");
    write_file(root, "/sys/fs/cgroup/a/memory.max", "900000\n");
    write_file(root, "/sys/fs/cgroup/a/memory.current", "400000\n");
    assert_int_equal(mm_memory_available_at(root), 500000);
    write_file(root, "/sys/fs/cgroup/a/b/memory.max", "100000\n");
    write_file(root, "/sys/fs/cgroup/a/b/memory.current", "30000\n");
    assert_int_equal(mm_memory_available_at(root), 70000);
    write_file(root, "/sys/fs/cgroup/a/b/memory.stat", "anon 10000\ninactive_file 20000\n");
    assert_int_equal(mm_memory_available_at(root), 90000);
    write_file(root, "/sys/fs/cgroup/a/b/memory.current", "200000\n");
    assert_int_equal(mm_memory_available_at(root), 0);
    remove_machine(root);
}

/* As the clusters have it that still use the first version; in a container the group's path is not to be seen. */
static void groups_of_the_first_version_limit_too(void **state)
{
    (void)state;
    char root[32];
    make_machine(root, "5:cpuset,memory:/slurm/job_1/step_0\n4:memories:/x\n0::/\n");
    write_file(root, "/sys/fs/cgroup/memory/slurm/job_1/memory.limit_in_bytes", "800000\n");
    write_file(root, "/sys/fs/cgroup/memory/slurm/job_1/memory.usage_in_bytes", "300000\n");
    write_file(root, "/sys/fs/cgroup/memory/slurm/job_1/memory.stat", "total_inactive_file 100000\n");
    write_file(root, "/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "8\n");
    write_file(root, "/sys/fs/cgroup/memory/x/memory.usage_in_bytes", "3\n");
    assert_int_equal(mm_memory_available_at(root), 600000);
    write_file(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "70000\n");
    write_file(root, "/sys/fs/cgroup/memory/memory.usage_in_bytes", "30000\n");
    assert_int_equal(mm_memory_available_at(root), 40000);
    remove_machine(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(less_is_available_than_there_is),
        cmocka_unit_test(what_is_available_is_told_where_no_group_limits),
        cmocka_unit_test(the_narrowest_group_limits),
        cmocka_unit_test(groups_of_the_first_version_limit_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

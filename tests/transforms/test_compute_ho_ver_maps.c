/* Distances from the middles of instances, against MONAI 1.6.1's. */
#include "chains.h"

static void maps_of_instances(void **state)
{
    struct bench *b = *state;
    struct mm_volume *mask =
        bench_put(b, "mask", MM_U8, 1, 6, 5, 0,
                  VALUES(0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 3, 0, 0, 1, 0, 3, 3, 3, 7, 0, 0, 0, 3, 3, 7, 0, 0, 0, 0, 3));
    bench_runs(b, "{\"name\": \"ComputeHoVerMapsd\", \"args\": {\"keys\": \"mask\", \"dtype\": \"float32\"}}");
    bench_expect(b, "hover_mask", MM_F32, 2,
                 VALUES(0, -1, -1, 0, 0, 0, 0.142857, 0.142857, 0.142857, 0, -1, 0, 0, 1, 0, -0.3, -0.3, -0.3, -1, 0,
                        0, 0, 0.363636, 0.363636, 1, 0, 0, 0, 0, 1, 0, -0.142857, 1, 0, 0, 0, -1, -0.142857, 1, 0,
                        -0.222222, 0, 0, -0.142857, 0, -1, -0.222222, 1, 0, 0, 0, 0, -0.222222, 1, 0, 0, 0, 0, 0, 1),
                 1e-5);
    assert_ptr_equal(bench_volume(b, "mask"), mask);
    bench_put(b, "two", MM_U8, 2, 1, 1, 0, VALUES(0, 1));
    bench_fails(b, "{\"name\": \"ComputeHoVerMapsd\", \"args\": {\"keys\": \"two\"}}", MM_ERR_DATA, "2 channels");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(maps_of_instances)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

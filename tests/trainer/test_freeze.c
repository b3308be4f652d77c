/* Freezing by pattern: which parameters, how many, and that the run's digest hears of it (that a frozen parameter stays is test_network's). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trainer/small_unet.h"
#include "trainer/freeze.h"

static void test_patterns(void **state)
{
    struct mm_arena arena;
    (void)state;
    mm_arena_init(&arena, NULL);
    struct mm_graph *graph = small_unet_make(&arena).graph;
    size_t all = mm_graph_learned(graph);
    assert_int_equal(cJSON_GetArraySize(mm_graph_frozen_json(&arena, graph)), 0);
    assert_int_equal(mm_graph_freeze(graph, "top.weight"), 1);
    assert_int_equal(mm_graph_freeze(graph, "top.weight"), 0);
    assert_int_equal(mm_graph_freeze(graph, "top*"),
                     4); /* bias, scale, shift, slope; the running statistics are no parameters */
    assert_int_equal(mm_graph_freeze(graph, "nothing"), 0);
    assert_int_equal(mm_graph_freeze(graph, "*.running_mean"), 0);
    assert_int_equal(mm_graph_learned(graph), all - 5);
    const cJSON *names = mm_graph_frozen_json(&arena, graph);
    assert_int_equal(cJSON_GetArraySize(names), 5);
    assert_string_equal(cJSON_GetArrayItem(names, 0)->valuestring, "top.weight");
    assert_int_equal(mm_graph_freeze(graph, "*"), all - 5);
    assert_int_equal(mm_graph_learned(graph), 0);
    mm_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_patterns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

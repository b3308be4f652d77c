/* Building and changing trees; cJSON's own printer is the judge of the links. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

static struct mm_arena arena;

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

static cJSON *parse(const char *text)
{
    cJSON *json = NULL;
    struct mm_error err = {0};
    if (mm_json_parse(&arena, "t", text, strlen(text), &json, &err) != MM_OK)
        fail_msg("%s: %s", text, err.text);
    return json;
}

/* Forwards by cJSON's printer, backwards by hand. */
static void check_tree(const cJSON *json, const char *expected)
{
    char *text = cJSON_PrintUnformatted(json);
    assert_string_equal(text, expected);
    cJSON_free(text);
    if (!json->child)
        return;
    const cJSON *last = json->child->prev;
    assert_null(last->next);
    int count = 1;
    for (; last != json->child; last = last->prev)
        count++;
    assert_int_equal(count, cJSON_GetArraySize(json));
}

static void trees_are_built(void **state)
{
    (void)state;
    cJSON *root = mm_json_object(&arena);
    char name[] = "name", text[] = "x";
    mm_json_add(&arena, root, name, mm_json_text(&arena, text));
    name[0] = text[0] = '?'; /* both were copied */
    cJSON *list = mm_json_add(&arena, root, "list", mm_json_array(&arena));
    mm_json_append(list, mm_json_integer(&arena, -3));
    mm_json_append(list, mm_json_number(&arena, 2.5));
    mm_json_append(list, mm_json_number(&arena, NAN));
    mm_json_append(list, mm_json_number(&arena, INFINITY));
    mm_json_append(list, mm_json_bool(&arena, true));
    mm_json_append(list, mm_json_bool(&arena, false));
    mm_json_append(list, mm_json_null(&arena));
    check_tree(root, "{\"name\":\"x\",\"list\":[-3,2.5,null,null,true,false,null]}");
    check_tree(list, "[-3,2.5,null,null,true,false,null]");
    int64_t integer;
    assert_true(mm_json_int(list->child, &integer));
    assert_int_equal(integer, -3);
    assert_false(mm_json_int(list->child->next, &integer));
}

static void null_in_gives_null_out(void **state)
{
    (void)state;
    cJSON *root = mm_json_object(&arena);
    assert_null(mm_json_add(&arena, NULL, "a", mm_json_bool(&arena, true)));
    assert_null(mm_json_add(&arena, root, "a", NULL));
    assert_null(mm_json_append(NULL, root));
    assert_null(mm_json_append(root, NULL));
    assert_null(mm_json_text(&arena, NULL));
    assert_null(mm_json_copy(&arena, NULL));
    mm_json_detach(NULL);
    assert_null(root->child);
}

static void a_copy_is_deep_and_keeps_places(void **state)
{
    (void)state;
    cJSON *root = parse("{\"a\":\n{\"b\": [1, \"x\"]}, \"c\": null}");
    cJSON *copy = mm_json_copy(&arena, root);
    mm_json_detach(root->child);
    check_tree(copy, "{\"a\":{\"b\":[1,\"x\"]},\"c\":null}");
    struct mm_place place = mm_json_place(&arena, mm_json_get(mm_json_get(copy, "a"), "b"));
    assert_string_equal(place.file, "t");
    assert_int_equal(place.line, 2);
    assert_string_equal(place.path, "a.b");
}

static void members_are_replaced_at_every_position(void **state)
{
    (void)state;
    static const struct {
        int index;
        const char *array, *object;
    } cases[] = {
        {0, "[\"new\",2,3]", "{\"a\":\"new\",\"b\":2,\"c\":3}"},
        {1, "[1,\"new\",3]", "{\"a\":1,\"b\":\"new\",\"c\":3}"},
        {2, "[1,2,\"new\"]", "{\"a\":1,\"b\":2,\"c\":\"new\"}"},
    };
    for (size_t i = 0; i < 3; i++) {
        cJSON *array = parse("[1,2,3]"), *object = parse("{\"a\":1,\"b\":2,\"c\":3}");
        mm_json_replace(cJSON_GetArrayItem(array, cases[i].index), mm_json_text(&arena, "new"));
        mm_json_replace(cJSON_GetArrayItem(object, cases[i].index), mm_json_text(&arena, "new"));
        check_tree(array, cases[i].array);
        check_tree(object, cases[i].object);
        mm_json_append(array, mm_json_integer(&arena, 4));
        assert_int_equal(cJSON_GetArraySize(array), 4);
    }
    cJSON *only = parse("[1]");
    mm_json_replace(only->child, mm_json_text(&arena, "new"));
    check_tree(only, "[\"new\"]");
    assert_string_equal(mm_json_place(&arena, only->child).file, "t"); /* the place of what stood there */
}

static void a_value_can_replace_its_parent_or_neighbour(void **state)
{
    (void)state;
    cJSON *root = parse("[0, {\"inner\": [5, 6]}, 9]");
    cJSON *wrapper = cJSON_GetArrayItem(root, 1);
    mm_json_replace(wrapper, wrapper->child);
    check_tree(root, "[0,[5,6],9]");
    check_tree(wrapper, "{}");
    mm_json_replace(root->child, root->child->next);
    check_tree(root, "[[5,6],9]");
    mm_json_replace(root->child, root->child->next);
    check_tree(root, "[9]");
    mm_json_replace(root->child, root->child);
    check_tree(root, "[9]");
}

static void members_are_detached_at_every_position(void **state)
{
    (void)state;
    static const char *const left[] = {"[2,3]", "[1,3]", "[1,2]"};
    for (int i = 0; i < 3; i++) {
        cJSON *array = parse("[1,2,3]");
        cJSON *child = cJSON_GetArrayItem(array, i);
        mm_json_detach(child);
        check_tree(array, left[i]);
        mm_json_detach(child); /* a root: nothing to do */
        mm_json_append(array, child);
        assert_int_equal(array->child->prev->valueint, i + 1);
    }
    cJSON *only = parse("[1]");
    mm_json_detach(only->child);
    check_tree(only, "[]");
}

static void a_member_moves_into_an_array_without_its_key(void **state)
{
    (void)state;
    cJSON *object = parse("{\"a\": 1, \"b\": 2}"), *array = mm_json_array(&arena), *other = mm_json_object(&arena);
    cJSON *a = object->child, *b = object->child->next;
    mm_json_detach(a);
    mm_json_append(array, a);
    mm_json_detach(b);
    mm_json_append(other, b);
    check_tree(object, "{}");
    check_tree(other, "{\"b\":2}");
    assert_string_equal(mm_json_print(&arena, array, MM_JSON_COMPACT), "[1]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(trees_are_built, setup, teardown),
        cmocka_unit_test_setup_teardown(null_in_gives_null_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_deep_and_keeps_places, setup, teardown),
        cmocka_unit_test_setup_teardown(members_are_replaced_at_every_position, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_can_replace_its_parent_or_neighbour, setup, teardown),
        cmocka_unit_test_setup_teardown(members_are_detached_at_every_position, setup, teardown),
        cmocka_unit_test_setup_teardown(a_member_moves_into_an_array_without_its_key, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

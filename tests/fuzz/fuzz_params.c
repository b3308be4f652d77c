/* Fuzzes parameters: one table with every type is read from JSON, printed and read again, set from text, shown. */
#include "base/params.h"

struct all {
    bool clip;
    int64_t count;
    double a_min;
    const char *name, *mode;
    struct mm_ints size;
    struct mm_doubles pixdim;
    struct mm_strings fields;
    const cJSON *loss;
};
#define P struct all

static const struct mm_param table[] = {
    MM_BOOL(P, clip, .def = 1),
    MM_INT(P, count, .def = 3, .min = 1, .max = 10, .aliases = "n number"),
    MM_DOUBLE(P, a_min, .def = 1, .exclusive_min = true),
    MM_STRING(P, name),
    MM_CHOICE(P, mode, .choices = "nearest bilinear", .def_text = "bilinear"),
    MM_INTS(P, size, .def_text = "[64]", .min = 1, .max = 65536, .count_max = 3),
    MM_DOUBLES(P, pixdim),
    MM_STRINGS(P, fields, .choices = "image label"),
    MM_JSON(P, loss),
    MM_IGNORED("verbose"),
    MM_PARAMS_END,
};

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static void read_json(struct mm_arena *arena, const char *text)
{
    cJSON *args;
    if (mm_json_parse(arena, "input", text, strlen(text), &args, NULL) != MM_OK)
        return;
    struct all all = {0}, again = {0};
    const struct mm_param_target target = {table, &all}, second = {table, &again};
    struct mm_problems problems;
    mm_problems_init(&problems, arena);
    enum mm_status s = mm_params_read(arena, &target, 1, args, NULL, &problems);
    if ((s == MM_OK) != (problems.errors == 0))
        mm_bug("status %d with %zu errors", s, problems.errors);
    if (s != MM_OK)
        return;
    const cJSON *json = mm_params_json(arena, table, &all);
    const char *first = mm_json_print(arena, json, MM_JSON_COMPACT);
    if (mm_params_read(arena, &second, 1, json, NULL, &problems) != MM_OK)
        mm_bug("values are refused: %s: %s", first, problems.items[problems.count - 1].text);
    if (strcmp(first, mm_json_print(arena, mm_params_json(arena, table, &again), MM_JSON_COMPACT)) != 0)
        mm_bug("values changed: %s", first);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const char *text = mm_arena_textn(&arena, (const char *)bytes, size);
    read_json(&arena, text);
    struct all all = {0};
    for (const struct mm_param *param = table; param->type != MM_PARAM_END_OF_TABLE; param++)
        mm_params_set(&arena, param, &all, text, NULL);
    mm_arena_done(&arena);
    return 0;
}

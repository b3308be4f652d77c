/* Fuzzes the JSON reader: every branch of base/json_parse.c and json_token.c, places, excerpts, both printers.
 * What is read must print, read again, and print the same; cJSON must take it too. */
#include "base/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

/* Place and excerpt of every node of the tree. */
static void visit(struct mm_arena *arena, struct mm_text *text, const cJSON *node)
{
    mm_json_place(arena, node);
    mm_json_found(arena, node);
    mm_json_excerpt(text, node);
    for (const cJSON *child = node->child; child; child = child->next)
        visit(arena, text, child);
}

static void check_round_trip(struct mm_arena *arena, const cJSON *json, enum mm_json_style style)
{
    const char *text = mm_json_print(arena, json, style);
    cJSON *again;
    struct mm_error err;
    if (!text || mm_json_parse(arena, "printed", text, strlen(text), &again, &err) != MM_OK)
        mm_bug("printed JSON does not read: %s", text ? err.text : "nothing printed");
    const char *second = mm_json_print(arena, again, style);
    if (!second || strcmp(text, second) != 0)
        mm_bug("printed JSON changed:\n%s\n%s", text, second);
    cJSON *theirs = cJSON_Parse(text);
    if (!theirs)
        mm_bug("cJSON refuses: %s", text);
    cJSON_Delete(theirs);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    cJSON *json;
    struct mm_error err = {0};
    if (mm_json_parse(&arena, "input", (const char *)bytes, size, &json, &err) == MM_OK) {
        struct mm_text text;
        mm_text_init(&text, 1 << 20);
        visit(&arena, &text, json);
        mm_text_done(&text);
        check_round_trip(&arena, json, MM_JSON_COMPACT);
        check_round_trip(&arena, json, MM_JSON_CANONICAL);
        check_round_trip(&arena, mm_json_copy(&arena, json), MM_JSON_INDENTED);
    } else if (!*err.text) {
        mm_bug("an error without a text");
    }
    mm_arena_done(&arena);
    return 0;
}

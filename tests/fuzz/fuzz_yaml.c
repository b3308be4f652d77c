/* Fuzzes the reader of YAML configs: what it takes prints as JSON that reads back to the same, and what it takes is bounded. */
#include "mmar/foreign/yaml.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    cJSON *root, *again;
    if (size > 1 << 16)
        return 0;
    mm_arena_init(&arena, NULL);
    if (mm_yaml_parse(&arena, "train.yaml", (const char *)bytes, size, &root, NULL) == MM_OK) {
        const char *text = mm_json_print(&arena, root, MM_JSON_COMPACT), *same;
        if (!text || mm_json_parse(&arena, "again", text, strlen(text), &again, NULL) != MM_OK ||
            !(same = mm_json_print(&arena, again, MM_JSON_COMPACT)) || strcmp(text, same) != 0)
            mm_bug("the tree does not read back");
    }
    mm_arena_done(&arena);
    return 0;
}

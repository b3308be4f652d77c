/* Fuzzes mmar/signing/bundle.c and statement.c: a stranger's model.sig. What is accepted has a root digest that its files have, so that
 * printing its statement and reading it again gives the same; no key that we have ever signed it. */
#include "mmar/signing/signing.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static void check_statement(struct mm_arena *arena, struct mm_statement *statement)
{
    struct mm_error err = {.status = MM_OK};
    struct mm_statement again;
    char *text;
    if (mm_statement_print(arena, statement, &text, &err) != MM_OK ||
        mm_statement_parse(arena, text, strlen(text), &again, &err) != MM_OK)
        mm_bug("an accepted statement is refused when printed: %s", err.text);
    if (again.count != statement->count || again.ignored_count != statement->ignored_count)
        mm_bug("printing changed a statement");
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    struct mm_error err = {.status = MM_OK};
    struct mm_bundle bundle;
    struct mm_statement statement;
    struct mm_signer signer;
    mm_arena_init(&arena, NULL);
    if (mm_bundle_parse(&arena, (const char *)bytes, size, &bundle, &err) == MM_OK) {
        const struct mm_statement nothing = {.name = ""};
        if (mm_signing_check(&arena, &bundle, &nothing, NULL, &signer, &err) != MM_OK && !err.text[0])
            mm_bug("a refusal without a text");
        check_statement(&arena, &bundle.statement);
    } else if (!err.text[0])
        mm_bug("a refusal without a text");
    if (mm_statement_parse(&arena, (const char *)bytes, size, &statement, &err) == MM_OK)
        check_statement(&arena, &statement);
    mm_arena_done(&arena);
    return 0;
}

/* The one JSON reader (RFC 8259, strict) and its tree: cJSON nodes that remember where they stood.
 *
 * Refused, with line and column: duplicate keys, control characters in strings, bad UTF-8, lone surrogates, \u0000,
 * leading zeros, trailing commas, comments, NaN, text after the value, depth over 64, size over 16 MiB,
 * more than a million values (a value takes up to 64 times its text in memory).
 * Integers are exact within int64; beyond that they are refused when read as integers.
 * The tree lives in the arena: read it with cJSON's getters (cJSON_GetObjectItemCaseSensitive, cJSON_ArrayForEach),
 * print it with mm_json_print; never cJSON_Delete it and never change it with cJSON's own functions. */
#ifndef MM_BASE_JSON_H
#define MM_BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#define MM_JSON_DEPTH_MAX  64
#define MM_JSON_SIZE_MAX   (16u << 20)
#define MM_JSON_VALUES_MAX (1u << 20)

/* A source text: file or command line. Borrowed by every node that came from it. */
struct mm_json_source {
    const char *name; /* as the user knows it: "config/config_train.json", "--set" */
    const char *text; /* NUL-terminated                                            */
    size_t length;
};

/* Every node made here starts with the cJSON node, so a `const cJSON *` from a tree of ours can be asked for its place. */
struct mm_json_node {
    cJSON json;
    const struct mm_json_source *source;
    const cJSON *parent;
    uint32_t line, column;         /* 1-based, of the value's first byte */
    uint32_t key_line, key_column; /* of the member's name; 0 when there is none */
    uint32_t length;               /* bytes of the value's text (first line of it counts for underlining) */
    bool is_integer;               /* number without fraction or exponent that fits int64 */
    int64_t integer;
};

struct mm_place {
    const char *file; /* NULL: no place known */
    int line, column; /* 0: whole file        */
    const char *path; /* "train.pre_transforms[4].args.a_max", in the arena; NULL when unknown */
};

/* Parses `length` bytes; text and name are copied into the arena. Error: MM_ERR_CONFIG with "name:line:column: ...". */
enum mm_status mm_json_parse(struct mm_arena *arena, const char *name, const char *text, size_t length, cJSON **out,
                             struct mm_error *err);
/* Reads a file (at most MM_JSON_SIZE_MAX) and parses it. MM_ERR_IO when it cannot be read. */
enum mm_status mm_json_read(struct mm_arena *arena, const char *path, cJSON **out, struct mm_error *err);

/* Where a node of ours stands, path included (made in the arena). */
struct mm_place mm_json_place(struct mm_arena *arena, const cJSON *node);
/* Where the name of an object's member stands, which is another place when its value came from a variable. */
struct mm_place mm_json_key_place(struct mm_arena *arena, const cJSON *member);
/* "    61 |   \"a_max\": \"200\",\n       |            ^~~~~\n" appended to text; nothing when the source is unknown. */
void mm_json_excerpt(struct mm_text *text, const cJSON *node);

/* Exact integer; false when the node is no integer of int64. */
bool mm_json_int(const cJSON *node, int64_t *out);
/* Child by exact name, or NULL (also when object is NULL or no object). */
const cJSON *mm_json_get(const cJSON *object, const char *name);
/* "an object", "a string", "a number" ...: for messages. */
const char *mm_json_kind(const cJSON *node);
/* What stands there, for "expected ..., got <this>": `string "200"`, `number 2.5`, `true`, `an object`. In the arena. */
const char *mm_json_found(struct mm_arena *arena, const cJSON *node);

/* Building trees (manifest, reports, --json). All in the arena; NULL when memory is out, and NULL in gives NULL out,
 * so that a chain of calls is checked once at its end. Names and strings are copied. Doubles that are not finite become null. */
cJSON *mm_json_object(struct mm_arena *arena);
cJSON *mm_json_array(struct mm_arena *arena);
cJSON *mm_json_add(struct mm_arena *arena, cJSON *object, const char *name, cJSON *value); /* returns value */
cJSON *mm_json_append(cJSON *array,
                      cJSON *value); /* returns value; into an object too, under the key that value has */
cJSON *mm_json_text(struct mm_arena *arena, const char *text);
cJSON *mm_json_number(struct mm_arena *arena, double value);
cJSON *mm_json_integer(struct mm_arena *arena, int64_t value);
cJSON *mm_json_bool(struct mm_arena *arena, bool value);
cJSON *mm_json_null(struct mm_arena *arena);
/* Deep copy that keeps every node's place. */
cJSON *mm_json_copy(struct mm_arena *arena, const cJSON *node);
/* Puts `value` where `old` stands in its parent (same key), and where no text has it, at the place of `old` for messages; both belong to
 * trees of this arena. */
void mm_json_replace(cJSON *old, cJSON *value);
void mm_json_detach(cJSON *child);

/* Where two trees differ: [{path, a, b}], as "train.pre_transforms[4].args.a_max" names it. Either may be NULL. */
cJSON *mm_json_diff(struct mm_arena *arena, const cJSON *a, const cJSON *b);

/* Text of a tree, in the arena: indented (2 spaces, short arrays on one line) or compact. Integers print exactly, doubles
 * with the fewest digits that read back the same. Keys keep their order; `sorted` sorts them by bytes (canonical form). */
enum mm_json_style { MM_JSON_INDENTED, MM_JSON_COMPACT, MM_JSON_CANONICAL };
char *mm_json_print(struct mm_arena *arena, const cJSON *node, enum mm_json_style style);

#endif

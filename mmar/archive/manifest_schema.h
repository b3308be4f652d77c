/* What manifest.json may say, in one table: the check of what is read, and the JSON schema in docs/reference, are made from it. */
#ifndef MM_MMAR_ARCHIVE_MANIFEST_SCHEMA_H
#define MM_MMAR_ARCHIVE_MANIFEST_SCHEMA_H

#include "base/json.h"

/* MM_ERR_DATA names the first member that is missing or of another type. Members that the table does not know may be there. */
enum mm_status mm_manifest_schema_check(struct mm_arena *arena, const cJSON *manifest, struct mm_error *err);
/* As JSON schema, draft 2020-12; NULL when memory is out. */
cJSON *mm_manifest_schema(struct mm_arena *arena);

#endif

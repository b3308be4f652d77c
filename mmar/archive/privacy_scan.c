/* The search through what travels: findings, and what the user allows by its place. */
#include <ctype.h>
#include <stdarg.h>

#include "base/file.h"
#include "mmar/archive/privacy.h"
#include "mmar/archive/privacy_internal.h"
#include "mmar/card.h"

#define SHOWN_MAX 12  /* findings in the message  */
#define TEXT_MAX  160 /* bytes of what was found  */
#define LONG_NAME 8   /* bytes that noise does not hold by chance */

/* The whole place, or its file. */
static bool is_allowed(struct mm_privacy_search *s, const struct mm_privacy_place *p)
{
    bool allowed = false;
    for (size_t i = 0; s->allow && i < s->allow->count; i++)
        if (!strcmp(s->allow->items[i], p->place) || !strcmp(s->allow->items[i], p->file))
            s->used[i] = allowed = true;
    return allowed;
}

void mm_privacy_found(struct mm_privacy_search *search, const struct mm_privacy_place *place, const char *format, ...)
{
    char what[512];
    struct mm_text line;
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    mm_text_init(&line, 4096);
    mm_card_text(&line, place->place);
    mm_text_add(&line, ": ");
    if (place->key && *place->key) {
        mm_card_text(&line, place->key);
        mm_text_add(&line, " ");
    }
    mm_card_text(&line, what);
    if (strcmp(line.bytes, search->last.bytes) != 0) {
        bool allowed = is_allowed(search, place);
        mm_text_done(&search->last);
        mm_text_init(&search->last, 4096);
        mm_text_add(&search->last, line.bytes);
        if (allowed)
            mm_text_format(&search->allowed, "%s\n", line.bytes);
        else if (search->count++ < SHOWN_MAX)
            mm_text_format(&search->found, "\n  %s (--allow %s)", line.bytes, place->place);
    }
    mm_text_done(&line);
}

/* Authors want to be written to: their addresses are no finding in the card, nor where licences name their holders. */
static bool wants_mail(const char *file)
{
    static const char *const holders[] = {"LICENSE", "LICENCE", "NOTICE", "AUTHORS", "CITATION", "COPYING"};
    const char *name = mm_file_name(file);
    for (size_t i = 0; i < sizeof holders / sizeof *holders; i++)
        if (mm_text_starts(name, holders[i]))
            return true;
    return !strcmp(file, "docs/card.json") || !strcmp(file, "docs/README.md") || !strcmp(file, MM_ARCHIVE_MANIFEST);
}

static void tell_form(struct mm_privacy_search *s, const struct mm_privacy_place *p, enum mm_privacy_form form,
                      const unsigned char *at, size_t length, bool whole)
{
    static const char *const nouns[] = {"the local path", "the e-mail address", "the identifier (DICOM's form)",
                                        "the DICOM tag"};
    int n = (int)(length < TEXT_MAX ? length : TEXT_MAX);
    mm_privacy_found(s, p, "%s %s %.*s", p->key && whole ? "is" : "holds", nouns[form], n, at);
}

static void tell_word(struct mm_privacy_search *s, const struct mm_privacy_place *p, const struct mm_privacy_word *w,
                      bool whole)
{
    static const char *const nouns[] = {"the local path", "the user name", "this machine's name",
                                        "the name of a case in the datalist,"};
    mm_privacy_found(s, p, "%s %s %.*s", p->key && whole ? "is" : "holds", nouns[w->kind], TEXT_MAX, w->text);
}

void mm_privacy_look(struct mm_privacy_search *search, const struct mm_privacy_place *place,
                     const unsigned char *bytes, size_t size)
{
    const bool scored = mm_text_starts(place->file, "eval/"); /* travels only when asked for, with its names */
    for (size_t i = 0; i < size;) {
        enum mm_privacy_form form;
        if (i && isalnum(bytes[i]) && isalnum(bytes[i - 1])) { /* within a word nothing begins */
            i++;
            continue;
        }
        const struct mm_privacy_word *word = mm_privacy_words_find(&search->words, bytes, size, i);
        size_t length = mm_privacy_form_at(bytes, size, i, &form);
        bool mail = length && form == MM_PRIVACY_MAIL, path = length && form == MM_PRIVACY_ABSOLUTE;
        if (place->noise && ((length && form != MM_PRIVACY_UID) || (word && word->length < LONG_NAME)))
            length = 0, word = word && word->length < LONG_NAME ? NULL : word;
        if (word && !(mail && wants_mail(place->file)) && !(path && length > word->length)) {
            if (word->kind != MM_PRIVACY_CASE || !scored)
                tell_word(search, place, word, word->length == size);
            i += word->length;
        } else if (length) {
            if (!mail || !wants_mail(place->file))
                tell_form(search, place, form, bytes + i, length, length == size);
            i += length;
        } else
            i++;
    }
}

/* What no file holds: the manifest's own words, and the names of the files. */
static void look_at_names(struct mm_privacy_search *s, const struct mm_archive_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->files[i].name;
        const struct mm_privacy_place place = {name, name, "its name", false};
        mm_privacy_look(s, &place, (const unsigned char *)name, strlen(name));
    }
}

static enum mm_status look_everywhere(struct mm_privacy_search *s, const char *root,
                                      const struct mm_archive_list *list, const cJSON *manifest, struct mm_error *err)
{
    enum mm_status status = mm_privacy_gather(s->arena, root, list, &s->words, err);
    look_at_names(s, list);
    for (const cJSON *part = manifest ? manifest->child : NULL; part; part = part->next)
        if (strcmp(part->string, "files") != 0)
            mm_privacy_look_in_json(s, MM_ARCHIVE_MANIFEST, part);
    for (size_t i = 0; i < list->count && status == MM_OK; i++)
        status = mm_privacy_look_in_file(s, &list->files[i], err);
    return status;
}

static enum mm_status conclude(const struct mm_privacy_search *s, struct mm_error *err)
{
    if (s->count)
        return mm_fail(err, MM_NO,
                       "%zu thing%s that should not leave this machine:%s%s\nTake them out (local paths: into "
                       "config/environment.json, which travels as a template), or allow each by its place, line or "
                       "whole file",
                       s->count, s->count == 1 ? "" : "s", s->found.bytes,
                       s->count > SHOWN_MAX ? "\n  and more" : "");
    for (size_t i = 0; s->allow && i < s->allow->count; i++)
        if (!s->used[i])
            return mm_fail(err, MM_ERR_USAGE, "--allow %s: nothing was found there", s->allow->items[i]);
    return MM_OK;
}

enum mm_status mm_privacy_scan(struct mm_arena *arena, const char *root, const struct mm_archive_list *list,
                               const cJSON *manifest, const struct mm_strings *allow, const char **allowed,
                               struct mm_error *err)
{
    enum mm_status status;
    struct mm_privacy_search s = {
        .arena = arena, .allow = allow, .used = mm_arena_array(arena, bool, allow ? allow->count + 1 : 1)};
    if (!s.used)
        return mm_fail_memory(err, "the search");
    mm_text_init(&s.found, MM_ERROR_TEXT_MAX);
    mm_text_init(&s.allowed, 1 << 16);
    mm_text_init(&s.last, 4096);
    status = look_everywhere(&s, root, list, manifest, err);
    if (status == MM_OK)
        status = conclude(&s, err);
    if (allowed)
        *allowed = mm_arena_text(arena, s.allowed.bytes);
    mm_text_done(&s.found);
    mm_text_done(&s.allowed);
    mm_text_done(&s.last);
    return status;
}

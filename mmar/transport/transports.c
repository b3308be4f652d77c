/* Which transport a place asks for. */
#include <strings.h>

#include "base/file.h"
#include "base/text.h"
#include "mmar/transport/list.h"
#include "mmar/transport/transport.h"

#define DECLARE(name) extern const struct mm_transport mm_transport_##name;
MM_TRANSPORTS(DECLARE)
#define ENTRY(name) &mm_transport_##name,
const struct mm_transport *const mm_transports[] = {MM_TRANSPORTS(ENTRY) NULL};

/* Bytes of "scheme://" that the place starts with (RFC 3986); 0: it is a path. */
static size_t scheme_length(const char *place)
{
    size_t n = strspn(place, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    return n > 1 && !strncmp(place + n, "://", 3) ? n + 3 : 0;
}

static bool takes(const struct mm_transport *transport, const char *place, size_t length)
{
    const char *word = transport->schemes;
    while (*word) {
        size_t n = strcspn(word, " ");
        if (n == length && !strncasecmp(word, place, n))
            return true;
        word += n + strspn(word + n, " ");
    }
    return !length && transport->takes_paths;
}

enum mm_status mm_transport_find(const char *place, const struct mm_transport **out, struct mm_error *err)
{
    size_t length = scheme_length(place);
    for (size_t i = 0; mm_transports[i]; i++)
        if (takes(mm_transports[i], place, length)) {
            *out = mm_transports[i];
            return MM_OK;
        }
    return mm_fail(err, MM_ERR_USAGE,
                   "%s: nothing is pulled from %.*s: name a path, or an address that starts with https://", place,
                   (int)length, place);
}

/* Of an address only the plainest: nobody else chooses a hidden file, an option, or a name that needs quoting. */
static bool is_plain(const char *name)
{
    return *name != '.' && *name != '-' &&
           !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")];
}

const char *mm_transport_file_name(struct mm_arena *arena, const char *place)
{
    size_t scheme = scheme_length(place);
    const char *path = place + scheme, *end = scheme ? path + strcspn(path, "?#") : path + strlen(path);
    const char *slash = end;
    while (slash > path && slash[-1] != '/')
        slash--;
    if (scheme && slash == path)
        return NULL; /* a host alone */
    const char *name = mm_arena_textn(arena, slash, (size_t)(end - slash));
    bool good = name && *name && (scheme ? is_plain(name) : strcmp(name, ".") && strcmp(name, ".."));
    return good ? name : NULL;
}
